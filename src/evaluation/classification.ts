/** Precision, recall and F1 by class, from a confusion matrix. @module */
import type { ConfusionMatrix } from "./confusion.ts";

/**
 * How well one class is found, or an average of several. All but `support` are 0 to 1; they are NaN of
 * a class without images, of which nothing can be said.
 */
export interface ClassScores {
  /** Of the images predicted as the class, the share that are; NaN where none is predicted. */
  readonly precision: number;
  /** Of the images of the class, the share predicted as such. */
  readonly recall: number;
  /** Harmonic mean of both, 2 TP / (2 TP + FP + FN); 0 where no image of the class is found. */
  readonly f1: number;
  /** Number of images of the class. */
  readonly support: number;
}

/** Scores of every class and their averages. */
export interface ClassReport {
  /** In the order of the classes. */
  readonly classes: readonly ClassScores[];
  /** Means over classes that have the score, each counted alike; `recall` is the balanced accuracy. */
  readonly macro: ClassScores;
  /** The same means, each class counted by its support. */
  readonly weighted: ClassScores;
}

/**
 * The scores of scikit-learn's `precision_recall_fscore_support(zero_division=np.nan)`, with `labels`
 * those of the classes that have images; the other classes have none. The `support` of both averages
 * is the number of all images.
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
    if (support === 0) return { precision: NaN, recall: NaN, f1: NaN, support };
    return {
      precision: found / predicted,
      recall: found / support,
      f1: 2 * found / (predicted + support),
      support,
    };
  });
  const average = (weight: (scores: ClassScores) => number): ClassScores => {
    const mean = (of: "precision" | "recall" | "f1") => {
      const having = classes.filter((scores) => !Number.isNaN(scores[of]));
      const weights = having.reduce((sum, scores) => sum + weight(scores), 0);
      return having.reduce((sum, scores) => sum + weight(scores) * scores[of], 0) / weights;
    };
    return { precision: mean("precision"), recall: mean("recall"), f1: mean("f1"), support: total };
  };
  return {
    classes,
    macro: average(() => 1),
    weighted: average(({ support }) => support),
  };
}
