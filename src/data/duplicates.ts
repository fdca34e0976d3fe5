/**
 * Rows that occur more than once, as pandas's `duplicated()` and `drop_duplicates()` find them, and
 * images that are in two parts.
 *
 * @module
 */
import type { NdArray } from "../ndarray.ts";
import type { LabelledImages } from "./dataset.ts";

/** Which rows to keep, and which to drop. */
export interface Duplicates {
  /** Index of every first occurrence, ascending. */
  readonly kept: Int32Array;
  /** Every later occurrence, ascending, with the row it repeats. */
  readonly dropped: readonly { readonly index: number; readonly first: number }[];
}

/** Finds rows whose label and pixels all equal an earlier row's (`keep="first"`). */
export function findDuplicates({ images, labels }: LabelledImages): Duplicates {
  const rows = labels.data.length;
  const pixels = rows === 0 ? 0 : images.data.length / rows;
  const same = (a: number, b: number) => {
    if (labels.data[a] !== labels.data[b]) return false;
    for (let i = a * pixels, j = b * pixels, end = i + pixels; i < end; i++, j++) {
      if (images.data[i] !== images.data[j]) return false;
    }
    return true;
  };
  // Rows of one hash are a chain through `earlier`; only their bytes tell whether they are equal.
  const latest = new Map<number, number>();
  const earlier = new Int32Array(rows).fill(-1);
  const kept: number[] = [];
  const dropped: { index: number; first: number }[] = [];
  for (let row = 0; row < rows; row++) {
    const hash = hashOf(images.data, row * pixels, pixels, labels.data[row]);
    let candidate = latest.get(hash) ?? -1;
    earlier[row] = candidate;
    while (candidate >= 0 && !same(row, candidate)) candidate = earlier[candidate];
    if (candidate >= 0) {
      dropped.push({ index: row, first: candidate });
    } else {
      kept.push(row);
      latest.set(hash, row);
    }
  }
  return { kept: Int32Array.from(kept), dropped };
}

/** How many images of `test` are images of `train` too, pixel by pixel, whatever their labels. */
export function sharedImages(train: NdArray<Uint8Array>, test: NdArray<Uint8Array>): number {
  const pixels = train.data.length / train.shape[0];
  const byHash = Map.groupBy(
    Array(train.shape[0]).keys(),
    (row) => hashOf(train.data, row * pixels, pixels),
  );
  const isShared = (_: unknown, row: number) => {
    const image = test.data.subarray(row * pixels, (row + 1) * pixels);
    return byHash.get(hashOf(image, 0, pixels))?.some((candidate) =>
      image.every((pixel, i) => pixel === train.data[candidate * pixels + i])
    ) ?? false;
  };
  return Array.from({ length: test.shape[0] }, isShared).filter(Boolean).length;
}

/** FNV-1a, 32 bits, of `length` bytes from `start` on, behind another byte. */
function hashOf(data: Uint8Array, start: number, length: number, before = 0): number {
  let hash = Math.imul(2166136261 ^ before, 16777619);
  for (let i = start, end = start + length; i < end; i++) {
    hash = Math.imul(hash ^ data[i], 16777619);
  }
  return hash;
}
