import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { meanOverSeeds } from "../../src/evaluation/over_seeds.ts";
import cases from "../golden/welch.json" with { type: "json" };

Deno.test("intervals of means over seeds are SciPy's, within 0 and 1", () => {
  for (const { first, student: [low, high] } of cases) {
    const ours = meanOverSeeds(first);
    assertAlmostEquals(ours.low, Math.max(0, low), 1e-13);
    assertAlmostEquals(ours.high, Math.min(1, high), 1e-13);
  }
  assertEquals(meanOverSeeds([0.5, 0.5]), { mean: 0.5, std: 0, low: 0.5, high: 0.5 });
  assertEquals(meanOverSeeds([0, 1]).low, 0);
  assertThrows(() => meanOverSeeds([1]), RangeError, "at least 2 values");
});
