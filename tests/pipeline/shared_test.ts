/** Finished jobs in a store that machines share. */
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import type { Executor, ReadyJob } from "../../src/pipeline/executor.ts";
import { jobRunner } from "../../src/pipeline/finished.ts";
import type { SharedStore } from "../../src/pipeline/shared.ts";

const job: ReadyJob = {
  key: "a".repeat(64),
  label: "one",
  job: "toy",
  declaration: "toy.ts",
  module: "toy.ts",
  parameters: {},
  equipment: { variant: "plain", facts: {} },
  files: {},
};

/** An executor that writes one file, and counts how often. */
function counting(text = "made"): Executor & { runs: number } {
  const executor = {
    runs: 0,
    async run(_: ReadyJob, output: string) {
      executor.runs++;
      await Deno.writeTextFile(join(output, "out.txt"), text);
      return { seconds: 1, facts: {} };
    },
    stop: () => Promise.resolve(),
  };
  return executor;
}

/** A store of finished jobs in memory. */
function memory(): SharedStore & { readonly jobs: Map<string, Map<string, string>> } {
  const jobs = new Map<string, Map<string, string>>();
  return {
    name: "memory",
    jobs,
    fetch: () => Promise.resolve(false),
    keep: () => Promise.resolve(),
    async fetchJob(key, folder) {
      for (const [name, text] of jobs.get(key) ?? []) {
        await Deno.writeTextFile(join(folder, name), text);
      }
      return jobs.has(key);
    },
    async keepJob(key, folder) {
      const files = new Map<string, string>();
      for await (const { name } of Deno.readDir(folder)) {
        files.set(name, await Deno.readTextFile(join(folder, name)));
      }
      jobs.set(key, files);
    },
  };
}

/** Runs the job in a folder of its own. */
async function onMachine(executor: Executor, shared: SharedStore, force = false) {
  const directory = await Deno.makeTempDir();
  try {
    const { files, found } = await jobRunner(directory, executor, force, shared).run(job, () => {});
    const left = await Array.fromAsync(Deno.readDir(directory), ({ name }) => name);
    return { text: await Deno.readTextFile(files.get("out.txt")!.path), found, left };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("what one machine has finished, another one finds", async () => {
  const [executor, shared] = [counting(), memory()];
  assertEquals(await onMachine(executor, shared), { text: "made", found: false, left: [job.key] });
  assertEquals(await onMachine(executor, shared), { text: "made", found: true, left: [job.key] });
  assertEquals(executor.runs, 1);
  await onMachine(executor, shared, true);
  assertEquals(executor.runs, 2);
});

Deno.test("a store with something else in a job's place is named, and nothing of it is kept", async () => {
  const shared = memory();
  await onMachine(counting(), shared);
  shared.jobs.get(job.key)!.set("out.txt", "forged");
  const directory = await Deno.makeTempDir();
  try {
    await assertRejects(
      () => jobRunner(directory, counting(), false, shared).run(job, () => {}),
      Error,
      `memory has something else in the place of job one (${job.key}).`,
    );
    assertEquals(await Array.fromAsync(Deno.readDir(directory)), []);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
