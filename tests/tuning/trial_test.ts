import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { openOracle, type OracleOptions, planned } from "../../src/tuning/oracle.ts";
import { valuesKey } from "../../src/tuning/space.ts";
import {
  type FinishedTrial,
  type Outcome,
  ranked,
  type Search,
  search,
  type Trial,
} from "../../src/tuning/trial.ts";
import { studySpace } from "../support/spaces.ts";

const oracles: OracleOptions[] = [
  { type: "randomSearch", maxTrials: 12, epochs: 3 },
  { type: "hyperband", maxEpochs: 9, factor: 3, hyperbandIterations: 2 },
  { type: "bayesianOptimization", maxTrials: 9, epochs: 3, batchSize: 2, numInitialPoints: 5 },
];

/** A score that any change of a trial changes; some fail, in either way. */
function score({ values, epochs }: Trial): Outcome {
  let hash = epochs;
  for (const letter of valuesKey(values)) hash = (hash * 31 + letter.charCodeAt(0)) % 1000003;
  if (hash % 11 === 0) return { failed: "diverged" };
  return hash % 13 === 0 ? { failed: "impossible" } : { score: hash / 1000003 };
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
    const kept = new Map<string, Outcome>(); // what a store of finished jobs does
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
    assertEquals(calls, expected.trials.length);
  });

  Deno.test(`${options.type}: another seed gives other trials`, async () => {
    const other = await search(
      openOracle(studySpace, options, 8),
      (trial) => Promise.resolve(score(trial)),
    );
    const expected = await alone(options);
    assert(valuesKey(other.trials[0].values) !== valuesKey(expected.trials[0].values));
  });

  Deno.test(`${options.type}: what is planned is what runs`, async () => {
    const { trials, stopped } = await search(
      open(options),
      ({ id }) => Promise.resolve({ score: id }),
    );
    assertEquals(stopped, null);
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
  const searched = search([sequence([5, 1], [2]), sequence([7])], async ({ id }) => {
    events.push(`start ${id}`);
    await new Promise<void>((resolve) => releases.set(id, resolve));
    return { score: -id };
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
  assertEquals((await searched).trials.map(({ id }) => id), [1, 2, 5, 7]);
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

/** Searches sequences of batches, given by their ids; `D` diverges, `X` is impossible, others have a score. */
async function outcomes(...sequences: string[][]): Promise<Search & { letters: string }> {
  const letters = sequences.map((batches) => batches.join("")).join("");
  let id = 0;
  const oracle = sequences.map((batches) => {
    const planned = batches.map((batch) =>
      [...batch].map((): Trial => ({ id: id++, values: {}, initialEpoch: 0, epochs: 1 }))
    );
    return (function* () {
      for (const batch of planned) yield batch;
    })();
  });
  const result = await search(oracle, ({ id }) => {
    const letter = letters[id];
    return Promise.resolve(
      letter === "D"
        ? { failed: "diverged" }
        : letter === "X"
        ? { failed: "impossible" }
        : { score: id },
    );
  });
  return { ...result, letters: result.trials.map(({ id }) => letters[id]).join("") };
}

Deno.test("three diverged trials in a row stop a search and lose nothing", async () => {
  const { trials, stopped, letters } = await outcomes(["o", "oD", "DD", "o", "o"]);
  assertEquals(letters, "ooDDD");
  assertEquals(trials.map(({ score, failed }) => [score, failed]), [
    [0, undefined],
    [1, undefined],
    [NaN, "diverged"],
    [NaN, "diverged"],
    [NaN, "diverged"],
  ]);
  assertEquals(
    stopped,
    "Trials 2, 3 and 4 diverged one after another, so no more were asked for after them; " +
      "look at the learning rate's range in the search space.",
  );
  assertEquals(ranked(trials).map(({ id }) => id), [1, 0]);
});

Deno.test("two in a row, or three that others of their batch follow, stop nothing", async () => {
  for (const batches of [["DD", "oDD", "o"], ["DDDo", "o"], ["D", "D", "oD", "D", "o"]]) {
    const { stopped, letters } = await outcomes(batches);
    assertEquals([letters, stopped], [batches.join(""), null]);
  }
});

Deno.test("a search is not stopped where the oracle has no more to ask for", async () => {
  const { stopped, letters } = await outcomes(["oDDD"], ["o", "DDD"]);
  assertEquals([letters, stopped], ["oDDDoDDD", null]);
});

Deno.test("impossible trials neither stop a search nor part those that diverge", async () => {
  const impossible = await outcomes(["XXX", "XX", "XDX", "o"]);
  assertEquals([impossible.letters, impossible.stopped], ["XXXXXXDXo", null]);
  const parted = await outcomes(["DXD", "XD", "o"]);
  assertEquals(parted.letters, "DXDXD");
  assert(parted.stopped?.startsWith("Trials 0, 2 and 4 diverged"), `${parted.stopped}`);
  assertEquals(parted.trials[1].failed, "impossible");
});

Deno.test("a sequence that stops leaves the others to their end", async () => {
  const { stopped, letters } = await outcomes(["DDD", "o"], ["o", "oo"], ["oDDD", "o"]);
  assertEquals(letters, "DDDooooDDD");
  assert(stopped?.startsWith("Trials 0, 1 and 2, and trials 8, 9 and 10 diverged"), `${stopped}`);
});

Deno.test("a search of which every trial fails has nothing ranked", async () => {
  for (const options of oracles) {
    const { trials, stopped } = await search(
      open(options),
      () => Promise.resolve({ failed: "diverged" }),
    );
    assert(trials.length > 0 && trials.every(({ failed }) => failed === "diverged"));
    assertEquals(ranked(trials), []);
    // The others ask for nothing after a batch of which nothing came.
    assertEquals(stopped === null, options.type !== "bayesianOptimization");
  }
});

Deno.test("an infinite score counts as diverged", async () => {
  const { trials } = await search(
    open({ type: "randomSearch", maxTrials: 2, epochs: 1 }),
    ({ id }) => Promise.resolve({ score: id === 0 ? Infinity : 0.1 }),
  );
  assertEquals(trials.map(({ score, failed }) => [score, failed]), [[NaN, "diverged"], [
    0.1,
    undefined,
  ]]);
});

Deno.test("an error of a trial ends the search", async () => {
  await assertRejects(
    () =>
      search(
        open({ type: "randomSearch", maxTrials: 3, epochs: 1 }),
        ({ id }) =>
          id === 1 ? Promise.reject(new Error("no memory")) : Promise.resolve({ score: 1 }),
      ),
    Error,
    "no memory",
  );
});
