/**
 * How unlike the training images an image is: a network gives a class to anything, and this tells when
 * that says little.
 *
 * Two distances are taken. One is of the image itself, in brightness over a coarse grid, from the mean
 * of all training images: noise and what is the wrong way round lie far away. The other is of what the
 * network makes of it, the values that its last layer reads: the distance to the nearest class less
 * that to the mean of all. Both are Mahalanobis's, in standard deviations of the training images.
 *
 * K. Lee, K. Lee, H. Lee, J. Shin, "A simple unified framework for detecting out-of-distribution samples
 * and adversarial attacks", NeurIPS 2018; J. Ren and others, "A simple fix to Mahalanobis distance for
 * improving near-OOD detection", 2021, arXiv:2106.09022 (the difference). It knows no files and no
 * engine: a page can use it.
 *
 * @module
 */
import type { NdArray } from "../ndarray.ts";

/** Rows of numbers, `[n, width]`. */
type Rows = NdArray<Float32Array>;

/** So much of the mean variance is added to each, so that directions without any count, too. */
const SHRINKAGE = 0.01;

/** Cells of the coarse grid, in height and in width. */
const GRID = 8;

/**
 * The mean brightness of images, `[N, height, width, channels]`, in each cell of a grid of 8 by 8, or of
 * a pixel a cell where there are fewer: `[N, cells * channels]`, 0 to 1.
 */
export function coarse({ shape, data }: NdArray<Uint8Array>): Rows {
  const [count, height, width, channels] = shape;
  const [down, across] = [Math.min(GRID, height), Math.min(GRID, width)];
  const cells = down * across * channels;
  const cellOf = new Int32Array(height * width * channels);
  const sizes = new Float64Array(cells);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const cell = Math.floor(y * down / height) * across + Math.floor(x * across / width);
      for (let channel = 0; channel < channels; channel++, i++) {
        sizes[cellOf[i] = cell * channels + channel]++;
      }
    }
  }
  const values = new Float32Array(count * cells);
  const sums = new Float64Array(cells);
  for (let n = 0; n < count; n++) {
    sums.fill(0);
    const start = n * cellOf.length;
    for (let i = 0; i < cellOf.length; i++) sums[cellOf[i]] += data[start + i];
    for (let cell = 0; cell < cells; cell++) {
      values[n * cells + cell] = sums[cell] / sizes[cell] / 255;
    }
  }
  return { shape: [count, cells], data: values };
}

/**
 * A space in which distances are in standard deviations: what rows are multiplied by, and centres as
 * they are after that. In one array, so that it can be kept: `[centres + width, width]`, the centres
 * first.
 */
export type Space = NdArray<Float32Array>;

/**
 * The space of rows that lie around centres.
 *
 * @param rows `[n, width]`, at least one
 * @param groups the group of each row, from 0; those of a group lie around their mean
 * @throws {RangeError} where there are no rows, or they are not finite
 */
export function spaceOf({ shape: [count, width], data }: Rows, groups: ArrayLike<number>): Space {
  if (count === 0) throw new RangeError("There are no rows to measure distances by.");
  const known = [...new Set(Array.from({ length: count }, (_, n) => groups[n]))].sort((a, b) =>
    a - b
  );
  const place = new Map(known.map((group, i) => [group, i]));
  const means = known.map(() => new Float64Array(width));
  const sizes = new Float64Array(known.length);
  for (let n = 0; n < count; n++) {
    const group = place.get(groups[n])!;
    sizes[group]++;
    for (let i = 0; i < width; i++) means[group][i] += data[n * width + i];
  }
  means.forEach((mean, group) => mean.forEach((sum, i) => mean[i] = sum / sizes[group]));

  const covariance = Array.from({ length: width }, () => new Float64Array(width));
  const apart = new Float64Array(width);
  for (let n = 0; n < count; n++) {
    const mean = means[place.get(groups[n])!];
    for (let i = 0; i < width; i++) apart[i] = data[n * width + i] - mean[i];
    for (let i = 0; i < width; i++) {
      if (apart[i] === 0) continue;
      const row = covariance[i];
      for (let j = 0; j <= i; j++) row[j] += apart[i] * apart[j];
    }
  }
  let trace = 0;
  covariance.forEach((row, i) => {
    for (let j = 0; j <= i; j++) row[j] /= count;
    trace += row[i];
  });
  if (!Number.isFinite(trace)) throw new RangeError("Rows to measure distances by are not finite.");
  // Where all rows are alike, any distance will do that is 0 for them alone.
  const added = trace > 0 ? SHRINKAGE * trace / width : 1;
  covariance.forEach((row, i) => row[i] += added);

  const factor = inverseOfFactor(covariance);
  const space = new Float32Array((known.length + width) * width);
  means.forEach((mean, group) =>
    factor.forEach((row, i) => {
      let sum = 0;
      for (let j = 0; j <= i; j++) sum += row[j] * mean[j];
      space[group * width + i] = sum;
    })
  );
  factor.forEach((row, i) => space.set(row, (known.length + i) * width));
  return { shape: [known.length + width, width], data: space };
}

/** The inverse of L, where `matrix`, of which the lower half counts, is L times L turned over (Cholesky). */
function inverseOfFactor(matrix: readonly Float64Array[]): Float64Array[] {
  const width = matrix.length;
  const factor = matrix.map(() => new Float64Array(width));
  for (let i = 0; i < width; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i][j];
      for (let k = 0; k < j; k++) sum -= factor[i][k] * factor[j][k];
      factor[i][j] = i === j ? Math.sqrt(sum) : sum / factor[j][j];
    }
  }
  const inverse = matrix.map(() => new Float64Array(width));
  for (let column = 0; column < width; column++) {
    for (let i = column; i < width; i++) {
      let sum = i === column ? 1 : 0;
      for (let k = column; k < i; k++) sum -= factor[i][k] * inverse[k][column];
      inverse[i][column] = sum / factor[i][i];
    }
  }
  return inverse;
}

/** The square of the distance of each row, `[n, width]`, to the nearest centre of a space. */
function distances({ shape: [count, width], data }: Rows, space: Space): Float64Array {
  const centres = space.shape[0] - width;
  const at = new Float64Array(width);
  return Float64Array.from({ length: count }, (_, n) => {
    for (let i = 0; i < width; i++) {
      const row = (centres + i) * width;
      let sum = 0;
      for (let j = 0; j <= i; j++) sum += space.data[row + j] * data[n * width + j];
      at[i] = sum;
    }
    let nearest = Infinity;
    for (let centre = 0; centre < centres; centre++) {
      let sum = 0;
      for (let i = 0; i < width; i++) sum += (at[i] - space.data[centre * width + i]) ** 2;
      nearest = Math.min(nearest, sum);
    }
    return nearest;
  });
}

/** Where the images lie that a network learnt from. */
export interface Known {
  /** Of the coarse images, around the mean of all. */
  readonly picture: Space;
  /** Of what the last layer reads, around the means of the classes, and around that of all; none where that is too much. */
  readonly classes?: Space;
  readonly all?: Space;
}

/** A distance for each image, by what is looked at. */
export type Measured = { readonly picture: Float64Array; readonly features?: Float64Array };

/**
 * How far images lie from what a network learnt from.
 *
 * @param images as networks read them, `[N, height, width, channels]`
 * @param features what the last layer reads of them, `[N, width]`
 */
export function measured(
  { picture, classes, all }: Known,
  images: NdArray<Uint8Array>,
  features: Rows | undefined,
): Measured {
  const far = distances(coarse(images), picture);
  if (!classes || !all || !features) return { picture: far };
  const fromAll = distances(features, all);
  return {
    picture: far,
    features: distances(features, classes).map((distance, i) => distance - fromAll[i]),
  };
}

/** What a distance usually is, and what it seldom exceeds. */
export interface Usual {
  readonly median: number;
  readonly limit: number;
}

/**
 * What is usual of distances, and a limit that a share of them exceeds at most.
 *
 * @param values at least one
 * @param share 0 to 1
 */
export function usualOf(values: Float64Array, share: number): Usual {
  const sorted = values.toSorted();
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  const median = at(0.5);
  const limit = at(1 - share);
  // Where all are alike, what is farther by any amount is beyond them.
  return { median, limit: limit > median ? limit : median + Math.abs(median) * 1e-6 + 1e-12 };
}

/** What is usual of each distance. */
export interface Limits {
  readonly picture: Usual;
  readonly features?: Usual | undefined;
}

/**
 * How unlike the training images each image is: 0 for a usual one, above 1 for one that is unlike them,
 * because one of its distances exceeds its limit.
 */
export function unlikeness(measured: Measured, limits: Limits): Float64Array {
  const scaled = (distance: number, { median, limit }: Usual) =>
    (distance - median) / (limit - median);
  return measured.picture.map((distance, i) => {
    const first = scaled(distance, limits.picture);
    if (!measured.features || !limits.features) return first;
    return Math.max(first, scaled(measured.features[i], limits.features));
  });
}
