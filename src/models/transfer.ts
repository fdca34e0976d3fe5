/** Networks that begin with a part of one trained on ImageNet: its layers, and heads to put on them. @module */
import { cutAt, upsampled } from "./cut.ts";
import { resnetV2 } from "./resnet_v2.ts";
import type { NdArray } from "../ndarray.ts";
import type { Layer, ModelSpec, Shape } from "./spec.ts";
import { vgg16 } from "./vgg16.ts";

/** Networks by the names that Keras Applications gives them, in lower case. */
export const networks = {
  "vgg16": vgg16,
  "resnet101v2": (input: Shape) => resnetV2(101, input),
  "resnet152v2": (input: Shape) => resnetV2(152, input),
} as const;

/** The networks that a base may be cut out of. */
export const baseNetworks = ["vgg16", "resnet101v2", "resnet152v2"] as const;

/** The part of a trained network that others are built on: up to the layer `output`. */
export interface Base {
  readonly network: typeof baseNetworks[number];
  readonly output: string;
  /** How often each pixel is repeated in height and in width before the network sees it. */
  readonly scale: number;
}

/** The convolution that reads the colours of a network that learnt from images with blue first. */
const blueFirst: { readonly [N in Base["network"]]?: string } = { "vgg16": "block1_conv1" };

/**
 * The base as a model for images of a shape `[height, width, channels]`, and the whole network that it
 * is cut out of. Images in colour have red first, as everywhere here: where the network's weights
 * expect blue first, `turned` is the convolution whose kernel `redFirst` has to turn round.
 *
 * @throws {Error} where the base's output is not one of the network's layers, or the images are too small
 */
export function baseModel(
  { network, output, scale }: Base,
  [height, width, channels]: Shape,
): { model: ModelSpec; architecture: ModelSpec; turned?: string } {
  const architecture = networks[network]([height * scale, width * scale, channels]);
  const turned = channels === 3 ? blueFirst[network] : undefined;
  const whole = cutAt(architecture, output);
  const cut = turned ? { ...whole, layers: whole.layers.map(turnedMeans) } : whole;
  const model = scale === 1 ? cut : upsampled(cut, scale);
  return { model, architecture, ...(turned ? { turned } : {}) };
}

const turnedMeans = (layer: Layer): Layer =>
  layer.type === "normalization"
    ? { ...layer, mean: layer.mean.toReversed(), std: layer.std.toReversed() }
    : layer;

/** Weights of a network that takes blue first, for images with red first: `layer` is its first convolution. */
export function redFirst(
  weights: ReadonlyMap<string, NdArray<Float32Array>>,
  layer: string,
): Map<string, NdArray<Float32Array>> {
  const name = `${layer}/kernel`;
  const { shape, data } = weights.get(name)!;
  const [, , colours, filters] = shape;
  const turned = data.map((_, i) => {
    const [rest, at] = [i % filters, Math.floor(i / filters)];
    const colour = at % colours;
    return data[(at - colour + colours - 1 - colour) * filters + rest];
  });
  return new Map(weights).set(name, { shape, data: turned });
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
 *
 * @throws {Error} where neither has a layer `trainedFrom`
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
