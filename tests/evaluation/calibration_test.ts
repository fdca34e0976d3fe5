import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  calibrationOf,
  fitTemperature,
  reliability,
  scaled,
  TEMPERATURES,
} from "../../src/evaluation/calibration.ts";
import { classify } from "../../src/evaluation/confusion.ts";
import { crossEntropy } from "../../src/evaluation/loss.ts";
import type { NdArray } from "../../src/ndarray.ts";
import { readGolden } from "../support/golden.ts";

/** A case that scikit-learn and SciPy judged. */
interface Case {
  readonly classes: number;
  readonly labels: string;
  readonly probabilities: string;
  readonly bins: number;
  /** Of bins that have images. */
  readonly counts: string;
  readonly accuracy: readonly number[];
  readonly confidence: readonly number[];
  readonly ece: number;
  readonly temperature: number;
  readonly scaledLoss: number;
  readonly leastLoss: number;
  /** The temperature of the least loss, or `any` where there are several. */
  readonly best: number | "any";
}

const numbers = (text: string) => text.split(" ").map(Number);

const matrix = (classes: number, values: readonly number[]): NdArray<Float32Array> => ({
  shape: [values.length / classes, classes],
  data: Float32Array.from(values),
});

Deno.test("reliability is scikit-learn's and the best temperature SciPy's, on 200 cases", async () => {
  const cases = await readGolden<Case[]>("calibration.json");
  assertEquals(cases.length, 200);
  let [inside, atEnd] = [0, 0];
  for (const [i, given] of cases.entries()) {
    const labels = numbers(given.labels);
    const probabilities = matrix(given.classes, numbers(given.probabilities));
    const bins = reliability(probabilities, labels, given.bins);
    assertEquals(bins.map(({ images }) => images), numbers(given.counts), `case ${i}`);
    bins.forEach(({ images, right, confidence }, bin) => {
      assertAlmostEquals(right / images, given.accuracy[bin], 1e-12);
      assertAlmostEquals(confidence, given.confidence[bin], 1e-12);
    });
    assertAlmostEquals(calibrationOf(bins).ece, given.ece, 1e-12);
    const loss = (temperature: number) => crossEntropy(scaled(probabilities, temperature), labels);
    assertAlmostEquals(loss(given.temperature), given.scaledLoss, 1e-12, `case ${i}`);
    const temperature = fitTemperature(probabilities, labels);
    assertAlmostEquals(loss(temperature), given.leastLoss, 1e-10, `case ${i}`);
    if (given.best === "any") continue;
    assertAlmostEquals(temperature / given.best, 1, 1e-5, `case ${i}`);
    if (temperature > 0.07 && temperature < 15.9) inside++;
    else atEnd++;
  }
  assert(inside > 100 && atEnd > 10, `${inside} temperatures lie inside, ${atEnd} at an end`);
});

/** Probabilities of some images as a softmax gives them in single precision, and their true classes. */
const judged = fc.record({
  classes: fc.integer({ min: 2, max: 6 }),
  images: fc.integer({ min: 1, max: 12 }),
  /** How far apart logits lie: far enough for probabilities of 0 and 1. */
  spread: fc.constantFrom(0, 1, 8, 60),
}).chain(({ classes, images, spread }) =>
  fc.record({
    labels: fc.array(fc.nat(classes - 1), { minLength: images, maxLength: images }),
    probabilities: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), {
      minLength: classes * images,
      maxLength: classes * images,
    }).map((logits) => {
      const values = logits.map((logit) => Math.exp(spread * logit));
      const sum = (row: number) =>
        values.slice(row * classes, (row + 1) * classes).reduce((a, b) => a + b);
      return matrix(classes, values.map((value, i) => value / sum(Math.floor(i / classes))));
    }),
  })
);

Deno.test("a temperature of 1 changes no probability by more than single precision rounds", () => {
  fc.assert(fc.property(judged, ({ probabilities }) => {
    scaled(probabilities, 1).data.forEach((p, i) =>
      assertAlmostEquals(p, probabilities.data[i], 1e-6)
    );
  }));
});

Deno.test("no temperature changes which class is the most probable, nor so the accuracy", () => {
  const temperature = fc.double({ min: 1 / 16, max: 16, noNaN: true });
  fc.assert(fc.property(judged, temperature, ({ probabilities, labels }, temperature) => {
    const after = scaled(probabilities, temperature);
    assertEquals(classify(after), classify(probabilities));
    const accuracy = (given: typeof after | typeof probabilities) =>
      calibrationOf(reliability(given, labels, 10)).accuracy;
    assertAlmostEquals(accuracy(after), accuracy(probabilities), 1e-12);
  }));
});

Deno.test("where a temperature was fitted, it never makes the log loss worse, and none tried is better", () => {
  fc.assert(fc.property(judged, ({ probabilities, labels }) => {
    const best = fitTemperature(probabilities, labels);
    assert(best >= TEMPERATURES.least && best <= TEMPERATURES.most);
    const loss = (temperature: number) => crossEntropy(scaled(probabilities, temperature), labels);
    assert(loss(best) <= crossEntropy(probabilities, labels) + 1e-6);
    for (const other of [1 / 16, 0.2, 0.7, 1, 1.4, 3, 9, 16]) {
      assert(loss(best) <= loss(other) + 1e-12, `${best} is worse than ${other}`);
    }
  }));
});

Deno.test("scaled rows are distributions, whose order is that of the probabilities", () => {
  fc.assert(fc.property(judged, ({ probabilities: { shape, data } }) => {
    const [rows, classes] = shape;
    const after = scaled({ shape, data }, 2.5).data;
    for (let start = 0; start < rows * classes; start += classes) {
      const [before, now] = [data, after].map((of) => [...of.slice(start, start + classes)]);
      assertAlmostEquals(now.reduce((a, b) => a + b), 1, 1e-12);
      before.forEach((p, i) =>
        before.forEach((q, j) => assert(p <= q ? now[i] <= now[j] : now[i] > now[j]))
      );
    }
  }));
});

Deno.test("bins hold every image once, and their error lies between the gap of all and 1", () => {
  fc.assert(fc.property(judged, fc.integer({ min: 1, max: 30 }), ({ probabilities, labels }, n) => {
    const bins = reliability(probabilities, labels, n);
    assertEquals(bins.reduce((sum, { images }) => sum + images, 0), labels.length);
    for (const { low, high, images, right, confidence } of bins) {
      assert(images > 0 && right >= 0 && right <= images);
      // A mean may round past an edge.
      assert(confidence > low - 1e-12 && confidence < high + 1e-6);
    }
    const { ece, accuracy, confidence } = calibrationOf(bins);
    assert(ece <= 1 && ece >= Math.abs(accuracy - confidence) - 1e-12);
    const [whole] = reliability(probabilities, labels, 1);
    assertAlmostEquals(
      calibrationOf([whole]).ece,
      Math.abs(accuracy - confidence),
      1e-12,
    );
  }));
});

Deno.test("a probability at the edge of two bins is in the lower one", () => {
  const edge = matrix(2, [0.5, 0.5, 0.75, 0.25]);
  assertEquals(reliability(edge, [0, 1], 4), [
    { low: 0.25, high: 0.5, images: 1, right: 1, confidence: 0.5 },
    { low: 0.5, high: 0.75, images: 1, right: 0, confidence: 0.75 },
  ]);
});

Deno.test("where no image is mistaken the temperature ends at or before the least, and always wrong at the most", () => {
  const sure = matrix(2, [0.9, 0.1, 0.2, 0.8]);
  const right = fitTemperature(sure, [0, 1]);
  assert(right < 0.2, String(right));
  assertAlmostEquals(crossEntropy(scaled(sure, right), [0, 1]), 1e-7, 1e-9);
  assertAlmostEquals(fitTemperature(sure, [1, 0]), TEMPERATURES.most, 1e-6);
  // All temperatures are as good.
  assertEquals(fitTemperature(matrix(2, [0.5, 0.5]), [0]), 1);
});

Deno.test("what does not fit together is refused", () => {
  const told = matrix(2, [0.9, 0.1]);
  assertThrows(() => reliability(told, [0, 1], 5), RangeError, "as many labels as rows");
  assertThrows(() => fitTemperature(told, [2]), RangeError, "not a class from 0 to 1");
  assertThrows(() => fitTemperature(matrix(2, []), []), RangeError, "No loss without predictions");
  assertThrows(() => reliability(matrix(2, [NaN, 1]), [0], 5), RangeError, "Row 0");
});
