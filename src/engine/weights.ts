/** Weights as one run of bytes: float32, little-endian, variable after variable. @module */
import { modelVariables } from "../models/shapes.ts";
import type { ModelSpec } from "../models/spec.ts";
import type { NdArray } from "../ndarray.ts";
import type { Weights } from "./engine.ts";

/** The values of all variables in their order; also the layout of TensorFlow.js's weight files. */
export function encodeWeights(weights: Weights): Uint8Array<ArrayBuffer> {
  const arrays = [...weights.values()];
  const values = new Float32Array(arrays.reduce((sum, { data }) => sum + data.length, 0));
  let offset = 0;
  for (const { data } of arrays) {
    values.set(data, offset);
    offset += data.length;
  }
  return new Uint8Array(values.buffer);
}

/**
 * The inverse, for a model.
 *
 * @throws {Error} where the number of bytes is not the model's
 */
export function decodeWeights(
  bytes: Uint8Array,
  spec: ModelSpec,
): Map<string, NdArray<Float32Array>> {
  const variables = modelVariables(spec).map(({ name, shape }) => ({
    name,
    shape,
    length: shape.reduce((product, n) => product * n, 1),
  }));
  const expected = 4 * variables.reduce((sum, { length }) => sum + length, 0);
  if (bytes.length !== expected) {
    throw new Error(
      `The weights of ${spec.name} take ${expected} bytes; got ${bytes.length}.`,
    );
  }
  const values = new Float32Array(bytes.slice().buffer);
  let offset = 0;
  return new Map(variables.map(({ name, shape, length }) => {
    const data = values.slice(offset, offset + length);
    offset += length;
    return [name, { shape, data }];
  }));
}
