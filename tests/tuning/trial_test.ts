import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { openOracle, type OracleOptions, planned } from "../../src/tuning/oracle.ts";
import { valuesKey } from "../../src/tuning/space.ts";
import { type FinishedTrial, ranked, search, type Trial } from "../../src/tuning/trial.ts";
import { studySpace } from "../support/spaces.ts";

const oracles: OracleOptions[] = [
  { type: "randomSearch", maxTrials: 12, epochs: 3 },
  { type: "hyperband", maxEpochs: 9, factor: 3, hyperbandIterations: 2 },
  { type: "bayesianOptimization", maxTrials: 9, epochs: 3, batchSize: 2, numInitialPoints: 5 },
];

/** A score that any change of a trial changes, and that fails for some. */
function score({ values, epochs }: Trial): number {
  let hash = epochs;
  for (const letter of valuesKey(values)) hash = (hash * 31 + letter.charCodeAt(0)) % 1000003;
  return hash % 11 === 0 ? NaN : hash / 1000003;
}

const open = (options: OracleOptions) => openOracle(studySpace, options, 7);
const alone = (options: OracleOptions) =>
  search(open(options), (trial) => Promise.resolve(score(trial)));

/** Calls as many at once as there are places, in the order of the calls. */
function places(count: number) {
  const waiting: (() => void)[] = [];
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (count > 0) count--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else count++;
    }
  };
}

for (const options of oracles) {
  Deno.test(`${options.type}: the trials do not depend on which ends first or how many run at once`, async () => {
    const expected = await alone(options);
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 1, max: 5 }), async (order, jobs) => {
        const place = places(jobs);
        const trials = await order.waitFor(search(
          open(options),
          (trial) => place(() => order.schedule(Promise.resolve(score(trial)))),
        ));
        assertEquals(trials, expected);
      }),
      { numRuns: options.type === "bayesianOptimization" ? 8 : 40 },
    );
  });

  Deno.test(`${options.type}: a search that is killed again and again continues with what is missing`, async () => {
    const expected = await alone(options);
    const kept = new Map<string, number>(); // what a store of finished jobs does
    let calls = 0;
    const interrupted = (limit: number) =>
      search(open(options), (trial) => {
        const key = JSON.stringify(trial);
        if (!kept.has(key)) {
          if (++calls > limit) return Promise.reject(new Error("killed"));
          kept.set(key, score(trial));
        }
        return Promise.resolve(kept.get(key)!);
      });
    await assertRejects(() => interrupted(2), Error, "killed");
    calls = kept.size;
    await assertRejects(() => interrupted(7), Error, "killed");
    calls = kept.size;
    assertEquals(await interrupted(Infinity), expected);
    assertEquals(calls, expected.length);
  });

  Deno.test(`${options.type}: another seed gives other trials`, async () => {
    const other = await search(
      openOracle(studySpace, options, 8),
      (trial) => Promise.resolve(score(trial)),
    );
    const expected = await alone(options);
    assert(valuesKey(other[0].values) !== valuesKey(expected[0].values));
  });

  Deno.test(`${options.type}: what is planned is what runs`, async () => {
    const trials = await search(open(options), ({ id }) => Promise.resolve(id));
    assertEquals(planned(options), {
      trials: trials.length,
      epochs: trials.reduce((sum, trial) => sum + trial.epochs - trial.initialEpoch, 0),
    });
  });
}

Deno.test("batches of a sequence follow each other, other sequences run beside them", async () => {
  const events: string[] = [];
  const trial = (id: number): Trial => ({ id, values: {}, initialEpoch: 0, epochs: 1 });
  const sent: (readonly number[])[] = [];
  function* sequence(...batches: number[][]) {
    for (const ids of batches) sent.push(yield ids.map(trial));
  }
  const releases = new Map<number, () => void>();
  const trials = search([sequence([5, 1], [2]), sequence([7])], async ({ id }) => {
    events.push(`start ${id}`);
    await new Promise<void>((resolve) => releases.set(id, resolve));
    return -id;
  });
  const release = async (id: number) => {
    events.push(`end ${id}`);
    releases.get(id)!();
    await new Promise((resolve) => setTimeout(resolve, 0));
  };
  await release(1);
  await release(5);
  await release(2);
  await release(7);
  assertEquals((await trials).map(({ id }) => id), [1, 2, 5, 7]);
  assertEquals(sent, [[-5, -1], [-2], [-7]]);
  assertEquals(events, [
    ..."start 5,start 1,start 7,end 1,end 5,start 2,end 2,end 7".split(","),
  ]);
});

Deno.test("the best trials come first, failed ones not at all", () => {
  const trials = [0.3, NaN, 0.9, 0.3, -1].map((score, id): FinishedTrial => ({
    id,
    values: {},
    initialEpoch: 0,
    epochs: 1,
    score,
  }));
  assertEquals(ranked(trials).map(({ id }) => id), [2, 0, 3, 4]);
  assertEquals(ranked(trials.toReversed()).map(({ id }) => id), [2, 0, 3, 4]);
  assertEquals(ranked([]), []);
});

Deno.test("three failed trials in a row stop a search, two do not", async () => {
  const options = { type: "randomSearch", maxTrials: 9, epochs: 1 } as const;
  const withFailures = (failed: (id: number) => boolean) =>
    search(open(options), ({ id }) => Promise.resolve(failed(id) ? NaN : 1));
  assertEquals((await withFailures((id) => id % 3 > 0)).length, 9);
  const error = await assertRejects(() => withFailures((id) => id >= 4 && id <= 6), Error);
  assert(error.message.startsWith("The search stopped: 3 trials in a row gave no finite score."));
  assert(/trial 4: \{.*\n.*trial 5: \{.*\n.*trial 6: \{/.test(error.message), error.message);
});

Deno.test("an infinite score counts as failed", async () => {
  const trials = await search(
    open({ type: "randomSearch", maxTrials: 2, epochs: 1 }),
    ({ id }) => Promise.resolve(id === 0 ? Infinity : 0.1),
  );
  assertEquals(trials.map(({ score }) => score), [NaN, 0.1]);
});

Deno.test("an error of a trial ends the search", async () => {
  await assertRejects(
    () =>
      search(
        open({ type: "randomSearch", maxTrials: 3, epochs: 1 }),
        ({ id }) => id === 1 ? Promise.reject(new Error("no memory")) : Promise.resolve(1),
      ),
    Error,
    "no memory",
  );
});
