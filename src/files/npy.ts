/**
 * NumPy's `.npy` format, version 1.0, for arrays in C order: what `numpy.load` reads.
 * Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 *
 * @module
 */
import { type NdArray, type NumberArray, type NumberType, type Rows, typeOf } from "../ndarray.ts";

const arrays = {
  uint8: Uint8Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

/** What the format calls them. */
const descriptions: Readonly<Record<NumberType, string>> = {
  uint8: "|u1",
  int32: "<i4",
  float32: "<f4",
  float64: "<f8",
};

/** A text's first characters as JSON has them: of a header that is none, no more help. */
export function quoted(text: string): string {
  const whole = JSON.stringify(text);
  return whole.length > 60 ? `${whole.slice(0, 60)}…` : whole;
}

const product = (shape: readonly number[]) => shape.reduce((size, n) => size * n, 1);

/** The bytes of a `.npy` file that stand before its values. */
export function npyHeader(shape: readonly number[], type: NumberType): Uint8Array<ArrayBuffer> {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const dictionary = `{'descr': '${
    descriptions[type]
  }', 'fortran_order': False, 'shape': ${tuple}, }`;
  // Magic, version and length take 10 bytes; the header ends in a newline at a multiple of 64.
  const padding = (64 - (10 + dictionary.length + 1) % 64) % 64;
  const header = dictionary + " ".repeat(padding) + "\n";
  const bytes = new Uint8Array(10 + header.length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 255, header.length >> 8]);
  bytes.set(new TextEncoder().encode(header), 10);
  return bytes;
}

/** Encodes an array as the bytes of a `.npy` file. */
export function encodeNpy({ shape, data }: NdArray): Uint8Array<ArrayBuffer> {
  if (product(shape) !== data.length) {
    throw new Error(
      `An array of shape [${shape}] has ${product(shape)} elements; got ${data.length}.`,
    );
  }
  const header = npyHeader(shape, typeOf(data));
  const bytes = new Uint8Array(header.length + data.byteLength);
  bytes.set(header);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), header.length);
  return bytes;
}

/** What a header says; `start` is where the values begin. `size` is the file's. */
function readHeader(bytes: Uint8Array, size: number, name: string) {
  const refuse = (why: string) => new Error(`${name} is not a .npy file that can be read: ${why}.`);
  const magic = String.fromCharCode(...bytes.subarray(0, 6));
  if (magic !== "\x93NUMPY") throw refuse("it does not begin with the bytes of \\x93NUMPY");
  if (bytes.length < 10) throw refuse("it ends within its header");
  if (bytes[6] !== 1) throw refuse(`its format version is ${bytes[6]}, expected 1`);
  const start = 10 + bytes[8] + 256 * bytes[9];
  const header = new TextDecoder().decode(bytes.subarray(10, start));
  const match = header.match(
    /^\{'descr': '(.{3})', 'fortran_order': (False|True), 'shape': \(([\d, ]*)\), \} *\n$/,
  );
  if (!match) throw refuse(`its header is ${quoted(header)}`);
  const [, descr, fortran, tuple] = match;
  const type = (Object.keys(arrays) as NumberType[]).find((name) => descriptions[name] === descr);
  if (type === undefined) {
    const known = Object.values(descriptions).join(" ");
    throw refuse(`its type is ${descr}, expected one of ${known}`);
  }
  if (fortran === "True") throw refuse("it is in Fortran order, expected C order");
  const shape = tuple.split(",").filter((n) => n.trim() !== "").map(Number);
  const expected = start + product(shape) * arrays[type].BYTES_PER_ELEMENT;
  if (size !== expected) {
    throw refuse(`shape [${shape}] of ${descr} takes ${expected} bytes, the file has ${size}`);
  }
  return { shape, type, start };
}

/** Values from bytes: a copy, because typed arrays of several bytes an element need an aligned buffer. */
const valuesOf = (type: NumberType, bytes: Uint8Array): NumberArray =>
  new arrays[type](bytes.slice().buffer);

/**
 * Decodes the bytes of a `.npy` file of uint8, int32, float32 or float64, little-endian, C order.
 * `name` is what an error calls the file.
 */
export function decodeNpy(bytes: Uint8Array, name = "array"): NdArray {
  const { shape, type, start } = readHeader(bytes, bytes.length, name);
  return { shape, data: valuesOf(type, bytes.subarray(start)) };
}

/** The longest header that the format's version 1.0 has. */
const LONGEST_HEADER = 10 + 2 ** 16;

/** Opens a `.npy` file whose rows are read when they are asked for. Errors as of `decodeNpy`. */
export async function openNpy(path: string, name: string): Promise<Rows> {
  const readAt = async (position: number, length: number) => {
    using file = await Deno.open(path);
    await file.seek(position, Deno.SeekMode.Start);
    const bytes = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const n = await file.read(bytes.subarray(filled));
      if (n === null) {
        throw new Error(`${name} ended at byte ${position + filled} while it was read.`);
      }
      filled += n;
    }
    return bytes;
  };
  const { isFile, size } = await Deno.stat(path);
  if (!isFile) throw new Error(`${name} is no file; move away what is in its place`);
  const first = await readAt(0, Math.min(size, LONGEST_HEADER));
  const { shape, type, start } = readHeader(first, size, name);
  const row = product(shape.slice(1)) * arrays[type].BYTES_PER_ELEMENT;
  return {
    shape,
    type,
    async read(begin, end) {
      const bytes = await readAt(start + begin * row, (end - begin) * row);
      return new arrays[type](bytes.buffer);
    },
  };
}

/** The shape of one row of a `.npy` file: of an image, `[height, width, channels]`. Errors as of `decodeNpy`. */
export const imageShape = async (path: string): Promise<readonly number[]> =>
  (await openNpy(path, path)).shape.slice(1);

/** The arrays of the element types by their names. */
export interface Arrays {
  /** Bytes. */
  readonly uint8: Uint8Array;
  /** Whole numbers of four bytes, with a sign. */
  readonly int32: Int32Array;
  /** Numbers of single precision. */
  readonly float32: Float32Array;
  /** Numbers of double precision. */
  readonly float64: Float64Array;
}

/** An array of one of some element types: `TypedArray<"uint8" | "float32">`. */
export type TypedArray<N extends NumberType> = NdArray<Arrays[N]>;

const isOf = <N extends NumberType>(
  array: NdArray,
  types: readonly N[],
): array is TypedArray<N> => types.some((type) => type === typeOf(array.data));

/**
 * Decodes a `.npy` file whose elements are of one of `types`.
 *
 * @throws {Error} where they are of another one; it names the file and both types
 */
export function decodeTyped<N extends NumberType>(
  types: readonly N[],
  bytes: Uint8Array,
  name = "array",
): TypedArray<N> {
  const array = decodeNpy(bytes, name);
  if (isOf(array, types)) return array;
  throw new Error(`${name} holds ${typeOf(array.data)}, expected ${types.join(" or ")}.`);
}
