/**
 * NumPy's `.npy` format, version 1.0, for arrays in C order: what `numpy.load` reads.
 * Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 *
 * @module
 */
import type { NdArray, NumberArray } from "./ndarray.ts";

const types = {
  "|u1": Uint8Array,
  "<i4": Int32Array,
  "<f4": Float32Array,
  "<f8": Float64Array,
} as const;

/** Encodes an array as the bytes of a `.npy` file. */
export function encodeNpy({ shape, data }: NdArray): Uint8Array<ArrayBuffer> {
  const size = shape.reduce((product, n) => product * n, 1);
  if (size !== data.length) {
    throw new Error(`An array of shape [${shape}] has ${size} elements; got ${data.length}.`);
  }
  const descr = Object.entries(types).find(([, type]) => data instanceof type)![0];
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  // Magic, version and length take 10 bytes; the header ends in a newline at a multiple of 64.
  const padding = (64 - (10 + dictionary.length + 1) % 64) % 64;
  const header = dictionary + " ".repeat(padding) + "\n";
  const bytes = new Uint8Array(10 + header.length + data.byteLength);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 255, header.length >> 8]);
  bytes.set(new TextEncoder().encode(header), 10);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 10 + header.length);
  return bytes;
}

/**
 * Decodes the bytes of a `.npy` file of uint8, int32, float32 or float64, little-endian, C order.
 * `name` is what an error calls the file.
 */
export function decodeNpy(bytes: Uint8Array, name = "array"): NdArray {
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
  if (!match) throw refuse(`its header is ${JSON.stringify(header)}`);
  const [, descr, fortran, tuple] = match;
  if (!(descr in types)) {
    throw refuse(`its type is ${descr}, expected one of ${Object.keys(types).join(" ")}`);
  }
  if (fortran === "True") throw refuse("it is in Fortran order, expected C order");
  const shape = tuple.split(",").filter((n) => n.trim() !== "").map(Number);
  const type = types[descr as keyof typeof types];
  const length = shape.reduce((product, n) => product * n, 1);
  const expected = start + length * type.BYTES_PER_ELEMENT;
  if (bytes.length !== expected) {
    throw refuse(
      `shape [${shape}] of ${descr} takes ${expected} bytes, the file has ${bytes.length}`,
    );
  }
  // A copy: typed arrays of several bytes an element need an aligned buffer.
  return { shape, data: new type(bytes.slice(start).buffer) };
}

const decodeAs = <T extends NumberArray>(type: { new (length: number): T }, kind: string) =>
(
  bytes: Uint8Array,
  name?: string,
): NdArray<T> => {
  const array = decodeNpy(bytes, name);
  if (!(array.data instanceof type)) {
    throw new Error(`${name ?? "array"} holds ${array.data.constructor.name}, expected ${kind}.`);
  }
  return array as NdArray<T>;
};

/** `decodeNpy` that accepts uint8 alone: images and labels. */
export const decodeUint8 = decodeAs(Uint8Array, "Uint8Array");
/** `decodeNpy` that accepts int32 alone: indices. */
export const decodeInt32 = decodeAs(Int32Array, "Int32Array");
/** `decodeNpy` that accepts float32 alone: weights and probabilities. */
export const decodeFloat32 = decodeAs(Float32Array, "Float32Array");
