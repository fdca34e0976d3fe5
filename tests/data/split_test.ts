import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { kFold, trainTestSplit } from "../../src/data/split.ts";
import { sha256 } from "../support/data_files.ts";

// Expected indices: scikit-learn 1.9.1 with NumPy 2.4.6; the digests are of the whole sequence as
// little-endian uint32.

const digest = (indices: Int32Array) => sha256(new Uint8Array(Uint32Array.from(indices).buffer));

Deno.test("the study's 75/25 split is scikit-learn's, index for index", () => {
  const { train, test } = trainTestSplit(60000, 0.25, 43);
  assertEquals([train.length, test.length], [45000, 15000]);
  assertEquals([...train.subarray(0, 8)], [19571, 26731, 57778, 55318, 14399, 39509, 42207, 39879]);
  assertEquals([...test.subarray(0, 8)], [28818, 11469, 25340, 27349, 36289, 53057, 56896, 60]);
  assertEquals(digest(train), "d251f4e25f761a942308370f9ebf64253453a775b3b6788852cf9ef9d0db4e33");
  assertEquals(digest(test), "b678c72630bb48521a30888a53de76b0fe9b96bd5e1f2add6fb442168177fc95");
});

Deno.test("a small split is scikit-learn's", () => {
  const { train, test } = trainTestSplit(10, 0.3, 0);
  assertEquals([...train], [9, 1, 6, 7, 3, 0, 5]);
  assertEquals([...test], [2, 8, 4]);
});

Deno.test("the number of held-out rows is rounded up as scikit-learn does", () => {
  // 0.07 * 100 is a hair more than 7.
  assertEquals(trainTestSplit(100, 0.07, 5).test.length, 8);
  assertEquals([...trainTestSplit(100, 0.07, 5).test.subarray(0, 5)], [66, 32, 46, 28, 74]);
  assertEquals([...trainTestSplit(7, 0.5, 5).test], [6, 2, 4, 1]);
  assertEquals([...trainTestSplit(3, 0.01, 5).test], [0]);
});

Deno.test("the study's five folds are scikit-learn's, index for index", () => {
  const folds = kFold(60000, 5, 1);
  assertEquals(
    folds.map(({ train, test }) => [train.length, test.length]),
    Array(5).fill([48000, 12000]),
  );
  assertEquals(folds.map(({ train }) => [...train.subarray(0, 5)]), [
    [0, 1, 2, 3, 4],
    [0, 1, 4, 5, 6],
    [1, 2, 3, 4, 5],
    [0, 2, 3, 8, 9],
    [0, 1, 2, 3, 4],
  ]);
  assertEquals(folds.map(({ test }) => [...test.subarray(0, 5)]), [
    [10, 12, 28, 30, 31],
    [2, 3, 8, 11, 13],
    [0, 21, 22, 26, 29],
    [1, 4, 5, 6, 7],
    [9, 14, 15, 18, 20],
  ]);
  assertEquals(folds.map(({ train }) => digest(train)), [
    "8169658dc1dce39d8c9b4e19d95f55869c7b22d69fa22f5a2fe938620bf66724",
    "aa5dd9cd2391bc2e5b64ebf062ff2f7953ee5ae7d557b6df033b596ec3c9d333",
    "9ce1c6ec6eb1e22fa280414ac68dfc4532e0e6b387c0cf8b09b62e2fa5b16ca6",
    "5520b93bbf50b114ecb15702765a72b9eb97179a538a43686658101fbfb17fb5",
    "0ce745b3e66a65f2bae17ba1733ae5b31da464858ca176b40dbd51079264beac",
  ]);
  assertEquals(folds.map(({ test }) => digest(test)), [
    "d7fe0ceda37fd0f8dc9d0804debe998d76844dc5556f3fc93857feee7c429fdc",
    "672e2dc6482d10c04c091c28e2d5520feaafbda60fd68a826c4b6c79cacbeb1b",
    "8f94f438f2bfe97ae56a4883d10093ee75b9c91708a42bd51bd1400a003fc52f",
    "aeb4edbb658514b5dec3ab5a5e8d63513e7877c3905b1576cb0d2edf85aea2f9",
    "350e071d6dc02adbcb5428c91b02715add121000eba91840fc125c1232708a07",
  ]);
});

Deno.test("uneven folds are scikit-learn's: the first ones hold one row more", () => {
  const folds = kFold(11, 4, 3);
  assertEquals(folds.map(({ test }) => [...test]), [[1, 4, 5], [2, 6, 9], [0, 3, 7], [8, 10]]);
  assertEquals(folds.map(({ train }) => digest(train)), [
    "498809c7eef4578f8964d7a272be0e4649bfc6c609921203c769cc0c61de16b9",
    "8479ac6f5068edfdd7fa2f17b3a15052ef9ba2a85a4f960bd71172cb1e7a7b36",
    "10226456b4fe532eaf2189031d11bed1b8a4b90f5ac10dc4922cc53679772398",
    "f569c6ed0b2b1741a14e2e9cc82e109fcb22c86af05ffd7dc4ec6e61d1bb471d",
  ]);
});

const ascending = (...parts: Int32Array[]) =>
  parts.flatMap((part) => [...part]).sort((a, b) => a - b);
const range = (n: number) => Array.from({ length: n }, (_, i) => i);

Deno.test("both parts of a split are all rows, each once", () => {
  fc.assert(fc.property(
    fc.integer({ min: 2, max: 200 }),
    fc.integer({ min: 1, max: 49 }),
    fc.nat(),
    (n, percent, seed) => {
      const { train, test } = trainTestSplit(n, percent / 100, seed);
      assertEquals(ascending(train, test), range(n));
    },
  ));
});

Deno.test("each fold's parts are all rows, and each row is held out once", () => {
  fc.assert(fc.property(
    fc.integer({ min: 2, max: 100 }).chain((n) =>
      fc.tuple(fc.constant(n), fc.integer({ min: 2, max: n }), fc.nat())
    ),
    ([n, splits, seed]) => {
      const folds = kFold(n, splits, seed);
      assertEquals(folds.length, splits);
      for (const { train, test } of folds) {
        assertEquals(ascending(train, test), range(n));
        assertEquals([...test], ascending(test));
        assertEquals([...train], ascending(train));
      }
      assertEquals(ascending(...folds.map(({ test }) => test)), range(n));
      const sizes = folds.map(({ test }) => test.length);
      assertEquals(Math.max(...sizes) - Math.min(...sizes), n % splits === 0 ? 0 : 1);
    },
  ));
});

Deno.test("a share that is none, or leaves a part empty, is refused", () => {
  const message = (n: number, share: number) =>
    assertThrows(() => trainTestSplit(n, share, 0), RangeError).message;
  for (const share of [0, 1, -0.5, 25, NaN, Infinity]) {
    assertEquals(message(100, share), `The test size is a share between 0 and 1; got ${share}.`);
  }
  assertEquals(message(10, 0.95), "A test share of 0.95 leaves none of 10 rows to learn from.");
  assertEquals(message(1, 0.5), "A test share of 0.5 leaves none of 1 rows to learn from.");
  assertEquals(message(0, 0.5), "A test share of 0.5 leaves none of 0 rows to learn from.");
});

Deno.test("fewer than two folds, more than rows, or half a fold are refused", () => {
  for (const splits of [0, 1, 11, 2.5, -3, NaN]) {
    const error = assertThrows(() => kFold(10, splits, 0), RangeError);
    assertEquals(error.message, `10 rows can be split into 2 to 10 folds; got ${splits}.`);
  }
});
