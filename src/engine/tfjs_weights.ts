/**
 * Reads weights out of a model in TensorFlow.js's own format, as `layers/tfjs_model.ts` writes it: what
 * `model.json` says of its weight file, float32 or float16. Needs no TensorFlow.js.
 *
 * @module
 */
import { z } from "zod";
import { modelVariables } from "../models/shapes.ts";
import type { ModelSpec } from "../models/spec.ts";
import type { NdArray } from "../ndarray.ts";
import type { Weights } from "./engine.ts";

/** What of `model.json` is read. */
const manifest = z.object({
  weightsManifest: z.tuple([z.object({
    paths: z.tuple([z.string()]),
    weights: z.array(z.object({
      name: z.string(),
      shape: z.array(z.int().min(0)),
      dtype: z.literal("float32"),
      quantization: z.object({ dtype: z.literal("float16") }).optional(),
    })),
  })]),
});

/**
 * The weights of a model, in float32; what the file has beside them is left.
 *
 * @param json what `model.json` holds
 * @param bytes what its weight file holds
 * @throws {Error} where a variable is missing or of another shape, or the bytes are not as many as
 * `model.json` says
 */
export function decodeTfjsWeights(json: unknown, bytes: Uint8Array, spec: ModelSpec): Weights {
  const { success, data } = manifest.safeParse(json);
  if (!success) {
    throw new Error("model.json does not say what its weight file holds, as TensorFlow.js has it");
  }
  const [{ weights }] = data.weightsManifest;
  const found = new Map<string, NdArray<Float32Array>>();
  let offset = 0;
  for (const { name, shape, quantization } of weights) {
    const length = shape.reduce((product, n) => product * n, 1);
    const Values = quantization ? Float16Array : Float32Array;
    const end = offset + length * Values.BYTES_PER_ELEMENT;
    if (end > bytes.length) {
      throw new Error(`the weight file ends within ${name}, after ${bytes.length} bytes`);
    }
    found.set(name, {
      shape,
      data: Float32Array.from(new Values(bytes.slice(offset, end).buffer)),
    });
    offset = end;
  }
  if (offset !== bytes.length) {
    throw new Error(`the weight file has ${bytes.length} bytes; model.json tells of ${offset}`);
  }
  return new Map(
    modelVariables(spec).map(({ name, shape }) => {
      const array = found.get(name);
      if (!array) throw new Error(`the weights have no ${name}, which model ${spec.name} has`);
      if (array.shape.join() !== shape.join()) {
        throw new Error(`${name} has the shape [${array.shape}], expected [${shape}]`);
      }
      return [name, array];
    }),
  );
}
