/** What a stage wrote the last time tells it what became of a job, also where that left nothing. */
import { assertEquals } from "@std/assert";
import { findFile, flipByte, type Toy, tree, withToy } from "../support/toy.ts";

const asked = (offsets: readonly number[], times = 1) => ({
  sums: { offsets: [...offsets], times, called: "offset" },
});

/** `sums`, which takes from its last result what it had of the jobs that it asks for, by their place. */
const withMemory = (test: (toy: Toy) => Promise<void>) =>
  withToy(async (toy) => {
    toy.edit("sums/run.ts", "outputs, jobs }", "outputs, jobs, before }");
    toy.edit("sums/run.ts", "const done = await jobs.sum({", "const request = {");
    toy.edit(
      "sums/run.ts",
      "});\n        return await done.sum.read();",
      `};
        const then = await before.sum(request);
        if (then) return (await then.outputs.sums.read()).sums[i];
        return await (await jobs.sum(request)).sum.read();`,
    );
    await toy.run();
    await test(toy);
  });

/** Runs `sums`, where nothing is left of finished jobs, and returns what became of each job. */
async function jobsOf(toy: Toy, options = {}): Promise<string[]> {
  await Deno.remove(toy.path(".cache/jobs"), { recursive: true });
  const first = toy.events.length;
  await toy.run(undefined, options);
  return toy.events.slice(first)
    .flatMap((e) => e.type === "job" && e.state !== "asked" ? [`${e.label} ${e.state}`] : [])
    .sort();
}

/** What a stage's result is, apart from how and when it came about. */
async function resultOf(toy: Toy) {
  const { outputs, key } = await toy.manifest("sums");
  const { jobs } = (await toy.manifest("sums")).provenance;
  return { outputs, key, jobs: Object.entries(jobs).map(([name, { key }]) => [name, key]) };
}

Deno.test("another job costs itself alone, and the result is that of a run from nothing", () =>
  withMemory(async (toy) => {
    const process = async () => (await toy.manifest("sums")).provenance.jobs.sum1.facts.process;
    const first = await process();
    toy.configure(asked([1, 2, 3]));
    assertEquals(await jobsOf(toy), ["offset 1 found", "offset 2 found", "offset 3 made"]);
    assertEquals(await process(), first);
    assertEquals(await toy.stale(), {});
    const result = await resultOf(toy);
    await Deno.remove(toy.path("results"), { recursive: true });
    assertEquals(await jobsOf(toy), ["offset 1 made", "offset 2 made", "offset 3 made"]);
    assertEquals(await resultOf(toy), result);
  }));

Deno.test("a job that is asked for with other parameters runs", () =>
  withMemory(async (toy) => {
    toy.configure(asked([1, 5]));
    assertEquals(await jobsOf(toy), ["offset 1 found", "offset 5 made"]);
    toy.configure(asked([1, 5], 2));
    assertEquals(await jobsOf(toy), ["offset 1 made", "offset 5 made"]);
  }));

Deno.test("a job that was asked for by another name runs", () =>
  withMemory(async (toy) => {
    toy.configure(asked([2, 1]));
    assertEquals(await jobsOf(toy), ["offset 1 made", "offset 2 made"]);
  }));

Deno.test("after a change of code or inputs nothing is taken from the last result", () =>
  withMemory(async (toy) => {
    toy.edit("sums/run.ts", "n: (await inputs.numbers.read()).length", "n: 4");
    assertEquals(await jobsOf(toy), ["offset 1 made", "offset 2 made"]);
    toy.configure({ numbers: { count: 5 } });
    assertEquals(await jobsOf(toy), ["offset 1 made", "offset 2 made"]);
  }));

Deno.test("forced, or with a damaged artifact, a stage takes nothing from its last result", () =>
  withMemory(async (toy) => {
    assertEquals(await jobsOf(toy, { force: true }), ["offset 1 made", "offset 2 made"]);
    const before = await tree(toy.path("results"));
    await flipByte(await findFile(toy.path("results/sums"), "sums-"));
    assertEquals(await jobsOf(toy), ["offset 1 made", "offset 2 made"]);
    assertEquals(await tree(toy.path("results")), before);
  }));

Deno.test("a stage may ask for a job's own files after all", () =>
  withMemory(async (toy) => {
    toy.edit(
      "sums/run.ts",
      "if (then) return",
      "if (then && offset === 2) return await (await jobs.sum(request)).sum.read();\n if (then) return",
    );
    await toy.run();
    toy.configure(asked([1, 2, 3]));
    assertEquals(await jobsOf(toy), [
      "offset 1 found",
      "offset 2 found",
      "offset 2 made",
      "offset 3 made",
    ]);
    assertEquals(Object.keys((await toy.manifest("sums")).provenance.jobs), [
      "sum1",
      "sum2",
      "sum3",
    ]);
  }));
