import { assert, assertEquals, assertLess, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { dropoutMask } from "../../src/engine/dropout.ts";

const dropped = (mask: Float32Array) => mask.reduce((n, value) => n + (value === 0 ? 1 : 0), 0);

/** Standard deviations between a count of successes and its mean. */
const z = (count: number, n: number, p: number) =>
  Math.abs(count - n * p) / Math.sqrt(n * p * (1 - p));

Deno.test("a mask holds 0 and 1 / (1 - rate), and drops the share it should", () => {
  for (const rate of [0.05, 0.1, 0.25, 0.5, 0.8, 0.99]) {
    const n = 400_000;
    const mask = dropoutMask(43, "dropout", 1, n, rate);
    const kept = Math.fround(1 / (1 - rate));
    assert(mask.every((value) => value === 0 || value === kept));
    assertLess(z(dropped(mask), n, rate), 4, `rate ${rate}`);
  }
});

Deno.test("a rate of 0 drops nothing", () => {
  assertEquals(dropoutMask(0, "d", 1, 5, 0), new Float32Array([1, 1, 1, 1, 1]));
});

Deno.test("the rule is fixed: changing it changes every trained network", () => {
  // From the same rule written in Python.
  const expected = [2, 0, 0, 0, 2, 2, 0, 2, 2, 0, 0, 2, 0, 2, 0, 2];
  assertEquals([...dropoutMask(43, "dropout1", 1, 16, 0.5)], expected);
});

Deno.test("masks of other steps, layers and seeds agree no more often than chance has it", () => {
  const n = 100_000;
  const masks = [
    ...Array.from({ length: 6 }, (_, step) => dropoutMask(43, "a", step + 1, n, 0.5)),
    ...["b", "c", "a/1"].map((layer) => dropoutMask(43, layer, 1, n, 0.5)),
    ...[0, 1, 42, 44, 4294967295].map((seed) => dropoutMask(seed, "a", 1, n, 0.5)),
  ];
  for (let a = 0; a < masks.length; a++) {
    for (let b = 0; b < a; b++) {
      let agree = 0;
      for (let i = 0; i < n; i++) agree += masks[a][i] === masks[b][i] ? 1 : 0;
      assertLess(z(agree, n, 0.5), 5, `masks ${a} and ${b}`);
    }
  }
});

Deno.test("neighbours in a mask, at any lag and one batch row apart, are independent", () => {
  const n = 1 << 18;
  const mask = dropoutMask(7, "d", 3, n, 0.5);
  for (const lag of [1, 2, 3, 4, 7, 8, 16, 32, 64, 84, 128, 256, 1024, 1728, 65536]) {
    let agree = 0;
    for (let i = lag; i < n; i++) agree += mask[i] === mask[i - lag] ? 1 : 0;
    assertLess(z(agree, n - lag, 0.5), 4.5, `lag ${lag}`);
  }
});

Deno.test("over many steps every unit is dropped as often as the others", () => {
  const units = 256;
  const steps = 2000;
  const counts = new Float64Array(units);
  for (let step = 1; step <= steps; step++) {
    dropoutMask(1, "d", step, units, 0.3).forEach((value, i) => counts[i] += value === 0 ? 1 : 0);
  }
  // Chi-squared over 256 units: mean 256, standard deviation 22.6.
  const chi2 = counts.reduce((sum, c) => sum + (c - 600) ** 2 / (steps * 0.3 * 0.7), 0);
  assertLess(Math.abs(chi2 - 256), 5 * 22.6);
});

Deno.test("a mask is a function of its arguments, and a shorter one its beginning", () => {
  fc.assert(fc.property(
    fc.integer({ min: 0, max: 4294967295 }),
    fc.string(),
    fc.integer({ min: 1, max: 1_000_000 }),
    fc.double({ min: 0, max: 0.999, noNaN: true }),
    (seed, layer, step, rate) => {
      const long = dropoutMask(seed, layer, step, 300, rate);
      assertEquals(dropoutMask(seed, layer, step, 100, rate), long.slice(0, 100));
    },
  ));
  assertNotEquals(dropoutMask(1, "d", 1, 64, 0.5), dropoutMask(1, "d", 2, 64, 0.5));
});
