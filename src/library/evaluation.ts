/**
 * Evaluation of classifiers: accuracies and scores by class with their intervals, tests between models,
 * and what several trainings of one recipe differ by. Takes plain lists; knows nothing of networks.
 *
 * @example Is one of two models better on the same images?
 * ```ts
 * import { mcnemar } from "@atelier/atelier/evaluation";
 * import { assertEquals } from "@std/assert";
 *
 * const labels = [0, 1, 2, 0, 1, 2, 0, 1];
 * const first = [0, 1, 2, 0, 1, 2, 0, 1];
 * const second = [1, 1, 0, 2, 1, 2, 1, 0];
 * assertEquals(mcnemar(labels, first, second), { onlyFirst: 5, onlySecond: 0, p: 0.03125 });
 * ```
 *
 * @module
 */
export { accuracyMetric } from "../evaluation/accuracy.ts";
export { type ClassReport, classReport, type ClassScores } from "../evaluation/classification.ts";
export {
  accuracy,
  classify,
  type ConfusionMatrix,
  confusionMatrix,
} from "../evaluation/confusion.ts";
export { holm } from "../evaluation/holm.ts";
export {
  correctedMean,
  difference,
  type Interval,
  meanAndStd,
  type Proportion,
  studentT,
  wilson,
} from "../evaluation/intervals.ts";
export { crossEntropy } from "../evaluation/loss.ts";
export { type McNemar, mcnemar } from "../evaluation/mcnemar.ts";
export type { Metric, Score } from "../evaluation/metrics.ts";
export { overallScores, recalls } from "../evaluation/scores.ts";
export { bootstrapMean, type VarianceParts, varianceParts } from "../evaluation/runs.ts";
export { type Spread, spreadOf } from "../evaluation/spread.ts";
export { type Welch, welch } from "../evaluation/welch.ts";
export type { NdArray, NumberArray } from "../ndarray.ts";
