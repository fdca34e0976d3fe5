/** Precision, recall and F1 by class, from a confusion matrix. @module */
import type { ConfusionMatrix } from "./confusion.ts";

/** How well one class is found, or an average of several. All but `support` are 0 to 1. */
export interface ClassScores {
  /** Of the images predicted as the class, the share that are; 0 where none is predicted. */
  readonly precision: number;
  /** Of the images of the class, the share predicted as such; 0 where there are none. */
  readonly recall: number;
  /** Harmonic mean of both, 2 TP / (2 TP + FP + FN); 0 where both are. */
  readonly f1: number;
  /** Number of images of the class. */
  readonly support: number;
}

/** Scores of every class and their averages. */
export interface ClassReport {
  /** In the order of the classes. */
  readonly classes: readonly ClassScores[];
  /** Means over classes, each counted alike. */
  readonly macro: ClassScores;
  /** Means over classes, each counted by its support. */
  readonly weighted: ClassScores;
}

/**
 * The scores of scikit-learn's `precision_recall_fscore_support(labels=range(C), zero_division=0)`.
 * The `support` of both averages is the number of all images.
 *
 * @throws {RangeError} where the matrix is not square or counts nothing
 */
export function classReport(confusion: ConfusionMatrix): ClassReport {
  const size = confusion.length;
  const rowSums = confusion.map((row) => row.reduce((sum, count) => sum + count, 0));
  const total = rowSums.reduce((sum, count) => sum + count, 0);
  if (confusion.some((row) => row.length !== size)) {
    throw new RangeError(
      `Expected ${size} counts in each of the ${size} rows of the confusion matrix, ` +
        `not ${confusion.map((row) => row.length).join(", ")}`,
    );
  }
  if (total === 0) throw new RangeError("No scores without predictions: the counts are all zero");

  const classes = confusion.map((row, i): ClassScores => {
    const found = row[i];
    const predicted = confusion.reduce((sum, other) => sum + other[i], 0);
    const support = rowSums[i];
    return {
      precision: share(found, predicted),
      recall: share(found, support),
      f1: share(2 * found, predicted + support),
      support,
    };
  });
  const average = (weight: (scores: ClassScores) => number): ClassScores => {
    const mean = (of: "precision" | "recall" | "f1") =>
      classes.reduce((sum, scores) => sum + weight(scores) * scores[of], 0);
    return { precision: mean("precision"), recall: mean("recall"), f1: mean("f1"), support: total };
  };
  return {
    classes,
    macro: average(() => 1 / size),
    weighted: average(({ support }) => support / total),
  };
}

/** A part of a whole; 0 of nothing. */
function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
