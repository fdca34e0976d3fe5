import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { randomSearch } from "../../src/tuning/random_search.ts";
import { type Space, spaceSize, toUnit, valuesKey } from "../../src/tuning/space.ts";
import { search } from "../../src/tuning/trial.ts";
import { spaces } from "../support/spaces.ts";

const run = async (space: Space, maxTrials: number, seed: number) =>
  (await search(
    randomSearch(space, { maxTrials, epochs: 4 }, seed),
    () => Promise.resolve({ score: 1 }),
  )).trials;

Deno.test("random search draws different sets of values of the space, as many as asked for", async () => {
  await fc.assert(
    fc.asyncProperty(spaces, fc.nat({ max: 1000 }), async (space, seed) => {
      const trials = await run(space, 6, seed);
      assert(trials.length >= 1 && trials.length <= Math.min(6, spaceSize(space)));
      if (spaceSize(space) > 100) assertEquals(trials.length, 6);
      assertEquals(new Set(trials.map(({ values }) => valuesKey(values))).size, trials.length);
      for (const [i, trial] of trials.entries()) {
        toUnit(space, trial.values); // throws for values outside
        assertEquals([trial.id, trial.initialEpoch, trial.epochs], [i, 0, 4]);
      }
    }),
    { numRuns: 50 },
  );
});

Deno.test("random search ends when a small space is exhausted", async () => {
  const space: Space = {
    a: { type: "choice", values: [3, 5] },
    b: { type: "choice", values: [true, false] },
  };
  assertEquals((await run(space, 50, 43)).length, 4);
});

Deno.test("a longer search begins with the trials of a shorter one", async () => {
  const space: Space = { x: { type: "float", minValue: 0, maxValue: 1 } };
  assertEquals((await run(space, 20, 5)).slice(0, 8), await run(space, 8, 5));
});
