import { assertEquals } from "@std/assert";
import { accuracyMetric, meanMetric } from "../../src/evaluation/accuracy.ts";
import { correctedMean, wilson } from "../../src/evaluation/intervals.ts";

Deno.test("an accuracy is the share that is right, with Wilson's interval", () => {
  const { low, high } = wilson(3, 4);
  assertEquals(accuracyMetric("a", [0, 1, 2, 2], [0, 1, 2, 1]), {
    name: "a",
    value: 0.75,
    interval: [low, high],
    n: 4,
  });
});

Deno.test("a mean over folds has its interval, and none where the folds do not differ", () => {
  const scores = [0.9, 0.95, 0.92];
  const { mean, low, high } = correctedMean(scores, 80, 40);
  assertEquals(meanMetric("m", scores, 80, 40, 120), {
    name: "m",
    value: mean,
    interval: [low, high],
    n: 120,
  });
  assertEquals(meanMetric("m", [1, 1], 60, 60, 120), {
    name: "m",
    value: 1,
    interval: null,
    n: 120,
  });
});
