/** The loss of predictions, apart from any network. @module */
import type { NdArray } from "../ndarray.ts";
import { checkClass, checkSameLength, matrixShape } from "./confusion.ts";

/** Keras's `backend.epsilon()`: probabilities are taken as at least this, and at most 1 less this. */
const EPSILON = 1e-7;

/**
 * Mean negative log-likelihood of the true classes, in nats.
 *
 * Probabilities are clipped as in Keras's `categorical_crossentropy` (3.15, without its division of
 * each row by its sum, which a softmax has made 1): one wrong prediction costs at most 16.12.
 *
 * @param probabilities `[N, C]`, each row a distribution.
 * @param labels True classes, `[N]`, 0 to C - 1.
 * @throws {RangeError} where lengths differ, a class does not exist, a probability is NaN, or there is
 * nothing to average
 */
export function crossEntropy(
  probabilities: NdArray<Float32Array | Float64Array>,
  labels: ArrayLike<number>,
): number {
  const [rows, classes] = matrixShape(probabilities);
  checkSameLength("labels", labels, "rows of probabilities", { length: rows });
  if (rows === 0) throw new RangeError("No loss without predictions");
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    checkClass("label", labels[row], row, classes);
    const probability = probabilities.data[row * classes + labels[row]];
    if (Number.isNaN(probability)) {
      throw new RangeError(`Row ${row} of the probabilities has NaN for class ${labels[row]}`);
    }
    sum -= Math.log(Math.min(Math.max(probability, EPSILON), 1 - EPSILON));
  }
  return sum / rows;
}
