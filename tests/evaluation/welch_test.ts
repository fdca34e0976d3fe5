import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { welch } from "../../src/evaluation/welch.ts";
import cases from "../golden/welch.json" with { type: "json" };

Deno.test("welch agrees with SciPy in 200 random cases", () => {
  assertEquals(cases.length, 200);
  for (const { first, second, p, low, high } of cases) {
    const ours = welch(first, second);
    assertAlmostEquals(ours.p, p, 1e-10 * p + 1e-15);
    for (const [bound, expected] of [[ours.low, low], [ours.high, high]]) {
      assertAlmostEquals(bound, expected, 1e-10 * (high - low));
    }
  }
});

const samples = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
  minLength: 2,
  maxLength: 9,
});

Deno.test("welch: the other way round it is the negative, and p is below 5% where the interval leaves out 0", () => {
  fc.assert(fc.property(samples, samples, (first, second) => {
    const [one, other] = [welch(first, second), welch(second, first)];
    assertEquals(one.value, -other.value + 0);
    assertAlmostEquals(one.low, -other.high, 1e-12);
    assertAlmostEquals(one.p, other.p, 1e-12);
    if (Math.abs(one.p - 0.05) > 1e-9) {
      assertEquals(one.p < 0.05, one.low > 0 || one.high < 0);
    }
  }));
});

Deno.test("welch: samples that do not vary differ or do not; one value is no sample", () => {
  assertEquals(welch([0.5, 0.5], [0.5, 0.5]), { value: 0, low: 0, high: 0, p: 1 });
  assertEquals(welch([0.5, 0.5], [0.25, 0.25]), { value: 0.25, low: 0.25, high: 0.25, p: 0 });
  // Sums of three tenths and of two are not a tenth to the last bit.
  assertEquals(welch([0.1, 0.1, 0.1], [0.1, 0.1]).p, 1);
  assertEquals(welch([0.1, 0.1, 0.1], [0.2, 0.2]).p, 0);
  // Only one varies: as many degrees of freedom as it alone has.
  const { p } = welch([0.5, 0.5], [0.1, 0.3]);
  assertAlmostEquals(p, 2 * (0.5 - Math.atan(3) / Math.PI), 1e-12);
  assertThrows(() => welch([0.5], [0.5, 0.6]), RangeError, "at least 2 values");
});
