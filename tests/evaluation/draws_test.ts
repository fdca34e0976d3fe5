import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { anotherDraw, otherImages } from "../../src/evaluation/draws.ts";
import type { Interval } from "../../src/evaluation/intervals.ts";
import { spreadOf } from "../../src/evaluation/spread.ts";
import cases from "../golden/draws.json" with { type: "json" };

const assertBounds = ({ low, high }: Interval, [expectedLow, expectedHigh]: readonly number[]) => {
  assertAlmostEquals(low, expectedLow, 1e-9);
  assertAlmostEquals(high, expectedHigh, 1e-9);
};

Deno.test("intervals over draws agree with SciPy and statsmodels in 200 cases", () => {
  assertEquals(cases.length, 200);
  for (const { scores, images, mean: [mean, ...bounds], ...expected } of cases) {
    const ours = spreadOf(scores);
    assertAlmostEquals(ours.mean, mean, 1e-12);
    assertBounds(ours, bounds);
    assertBounds(otherImages(ours.mean, images), expected.otherImages);
    assertBounds(anotherDraw(scores, images), expected.anotherDraw);
  }
});

Deno.test("draws that all score the same differ by their images alone, and stay within 0 and 1", () => {
  for (const score of [0, 0.5, 1]) {
    const interval = otherImages(score, 100);
    assertBounds(anotherDraw([score, score, score], 100), [interval.low, interval.high]);
  }
  assertEquals(anotherDraw([0, 1], 100), { low: 0, high: 1 });
});

Deno.test("one draw has no spread, and no images no interval", () => {
  assertThrows(() => anotherDraw([0.5], 10), RangeError, "at least 2 values");
  assertThrows(() => anotherDraw([0.5, 0.6], 0), RangeError, "more than 0 cases");
});
