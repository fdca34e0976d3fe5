/** Numbers with a shape: the one form in which images, labels, weights and predictions travel. @module */

/** The element types that this project stores. */
export type NumberArray = Uint8Array | Int32Array | Float32Array | Float64Array;

/** Their names, NumPy's. */
export type NumberType = "uint8" | "int32" | "float32" | "float64";

/** A dense array in C order. `data.length` is the product of `shape`. */
export interface NdArray<T extends NumberArray = NumberArray> {
  /** Sizes of its axes. */
  readonly shape: readonly number[];
  /** Its values. */
  readonly data: T;
}

/** An array read in parts, so that it need not be in memory at once; a row is all that one index of the first axis has. */
export interface Rows {
  /** Sizes of its axes. */
  readonly shape: readonly number[];
  /** What its elements are. */
  readonly type: NumberType;
  /** The values of the rows from `begin` to before `end`. */
  read(begin: number, end: number): Promise<NumberArray>;
}

/**
 * The rows of an array in memory.
 *
 * @throws {Error} where its shape and its number of values do not agree
 */
export function rowsOf({ shape, data }: NdArray): Rows {
  const row = shape.slice(1).reduce((product, n) => product * n, 1);
  if (data.length !== shape[0] * row) {
    throw new Error(
      `An array of shape [${shape}] has ${shape[0] * row} values; got ${data.length}.`,
    );
  }
  return {
    shape,
    type: typeOf(data),
    read: (begin, end) => Promise.resolve(data.subarray(begin * row, end * row)),
  };
}

/** What an array's elements are called. */
export function typeOf(data: NumberArray): NumberType {
  if (data instanceof Uint8Array) return "uint8";
  if (data instanceof Int32Array) return "int32";
  return data instanceof Float32Array ? "float32" : "float64";
}
