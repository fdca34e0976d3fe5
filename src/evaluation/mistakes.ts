/** Which images are predicted wrongly: by one model, by all of several, by one of two. @module */
import type { NdArray } from "../ndarray.ts";
import { checkSameLength, classify, matrixShape } from "./confusion.ts";

/** An image that was taken for another class. */
export interface Mistake {
  /** Its place among the images, from 0. */
  readonly image: number;
  readonly predicted: number;
  /** Of the class predicted. */
  readonly probability: number;
}

/**
 * The mistakes of a model, the most probable first.
 *
 * @param probabilities `[N, C]`
 * @param labels True classes, `[N]`
 * @throws {RangeError} where the lengths differ
 */
export function mistakes(
  probabilities: NdArray<Float32Array>,
  labels: ArrayLike<number>,
): Mistake[] {
  const [rows, classes] = matrixShape(probabilities);
  checkSameLength("labels", labels, "rows of probabilities", { length: rows });
  return Array.from(classify(probabilities), (predicted, image) => ({
    image,
    predicted,
    probability: probabilities.data[image * classes + predicted],
  })).filter(({ image, predicted }) => predicted !== labels[image])
    .sort((a, b) => b.probability - a.probability || a.image - b.image);
}

/** An image that several models get wrong. */
export interface Missed {
  /** Its place among the images, from 0. */
  readonly image: number;
  /** The class that most models take it for, the lowest of several, and how many do. */
  readonly predicted: number;
  readonly models: number;
}

/**
 * The images that every model gets wrong; first those that most models take for one class.
 *
 * @param labels True classes, `[N]`
 * @param predictions Predicted classes, `[N]` a model
 * @throws {RangeError} where the lengths differ
 */
export function missedByAll(
  labels: ArrayLike<number>,
  predictions: readonly ArrayLike<number>[],
): Missed[] {
  for (const predicted of predictions) {
    checkSameLength("labels", labels, "predictions of a model", predicted);
  }
  return Array.from(labels, (_, image) => image)
    .filter((image) => predictions.every((predicted) => predicted[image] !== labels[image]))
    .map((image) => {
      const votes = predictions.map((predicted) => predicted[image]);
      const [most] = votes.map((predicted) => ({
        image,
        predicted,
        models: votes.filter((vote) => vote === predicted).length,
      })).sort((a, b) => b.models - a.models || a.predicted - b.predicted);
      return most;
    }).sort((a, b) => b.models - a.models || a.image - b.image);
}

/** How two models do on the same images. */
export interface Disagreement {
  /** How many both get right. */
  readonly bothRight: number;
  /** Places of the images that only one of them gets right, in order. */
  readonly onlyFirst: readonly number[];
  readonly onlySecond: readonly number[];
  /** How many both take for the same wrong class, and for two different ones. */
  readonly wrongAlike: number;
  readonly wrongApart: number;
}

/**
 * Where two models agree and where they do not.
 *
 * @param labels True classes, `[N]`
 * @param first Classes predicted by one model, `[N]`
 * @param second Classes predicted by the other, `[N]`
 * @throws {RangeError} where the lengths differ
 */
export function disagreement(
  labels: ArrayLike<number>,
  first: ArrayLike<number>,
  second: ArrayLike<number>,
): Disagreement {
  checkSameLength("labels", labels, "predictions of the first model", first);
  checkSameLength("labels", labels, "predictions of the second model", second);
  const where = (is: (first: number, second: number, label: number) => boolean) =>
    Array.from(labels, (_, image) => image)
      .filter((image) => is(first[image], second[image], labels[image]));
  return {
    bothRight: where((a, b, label) => a === label && b === label).length,
    onlyFirst: where((a, b, label) => a === label && b !== label),
    onlySecond: where((a, b, label) => a !== label && b === label),
    wrongAlike: where((a, b, label) => a !== label && b === a).length,
    wrongApart: where((a, b, label) => a !== label && b !== label && a !== b).length,
  };
}
