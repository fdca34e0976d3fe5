/** Accuracies as metrics. @module */
import { correctedMean, wilson } from "./intervals.ts";
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

/**
 * The mean accuracy of folds, with its interval; none where all score the same, which tells nothing of
 * how much they differ.
 *
 * @param scores one a fold, 0 to 1
 * @param trainSize images a fold trains on
 * @param testSize images a fold is scored on
 * @param n number of all images
 */
export function meanMetric(
  name: string,
  scores: readonly number[],
  trainSize: number,
  testSize: number,
  n: number,
): Metric {
  const { mean, std, low, high } = correctedMean(scores, trainSize, testSize);
  return { name, value: mean, interval: std > 0 ? [low, high] : null, n };
}
