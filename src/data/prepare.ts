/**
 * From images as published to what a network reads.
 *
 * @module
 */
import type { NdArray } from "../ndarray.ts";

/**
 * Zeros around images: `[N, rows, columns, channels]` to `[N, height, width, channels]`, the image in
 * the middle (an odd remainder goes to the bottom and the right). Images `[N, rows, columns]` have one
 * channel.
 *
 * @throws {RangeError} where the images are larger than the target
 */
export function padImages(
  images: NdArray<Uint8Array>,
  height: number,
  width: number,
): NdArray<Uint8Array> {
  const [count, rows, columns, channels = 1] = images.shape;
  if (rows > height || columns > width) {
    throw new RangeError(`Images of ${rows}x${columns} do not fit into ${height}x${width}.`);
  }
  const top = (height - rows) >> 1;
  const left = (width - columns) >> 1;
  const length = columns * channels;
  const data = new Uint8Array(count * height * width * channels);
  for (let n = 0, from = 0; n < count; n++) {
    for (let row = 0; row < rows; row++, from += length) {
      data.set(
        images.data.subarray(from, from + length),
        ((n * height + top + row) * width + left) * channels,
      );
    }
  }
  return { shape: [count, height, width, channels], data };
}

/**
 * Labels `[N]` to `[N, classes]`: 1 in the label's column, 0 elsewhere.
 *
 * @throws {RangeError} where a label is no class
 */
export function oneHot(labels: NdArray<Uint8Array>, classes: number): NdArray<Uint8Array> {
  const data = new Uint8Array(labels.data.length * classes);
  labels.data.forEach((label, row) => {
    if (label >= classes) {
      throw new RangeError(`Label ${row} is ${label}, expected 0 to ${classes - 1}.`);
    }
    data[row * classes + label] = 1;
  });
  return { shape: [labels.data.length, classes], data };
}

/**
 * A copy of the rows at `indices` along the first axis, in their order: images or labels.
 *
 * @throws {RangeError} where an index is outside the array
 */
export function take(
  array: NdArray<Uint8Array>,
  indices: ArrayLike<number>,
): NdArray<Uint8Array> {
  const [count, ...rest] = array.shape;
  const size = rest.reduce((product, n) => product * n, 1);
  const data = new Uint8Array(indices.length * size);
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i];
    if (!(index >= 0 && index < count)) {
      throw new RangeError(`Index ${index} at place ${i}: the array has rows 0 to ${count - 1}.`);
    }
    data.set(array.data.subarray(index * size, (index + 1) * size), i * size);
  }
  return { shape: [indices.length, ...rest], data };
}
