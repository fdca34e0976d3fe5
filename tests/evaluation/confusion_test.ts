import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { accuracy, classify, confusionMatrix } from "../../src/evaluation/confusion.ts";

const matrix = (shape: number[], values: number[]) => ({ shape, data: Float32Array.from(values) });

Deno.test("classify takes the most probable class, the lowest of several", () => {
  const rows = matrix([4, 3], [0.1, 0.7, 0.2, 0.4, 0.2, 0.4, 0, 0, 0, 0.2, 0.4, 0.4]);
  assertEquals(classify(rows), Int32Array.of(1, 0, 0, 1));
  assertEquals(classify(matrix([0, 3], [])), new Int32Array(0));
  assertEquals(classify(matrix([1, 2], [-Infinity, -5])), Int32Array.of(1));
});

Deno.test("classify refuses NaN and what is no matrix", () => {
  assertThrows(
    () => classify(matrix([2, 2], [0.5, 0.5, 0.5, NaN])),
    RangeError,
    "Row 1 of the probabilities has NaN for class 1",
  );
  assertThrows(() => classify(matrix([1, 2], [NaN, 1])), RangeError, "NaN for class 0");
  assertThrows(() => classify(matrix([3], [1, 2, 3])), RangeError, "[N, C], not [3]");
  assertThrows(() => classify(matrix([2, 2], [1, 2, 3])), RangeError, "with 3 values");
  assertThrows(() => classify(matrix([2, 0], [])), RangeError, "[N, C], not [2, 0]");
});

Deno.test("confusionMatrix counts [true][predicted]", () => {
  // sklearn.metrics.confusion_matrix(labels=range(5)), scikit-learn 1.9.1.
  assertEquals(
    confusionMatrix([0, 0, 1, 1, 1, 2, 2, 2, 2, 3], [0, 1, 1, 1, 2, 2, 2, 0, 2, 1], 5),
    [[1, 1, 0, 0, 0], [0, 2, 1, 0, 0], [1, 0, 3, 0, 0], [0, 1, 0, 0, 0], [0, 0, 0, 0, 0]],
  );
});

Deno.test("confusionMatrix refuses lengths that differ and classes that do not exist", () => {
  assertThrows(() => confusionMatrix([0, 1], [0], 2), RangeError, "not 2 and 1");
  assertThrows(
    () => confusionMatrix([0, 2], [0, 1], 2),
    RangeError,
    "The label at index 1 is 2, not a class from 0 to 1",
  );
  for (const wrong of [-1, 0.5, NaN, 2]) {
    assertThrows(
      () => confusionMatrix([0, 1], [wrong, 1], 2),
      RangeError,
      `The prediction at index 0 is ${wrong}`,
    );
  }
});

Deno.test("accuracy is the share of equal labels and predictions", () => {
  const classes = 4;
  const label = fc.integer({ min: 0, max: classes - 1 });
  fc.assert(fc.property(fc.array(fc.tuple(label, label), { minLength: 1 }), (pairs) => {
    const [labels, predicted] = [pairs.map(([a]) => a), pairs.map(([, b]) => b)];
    const counts = confusionMatrix(labels, predicted, classes);
    assertEquals(counts.flat().reduce((a, b) => a + b), pairs.length);
    assertAlmostEquals(accuracy(counts), pairs.filter(([a, b]) => a === b).length / pairs.length);
  }));
  assertThrows(() => accuracy([[0, 0], [0, 0]]), RangeError, "No accuracy without predictions");
});
