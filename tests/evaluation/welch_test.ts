import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { welch } from "../../src/evaluation/welch.ts";
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

const share = fc.integer({ min: 0, max: 10_000 }).map((count) => count / 10_000);
const sample = fc.array(share, { minLength: 2, maxLength: 9 });

Deno.test("turned round, Welch's test has the same p and the negative difference", () => {
  fc.assert(fc.property(sample, sample, (a, b) => {
    const [ab, ba] = [welch(a, b), welch(b, a)];
    assertEquals([ba.difference + 0, ba.low + 0], [-ab.difference + 0, -ab.high + 0]);
    assertAlmostEquals(ba.p, ab.p, 1e-12);
    assert(0 <= ab.p && ab.p <= 1 && ab.low <= ab.difference && ab.difference <= ab.high);
  }));
});

Deno.test("the interval of a difference leaves out 0 where p is below 5%", () => {
  fc.assert(fc.property(sample, sample, (a, b) => {
    const { low, high, p } = welch(a, b);
    if (Math.abs(p - 0.05) > 1e-9) assertEquals(low > 0 || high < 0, p < 0.05);
  }));
});

Deno.test("samples without any spread are equal or not", () => {
  assertEquals(welch([0.1, 0.1, 0.1], [0.1, 0.1, 0.1]).p, 1);
  const { difference, low, high, p } = welch([0.5, 0.5], [0.25, 0.25]);
  assertEquals([difference, low, high, p], [0.25, 0.25, 0.25, 0]);
  assertThrows(() => welch([0.5], [0.5, 0.6]), RangeError, "at least 2 values, not 1");
});
