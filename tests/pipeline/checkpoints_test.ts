import { assert, assertEquals, assertGreater, assertRejects } from "@std/assert";
import { join } from "node:path";
import {
  checkpointFolder,
  checkpointIn,
  pruneCheckpoints,
} from "../../src/pipeline/checkpoints.ts";
import type { Executor } from "../../src/pipeline/executor.ts";
import { jobRunner, readRecord, RECORD } from "../../src/pipeline/finished.ts";
import { processes } from "../../src/pipeline/processes.ts";
import { inFolder } from "../support/data_files.ts";
import { flipByte, jobCalled, reading, writeJob } from "../support/toy.ts";

const KEY = "ab".repeat(32);
const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("a checkpoint comes back whole; a damaged one, or a part of one, is none", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "state.bin");
    assertEquals(await checkpointIn(path).read(), undefined);
    await checkpointIn(path, 0).offer(() => Promise.resolve(bytes("step 1")));
    await checkpointIn(path, 0).offer(() => Promise.resolve(bytes("step 2")));
    assertEquals(await checkpointIn(path).read(), bytes("step 2"));
    const whole = await Deno.readFile(path);
    for (let length = 0; length < whole.length; length++) {
      await Deno.writeFile(path, whole.subarray(0, length));
      assertEquals(await checkpointIn(path).read(), undefined, `${length} bytes`);
    }
    await Deno.writeFile(path, whole);
    await flipByte(path);
    assertEquals(await checkpointIn(path).read(), undefined);
  });
});

/** The seconds of work that a checkpoint stands for. */
async function secondsIn(path: string): Promise<number> {
  const checkpoint = checkpointIn(path, 0);
  await checkpoint.read();
  return checkpoint.earlier();
}

Deno.test("a checkpoint counts the work of the run that made it, and of those before that", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "state.bin");
    assertEquals(await secondsIn(path), 0);
    const step = () => Promise.resolve(bytes("step"));
    await checkpointIn(path, 0).offer(step);
    const once = await secondsIn(path);
    assertGreater(once, 0);
    const again = checkpointIn(path, 0);
    await again.read();
    await again.offer(step);
    assertGreater(await secondsIn(path), 2 * once);
  });
});

Deno.test("what was being written when a job was killed is removed, and what was there before it counts", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "state.bin");
    await checkpointIn(path, 0).offer(() => Promise.resolve(bytes("step 1")));
    await Deno.writeTextFile(join(folder, `${crypto.randomUUID()}.part`), "half");
    assertEquals(await checkpointIn(path).read(), bytes("step 1"));
    assertEquals((await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name), [
      "state.bin",
    ]);
  });
});

Deno.test("a checkpoint is made only where the last one is old enough, or there is a place", async () => {
  await inFolder(async (folder) => {
    const make = () => Promise.reject(new Error("made"));
    await checkpointIn(join(folder, "state.bin"), 60_000).offer(make);
    await checkpointIn(undefined, 0).offer(make);
    await assertRejects(
      () => checkpointIn(join(folder, "state.bin"), 0).offer(make),
      Error,
      "made",
    );
  });
});

/** Counts to ten, and is ended at the number that the file `die` beside it names. */
const counting = `
  export async function run({ outputs, inputs, checkpoint, progress }) {
    const kept = await checkpoint.read();
    const first = kept ? Number(new TextDecoder().decode(kept)) : 0;
    const counted = [];
    for (let n = first + 1; n <= 10; n++) {
      counted.push(n);
      await checkpoint.offer(() => Promise.resolve(new TextEncoder().encode(String(n))));
      progress(n, 10);
      const die = await Deno.readTextFile(new URL("./die", import.meta.url)).catch(() => "");
      if (die === String(n)) Deno.exit(9);
    }
    await outputs.counted.write(counted.join());
  }`;

Deno.test("a job that was ended goes on from its last checkpoint, which goes when it has finished", async () => {
  await inFolder(async (root) => {
    const declared =
      `resumes: true, parameters: z.strictObject({}), reads: {}, writes: { counted: text(".txt") }`;
    await writeJob(root, declared, counting);
    const jobs = join(root, "jobs");
    await Deno.mkdir(jobs);
    const job = jobCalled("count", { key: KEY, resumes: true });
    const executor = () => processes({ root, rights: reading(), checkpointEvery: 0 });
    const counted = async (executor: Executor, force = false) => {
      const { files } = await jobRunner(jobs, executor, force).run(job, () => {});
      return await Deno.readTextFile(files.get("counted.txt")!.path);
    };
    const kept = () => checkpointFolder(jobs, job.key);
    await Deno.writeTextFile(join(root, "die"), "4");
    await assertRejects(() => counted(executor()), Error, "ended with 9");
    assertEquals(await checkpointIn(join(kept(), "state.bin")).read(), bytes("4"));
    await Deno.writeTextFile(join(root, "die"), "7");
    await assertRejects(() => counted(executor()), Error, "ended with 9");
    await Deno.remove(join(root, "die"));
    const earlier = await secondsIn(join(kept(), "state.bin"));
    assertEquals(await counted(executor()), "8,9,10");
    const told = readRecord(await Deno.readTextFile(join(jobs, KEY, RECORD)));
    assertGreater(told!.seconds, earlier);
    assertEquals((await Array.fromAsync(Deno.readDir(jobs))).map(({ name }) => name), [KEY]);

    // Asked to begin anew, it does.
    await Deno.writeTextFile(join(root, "die"), "4");
    await assertRejects(() => counted(executor(), true), Error, "ended with 9");
    await Deno.remove(join(root, "die"));
    assertEquals(await counted(executor(), true), "1,2,3,4,5,6,7,8,9,10");
    assert(!(await Array.fromAsync(Deno.readDir(jobs))).some(({ name }) => name !== KEY));
  });
});

Deno.test("a checkpoint that was written long ago goes; a younger one and finished jobs stay", async () => {
  await inFolder(async (jobs) => {
    const names = ["0", "1"].map((digit) => checkpointFolder(jobs, digit.repeat(64)));
    for (const folder of [...names, join(jobs, "f".repeat(64))]) await Deno.mkdir(folder);
    const then = new Date(Date.now() - 60_000);
    await Deno.utime(names[0], then, then);
    await Deno.utime(join(jobs, "f".repeat(64)), then, then);
    await pruneCheckpoints(jobs, Date.now() - 30_000);
    assertEquals(
      (await Array.fromAsync(Deno.readDir(jobs))).map(({ name }) => name).sort(),
      [`checkpoint-${"1".repeat(64)}`, "f".repeat(64)],
    );
  });
});
