/** Predicted classes against true ones. @module */
import type { NdArray } from "../ndarray.ts";

/** Counts of images by class, `[true][predicted]`: row 3, column 5 is how many of class 3 were taken for class 5. */
export type ConfusionMatrix = readonly (readonly number[])[];

/**
 * The most probable class of each row, the lowest of several.
 *
 * @param probabilities `[N, C]`; need not sum to 1.
 * @returns `[N]`, 0 to C - 1.
 * @throws {RangeError} where a probability is NaN, since there is no most probable class; it names the
 * row
 */
export function classify(probabilities: NdArray<Float32Array | Float64Array>): Int32Array {
  const [rows, classes] = matrixShape(probabilities);
  const { data } = probabilities;
  const predicted = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const start = row * classes;
    let best = 0;
    for (let c = 0; c < classes; c++) {
      if (Number.isNaN(data[start + c])) {
        throw new RangeError(`Row ${row} of the probabilities has NaN for class ${c}`);
      }
      if (data[start + c] > data[start + best]) best = c;
    }
    predicted[row] = best;
  }
  return predicted;
}

/**
 * `[N, C]` of a matrix.
 *
 * @throws {RangeError} where its shape is another one, or one that its data does not fill
 */
export function matrixShape({ shape, data }: NdArray): [number, number] {
  const [rows, classes] = shape;
  if (shape.length !== 2 || classes < 1 || data.length !== rows * classes) {
    throw new RangeError(
      `Expected probabilities of shape [N, C], not [${
        shape.join(", ")
      }] with ${data.length} values`,
    );
  }
  return [rows, classes];
}

/**
 * Counts how often each true class was predicted as each class.
 *
 * @param labels True classes, `[N]`, 0 to `classes - 1`.
 * @param predicted Predicted classes, `[N]`, 0 to `classes - 1`.
 * @throws {RangeError} where the lengths differ or a class does not exist; it names the place
 */
export function confusionMatrix(
  labels: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classes: number,
): number[][] {
  checkSameLength("labels", labels, "predictions", predicted);
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < labels.length; i++) {
    checkClass("label", labels[i], i, classes);
    checkClass("prediction", predicted[i], i, classes);
    counts[labels[i]][predicted[i]]++;
  }
  return counts;
}

/**
 * Share of images on the diagonal, 0 to 1.
 *
 * @throws {RangeError} where the matrix counts nothing
 */
export function accuracy(confusion: ConfusionMatrix): number {
  let correct = 0;
  let total = 0;
  confusion.forEach((row, i) => {
    correct += row[i];
    for (const count of row) total += count;
  });
  if (total === 0) throw new RangeError("No accuracy without predictions: the counts are all zero");
  return correct / total;
}

/**
 * Checks that two have as many elements.
 *
 * @throws {RangeError} where they have not; it has both names
 */
export function checkSameLength(
  name: string,
  values: ArrayLike<unknown>,
  otherName: string,
  others: ArrayLike<unknown>,
): void {
  if (values.length !== others.length) {
    throw new RangeError(
      `Expected as many ${name} as ${otherName}, not ${values.length} and ${others.length}`,
    );
  }
}

/**
 * Checks that a value is a class.
 *
 * @throws {RangeError} where it is no whole number below `classes`; it has name and index
 */
export function checkClass(name: string, value: number, index: number, classes: number): void {
  if (!Number.isInteger(value) || value < 0 || value >= classes) {
    throw new RangeError(
      `The ${name} at index ${index} is ${value}, not a class from 0 to ${classes - 1}`,
    );
  }
}
