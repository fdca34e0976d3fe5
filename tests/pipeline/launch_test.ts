/** Jobs behind a launcher: the same bytes, the same rights, and an end that gets to them. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "node:path";
import { launched } from "../../src/pipeline/launch.ts";
import { JobFailure, type ReadyJob } from "../../src/pipeline/executor.ts";
import { bounded } from "../../src/pipeline/pool.ts";
import { processes } from "../../src/pipeline/processes.ts";
import { inFolder } from "../support/data_files.ts";
import { jobCalled, reading, type Toy, twoProcesses, withToy, writeJob } from "../support/toy.ts";

const ignore = Deno.build.os === "windows";

const silent = () => {};

/** A launcher of a shell's words, of which `"$@"` is the command. */
const shell = (words: string): string[] => ["/bin/sh", "-c", words, "sh"];

/** What ssh does: the words go with spaces between them to a shell, in another folder and with few variables. */
const SSH = `#!/bin/sh
shift
cd / && exec env -i PATH=/usr/bin:/bin sh -c "$*"
`;

/** Puts a program into a folder and returns its path. */
async function program(folder: string, name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await Deno.writeTextFile(path, text, { mode: 0o755 });
  return path;
}

/** Runs the toy's stages and returns what came out: its artifacts, which have digests in their names, and the keys of its jobs. */
async function outcome(toy: Toy, launch?: readonly string[]): Promise<string[]> {
  await toy.run(undefined, {
    executor: (root) =>
      launch ? bounded(processes({ root, rights: reading(), launch }), 2) : twoProcesses(root),
  });
  assertEquals(await toy.stale(), {});
  const names = async (folder: string) =>
    await Array.fromAsync(Deno.readDir(toy.path(folder)), ({ name }) => `${folder}/${name}`);
  const folders = ["results/numbers", "results/sums", ".cache/jobs"];
  return (await Promise.all(folders.map(names))).flat().sort();
}

Deno.test("whatever launches its jobs, a run makes the same bytes under the same keys", {
  ignore,
}, async () => {
  let local: string[] = [];
  await withToy(async (toy) => void (local = await outcome(toy)));
  assertMatch(local.join("\n"), /results\/sums\/sums-[0-9a-f]{12}/);
  const launchers = [
    // Neither a line of its own nor the beginning of one hides what a job says.
    shell(`echo '{"type":"hello"}'; printf 'Welcome to {label}! '; exec "$@"`),
    ["nice", "-n", "3", ...shell(`echo noise >&2; "$@"; code=$?; echo bye; exit $code`)],
  ];
  for (const launch of launchers) {
    await withToy(async (toy) => {
      assertEquals(await outcome(toy, launch), local);
      const { sum1 } = (await toy.manifest("sums")).provenance.jobs;
      assertEquals(Object(sum1.facts.machine).host, Deno.hostname());
    });
  }
});

Deno.test("nothing is launched where all is up to date", { ignore }, () =>
  withToy(async (toy) => {
    const note = toy.path("launched");
    const launch = shell(`echo {label} >> '${note}'; exec "$@"`);
    await outcome(toy, launch);
    const lines = (await Deno.readTextFile(note)).trim().split("\n").sort();
    assertEquals(lines, ["offset-1", "offset-2"]);
    await outcome(toy, launch);
    assertEquals((await Deno.readTextFile(note)).trim().split("\n").length, 2);
  }));

/** Runs a job behind a launcher: `work` is the text of its module. */
const behind = (
  launch: readonly string[] | undefined,
  work: string,
  test: (job: {
    run(more?: Partial<ReadyJob>): Promise<{ facts: object }>;
    stop(): Promise<void>;
    output: string;
  }) => Promise<void>,
  flags: readonly string[] = [],
) =>
  inFolder(async (folder) => {
    const root = join(folder, "it's a folder");
    const output = await writeJob(
      root,
      `parameters: z.strictObject({ threads: z.int().optional() }),
       reads: {}, writes: { value: optional(text(".txt")) },`,
      work,
    );
    const { run, stop } = processes({ root, rights: reading(...flags), launch });
    await test({ run: (more) => run(jobCalled("the job", more), output, silent), stop, output });
  });

Deno.test(
  "a job sees the same variables behind a launcher as without one",
  { ignore },
  async () => {
    const seen: object[] = [];
    for (const launch of [undefined, ["env", "TOKEN=1", "SLURM_JOB_ID=2"]]) {
      await behind(
        launch,
        "export const run = ({ record }) => record({ seen: Object.keys(Deno.env.toObject()) });",
        async ({ run }) => void seen.push(Object((await run()).facts).seen.sort()),
        ["--allow-env"],
      );
    }
    assertEquals(seen[1], seen[0]);
  },
);

Deno.test(
  "a shell at the other end of ssh reads the command as it was meant",
  { ignore },
  () =>
    inFolder(async (folder) => {
      const ssh = await program(folder, "ssh", SSH);
      const work = `export async function run({ parameters, outputs, record }) {
      await outputs.value.write("written");
      record({ ...parameters });
    }`;
      await behind([ssh, "host"], work, async ({ run, output }) => {
        const { facts } = await run({ parameters: { threads: 3 } });
        assertEquals(Object(facts).threads, 3);
        assertEquals(await Deno.readTextFile(join(output, "value.txt")), "written");
      });
      // Two hops are read twice.
      const twice = [
        "env",
        `PATH=${folder}:/usr/bin:/bin`,
        "ssh",
        "a",
        "env",
        `PATH=${folder}:/bin`,
      ];
      await behind([...twice, "ssh", "b"], work, async ({ run }) => {
        await run();
      });
    }),
);

Deno.test(
  "a launcher that fails is named, with how it ended and what it said",
  { ignore },
  () =>
    behind(shell('echo "no such partition" >&2; exit 255'), "", async ({ run }) => {
      const error = await assertRejects(() => run(), Error);
      assertEquals(
        error.message,
        "Job the job (work.ts) failed: sh, which launched it, ended with 255\nno such partition",
      );
      assert(!(error instanceof JobFailure));
    }),
);

Deno.test(
  "a launcher that runs nothing, or passes nothing on, is told so",
  { ignore },
  async () => {
    await behind(["true"], "", async ({ run }) => {
      await assertRejects(() => run(), Error, "true, which launched it, ended with 0, before the");
    });
    await behind(shell('exec "$@" < /dev/null'), "", async ({ run }) => {
      const error = await assertRejects(() => run(), Error);
      assertStringIncludes(error.message, "has to pass on standard input");
    });
    await behind(shell('"$@"; exit 4'), "export const run = () => {};", async ({ run }) => {
      await assertRejects(() => run(), Error, "sh, which launched it, ended with 4");
    });
  },
);

/** Waits for a file and returns its text. */
async function appears(path: string): Promise<string> {
  for (const began = Date.now(); Date.now() - began < 20_000;) {
    const text = await Deno.readTextFile(path).catch(() => "");
    if (text) return text;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${path} has not appeared`);
}

/** Whether a process runs. */
const runs = async (pid: string): Promise<boolean> =>
  (await new Deno.Command("ps", { args: ["-p", pid], stdout: "null" }).output()).success;

Deno.test("a job ends with the run, though its launcher passes no signal on and it never pauses", {
  ignore,
}, () =>
  behind(
    shell('trap "" TERM; "$@"; exit $?'),
    `export async function run({ outputs, progress }) {
       await outputs.value.write(String(Deno.pid));
       for (;;) progress(0, 0);
     }`,
    async ({ run, stop, output }) => {
      const running = assertRejects(() => run(), Error, "sh, which launched it, ended with 1");
      const pid = await appears(join(output, "value.txt"));
      assert(await runs(pid));
      await stop();
      await running;
      assertEquals(await runs(pid), false);
    },
  ));

Deno.test("a launcher that hangs is killed, and what it leaves behind is not waited for", {
  ignore,
}, () =>
  inFolder((folder) => {
    const pids = join(folder, "pids");
    const launch = shell(`trap "" TERM; sleep 60 & echo $! > '${pids}'; wait; wait; sleep 60`);
    return behind(launch, "", async ({ run, stop }) => {
      const running = assertRejects(() => run(), Error, "was ended by SIGKILL");
      const left = (await appears(pids)).trim();
      const began = performance.now();
      await stop();
      await running;
      assert(performance.now() - began < 10_000);
      // It holds the launcher's output, and nobody has told it to end.
      assert(await runs(left));
      Deno.kill(Number(left), "SIGKILL");
    });
  }));

Deno.test("placeholders are what the job says, its files weigh, and a command line can hold", () =>
  inFolder(async (folder) => {
    const large = join(folder, "large");
    await Deno.writeFile(large, new Uint8Array(2 ** 20 * 3));
    const command = { program: "deno", args: ["run", "a b"] };
    const filled = async (more: Partial<ReadyJob>, launch = ["x", "{threads}:{memory}:{label}"]) =>
      await launched(launch, command, { TMPDIR: "/t" }, jobCalled("job", more));
    const values = async (more: Partial<ReadyJob>) => (await filled(more)).args[0].split(":");

    assertEquals(await filled({}), {
      program: "x",
      args: [(await values({})).join(":"), "/usr/bin/env", "-i", "TMPDIR=/t", "deno", "run", "a b"],
    });
    const [threads, memory, label] = await values({});
    assertEquals([threads, label], ["1", "job"]);
    assertEquals((await values({ parameters: { threads: 2 } }))[0], "2");
    const recipe = { model: [{ filters: 3 }], recipe: { seed: 1, threads: 4 } };
    assertEquals((await values({ parameters: recipe }))[0], "4");
    const files = { "large.bin": { path: large, sha256: "" } };
    const more = Number((await values({ files }))[1]) - Number(memory);
    assert(Number.isInteger(more) && more >= 3 && more < 30, `${more} MB for 3 that are read`);

    const labels: [label: string, plain: string][] = [
      ["fold 2", "fold-2"],
      ["-rf $HOME; `x` 'y' \"z\"", "rf-HOME-x-y-z"],
      ["../..", "job"],
      ["", "job"],
      ["Blüte №1\n{threads}", "Bl-te-1-threads"],
      ["a".repeat(200), "a".repeat(60)],
    ];
    for (const [label, plain] of labels) assertEquals((await values({ label }))[2], plain);

    const [host, ...sent] = (await filled({}, ["/usr/bin/ssh", "host"])).args;
    assertEquals([host, sent.at(-1)], ["host", "'a b'"]);
    // A name that only looks so is no ssh.
    assertEquals((await filled({}, ["docker", "/etc/ssh"])).args.at(-1), "a b");
  }));

Deno.test("a comma in the project's path is refused where a launcher may stand in another folder", {
  ignore,
}, () =>
  inFolder(async (folder) => {
    const root = join(folder, "a,b");
    const output = await writeJob(root, "parameters: z.any(), reads: {}, writes: {},", "");
    const { run } = processes({ root, rights: reading(), launch: ["nice"] });
    await assertRejects(() => run(jobCalled("job"), output, silent), Error, "has a comma in it");
  }));
