/** First weights for networks of ReLUs. @module */
import type { NdArray } from "../ndarray.ts";
import { initialWeights } from "./initialize.ts";
import type { ModelSpec } from "./spec.ts";

/**
 * Draws first weights as `initialWeights` does, with kernels He uniform: uniform in `±sqrt(6 / fanIn)`
 * (He et al., 2015; Keras's `he_uniform`). They are the same numbers, times `sqrt((fanIn + fanOut) / fanIn)`.
 */
export function heWeights(spec: ModelSpec, seed: number): Map<string, NdArray<Float32Array>> {
  const weights = initialWeights(spec, seed);
  for (const [name, { shape, data }] of weights) {
    if (!name.endsWith("/kernel")) continue;
    const [into, out] = shape.slice(-2);
    const factor = Math.sqrt((into + out) / into);
    for (let i = 0; i < data.length; i++) data[i] *= factor;
  }
  return weights;
}
