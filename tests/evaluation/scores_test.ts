import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { accuracy, classify, confusionMatrix } from "../../src/evaluation/confusion.ts";
import { wilson } from "../../src/evaluation/intervals.ts";
import { crossEntropy } from "../../src/evaluation/loss.ts";
import { scoreList } from "../../src/evaluation/metrics.ts";
import { overallScores, recalls } from "../../src/evaluation/scores.ts";
import { readGolden } from "../support/golden.ts";

/** A case that scikit-learn scored; a network's probabilities are its weights, each row's over their sum. */
interface Case {
  readonly classes: number;
  readonly labels: string;
  readonly weights: string;
  /** Of the classes that have images. */
  readonly recall: readonly number[];
  readonly balancedAccuracy: number;
  readonly macroF1: number;
  readonly logLoss: number;
}

const numbers = (text: string) => text.split(" ").map(Number);

Deno.test("scores are scikit-learn's, where classes have no image, too", async () => {
  let strays = 0;
  for (const given of await readGolden<Case[]>("sklearn_scores.json")) {
    const { classes, recall, balancedAccuracy, macroF1, logLoss } = given;
    const [labels, weights] = [numbers(given.labels), numbers(given.weights)];
    const sums = labels.map((_, i) =>
      weights.slice(i * classes, (i + 1) * classes).reduce((a, b) => a + b)
    );
    const probabilities = {
      shape: [labels.length, classes],
      data: Float32Array.from(weights, (weight, i) => weight / sums[Math.floor(i / classes)]),
    };
    const predicted = classify(probabilities);
    const confusion = confusionMatrix(labels, predicted, classes);
    const scores = overallScores("some.test", confusion, crossEntropy(probabilities, labels));
    for (const [i, expected] of [balancedAccuracy, macroF1].entries()) {
      assertAlmostEquals(scores[i].value!, expected, 1e-15);
    }
    // The probabilities are rounded to float32.
    assertAlmostEquals(scores[2].value!, logLoss, 1e-7);
    const names = Array.from({ length: classes }, (_, label) => String(label));
    const found = recalls("some.test", confusion, names).map(({ value }) => value);
    const present = [...new Set(labels)].sort((a, b) => a - b);
    assertEquals(present.map((label) => found[label]), [...recall]);
    assertEquals(found.filter((value) => value !== null).length, present.length);
    strays += predicted.filter((label) => !present.includes(label)).length;
  }
  assert(strays > 0, "no image is taken for a class without images");
});

Deno.test("scores are named after what they are of, and have its images", () => {
  const confusion = [[3, 1], [2, 6]];
  assertEquals(overallScores("cv.pooled", confusion), [
    { name: "cv.pooled.balancedAccuracy", value: 0.75, interval: null, n: 12 },
    { name: "cv.pooled.macroF1", value: (6 / 9 + 12 / 15) / 2, interval: null, n: 12 },
  ]);
  assertEquals(overallScores("a.test", confusion, 2.5)[2], {
    name: "a.test.logLoss",
    value: 2.5,
    interval: null,
    n: 12,
  });
  const { low, high } = wilson(3, 4);
  assertEquals(recalls("a.test", [[3, 1], [0, 0]], ["T-shirt/top", "B.c d"]), [
    { name: "a.test.recall.T-shirt/top", value: 0.75, interval: [low, high], n: 4 },
    { name: "a.test.recall.B.c d", value: null, interval: null, n: 0 },
  ]);
});

const square = (row: fc.Arbitrary<number>) =>
  fc.integer({ min: 2, max: 6 }).chain((size) => {
    const line = fc.array(row, { minLength: size, maxLength: size });
    return fc.array(line, { minLength: size, maxLength: size });
  }).filter((rows) => rows.flat().some((count) => count > 0));

const valuesOf = (confusion: readonly (readonly number[])[]) => [
  ...overallScores("a.test", confusion).map(({ value }) => value!),
  ...recalls("a.test", confusion, confusion.map((_, i) => String(i))).map(({ value }) => value),
];

Deno.test("of classes of one size, the balanced accuracy is the accuracy", () => {
  fc.assert(fc.property(square(fc.nat(20)), fc.integer({ min: 1, max: 9 }), (counts, more) => {
    // What each class lacks of the largest one is put on its diagonal.
    const sums = counts.map((row) => row.reduce((a, b) => a + b));
    const size = Math.max(...sums) + more;
    const confusion = counts.map((row, i) =>
      row.map((count, j) => i === j ? count + size - sums[i] : count)
    );
    assertAlmostEquals(valuesOf(confusion)[0]!, accuracy(confusion), 1e-12);
  }));
});

Deno.test("classes in another order have the same scores, each its own recall", () => {
  const shuffled = square(fc.nat(20)).chain((confusion) =>
    fc.record({
      confusion: fc.constant(confusion),
      order: fc.shuffledSubarray(confusion.map((_, i) => i), { minLength: confusion.length }),
    })
  );
  fc.assert(fc.property(shuffled, ({ confusion, order }) => {
    const [balanced, f1, ...recall] = valuesOf(confusion);
    const permuted = valuesOf(order.map((i) => order.map((j) => confusion[i][j])));
    assertAlmostEquals(permuted[0]!, balanced!, 1e-12);
    assertAlmostEquals(permuted[1]!, f1!, 1e-12);
    assertEquals(permuted.slice(2), order.map((i) => recall[i]));
  }));
});

Deno.test("a class without images changes no other's score, and has no recall itself", () => {
  fc.assert(fc.property(square(fc.nat(20)), (confusion) => {
    const more = [...confusion.map((row) => [...row, 0]), new Array(confusion.length + 1).fill(0)];
    assertEquals(valuesOf(more), [...valuesOf(confusion), null]);
  }));
});

Deno.test("scores are such as an artifact holds, and recalls null just where there are no images", () => {
  fc.assert(fc.property(square(fc.nat(3)), fc.nat(20), (confusion, loss) => {
    const classes = confusion.map((_, i) => `class ${i}.logLoss`);
    const scores = [
      ...overallScores("a.b-c.test", confusion, loss),
      ...recalls("a.b-c.test", confusion, classes),
    ];
    assertEquals(scoreList.parse(scores), scores);
    confusion.forEach((row, i) =>
      assertEquals(scores[3 + i].value === null, row.every((count) => count === 0))
    );
  }));
});
