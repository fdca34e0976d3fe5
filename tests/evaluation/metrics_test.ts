import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  boundOf,
  figureOf,
  meets,
  metricList,
  recallOf,
  scoreList,
} from "../../src/evaluation/metrics.ts";

Deno.test("a name tells the figure, whatever a class is called", () => {
  for (
    const [name, figure] of [
      ["baseline.test.accuracy", "accuracy"],
      ["transfer.vgg16-block3.linear.validation.balancedAccuracy", "balancedAccuracy"],
      ["transfer.recall.linear.test.macroF1", "macroF1"],
      ["tune.winner.test.logLoss", "logLoss"],
      ["tune.winner.test.eceScaled", "eceScaled"],
      ["baseline.test.recall.T-shirt/top", "recall"],
      ["cv.pooled.recall.Ankle boot", "recall"],
      ["baseline.test.recall.a.logLoss", "recall"],
      ["baseline.test.recall.accuracy", "recall"],
      ["baseline.test.recall.x\n.test.recall.y", "recall"],
      ["ink.mean.recall", "recall"],
      ["baseline.test.recall.", ""],
    ]
  ) {
    assertEquals(figureOf(name), figure, name);
  }
  assertEquals(recallOf("baseline.test.recall.x.test.recall.y"), "baseline.test.recall.");
  assertEquals(recallOf("baseline.test.accuracy"), undefined);
});

Deno.test("a threshold is the least of a share and the most of a log loss or an error; what is undefined passes none", () => {
  assertEquals([0.89, 0.9, 0.91].map((value) => meets("a.test.accuracy", value, 0.9)), [
    false,
    true,
    true,
  ]);
  assertEquals([0.29, 0.3, 0.31].map((value) => meets("a.test.logLoss", value, 0.3)), [
    true,
    true,
    false,
  ]);
  for (const figure of ["ece", "eceScaled", "logLossScaled"]) {
    const name = `a.test.${figure}`;
    assertEquals(boundOf(name), "at most");
    assertEquals([0.02, 0.03, 0.04].map((value) => meets(name, value, 0.03)), [true, true, false]);
  }
  assertEquals(boundOf("a.test.recall.ece"), "at least");
  for (const threshold of [-1, 0, 9]) {
    for (const name of ["a.test.recall.Bag", "a.test.logLoss"]) {
      assert(!meets(name, null, threshold));
    }
  }
  // A class of that name has a recall.
  assert(meets("a.test.recall.b.logLoss", 0.9, 0.3));
  assertEquals(boundOf("a.test.recall.b.logLoss"), "at least");
  assertEquals(boundOf("a.test.logLoss"), "at most");
});

Deno.test("metrics have values and plain names; scores may be undefined, and of any class", () => {
  const score = { name: "a.test.recall.T-shirt/top\n", value: null, interval: null, n: 0 };
  assertEquals(scoreList.parse([score]), [score]);
  assertThrows(() => metricList.parse([score]));
  const metric = { name: "a.test.accuracy", value: 0.5, interval: null, n: 2 };
  assertEquals(metricList.parse([metric]), [metric]);
  assertThrows(() => metricList.parse([{ ...metric, value: null }]));
  assertThrows(() => metricList.parse([{ ...metric, n: 0 }]));
  for (const name of ["a", "a.test.T-shirt/top", "a.test.recall.", "a b.recall.c"]) {
    assertThrows(() => scoreList.parse([{ ...metric, name }]), Error, "", name);
  }
  fc.assert(fc.property(fc.string({ minLength: 1 }), (name) => {
    scoreList.parse([{ ...metric, name: `a.test.recall.${name}` }]);
    assertEquals(figureOf(`a.test.recall.${name}`), "recall");
  }));
});
