/** Runs and jobs that are killed at any moment leave nothing that the next run does not put right. */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import {
  ahead,
  bytes,
  filesIn,
  finish,
  heals,
  members,
  noneLeft,
  pause,
  type Place,
  randoms,
  SIGNALS,
  start,
  withSlowJobs,
} from "../support/interrupted.ts";

const SEED = 20261125;

/**
 * When whom a signal meets: the run after so many milliseconds, the first of its jobs that is seen, or
 * the run while its jobs are at work and would be for long.
 */
type Moment = number | "job" | "long jobs";

/** Kills a run or a job of its and looks at what is left. Returns whether that ended the run. */
async function kill(
  place: Place,
  signal: typeof SIGNALS[number],
  moment: Moment,
): Promise<boolean> {
  const long = join(place.home, "..", "long");
  if (moment === "long jobs") await Deno.writeTextFile(long, "");
  const run = start(place);
  let ended = false;
  const output = run.output().finally(() => ended = true);
  let target = run.pid;
  if (typeof moment === "string") {
    let job;
    while (!ended && !job) job = (await members(run, place)).find(({ isJob }) => isJob);
    if (moment === "long jobs") await pause(300);
    else if (job) target = job.pid;
  } else await Promise.race([pause(moment), output]);
  try {
    if (!ended) Deno.kill(target, signal);
  } catch {
    // The job has ended in between.
  }
  const { success } = await output;
  assertEquals(ahead(await filesIn(place.home)), []);
  await noneLeft(run, place);
  if (moment === "long jobs") await Deno.remove(long);
  return !success;
}

Deno.test({
  name:
    "killed at any moment, by any signal, itself or a job of its, a run is continued to the same bytes",
  // No such signals, and no ps.
  ignore: Deno.build.os === "windows",
  async fn() {
    let whole: Record<string, string> = {};
    let duration = 0;
    await withSlowJobs(async (toy) => {
      const began = performance.now();
      await finish({ root: await toy.sources(), home: toy.path(".") });
      duration = performance.now() - began;
      whole = bytes(await filesIn(toy.path(".")));
    });
    assert("page.md" in whole && "results/more/manifest.json" in whole);

    const next = randoms(SEED);
    // Of which the first part goes into the start of the process.
    const moments = SIGNALS.map(() => [0, 0, 0].map(() => duration * (0.2 + 0.75 * next())));
    let hits = 0;
    const killed = (signal: typeof SIGNALS[number], moments: readonly number[]) =>
      withSlowJobs(async (toy) => {
        const place = { root: await toy.sources(), home: toy.path(".") };
        for (const moment of ["long jobs", moments[0], "job", ...moments.slice(1)] as const) {
          if (await kill(place, signal, moment)) hits++;
        }
        await heals(place, whole);
      });
    for (const pair of [[0, 1], [2, 3]]) {
      await Promise.all(pair.map((i) => killed(SIGNALS[i], moments[i])));
    }
    // Those at moments may come when all is over, on a machine that is faster now than it was.
    assert(hits >= 2 * SIGNALS.length, `only ${hits} of 20 met anything`);
  },
});
