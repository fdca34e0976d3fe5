/** How much work it is to train a network. @module */
import { type ResolvedLayer, resolveLayers } from "./shapes.ts";
import type { ModelSpec, Shape } from "./spec.ts";

const size = (shape: Shape) => shape.reduce((product, n) => product * n, 1);

/** How many times a layer multiplies a value by a weight for one image: its kernel once at every place. */
function productOf({ layer, outputShape, variables }: ResolvedLayer): number {
  const kernel = variables.find(({ name }) => name === `${layer.name}/kernel`);
  return kernel ? size(kernel.shape) * size(outputShape.slice(0, -1)) : 0;
}

/**
 * How many times a training step multiplies a value by a weight or a gradient for one image, in
 * convolutions and dense layers, which are nearly all of its work. Each of them multiplies as often for
 * its output, for the gradient of its kernel unless it is frozen, and for the gradient of its input where
 * something that is trained lies below it. Windows that reach over an edge count whole.
 *
 * @throws {Error} where `resolveLayers` does
 */
export function trainingMultiplications(spec: ModelSpec): number {
  /** Layers that are trained or, directly or by way of others, read one that is. */
  const moved = new Set<string>();
  let sum = 0;
  for (const resolved of resolveLayers(spec)) {
    const { layer, inputs, variables } = resolved;
    const trained = !spec.frozen?.includes(layer.name) &&
      variables.some(({ trainable }) => trainable);
    const above = inputs.some((name) => moved.has(name));
    if (trained || above) moved.add(layer.name);
    sum += productOf(resolved) * (1 + Number(trained) + Number(above));
  }
  return sum;
}

/**
 * The floating-point operations of a training: a multiplication and an addition for each of
 * `trainingMultiplications`. What is computed to validate a network meanwhile does not count.
 *
 * @param images that an epoch trains on
 * @throws {Error} where `resolveLayers` does
 */
export const trainingFlop = (spec: ModelSpec, images: number, epochs: number): number =>
  2 * trainingMultiplications(spec) * images * epochs;
