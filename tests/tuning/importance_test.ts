import { assert, assertAlmostEquals, assertEquals, assertExists } from "@std/assert";
import { type Importance, importance } from "../../src/tuning/importance.ts";
import { randomSearch } from "../../src/tuning/random_search.ts";
import type { Space, Values } from "../../src/tuning/space.ts";
import { type FinishedTrial, search } from "../../src/tuning/trial.ts";

const unit = { type: "float", minValue: 0, maxValue: 1 } as const;
const space: Space = { a: unit, b: unit, idle: unit };

const searched = async (of: Space, score: (values: Values) => number, maxTrials: number) =>
  (await search(
    randomSearch(of, { maxTrials, epochs: 1 }, 43),
    ({ values }) => Promise.resolve({ score: score(values) }),
  )).trials;

const finished = (score: (values: { a: number; b: number }) => number, maxTrials = 80) =>
  searched(space, ({ a, b }) => score({ a: Number(a), b: Number(b) }), maxTrials);

/** The importance, which is known. */
function known(...of: Parameters<typeof importance>): Importance {
  const found = importance(...of);
  assertExists(found);
  return found;
}

Deno.test("shares of a sum are those of the variances", async () => {
  // 3 a + b: variances 9/12 and 1/12.
  const { shares, r2 } = known(space, await finished(({ a, b }) => 3 * a + b), 1);
  assertAlmostEquals(shares.a, 0.9, 0.1); // forests leave out some of what is weak
  assertAlmostEquals(shares.b, 0.1, 0.07);
  assertAlmostEquals(shares.idle, 0, 0.02);
  assert(r2 > 0.9 && r2 < 1, `${r2}`);
});

Deno.test("what two hyperparameters do together counts for both", async () => {
  // (a - 1/2) (b - 1/2) has no effect of one alone: both shares are 1.
  const { shares } = known(
    space,
    await finished(({ a, b }) => (a - 0.5) * (b - 0.5), 160),
    1,
  );
  assert(shares.a > 0.7 && shares.b > 0.7 && shares.idle < 0.25, JSON.stringify(shares));
});

Deno.test("importance repeats, and does not depend on the order of the trials", async () => {
  const trials = await finished(({ a }) => a, 20);
  const once = known(space, trials, 1);
  assertEquals(importance(space, [...trials].reverse(), 1), once);
  assert(known(space, trials, 2).shares.a !== once.shares.a);
});

Deno.test("scores of chance are not explained", async () => {
  const { r2 } = known(space, await finished(({ a }) => Math.sin(1e6 * a), 40), 1);
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
  const { r2 } = known(space, [...trials, ...promoted], 1);
  assert(r2 < 0.2, `${r2}`);
});

Deno.test("longer training is not mistaken for good values", async () => {
  // The score grows with the epochs alone; a decides a little.
  const trials = (await finished(({ a }) => a, 40)).map((trial, i): FinishedTrial => {
    const epochs = [2, 4, 10][i % 3];
    return { ...trial, epochs, score: trial.score + 10 * Math.log(epochs) };
  });
  const { shares } = known(space, trials, 1);
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

Deno.test("importance is unknown from too few different sets of values", async () => {
  const trials = await finished(({ a }) => a, 3);
  assertEquals(importance(space, [...trials, { ...trials[0], id: 3 }], 1), null);
  assertEquals(importance(space, [], 1), null);
  const failed = (await finished(({ a }) => a, 9)).map((trial) => ({ ...trial, score: NaN }));
  assertEquals(importance(space, failed, 1), null);
});

Deno.test("words and booleans are categories, whatever the order they are listed in", async () => {
  // The middle one of five words and a flag decide; the other words are all the same.
  const words = ["adam", "lion", "sgd", "rms", "ftrl"];
  const mixed: Space = {
    word: { type: "choice", values: words },
    flag: { type: "choice", values: [true, false] },
    idle: { type: "choice", values: ["x", 1, false] },
    a: unit,
  };
  const score = ({ word, flag }: Values) => (word === "sgd" ? 1 : 0) + (flag ? 0.8 : 0);
  const trials = await searched(mixed, score, 120);
  const { shares, r2 } = known(mixed, trials, 1);
  assert(shares.word > 0.2 && shares.flag > 0.2, JSON.stringify(shares));
  assert(shares.idle < 0.02 && shares.a < 0.02, JSON.stringify(shares));
  assert(r2 > 0.75, `${r2}`);

  const turned: Space = {
    ...mixed,
    word: { type: "choice", values: ["sgd", ...words.toSpliced(2, 1)] },
  };
  assertAlmostEquals(known(turned, trials, 1).shares.word, shares.word, 0.05); // other points are drawn
});
