/** Bytes that travel as text. @module */
import type { NdArray } from "../../ndarray.ts";
import type { Values } from "../carried.ts";

/** The bytes of base64. */
export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const letters = atob(base64);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

/** The array of its bytes. */
export const valuesOf = ({ shape, data }: Values): NdArray<Float32Array> => ({
  shape,
  data: new Float32Array(bytesOf(data).buffer),
});
