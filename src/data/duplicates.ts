/**
 * Rows that occur more than once, as pandas's `duplicated()` and `drop_duplicates()` find them.
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
    // FNV-1a, 32 bits.
    let hash = Math.imul(2166136261 ^ labels.data[row], 16777619);
    for (let i = row * pixels, end = i + pixels; i < end; i++) {
      hash = Math.imul(hash ^ images.data[i], 16777619);
    }
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

/** How many of the images in `others` are among `images`, pixel for pixel, whatever their labels. */
export function countShared(images: NdArray<Uint8Array>, others: NdArray<Uint8Array>): number {
  const pixels = images.shape.slice(1).reduce((product, n) => product * n, 1);
  const hashOf = (data: Uint8Array, row: number) => {
    let hash = 2166136261;
    for (let i = row * pixels, end = i + pixels; i < end; i++) {
      hash = Math.imul(hash ^ data[i], 16777619);
    }
    return hash;
  };
  const rows = new Map<number, number[]>();
  for (let row = 0; row < images.shape[0]; row++) {
    const hash = hashOf(images.data, row);
    const same = rows.get(hash);
    if (same) same.push(row);
    else rows.set(hash, [row]);
  }
  let shared = 0;
  for (let other = 0; other < others.shape[0]; other++) {
    const candidates = rows.get(hashOf(others.data, other)) ?? [];
    if (
      candidates.some((row) => {
        for (let i = 0; i < pixels; i++) {
          if (images.data[row * pixels + i] !== others.data[other * pixels + i]) return false;
        }
        return true;
      })
    ) shared++;
  }
  return shared;
}
