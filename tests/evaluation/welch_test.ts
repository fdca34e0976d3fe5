import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { welch } from "../../src/evaluation/welch.ts";
import cases from "../golden/welch.json" with { type: "json" };
import { readGolden } from "../support/golden.ts";

/** Images that the trainings of two recipes get right, and what SciPy says of the shares. */
interface Case {
  readonly images: number;
  readonly first: string;
  readonly second: string;
  readonly p: number;
  readonly low: number;
  readonly high: number;
}

Deno.test("Welch's test is SciPy's, p and interval", async () => {
  const cases = (await readGolden<{ welch: Case[] }>("seeds.json")).welch;
  assertEquals(cases.length, 200);
  for (const { images, first, second, p, low, high } of cases) {
    const [a, b] = [first, second].map((counts) =>
      counts.split(" ").map((count) => Number(count) / images)
    );
    const found = welch(a, b);
    assertAlmostEquals(found.p, p, 1e-10 * p, `p of ${first} and ${second}`);
    assertAlmostEquals(found.low, low, 1e-12);
    assertAlmostEquals(found.high, high, 1e-12);
  }
  // All sizes of p are among them.
  for (const [from, to] of [[0, 1e-6], [1e-6, 0.05], [0.05, 0.5], [0.5, 1]]) {
    assert(cases.filter(({ p }) => p >= from && p < to).length > 10, `p from ${from} to ${to}`);
  }
});

Deno.test("Welch's test is SciPy's of values that are no shares of whole images", () => {
  assertEquals(cases.length, 200);
  for (const { first, second, p, low, high } of cases) {
    const found = welch(first, second);
    assertAlmostEquals(found.p, p, 1e-10 * p + 1e-15);
    assertAlmostEquals(found.low, low, 1e-10 * (high - low));
    assertAlmostEquals(found.high, high, 1e-10 * (high - low));
  }
});

const share = fc.oneof(
  fc.integer({ min: 0, max: 10_000 }).map((count) => count / 10_000),
  fc.double({ min: 0, max: 1, noNaN: true }),
);
const sample = fc.array(share, { minLength: 2, maxLength: 9 });

Deno.test("turned round, Welch's test has the same p and the negative difference", () => {
  fc.assert(fc.property(sample, sample, (a, b) => {
    const [ab, ba] = [welch(a, b), welch(b, a)];
    assertEquals([ba.value + 0, ba.low + 0], [-ab.value + 0, -ab.high + 0]);
    assertAlmostEquals(ba.p, ab.p, 1e-12);
    assert(0 <= ab.p && ab.p <= 1 && ab.low <= ab.value && ab.value <= ab.high);
  }));
});

Deno.test("the interval of a difference leaves out 0 where p is below 5%", () => {
  fc.assert(fc.property(sample, sample, (a, b) => {
    const { low, high, p } = welch(a, b);
    if (Math.abs(p - 0.05) > 1e-9) assertEquals(low > 0 || high < 0, p < 0.05);
  }));
});

Deno.test("samples without any spread are equal or not", () => {
  assertEquals(welch([0.5, 0.5], [0.5, 0.5]), { value: 0, low: 0, high: 0, p: 1 });
  assertEquals(welch([0.5, 0.5], [0.25, 0.25]), { value: 0.25, low: 0.25, high: 0.25, p: 0 });
  // Sums of three tenths and of two are not a tenth to the last bit.
  assertEquals(welch([0.1, 0.1, 0.1], [0.1, 0.1]).p, 1);
  assertEquals(welch([0.1, 0.1, 0.1], [0.2, 0.2]).p, 0);
});

Deno.test("where one sample alone varies, there are as many degrees of freedom as it has", () => {
  const { p } = welch([0.5, 0.5], [0.1, 0.3]);
  assertAlmostEquals(p, 2 * (0.5 - Math.atan(3) / Math.PI), 1e-12);
});

Deno.test("Welch's test is refused of one value", () => {
  assertThrows(() => welch([0.5], [0.5, 0.6]), RangeError, "at least 2 values, not 1");
});
