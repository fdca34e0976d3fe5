import { assert, assertEquals, assertExists, assertThrows } from "@std/assert";
import { expectedScores, sharesWithout } from "../../src/tuning/forest.ts";
import type { Space } from "../../src/tuning/space.ts";

const unit = { type: "float", minValue: 0, maxValue: 1 } as const;
const space: Space = { a: unit, b: unit, idle: unit };

/** Trials spread evenly over the space. */
const trials = (count: number, score: (a: number, b: number) => number, epochs = 1) =>
  Array.from({ length: count }, (_, i) => {
    const [a, b, idle] = [0.618034, 0.414214, 0.732051].map((step) => (i + 1) * step % 1);
    return { values: { a, b, idle }, epochs, score: score(a, b) };
  });

Deno.test("shares hardly change where a tenth of many trials is left out, and much where each of few is", () => {
  const range = (all: readonly { readonly [name: string]: number }[], name: string) => {
    const shares = all.map((shares) => shares[name]);
    return Math.max(...shares) - Math.min(...shares);
  };
  const sum = (a: number, b: number) => 2 * a + b;
  const many = sharesWithout(space, trials(100, sum), 1);
  assertEquals(many.length, 10);
  for (const { a, b, idle } of many) assert(a > b && b > idle && a > 0.6, JSON.stringify([a, b]));
  const few = sharesWithout(space, trials(6, sum), 1);
  assertEquals(few.length, 6);
  assert(range(few, "a") > 2 * range(many, "a"), `${range(few, "a")} ${range(many, "a")}`);
});

Deno.test("too few sets of values leave no forest; those that failed, or went on, are no more sets", () => {
  assertEquals(sharesWithout(space, trials(4, (a) => a), 1), []);
  assertEquals(sharesWithout(space, [], 1), []);
  const five = trials(5, (a) => a);
  assertEquals(sharesWithout(space, five, 1).length, 5);
  const failed = five.map((trial, i) => i === 0 ? { ...trial, score: NaN } : trial);
  assertEquals(sharesWithout(space, failed, 1), []);
  const promoted = [...five, { ...five[0], epochs: 3, score: 0.9 }];
  assertEquals(sharesWithout(space, promoted, 1).length, 5);
  assertEquals(expectedScores(space, trials(3, (a) => a), [{ a: 0.5 }], 1), undefined);
});

Deno.test("equal scores have no shares, and are expected everywhere", () => {
  const alike = trials(8, () => 0.5);
  for (const shares of sharesWithout(space, alike, 1)) {
    assertEquals(Object.values(shares), [0, 0, 0]);
  }
  assertEquals(expectedScores(space, alike, [{ a: 0 }, { a: 1 }], 1), [0.5, 0.5]);
});

Deno.test("what is expected of values follows them, as after the most epochs, whatever the others are", () => {
  const all = [
    ...trials(60, (a, b) => a + b / 2),
    ...trials(60, (a, b) => 1 + a + b / 2, 9),
  ];
  const found = expectedScores(space, all, [{ a: 0.1 }, { a: 0.5 }, { a: 0.9 }], 1);
  assertExists(found);
  // The mean of b is a half.
  for (const [i, expected] of [1.35, 1.75, 2.15].entries()) {
    assert(Math.abs(found[i] - expected) < 0.12, `${found}`);
  }
  assertEquals(expectedScores(space, all, [{ a: 0.1 }, { a: 0.5 }, { a: 0.9 }], 1), found);
});

Deno.test("values outside the space are refused", () => {
  const outside = trials(8, () => 0).map((trial, i) => ({ ...trial, values: { a: 2 + i } }));
  assertThrows(() => sharesWithout({ a: unit }, outside, 1), Error, "Hyperparameter a");
});
