/** Networks that begin with a part of one trained on ImageNet: its layers, and heads to put on them. @module */
import type { OutsideFile } from "../files/locate.ts";
import { cutAt, upsampled } from "./cut.ts";
import { resnetV2 } from "./resnet_v2.ts";
import type { Layer, ModelSpec, Shape } from "./spec.ts";
import { vgg16 } from "./vgg16.ts";

/** Networks by the names that Keras Applications gives them, in lower case. */
const networks = {
  "vgg16": vgg16,
  "resnet101v2": (input: Shape) => resnetV2(101, input),
  "resnet152v2": (input: Shape) => resnetV2(152, input),
} as const;

/** The part of a trained network that others are built on. */
export interface Base {
  /** As in metric names: `vgg16-block3`. */
  readonly name: string;
  readonly network: keyof typeof networks;
  /** The layer whose output is taken for features. */
  readonly output: string;
  /** How often each pixel is repeated in height and in width before the network sees it; 1 for as it is. */
  readonly scale: number;
  readonly weights: OutsideFile;
  /** The first of the layers that fine-tuning trains; those before it stay. */
  readonly trainedFrom: string;
}

/**
 * The base as a model for grey images of `size` x `size`, and the whole network that it is cut out of.
 *
 * @throws {Error} where the base's output is not one of the network's layers.
 */
export function baseModel(
  { network, output, scale }: Pick<Base, "network" | "output" | "scale">,
  size: number,
): { model: ModelSpec; architecture: ModelSpec } {
  const architecture = networks[network]([size * scale, size * scale, 1]);
  const cut = cutAt(architecture, output);
  return { model: scale === 1 ? cut : upsampled(cut, scale), architecture };
}

/** The heads that are trained on features; names as in metrics. */
export const heads = ["linear", "dense"] as const;

/** See `heads`. */
export type HeadName = typeof heads[number];

/**
 * A classifier of features `[height, width, channels]`, floats: `linear` is a softmax on all of them,
 * `dense` has 256 rectified units and dropout between. Both normalise the features first, which in
 * VGG16 are hundreds in size.
 */
export function headModel(name: HeadName, features: Shape, classes: number): ModelSpec {
  const hidden: Layer[] = [
    { type: "dense", name: "head_dense", units: 256, activation: "relu" },
    { type: "dropout", name: "head_dropout", rate: 0.5 },
  ];
  return {
    name,
    input: features,
    inputType: "float32",
    layers: [
      { type: "flatten", name: "head_flatten" },
      { type: "batchNormalization", name: "head_norm", epsilon: 1e-3, momentum: 0.99 },
      ...(name === "dense" ? hidden : []),
      { type: "dense", name: "logits", units: classes, activation: "softmax" },
    ],
  };
}

/**
 * A base with a head on it, as one model for images. Training changes the layers from `trainedFrom`
 * on, the head's too; batch normalisation stays in inference mode, because the statistics that the
 * weights were learnt with would be lost to those of small batches.
 */
export function withHead(base: ModelSpec, head: ModelSpec, trainedFrom: string): ModelSpec {
  const layers = [...base.layers, ...head.layers];
  const first = layers.findIndex(({ name }) => name === trainedFrom);
  if (first < 0) {
    throw new Error(`Model ${base.name} has no layer ${trainedFrom} to train from.`);
  }
  return {
    name: `${base.name}-${head.name}`,
    input: base.input,
    layers,
    frozen: layers
      .filter((layer, i) => i < first || layer.type === "batchNormalization")
      .map(({ name }) => name),
  };
}
