import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertNotEquals,
  assertThrows,
} from "@std/assert";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { permutation, randomState, seedFor, shuffle } from "../src/random.ts";

// Every expected value is NumPy 2.4.6's, from numpy.random.RandomState(seed).

Deno.test("uint32 draws what RandomState(seed).randint(0, 2**32, dtype=uint32) draws", () => {
  const expected = {
    0: [2357136044, 2546248239, 3071714933, 3626093760],
    1: [1791095845, 4282876139, 3093770124, 4005303368],
    43: [494155588, 2134003008, 2615920895, 442015537],
    4294967295: [419326371, 479346978, 3918654476, 2416749639],
  };
  for (const [seed, values] of Object.entries(expected)) {
    const random = randomState(Number(seed));
    assertEquals(values.map(() => random.uint32()), values, `seed ${seed}`);
  }
});

Deno.test("the 1001st number comes after the state was renewed, and is NumPy's", () => {
  const random = randomState(43);
  for (let i = 0; i < 1000; i++) random.uint32();
  assertEquals(random.uint32(), 3168421448);
});

Deno.test("float64 draws what RandomState(seed).random_sample() draws, bit for bit", () => {
  const random = randomState(43);
  assertEquals(Array.from({ length: 4 }, () => random.float64()), [
    0.11505456638977896,
    0.6090665392794814,
    0.13339096418598828,
    0.24058961996534878,
  ]);
});

Deno.test("permutation is RandomState(seed).permutation(n), small and of 60,000", () => {
  assertEquals(
    [...permutation(43, 20)],
    [9, 6, 19, 14, 5, 8, 12, 10, 15, 18, 7, 2, 13, 11, 1, 3, 16, 17, 0, 4],
  );
  const bytes = new Uint8Array(permutation(43, 60000).buffer);
  assertEquals(
    createHash("sha256").update(bytes).digest("hex"),
    "fc634509f65706a89fe3fa932e907a0cc6ec4170d6b17d0898c5bb4c7acd6df7",
  );
});

Deno.test("shuffle is RandomState(seed).shuffle", () => {
  const values = Int32Array.from({ length: 10 }, (_, i) => 10 * i);
  shuffle(values, randomState(7));
  assertEquals([...values], [80, 50, 0, 20, 10, 90, 70, 30, 60, 40]);
});

Deno.test("nothing and a single thing are shuffled without a draw", () => {
  const random = randomState(1);
  shuffle(new Uint32Array(0), random);
  shuffle(new Uint32Array(1), random);
  assertEquals(random.uint32(), 1791095845);
  assertEquals([...permutation(0, 0)], []);
  assertEquals([...permutation(0, 1)], [0]);
});

Deno.test("a permutation holds every index once", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 4294967295 }),
      fc.integer({ min: 0, max: 500 }),
      (seed, n) => {
        const values = permutation(seed, n);
        assertEquals([...values].sort((a, b) => a - b), Array.from({ length: n }, (_, i) => i));
      },
    ),
    { numRuns: 50 },
  );
});

Deno.test("interval stays within its bounds and reaches both, also next to powers of two", () => {
  const random = randomState(3);
  for (const max of [1, 2, 3, 4, 7, 8, 9]) {
    const seen = new Set(Array.from({ length: 400 }, () => random.interval(max)));
    assertEquals([...seen].sort((a, b) => a - b), Array.from({ length: max + 1 }, (_, i) => i));
  }
  const large = [2 ** 30, 2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, 2 ** 32 - 1];
  for (const max of large) {
    const values = Array.from({ length: 200 }, () => random.interval(max));
    assert(values.every((value) => Number.isInteger(value) && value >= 0 && value <= max));
    // The mean of 200 draws has a standard deviation of 2% of the range.
    assertAlmostEquals(values.reduce((a, b) => a + b) / 200 / max, 0.5, 0.1);
  }
});

Deno.test("an interval of 0 draws nothing", () => {
  const random = randomState(1);
  assertEquals(random.interval(0), 0);
  assertEquals(random.uint32(), 1791095845);
});

Deno.test("a seed that NumPy refuses is refused by its value", () => {
  for (const seed of [-1, 4294967296, 0.5, NaN, Infinity]) {
    assertThrows(() => randomState(seed), RangeError, `got ${seed}`);
  }
});

Deno.test("seeds for purposes are FNV-1a of seed and purpose, and differ", () => {
  // Computed in Python.
  assertEquals(seedFor(43, "conv1/kernel"), 648265782);
  assertEquals(seedFor(0, "épreuve"), 3696565145);
  assertNotEquals(seedFor(1, "a"), seedFor(2, "a"));
  assertNotEquals(seedFor(1, "a"), seedFor(1, "b"));
});
