/** The mistakes of a confusion matrix as a list. @module */
import type { ConfusionMatrix } from "./confusion.ts";

/** Images of one class that were taken for another. */
export interface ConfusedPair {
  /** Their class, and the one predicted. */
  readonly actual: number;
  readonly predicted: number;
  /** How many, from 1. */
  readonly images: number;
  /** The share of the class's images that they are, above 0. */
  readonly share: number;
}

/**
 * Every pair of classes of which one was taken for the other, by direction: most images first, of
 * equal ones the larger share of their class, then in the order of the classes.
 */
export function confusedPairs(confusion: ConfusionMatrix): ConfusedPair[] {
  return confusion.flatMap((row, actual) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return row.flatMap((images, predicted) =>
      images === 0 || predicted === actual
        ? []
        : [{ actual, predicted, images, share: images / total }]
    );
  }).sort((a, b) =>
    b.images - a.images || b.share - a.share || a.actual - b.actual || a.predicted - b.predicted
  );
}
