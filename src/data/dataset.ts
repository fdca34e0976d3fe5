/**
 * What every reader gives: images, grey or in colour, and what they show.
 *
 * @module
 */
import type { NdArray } from "../ndarray.ts";

/** Images and their classes, row by row. */
export interface LabelledImages {
  /** `[N, height, width, channels]`, 0 (background) to 255; 1 channel is grey, 3 are red, green, blue. */
  readonly images: NdArray<Uint8Array>;
  /** `[N]`, 0 to classes - 1. */
  readonly labels: NdArray<Uint8Array>;
}

/** Images and their labels as a file has them, whatever number the first class has there. */
export interface ReadImages {
  /** As in `LabelledImages`. */
  readonly images: NdArray<Uint8Array>;
  /** `[N]`. */
  readonly labels: NdArray<Int32Array>;
}

/** A data set as published: one part to learn from, and perhaps one that is looked at once, at the end. */
export interface Dataset {
  readonly train: LabelledImages;
  readonly test?: LabelledImages;
}
