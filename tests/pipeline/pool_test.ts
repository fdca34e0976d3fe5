/** Which job is next where more wait than there are places. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Executor } from "../../src/pipeline/executor.ts";
import { bounded } from "../../src/pipeline/pool.ts";
import { jobCalled } from "../support/toy.ts";

/** A job that takes some seconds, which are known before or not. */
interface Timed {
  readonly seconds: number;
  readonly known: boolean;
}

/** Lets all that is ready go on. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

/** Runs jobs by a clock that jumps from end to end; returns how long all took, and in which order they began. */
async function clocked(jobs: readonly Timed[], places: number) {
  let now = 0;
  const running: { readonly i: number; readonly ends: number; end(): void }[] = [];
  const order: number[] = [];
  const executor: Executor = {
    async run({ label }) {
      const i = Number(label);
      order.push(i);
      const { promise, resolve: end } = Promise.withResolvers<void>();
      running.push({ i, ends: now + jobs[i].seconds, end });
      await promise;
      return { seconds: jobs[i].seconds, facts: {} };
    },
    stop: () => Promise.resolve(),
  };
  const pool = bounded(executor, places);
  const all = Promise.all(
    jobs.map(({ seconds, known }, i) =>
      pool.run(jobCalled(String(i), known ? { expected: seconds } : {}), "", () => {})
    ),
  );
  for (;;) {
    await settle();
    if (running.length === 0) break;
    assert(running.length <= places, "no more run at once than there are places");
    running.sort((a, b) => a.ends - b.ends);
    const { ends, end } = running.shift()!;
    now = ends;
    end();
  }
  await all;
  return { makespan: now, order };
}

const drawn = fc.array(
  fc.record({ seconds: fc.integer({ min: 1, max: 100 }), known: fc.boolean() }),
  { minLength: 1, maxLength: 12 },
);

Deno.test("jobs of unknown length come first, in order; then those that are known, the longest first", async () => {
  await fc.assert(
    fc.asyncProperty(drawn, fc.integer({ min: 1, max: 4 }), async (jobs, places) => {
      const { order } = await clocked(jobs, places);
      // Those that found a free place went ahead.
      const waited = jobs.map((job, i) => ({ ...job, i })).slice(places);
      const unknown = waited.filter(({ known }) => !known);
      const known = waited.filter(({ known }) => known).sort((a, b) => b.seconds - a.seconds);
      assertEquals(order.slice(places), [...unknown, ...known].map(({ i }) => i));
    }),
    { numRuns: 50 },
  );
});

Deno.test("all together take no longer than any order without idle places may, and never leave one idle", async () => {
  await fc.assert(
    fc.asyncProperty(drawn, fc.integer({ min: 1, max: 4 }), async (jobs, places) => {
      const { makespan } = await clocked(jobs, places);
      const seconds = jobs.map(({ seconds }) => seconds);
      const [sum, most] = [seconds.reduce((a, b) => a + b, 0), Math.max(...seconds)];
      assert(makespan >= Math.max(sum / places, most));
      // Graham's bound.
      assert(makespan <= sum / places + most * (1 - 1 / places) + 1e-9);
    }),
    { numRuns: 50 },
  );
});

Deno.test("a long job that was asked for last does not run alone at the end", async () => {
  const jobs = [...Array(8).fill(2), 10].map((seconds) => ({ seconds, known: true }));
  assertEquals((await clocked(jobs, 2)).makespan, 14);
  // In the order of asking, it would.
  const unknown = jobs.map(({ seconds }) => ({ seconds, known: false }));
  assertEquals((await clocked(unknown, 2)).makespan, 18);
});
