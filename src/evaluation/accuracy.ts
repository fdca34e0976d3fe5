/** Accuracies as metrics. @module */
import { wilson } from "./intervals.ts";
import type { Metric } from "./metrics.ts";

/** Accuracy of predictions, with its Wilson interval. Both arrays have the same length, at least 1. */
export function accuracyMetric(
  name: string,
  predicted: ArrayLike<number>,
  truth: ArrayLike<number>,
): Metric {
  let correct = 0;
  for (let i = 0; i < truth.length; i++) if (predicted[i] === truth[i]) correct++;
  const { low, high } = wilson(correct, truth.length);
  return { name, value: correct / truth.length, interval: [low, high], n: truth.length };
}
