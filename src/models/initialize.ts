/** First weights, drawn in TypeScript so that every engine starts from the same ones. @module */
import type { NdArray } from "../ndarray.ts";
import { randomState, seedFor } from "../random.ts";
import { modelVariables } from "./shapes.ts";
import type { ModelSpec } from "./spec.ts";

/**
 * Draws a model's first weights with Keras's defaults: kernels Glorot uniform, that is uniform in
 * `±sqrt(6 / (fanIn + fanOut))` (Glorot and Bengio, 2010), biases, betas and moving means 0, gammas
 * and moving variances 1. Each variable has a stream of its own, from the seed and its name, so that
 * adding a layer leaves the others' weights as they were.
 */
export function initialWeights(
  spec: ModelSpec,
  seed: number,
): Map<string, NdArray<Float32Array>> {
  return new Map(
    modelVariables(spec).map(({ name, shape }) => {
      const data = new Float32Array(shape.reduce((product, n) => product * n, 1));
      const kind = name.slice(name.lastIndexOf("/") + 1);
      if (kind === "gamma" || kind === "moving_variance") data.fill(1);
      if (kind === "kernel") {
        const receptive = shape.slice(0, -2).reduce((product, n) => product * n, 1);
        const [fanIn, fanOut] = shape.slice(-2).map((n) => n * receptive);
        const limit = Math.sqrt(6 / (fanIn + fanOut));
        const random = randomState(seedFor(seed, name));
        for (let i = 0; i < data.length; i++) data[i] = limit * (2 * random.float64() - 1);
      }
      return [name, { shape, data }];
    }),
  );
}
