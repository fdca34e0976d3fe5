import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { spreadOf } from "../../src/evaluation/spread.ts";
import cases from "../golden/welch.json" with { type: "json" };
import { readGolden } from "../support/golden.ts";

/** Images that some trainings get right, and what SciPy says of the shares. */
interface Case {
  readonly images: number;
  readonly right: string;
  readonly mean: number;
  readonly std: number;
  readonly low: number;
  readonly high: number;
}

Deno.test("mean, standard deviation and Student's interval are NumPy's and SciPy's", async () => {
  const { spread } = await readGolden<{ spread: Case[] }>("seeds.json");
  assertEquals(spread.length, 200);
  for (const { images, right, ...expected } of spread) {
    const found = spreadOf(right.split(" ").map((count) => Number(count) / images));
    for (const name of ["mean", "std", "low", "high"] as const) {
      assertAlmostEquals(found[name], expected[name], 1e-13, name);
    }
  }
});

Deno.test("an interval of values that are no shares of whole images is SciPy's, within 0 and 1", () => {
  for (const { first, student: [low, high] } of cases) {
    const found = spreadOf(first);
    assertAlmostEquals(found.low, Math.max(0, low), 1e-13);
    assertAlmostEquals(found.high, Math.min(1, high), 1e-13);
  }
});

Deno.test("a spread holds its values, and stays within 0 and 1", () => {
  const share = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 0.1, 1));
  fc.assert(fc.property(fc.array(share, { minLength: 2, maxLength: 9 }), (shares) => {
    const { mean, std, least, most, low, high } = spreadOf(shares);
    assertEquals([least, most], [Math.min(...shares), Math.max(...shares)]);
    assert(0 <= low && low <= mean && mean <= high && high <= 1, `${low} ${mean} ${high}`);
    assert(least <= mean && mean <= most && std >= 0);
  }));
});

Deno.test("shares that are all alike have no spread, not one of rounding", () => {
  const same = { mean: 0.1, std: 0, least: 0.1, most: 0.1, low: 0.1, high: 0.1 };
  assertEquals(spreadOf([0.1, 0.1, 0.1]), same);
});

Deno.test("a spread is refused of one share, and of what is none", () => {
  assertThrows(() => spreadOf([0.9]), RangeError, "at least 2 values, not 1");
  for (const wrong of [-0.1, 90, NaN]) {
    assertThrows(() => spreadOf([0.9, wrong]), RangeError, `shares of 0 to 1, not ${wrong}`);
  }
});
