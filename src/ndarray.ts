/** Numbers with a shape: the one form in which images, labels, weights and predictions travel. @module */

/** The element types that this project stores. */
export type NumberArray = Uint8Array | Int32Array | Float32Array | Float64Array;

/** A dense array in C order. `data.length` is the product of `shape`. */
export interface NdArray<T extends NumberArray = NumberArray> {
  readonly shape: readonly number[];
  readonly data: T;
}
