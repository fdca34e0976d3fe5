/**
 * What every reader gives: grey images and their classes.
 *
 * @module
 */
import type { NdArray } from "../ndarray.ts";

/** Grey images and their classes, row by row. */
export interface LabelledImages {
  /** `[N, rows, columns]`, 0 (background) to 255. */
  readonly images: NdArray<Uint8Array>;
  /** `[N]`, 0 to classes - 1. */
  readonly labels: NdArray<Uint8Array>;
}

/** A data set as published: one part to learn from, and perhaps one that is looked at once, at the end. */
export interface Dataset {
  readonly train: LabelledImages;
  readonly test?: LabelledImages;
}
