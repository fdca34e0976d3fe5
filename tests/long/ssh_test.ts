/** Jobs behind a real ssh: an sshd of this machine on a free port, with keys of its own. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { processes } from "../../src/pipeline/processes.ts";
import { inFolder } from "../support/data_files.ts";
import { ended } from "../support/people.ts";
import { jobCalled, reading, writeJob } from "../support/toy.ts";

const SSHD = "/usr/sbin/sshd";

/** Whether there is an sshd, which asks to be started by this path. */
const isThere = await Deno.stat(SSHD).then((info) => info.isFile, () => false);

/** Starts an sshd, hands the words that reach it to a test and ends it. */
async function withSsh(test: (launch: readonly string[]) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "atelier-ssh-" });
  const at = (name: string) => join(folder, name);
  for (const name of ["host", "me"]) {
    const made = await ended(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", at(name)]);
    assert(made.success, made.stderr);
  }
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  await Deno.writeTextFile(
    at("config"),
    [
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${at("host")}`,
      `AuthorizedKeysFile ${at("me.pub")}`,
      "PidFile none",
      // The folder lies in one that everybody may write to.
      "StrictModes no",
      "UsePAM no",
    ].join("\n") + "\n",
  );
  if (Deno.uid() === 0) await Deno.mkdir("/run/sshd", { recursive: true });
  const daemon = new Deno.Command(SSHD, {
    args: ["-D", "-f", at("config"), "-E", at("log")],
    stdin: "null",
  }).spawn();
  const host = [
    ...["ssh", "-F", "none", "-p", String(port), "-i", at("me"), "-o", "BatchMode=yes"],
    ...["-o", "StrictHostKeyChecking=no", "-o", `UserKnownHostsFile=${at("known")}`],
    ...["-o", "LogLevel=ERROR", "127.0.0.1"],
  ];
  try {
    for (let tries = 0; !(await ended([...host, "true"])).success; tries++) {
      assert(tries < 50, await Deno.readTextFile(at("log")).catch(() => "sshd does not start"));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await test(host);
  } finally {
    daemon.kill("SIGTERM");
    await daemon.status;
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name: "over ssh, a job in a folder of any name does its work, and ends when it is told to",
  ignore: !isThere,
  fn: () =>
    withSsh((launch) =>
      inFolder(async (folder) => {
        const root = join(folder, `it's "a" $HOME; folder\\`);
        const output = await writeJob(
          root,
          `parameters: z.any(), reads: {}, writes: { value: optional(text(".txt")) },`,
          `export async function run({ parameters, outputs, progress, record }) {
             await outputs.value.write(String(Deno.pid));
             record({ said: parameters.says });
             if (parameters.endless) for (;;) progress(0, 0);
           }`,
        );
        const { run, stop } = processes({ root, rights: reading(), launch });
        const ask = (parameters: { says: string; endless?: boolean }) =>
          run(jobCalled("a job's label", { parameters }), output, () => {});
        const says = `a 'word' and "another" $PATH \\ ü`;
        assertEquals((await ask({ says })).facts.said, says);
        const value = join(output, "value.txt");
        const first = await Deno.readTextFile(value);

        const endless = assertRejects(() => ask({ says, endless: true }), Error, "ssh, which");
        let pid = first;
        while (pid === first || pid === "") {
          await new Promise((resolve) => setTimeout(resolve, 50));
          pid = await Deno.readTextFile(value).catch(() => "");
        }
        const began = performance.now();
        await stop();
        await endless;
        assert(!(await ended(["ps", "-p", pid])).success, "the job runs still");
        const seconds = ((performance.now() - began) / 1000).toFixed(1);
        console.log(`  over ssh, a job that never pauses ended after ${seconds} s`);
      })
    ),
});
