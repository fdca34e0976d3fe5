import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { importance } from "../../src/tuning/importance.ts";
import { randomSearch } from "../../src/tuning/random_search.ts";
import type { Space, Values } from "../../src/tuning/space.ts";
import { type FinishedTrial, search } from "../../src/tuning/trial.ts";

const unit = { type: "float", minValue: 0, maxValue: 1 } as const;
const space: Space = { a: unit, b: unit, idle: unit };

const finished = (score: (values: Values & { a: number; b: number }) => number, maxTrials = 80) =>
  search(
    randomSearch(space, { maxTrials, epochs: 1 }, 43),
    ({ values }) => Promise.resolve(score(values as Values & { a: number; b: number })),
  );

Deno.test("shares of a sum are those of the variances", async () => {
  // 3 a + b: variances 9/12 and 1/12.
  const { shares, r2 } = importance(space, await finished(({ a, b }) => 3 * a + b), 1);
  assertAlmostEquals(shares.a, 0.9, 0.1); // forests leave out some of what is weak
  assertAlmostEquals(shares.b, 0.1, 0.07);
  assertAlmostEquals(shares.idle, 0, 0.02);
  assert(r2 > 0.9 && r2 < 1, `${r2}`);
});

Deno.test("what two hyperparameters do together counts for both", async () => {
  // (a - 1/2) (b - 1/2) has no effect of one alone: both shares are 1.
  const { shares } = importance(
    space,
    await finished(({ a, b }) => (a - 0.5) * (b - 0.5), 160),
    1,
  );
  assert(shares.a > 0.7 && shares.b > 0.7 && shares.idle < 0.25, JSON.stringify(shares));
});

Deno.test("importance repeats, and does not depend on the order of the trials", async () => {
  const trials = await finished(({ a }) => a, 20);
  const once = importance(space, trials, 1);
  assertEquals(importance(space, [...trials].reverse(), 1), once);
  assert(importance(space, trials, 2).shares.a !== once.shares.a);
});

Deno.test("scores of chance are not explained", async () => {
  const { r2 } = importance(space, await finished(({ a }) => Math.sin(1e6 * a), 40), 1);
  assert(r2 < 0.2, `${r2}`);
});

Deno.test("a promoted trial does not explain its parent", async () => {
  const trials = await finished(({ a }) => Math.sin(1e6 * a), 40);
  const promoted = trials.map((trial): FinishedTrial => ({
    ...trial,
    id: trial.id + 40,
    parent: trial.id,
    initialEpoch: 1,
    epochs: 3,
  }));
  const { r2 } = importance(space, [...trials, ...promoted], 1);
  assert(r2 < 0.2, `${r2}`);
});

Deno.test("longer training is not mistaken for good values", async () => {
  // The score grows with the epochs alone; a decides a little.
  const trials = (await finished(({ a }) => a, 40)).map((trial, i): FinishedTrial => {
    const epochs = [2, 4, 10][i % 3];
    return { ...trial, epochs, score: trial.score + 10 * Math.log(epochs) };
  });
  const { shares } = importance(space, trials, 1);
  assert(shares.a > shares.b && shares.a > shares.idle, JSON.stringify(shares));
});

Deno.test("failed trials are left out, and equal scores explain nothing", async () => {
  const trials = await finished(({ a }) => a, 12);
  const failed = trials.map((trial, i) => ({ ...trial, id: 100 + i, score: NaN }));
  assertEquals(importance(space, [...trials, ...failed], 1), importance(space, trials, 1));
  assertEquals(importance(space, await finished(() => 0.5, 8), 1), {
    shares: { a: 0, b: 0, idle: 0 },
    r2: 0,
  });
});

Deno.test("too few trials are refused", async () => {
  const trials = await finished(({ a }) => a, 3);
  assertThrows(
    () => importance(space, [...trials, { ...trials[0], id: 3 }], 1),
    Error,
    "needs 4 different sets of values that were trained without failing; got 3.",
  );
});
