import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { mcnemar } from "../../src/evaluation/mcnemar.ts";

/** Predictions of two models for images of class 1, by who is right. */
function outcomes(both: number, onlyFirst: number, onlySecond: number, neither: number) {
  const first = [both, onlyFirst, onlySecond, neither]
    .flatMap((count, i) => Array(count).fill([1, 1, 0, 0][i]));
  const second = [both, onlyFirst, onlySecond, neither]
    .flatMap((count, i) => Array(count).fill([1, 0, 1, 0][i]));
  return mcnemar(first.map(() => 1), first, second);
}

Deno.test("mcnemar agrees with Fagerland, Lydersen and Laake's example", () => {
  // Airway hyper-responsiveness of 21 children before and after a transplantation: mid-p 0.039.
  assertEquals(outcomes(1, 1, 7, 12), { onlyFirst: 1, onlySecond: 7, p: 0.0390625 });
});

Deno.test("mcnemar agrees with SciPy", () => {
  // 2 binom.cdf(k, n, 0.5) - binom.pmf(k, n, 0.5), SciPy 1.17.1.
  const cases: [number, number, number][] = [
    [0, 1, 0.5],
    [4, 9, 0.17956542968749997],
    [121, 59, 3.2666467957745733e-06],
    [400, 480, 0.006999455634076815],
    [0, 60, 8.673617379883987e-19],
    [3000, 3200, 0.011085759458587028],
  ];
  for (const [b, c, p] of cases) assertAlmostEquals(outcomes(3, b, c, 2).p, p, 1e-10 * p);
  assertEquals(outcomes(5, 0, 0, 5).p, 1);
  assertEquals(outcomes(0, 0, 2000, 0).p, 0); // below the smallest number there is
});

/** n over k, in whole numbers. */
function choose(n: number, k: number): bigint {
  let coefficient = 1n;
  for (let i = 1; i <= k; i++) coefficient = coefficient * BigInt(n - i + 1) / BigInt(i);
  return coefficient;
}

Deno.test("mcnemar is the sum over more uneven splits, and half of it over those as uneven", () => {
  for (let n = 1; n <= 50; n++) {
    for (let b = 0; b <= n; b++) {
      let doubled = 0n;
      for (let k = 0; k <= n; k++) {
        const [distance, seen] = [Math.abs(2 * k - n), Math.abs(2 * b - n)];
        if (distance > seen) doubled += 2n * choose(n, k);
        if (distance === seen) doubled += choose(n, k);
      }
      const expected = Number(doubled) / 2 ** (n + 1);
      assertAlmostEquals(outcomes(1, b, n - b, 1).p, expected, 1e-12 * expected, `${b} of ${n}`);
    }
  }
});

Deno.test("mcnemar at a tie, and where the models never differ", () => {
  // Fagerland et al.: 1 - f(k | n) / 2 for equal counts.
  assertEquals(outcomes(1, 1, 1, 1).p, 0.75);
  assertAlmostEquals(outcomes(0, 5, 5, 0).p, 1 - 252 / 1024 / 2, 1e-14);
  assertAlmostEquals(outcomes(0, 2000, 2000, 0).p, 1 - 0.012615 / 2, 1e-6);
  assertEquals(outcomes(2, 0, 0, 2).p, 1);
});

Deno.test("mcnemar compares what is right, not what is alike", () => {
  // Both wrong in different ways does not count.
  assertEquals(mcnemar([0, 1, 2], [1, 1, 2], [2, 1, 0]), { onlyFirst: 1, onlySecond: 0, p: 0.5 });
  assertThrows(() => mcnemar([0], [0], [0, 1]), RangeError, "second model, not 1 and 2");
  assertThrows(() => mcnemar([0], [], [0]), RangeError, "first model, not 1 and 0");
});
