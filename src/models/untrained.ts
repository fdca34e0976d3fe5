/**
 * Networks of Keras Applications as they are built without weights to load: for images of any number
 * of channels, from weights that `initialWeights` draws.
 *
 * @module
 */
import type { Layer, ModelSpec, Shape } from "./spec.ts";
import { type Base, networks } from "./transfer.ts";

/**
 * A whole network without its classifier. Nobody's preprocessing belongs to weights that nobody
 * trained: bytes are divided by 255, as the study's own networks have it.
 *
 * @param input `[height, width, channels]`; `resolveLayers` refuses what is too small
 */
export function untrained(network: Base["network"], input: Shape): ModelSpec {
  const { layers: [, ...layers], ...spec } = networks[network](input);
  const rescaling: Layer = { type: "rescaling", name: "rescaling", scale: 1 / 255, offset: 0 };
  return { ...spec, name: `untrained-${network}`, layers: [rescaling, ...layers] };
}

const softmax = (classes: number): Layer[] => [
  { type: "flatten", name: "head_flatten" },
  { type: "dense", name: "logits", units: classes, activation: "softmax" },
];

/** A softmax on features `[height, width, channels]` as they are, floats. */
export function softmaxHead(features: Shape, classes: number): ModelSpec {
  return { name: "softmax", input: features, inputType: "float32", layers: softmax(classes) };
}

/** A network with such a softmax on it, as one model of which every layer is trained. */
export function withSoftmax(base: ModelSpec, classes: number): ModelSpec {
  return {
    ...base,
    name: `${base.name}-softmax`,
    layers: [...base.layers, ...softmax(classes)],
  };
}
