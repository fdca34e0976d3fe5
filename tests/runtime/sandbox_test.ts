/** What a job can do in the sandbox, and how it is found. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { programPath } from "../../src/files/programs.ts";
import { processes } from "../../src/pipeline/processes.ts";
import {
  confined,
  describeSandbox,
  findSandbox,
  readSandbox,
  type Sandbox,
} from "../../src/runtime/sandbox.ts";
import { inFolder } from "../support/data_files.ts";
import { jobCalled, READ, writeJob } from "../support/toy.ts";

const found = await readSandbox();
const works = found !== undefined && found.reason === null;

/**
 * What a shell says that a job starts by way of libc, which Deno's permissions do not reach: FFI is
 * enough for it.
 */
async function shell(script: string, folder: string, sandbox?: Sandbox): Promise<string> {
  const root = join(folder, "project");
  const said = join(root, "output", "out.txt");
  const output = await writeJob(
    root,
    'parameters: z.strictObject({}), reads: {}, writes: { said: text(".txt") },',
    `export async function run({ outputs }) {
       const libc = Deno.dlopen("libc.so.6", {
         system: { parameters: ["buffer"], result: "i32" },
       });
       const script = ${JSON.stringify(`(${script}) > ${said} 2>&1\0`)};
       libc.symbols.system(new TextEncoder().encode(script));
       await outputs.said.write(await Deno.readTextFile(${JSON.stringify(said)}));
     }`,
  );
  const { run } = processes({
    root,
    rights: () => ({
      flags: [READ, "--allow-ffi"],
      // The project of the tests, whose modules the job imports.
      read: [READ.replace("--allow-read=", "")],
      confined: sandbox && ((command, places) => confined(sandbox, command, places)),
    }),
  });
  await run(jobCalled("shell"), output, () => {});
  return await Deno.readTextFile(join(output, "said.txt"));
}

Deno.test({
  name: "in the sandbox, native code sees nothing but the project, writes nothing but its own " +
    "folder, has no network and sees no other process; without it, it has all that",
  ignore: !works,
  fn: () =>
    inFolder(async (folder) => {
      await Deno.writeTextFile(join(folder, "secret.txt"), "the secret");
      const script = [
        "PATH=/usr/bin:/bin",
        `cat ${folder}/secret.txt`,
        `touch ${folder}/project/stray && echo wrote`,
        `kill -0 ${Deno.pid} && echo met`,
        `cut -d: -f1 /proc/net/dev | tail -n +3 | tr -d ' '`,
      ].join("; ");
      const free = await shell(script, folder);
      assertStringIncludes(free, "the secret");
      assertStringIncludes(free, "wrote");
      assertStringIncludes(free, "met");
      await Deno.remove(join(folder, "project"), { recursive: true });

      const held = await shell(script, folder, found);
      assert(!/the secret|wrote|met/.test(held), held);
      assertStringIncludes(held, "No such file or directory");
      assertStringIncludes(held, "Read-only file system");
      assertEquals(held.trim().split("\n").at(-1), "lo");
    }),
});

Deno.test({
  name: "a job that is killed in the sandbox says so",
  ignore: !works,
  fn: () =>
    inFolder(async (folder) => {
      const error = await shell("kill -9 $PPID", folder, found).then(
        () => undefined,
        (error: Error) => error,
      );
      assertMatch(
        error?.message ?? "",
        /^Job shell \(work\.ts\) failed: its process was ended by signal 9/,
      );
    }),
});

Deno.test("what is remembered of the sandbox holds while the machine has the same one", () =>
  inFolder(async (root) => {
    assertEquals(await readSandbox(root), undefined);
    assertMatch(describeSandbox(undefined), /not looked for yet/);
    const here = await findSandbox(undefined, root);
    assertEquals(await readSandbox(root), here);
    const path = join(root, ".cache", "runtime", "sandbox.json");
    await Deno.writeTextFile(path, JSON.stringify({ ...here, program: "/elsewhere/bwrap" }));
    assertEquals(await readSandbox(root), undefined);
    await Deno.writeTextFile(path, "{");
    assertEquals(await readSandbox(root), undefined);
  }));

Deno.test("a machine without a sandbox is told why, and commands stay as they are", async () => {
  const none: Sandbox = {
    format: 1,
    program: null,
    version: "",
    reason: "bwrap is not on this machine",
  };
  const command = { program: "deno", args: ["run"] };
  assertEquals(confined(none, command, { read: [], write: [] }), command);
  assertEquals(
    describeSandbox(none),
    "Sandbox: none (bwrap is not on this machine); jobs are held by Deno's permissions alone.",
  );
  assertEquals(await programPath("no-such-program"), undefined);
});
