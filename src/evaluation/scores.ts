/** What predictions are worth beside their accuracy, as metrics. @module */
import { classReport } from "./classification.ts";
import type { ConfusionMatrix } from "./confusion.ts";
import { wilson } from "./intervals.ts";
import type { Score } from "./metrics.ts";

/** Names of what `overallScores` gives, in its order. */
export const overallNames = (of: string, loss: boolean): string[] => [
  `${of}.balancedAccuracy`,
  `${of}.macroF1`,
  ...(loss ? [`${of}.logLoss`] : []),
];

/** Names of what `recalls` gives, in its order. */
export const recallNames = (of: string, classes: readonly string[]): string[] =>
  classes.map((name) => `${of}.recall.${name}`);

/**
 * Scores over all classes, each counted alike: balanced accuracy, the mean of recalls, and macro F1,
 * both over the classes that have images, as scikit-learn's `balanced_accuracy_score` and
 * `f1_score(average="macro", labels=<these>)`; and the log loss, if given. They have no interval.
 *
 * @param of what their names begin with, as `baseline.test`
 * @param confusion of all images, at least one
 * @param loss the mean log loss of the same images, where their probabilities are known
 */
export function overallScores(of: string, confusion: ConfusionMatrix, loss?: number): Score[] {
  const { macro: { recall, f1, support } } = classReport(confusion);
  const values = [recall, f1, ...(loss === undefined ? [] : [loss])];
  return overallNames(of, loss !== undefined).map((name, i) => ({
    name,
    value: values[i],
    interval: null,
    n: support,
  }));
}

/**
 * The recall of every class with Wilson's interval; of a class without images there is none.
 *
 * @param of what their names begin with, as `baseline.test`
 * @param classes names, one a row of the matrix
 */
export function recalls(
  of: string,
  confusion: ConfusionMatrix,
  classes: readonly string[],
): Score[] {
  const names = recallNames(of, classes);
  return confusion.map((row, label): Score => {
    const n = row.reduce((sum, count) => sum + count, 0);
    if (n === 0) return { name: names[label], value: null, interval: null, n };
    const { low, high } = wilson(row[label], n);
    return { name: names[label], value: row[label] / n, interval: [low, high], n };
  });
}
