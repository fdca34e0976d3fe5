/**
 * The network of the study's failed attempt, with one thing or another done differently: what the
 * failure is explained with.
 *
 * @module
 */
import { cutAt } from "./cut.ts";
import type { Layer, ModelSpec } from "./spec.ts";
import { vgg16 } from "./vgg16.ts";

/** One training of VGG16 with a dense head. */
export interface Cause {
  /** What is special about it, in a few words for tables and charts. */
  readonly name: string;
  /** VGG16's layer that the head stands on. Layers without weights in the file start from drawn ones. */
  readonly output: string;
  /** Whether the means of ImageNet are taken off the pixels, as the weights expect. */
  readonly preprocessing: boolean;
  /** The first layer that is trained; null for the head alone. */
  readonly trainedFrom: string | null;
  readonly learningRate: number;
}

/** VGG16 to `output`, then a dense layer of 256 rectified units and the classes. */
export function causeModel(
  { output, preprocessing, trainedFrom }: Cause,
  size: number,
  classes: number,
): ModelSpec {
  const base = cutAt(vgg16([size, size, 1]), output);
  const first = trainedFrom === null
    ? base.layers.length
    : base.layers.findIndex(({ name }) => name === trainedFrom);
  if (first < 0) throw new Error(`Model ${base.name} has no layer ${trainedFrom} to train from.`);
  return {
    ...base,
    layers: [
      ...base.layers.map((layer): Layer =>
        layer.type === "normalization" && !preprocessing
          ? { ...layer, mean: layer.mean.map(() => 0) }
          : layer
      ),
      { type: "flatten", name: "head_flatten" },
      { type: "dense", name: "head_dense", units: 256, activation: "relu" },
      { type: "dense", name: "logits", units: classes, activation: "softmax" },
    ],
    frozen: base.layers.slice(0, first).map(({ name }) => name),
  };
}
