import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { classReport, type ClassScores } from "../../src/evaluation/classification.ts";
import { accuracy } from "../../src/evaluation/confusion.ts";

Deno.test("classReport gives scikit-learn's scores, and none of a class without images", () => {
  // precision_recall_fscore_support(labels=range(4), zero_division=np.nan), scikit-learn 1.9.1. Class 3
  // is never predicted, class 4 neither there nor predicted.
  const { classes, macro, weighted } = classReport(
    [[1, 1, 0, 0, 0], [0, 2, 1, 0, 0], [1, 0, 3, 0, 0], [0, 1, 0, 0, 0], [0, 0, 0, 0, 0]],
  );
  const column = (of: keyof ClassScores) => classes.slice(0, 4).map((scores) => scores[of]);
  assertEquals(column("precision"), [0.5, 0.5, 0.75, NaN]);
  assertEquals(column("recall"), [0.5, 0.6666666666666666, 0.75, 0]);
  assertEquals(column("f1"), [0.5, 0.5714285714285714, 0.75, 0]);
  assertEquals(column("support"), [2, 3, 4, 1]);
  assertEquals(classes[4], { precision: NaN, recall: NaN, f1: NaN, support: 0 });
  assertScores(macro, {
    precision: 0.5833333333333334,
    recall: 0.47916666666666663,
    f1: 0.45535714285714285,
    support: 10,
  });
  assertScores(weighted, {
    precision: 0.6111111111111112,
    recall: 0.6,
    f1: 0.5714285714285714,
    support: 10,
  });
});

Deno.test("a class without images has no scores where images are taken for it, either", () => {
  // The same, with the image of class 3 taken for class 4.
  const { classes, macro, weighted } = classReport(
    [[1, 1, 0, 0, 0], [0, 2, 1, 0, 0], [1, 0, 3, 0, 0], [0, 0, 0, 0, 1], [0, 0, 0, 0, 0]],
  );
  const column = (of: keyof ClassScores) => classes.slice(0, 4).map((scores) => scores[of]);
  assertEquals(column("precision"), [0.5, 0.6666666666666666, 0.75, NaN]);
  assertEquals(column("recall"), [0.5, 0.6666666666666666, 0.75, 0]);
  assertEquals(column("f1"), [0.5, 0.6666666666666666, 0.75, 0]);
  assertEquals(column("support"), [2, 3, 4, 1]);
  assertEquals(classes[4], { precision: NaN, recall: NaN, f1: NaN, support: 0 });
  assertScores(macro, {
    precision: 0.6388888888888888,
    recall: 0.47916666666666663,
    f1: 0.47916666666666663,
    support: 10,
  });
  assertScores(weighted, {
    precision: 0.6666666666666666,
    recall: 0.6,
    f1: 0.6,
    support: 10,
  });
});

function assertScores(actual: ClassScores, expected: ClassScores) {
  for (const name of ["precision", "recall", "f1", "support"] as const) {
    assertAlmostEquals(actual[name], expected[name], 1e-15, name);
  }
}

const counts = fc.integer({ min: 2, max: 6 }).chain((size) => {
  const row = fc.array(fc.nat(20), { minLength: size, maxLength: size });
  return fc.array(row, { minLength: size, maxLength: size });
}).filter((rows) => rows.flat().some((count) => count > 0));

Deno.test("the weighted recall is the accuracy, and F1 the harmonic mean", () => {
  fc.assert(fc.property(counts, (confusion) => {
    const { classes, weighted } = classReport(confusion);
    assertAlmostEquals(weighted.recall, accuracy(confusion), 1e-12);
    for (const { precision, recall, f1, support } of classes) {
      if (support === 0) continue;
      const harmonic = recall === 0 ? 0 : 2 * precision * recall / (precision + recall);
      assertAlmostEquals(f1, harmonic, 1e-12);
    }
  }));
});

Deno.test("true and predicted classes exchanged exchange precision and recall", () => {
  fc.assert(fc.property(counts, (confusion) => {
    const transposed = confusion.map((_, i) => confusion.map((row) => row[i]));
    const exchanged = classReport(transposed).classes;
    classReport(confusion).classes.forEach((scores, i) => {
      // Without images there are no scores; exchanged, these are the predictions.
      if (scores.support === 0 || exchanged[i].support === 0) return;
      assertEquals(exchanged[i].precision, scores.recall);
      assertEquals(exchanged[i].recall, scores.precision);
      assertEquals(exchanged[i].f1, scores.f1);
    });
  }));
});

Deno.test("classReport refuses what is not square or counts nothing", () => {
  assertThrows(() => classReport([[1, 2], [3]]), RangeError, "not 2, 1");
  assertThrows(() => classReport([[0, 0], [0, 0]]), RangeError, "No scores without predictions");
  assertThrows(() => classReport([]), RangeError, "No scores without predictions");
});
