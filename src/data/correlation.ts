/**
 * Pearson correlation between all pairs of pixels, `DataFrame.corr()` in pandas.
 *
 * @module
 */
import type { NdArray } from "../ndarray.ts";

/** So many products of two bytes sum to less than 2^32. */
const BLOCK_ROWS = 65536;

/**
 * The correlation matrix `[P, P]` of images `[N, height, width, channels]`, P = all
 * values of an image in reading order. A pixel that never changes has no correlation: its row and column are NaN, as in pandas.
 *
 * Computed from the integer sums `n Σxy - Σx Σy`, which are exact up to 372,000 images (2^53), so
 * every machine finds the same bits. Takes time in proportion to the square of the pixels that are
 * not zero.
 *
 * @param progress told the images read so far and in all, about a hundred times
 */
export function correlationMatrix(
  images: NdArray<Uint8Array>,
  progress?: (done: number, total: number) => void,
): NdArray<Float64Array> {
  const [count, ...sides] = images.shape;
  const pixels = sides.reduce((product, n) => product * n, 1);
  const sums = new Float64Array(pixels);
  const products = new Float64Array(pixels * pixels); // upper triangle
  const block = new Int32Array(pixels * pixels); // the same of this block, modulo 2^32

  // The pixels of one image that are not zero, and three zeros after them.
  const places = new Int32Array(pixels + 3);
  const values = new Int32Array(pixels + 3);
  const tick = Math.ceil(count / 100);
  for (let n = 0, at = 0; n < count; n++) {
    let found = 0;
    for (let pixel = 0; pixel < pixels; pixel++) {
      const value = images.data[at++];
      if (value === 0) continue;
      places[found] = pixel;
      values[found++] = value;
      sums[pixel] += value;
    }
    values.fill(0, found, found + 3);
    // Four rows of the matrix at once: each pixel is loaded for four products. The zeros at the end
    // and what falls below the diagonal do no harm.
    for (let i = 0; i < found; i += 4) {
      const row0 = places[i] * pixels;
      const row1 = places[i + 1] * pixels;
      const row2 = places[i + 2] * pixels;
      const row3 = places[i + 3] * pixels;
      const value0 = values[i];
      const value1 = values[i + 1];
      const value2 = values[i + 2];
      const value3 = values[i + 3];
      for (let j = i; j < found; j++) {
        const column = places[j];
        const value = values[j];
        block[row0 + column] += Math.imul(value0, value);
        block[row1 + column] += Math.imul(value1, value);
        block[row2 + column] += Math.imul(value2, value);
        block[row3 + column] += Math.imul(value3, value);
      }
    }
    if ((n + 1) % BLOCK_ROWS === 0 || n + 1 === count) {
      for (let i = 0; i < block.length; i++) products[i] += block[i] >>> 0;
      block.fill(0);
    }
    if ((n + 1) % tick === 0 || n + 1 === count) progress?.(n + 1, count);
  }

  const spread = sums.map((sum, i) => count * products[i * pixels + i] - sum * sum);
  const data = new Float64Array(pixels * pixels);
  for (let i = 0; i < pixels; i++) {
    for (let j = i; j < pixels; j++) {
      const together = count * products[i * pixels + j] - sums[i] * sums[j];
      // 0 / 0 is the NaN of a constant pixel; rounding may pass 1 by a hair.
      const r = together / Math.sqrt(spread[i] * spread[j]);
      data[i * pixels + j] = data[j * pixels + i] = Math.max(-1, Math.min(1, r));
    }
  }
  return { shape: [pixels, pixels], data };
}
