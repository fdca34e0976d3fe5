/** Weights in TensorFlow.js's files, read by what `model.json` says of them. @module */
import type { Weights } from "../../src/engine/engine.ts";
import type { ModelSpec } from "../../src/models/spec.ts";

/** The weights of a model; not those that stand for the constants of its normalisation. */
export function weightsIn(json: string, bytes: Uint8Array, spec: ModelSpec): Weights {
  const [{ weights }]: [{ weights: { name: string; shape: number[]; dtype: string }[] }] =
    JSON.parse(json).weightsManifest;
  let offset = 0;
  const stored = weights.map(({ name, shape, dtype }) => {
    if (dtype !== "float32") throw new Error(`${name} is ${dtype}`);
    const begin = offset;
    offset += 4 * shape.reduce((product, n) => product * n, 1);
    return [name, { shape, data: new Float32Array(bytes.slice(begin, offset).buffer) }] as const;
  });
  if (offset !== bytes.length) throw new Error(`${offset} bytes listed, ${bytes.length} there`);
  const constants = spec.layers.filter(({ type }) => type === "normalization");
  return new Map(
    stored.filter(([name]) => !constants.some((layer) => name.startsWith(`${layer.name}/`))),
  );
}
