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
  const [from, to] = [rows * columns * channels, height * width * channels];
  const data = new Uint8Array(count * to);
  for (let n = 0; n < count; n++) {
    const image = images.data.subarray(n * from, (n + 1) * from);
    const target = data.subarray(n * to, (n + 1) * to);
    centre(image, [rows, columns, channels], target, height, width);
  }
  return { shape: [count, height, width, channels], data };
}

/**
 * Writes an image into the middle of zeros, and of what is higher or wider than they are its middle (an
 * odd remainder is at the bottom and the right).
 *
 * @param shape of the image, `[rows, columns, channels]`
 * @param target zeros, `[height, width, channels]`
 */
export function centre(
  image: Uint8Array,
  [rows, columns, channels]: readonly [number, number, number],
  target: Uint8Array,
  height: number,
  width: number,
): void {
  const [top, left] = [(height - rows) >> 1, (width - columns) >> 1];
  const length = channels * Math.min(width, columns);
  const [fromLeft, toLeft] = [Math.max(0, -left), Math.max(0, left)];
  for (let y = Math.max(0, top); y < Math.min(height, top + rows); y++) {
    const start = ((y - top) * columns + fromLeft) * channels;
    target.set(image.subarray(start, start + length), (y * width + toLeft) * channels);
  }
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
