import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { kFold, type Split, trainTestSplit } from "../../src/data/split.ts";
import { stratifiedKFold, stratifiedTrainTestSplit } from "../../src/data/stratified.ts";
import computed from "../golden/sklearn_stratified.json" with { type: "json" };
import { sha256 } from "../support/data_files.ts";

// What scikit-learn 1.9.1 does, by tests/golden/sklearn_stratified.py.

/** States of the linear congruential generator after `seed`. */
function lcg(seed: number, length: number): Uint32Array {
  let state = seed;
  return Uint32Array.from({ length }, () => state = Math.imul(1664525, state) + 1013904223 >>> 0);
}

/** Labels of classes of `least` to `most` rows, each eighth one near `least`, in disorder. */
function labelsOf(classes: number, least: number, most: number, seed: number): number[] {
  const states = lcg(seed, classes);
  const labels = Array.from({ length: classes }, (_, label) => {
    const spread = (most - least) >> (label % 8);
    return new Array<number>(least + (states[label] >>> 8) % (spread + 1)).fill(label);
  }).flat();
  const order = lcg(seed + 1, labels.length);
  return labels.map((_, i) => i).sort((a, b) => order[a] - order[b]).map((i) => labels[i]);
}

/** The beginning of the SHA-256 of the indices of all parts in order, as little-endian uint32. */
const digest = (splits: readonly Split[]) =>
  sha256(
    new Uint8Array(
      Uint32Array.from(splits.flatMap(({ train, test }) => [...train, ...test])).buffer,
    ),
  ).slice(0, 16);

/** The class that a split is refused for. */
function refusedClass(split: () => unknown): string {
  const { message } = assertThrows(split, Error);
  const [, label] = /^Class (\d+) has \d+ images?, and /.exec(message) ?? [];
  assert(label !== undefined, message);
  return `refused ${label}`;
}

for (const [kind, name] of [["split", "splits"], ["folds", "folds"]]) {
  const cases = computed.cases.filter((line) => line.startsWith(kind));
  const refused = cases.filter((line) => line.includes("refused"));
  Deno.test(`${cases.length} stratified ${name} are scikit-learn's, index for index, or refused (${refused.length}) with the class`, () => {
    assert(cases.length - refused.length > 100 && refused.length > 50);
    for (const line of cases) {
      const [, classes, least, most, seed, of, ...result] = line.split(" ");
      const labels = labelsOf(Number(classes), Number(least), Number(most), Number(seed));
      const split = () =>
        kind === "split"
          ? [stratifiedTrainTestSplit(labels, Number(of), Number(seed))]
          : stratifiedKFold(labels, Number(of), Number(seed));
      const found = result[0] === "refused" ? refusedClass(split) : digest(split());
      assertEquals(found, result.join(" "), line);
    }
  });
}

const range = (n: number) => Array.from({ length: n }, (_, i) => i);
const ascending = (...parts: Int32Array[]) =>
  parts.flatMap((part) => [...part]).sort((a, b) => a - b);

/** Labels in disorder of classes that all have enough rows. */
const labelsWith = (least: number) =>
  fc.array(fc.integer({ min: least, max: least + 30 }), { minLength: 1, maxLength: 12 })
    .chain((sizes) =>
      fc.shuffledSubarray(sizes.flatMap((size, label) => new Array<number>(size).fill(label)), {
        minLength: sizes.reduce((a, b) => a + b),
      })
    );

const countIn = (labels: readonly number[], rows: Int32Array, label: number) =>
  rows.reduce((sum, row) => sum + Number(labels[row] === label), 0);

Deno.test("each part of a split has its share of every class, to within one, and each row is in one part", () => {
  fc.assert(fc.property(
    labelsWith(10),
    fc.integer({ min: 20, max: 80 }),
    fc.nat(),
    (labels, percent, seed) => {
      const share = percent / 100;
      const { train, test } = stratifiedTrainTestSplit(labels, share, seed);
      assertEquals(ascending(train, test), range(labels.length));
      assertEquals(test.length, trainTestSplit(labels.length, share, seed).test.length);
      for (const label of new Set(labels)) {
        const expected = test.length / labels.length * labels.filter((it) => it === label).length;
        assert(Math.abs(countIn(labels, test, label) - expected) < 1 + 1e-9);
      }
    },
  ));
});

Deno.test("each fold has as many of every class as any other, to within one, and each row is held out once", () => {
  fc.assert(fc.property(
    labelsWith(8),
    fc.integer({ min: 2, max: 8 }),
    fc.nat(),
    (labels, splits, seed) => {
      const folds = stratifiedKFold(labels, splits, seed);
      assertEquals(ascending(...folds.map(({ test }) => test)), range(labels.length));
      for (const { train, test } of folds) {
        assertEquals([...test], ascending(test));
        assertEquals([...train], range(labels.length).filter((row) => !test.includes(row)));
      }
      assertEquals(
        folds.map(({ test }) => test.length),
        kFold(labels.length, splits, seed).map(({ test }) => test.length),
      );
      for (const label of new Set(labels)) {
        const counts = folds.map(({ test }) => countIn(labels, test, label));
        assert(Math.max(...counts) - Math.min(...counts) <= 1);
      }
    },
  ));
});

Deno.test("what the classes are called changes no index of folds, nor do classes without rows", () => {
  const labels = labelsOf(5, 10, 20, 1);
  const others = labels.map((label) => 200 - 40 * label);
  assertEquals(stratifiedKFold(others, 4, 7), stratifiedKFold(labels, 4, 7));
  const apart = labels.map((label) => 3 * label + 1);
  assertEquals(stratifiedTrainTestSplit(apart, 0.3, 7), stratifiedTrainTestSplit(labels, 0.3, 7));
});

Deno.test("labels are left as they are", () => {
  const labels = Uint8Array.from(labelsOf(5, 10, 20, 1));
  const before = labels.slice();
  stratifiedTrainTestSplit(labels, 0.3, 7);
  stratifiedKFold(labels, 4, 7);
  assertEquals(labels, before);
});

Deno.test("a class that is too small is named, with its images and what helps", () => {
  const names = ["Shirt", "Dress", "Coat", "Bag"];
  const labels = [2, 2, ...new Array(50).fill(0), 1, 1, 1];
  const message = (split: () => unknown) => assertThrows(split, Error).message;
  assertEquals(
    message(() => stratifiedTrainTestSplit([...labels, 3], 0.5, 0, names)),
    "Class 3 (Bag) has 1 image, and each part needs one. Give the class more images.",
  );
  assertEquals(
    message(() => stratifiedTrainTestSplit(labels, 0.1, 0, names)),
    "Class 2 (Coat) has 2 images, and a test share of 0.1 holds out none of them. Choose another " +
      "share, or give the class more images.",
  );
  assertEquals(
    message(() => stratifiedTrainTestSplit(labels, 0.9, 0, names)),
    "Class 2 (Coat) has 2 images, and a test share of 0.9 leaves none of them to learn from. " +
      "Choose another share, or give the class more images.",
  );
  assertEquals(
    message(() => stratifiedKFold(labels, 3, 0, names)),
    "Class 2 (Coat) has 2 images, and each of 3 folds needs one. Ask for 2 folds at most, or give " +
      "the class more images.",
  );
  assertEquals(
    message(() => stratifiedKFold([...labels, 3], 2, 0)),
    "Class 3 has 1 image, and each of 2 folds needs one. Give the class more images.",
  );
});

Deno.test("a share that is none, or leaves a part empty, is refused", () => {
  const labels = labelsOf(2, 5, 5, 1);
  const message = (share: number, of: readonly number[] = labels) =>
    assertThrows(() => stratifiedTrainTestSplit(of, share, 0), RangeError).message;
  for (const share of [0, 1, -0.5, 25, NaN, Infinity]) {
    assertEquals(message(share), `The test size is a share between 0 and 1; got ${share}.`);
  }
  assertEquals(message(0.95), "A test share of 0.95 leaves none of 10 rows to learn from.");
  assertEquals(message(0.5, [0]), "A test share of 0.5 leaves none of 1 rows to learn from.");
  assertEquals(message(0.5, []), "A test share of 0.5 leaves none of 0 rows to learn from.");
});

Deno.test("fewer than two folds, more than rows, or half a fold are refused", () => {
  for (const splits of [0, 1, 11, 2.5, -3, NaN]) {
    const error = assertThrows(() => stratifiedKFold(labelsOf(2, 5, 5, 1), splits, 0), RangeError);
    assertEquals(error.message, `10 rows can be split into 2 to 10 folds; got ${splits}.`);
  }
});
