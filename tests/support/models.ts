/** Small models and data that tests of engines share. @module */
import type { LossSpec, OptimizerSpec, TrainingSpec } from "../../src/engine/engine.ts";
import type { ModelSpec } from "../../src/models/spec.ts";
import { initialWeights } from "../../src/models/initialize.ts";
import type { NdArray } from "../../src/ndarray.ts";
import { noise } from "./reference.ts";

/** Convolution, pooling and dense layers in the order of LeNet-5, with 1,000 parameters. */
export const small: ModelSpec = {
  name: "small",
  input: [10, 10, 1],
  layers: [
    { type: "rescaling", name: "rescaling", scale: 1 / 255, offset: 0 },
    {
      type: "conv2d",
      name: "conv1",
      filters: 4,
      kernelSize: [3, 3],
      padding: "same",
      activation: "relu",
    },
    { type: "maxPooling2d", name: "pool1", poolSize: [2, 2], padding: "valid" },
    {
      type: "conv2d",
      name: "conv2",
      filters: 6,
      kernelSize: [2, 2],
      padding: "valid",
      activation: "relu",
    },
    { type: "maxPooling2d", name: "pool2", poolSize: [2, 2], padding: "valid" },
    { type: "flatten", name: "flatten" },
    { type: "dense", name: "dense1", units: 12, activation: "relu" },
    { type: "dense", name: "logits", units: 5, activation: "softmax" },
  ],
};

/** Every layer there is, in every form: strides, both paddings, no bias, residuals, features normalised. */
export const everything: ModelSpec = {
  name: "everything",
  input: [9, 8, 1],
  layers: [
    { type: "normalization", name: "to.colour", mean: [120, 110, 100], std: [60, 70, 80] },
    { type: "rescaling", name: "shift", scale: 0.5, offset: 0.1 },
    { type: "zeroPadding2d", name: "pad", padding: [[1, 0], [2, 1]] },
    {
      type: "conv2d",
      name: "conv1",
      filters: 4,
      kernelSize: [3, 3],
      strides: [2, 1],
      padding: "valid",
      useBias: false,
    },
    { type: "batchNormalization", name: "norm1", epsilon: 1e-3, momentum: 0.9 },
    { type: "activation", name: "relu1", activation: "relu" },
    { type: "dropout", name: "dropout1", rate: 0.3 },
    {
      type: "conv2d",
      name: "conv2",
      filters: 4,
      kernelSize: [3, 2],
      padding: "same",
      activation: "relu",
    },
    { type: "add", name: "sum1", inputs: ["conv2", "dropout1"] },
    { type: "maxPooling2d", name: "max", poolSize: [3, 3], strides: [2, 2], padding: "same" },
    {
      type: "averagePooling2d",
      name: "average",
      inputs: ["sum1"],
      poolSize: [2, 2],
      padding: "same",
    },
    { type: "add", name: "sum2", inputs: ["max", "average"] },
    { type: "globalAveragePooling2d", name: "global" },
    { type: "flatten", name: "flatten", inputs: ["sum2"] },
    { type: "dense", name: "dense1", units: 4, useBias: false },
    { type: "batchNormalization", name: "norm2", epsilon: 1e-2, momentum: 0.99 },
    { type: "add", name: "sum3", inputs: ["norm2", "global", "dense1"] },
    { type: "rescaling", name: "double", scale: 2, offset: 0 },
    { type: "dropout", name: "dropout2", rate: 0.2 },
    { type: "dense", name: "logits", units: 5 },
    { type: "activation", name: "probabilities", activation: "softmax" },
  ],
};

/** Images made larger, at the input and between trained layers. */
export const enlarged: ModelSpec = {
  name: "enlarged",
  input: [4, 5, 1],
  layers: [
    { type: "upSampling2d", name: "larger", size: [2, 1] },
    { type: "normalization", name: "to.colour", mean: [120, 110, 100], std: [60, 70, 80] },
    { type: "conv2d", name: "conv1", filters: 4, kernelSize: [3, 3], padding: "valid" },
    { type: "activation", name: "relu1", activation: "relu" },
    { type: "upSampling2d", name: "again", size: [2, 3] },
    { type: "conv2d", name: "conv2", filters: 3, kernelSize: [5, 4], padding: "same" },
    { type: "globalAveragePooling2d", name: "global" },
    { type: "dense", name: "logits", units: 5, activation: "softmax" },
  ],
};

/** Images in memory and their classes. */
export interface Examples {
  readonly images: NdArray<Uint8Array | Float32Array>;
  readonly labels: NdArray<Uint8Array>;
}

/** A stack of images for a model's input, and classes of 0 to 4. */
export function imagesFor({ input }: ModelSpec, count: number): Examples {
  const length = count * input[0] * input[1] * input[2];
  const data = Uint8Array.from(noise(length, 5), (value) => Math.floor(127.999 * (value + 1)));
  const labels = Uint8Array.from(noise(count, 6), (value) => Math.floor(2.49999 * (value + 1)));
  return {
    images: { shape: [count, ...input], data },
    labels: { shape: [count], data: labels },
  };
}

/** First weights with none at a value that hides a mistake: biases not 0, moving variances not 1. */
export function weightsFor(spec: ModelSpec, seed = 1): Map<string, NdArray<Float32Array>> {
  const weights = initialWeights(spec, seed);
  let stream = 100;
  for (const [name, { data }] of weights) {
    const change = noise(data.length, stream++);
    if (!name.endsWith("/kernel")) data.forEach((_, i) => data[i] += 0.3 * change[i]);
  }
  return weights;
}

export const plain: LossSpec = { labelSmoothing: 0, l2: 0 };
export const penalised: LossSpec = { labelSmoothing: 0.1, l2: 0.01 };

export const optimizers = {
  "sgd": { type: "sgd", momentum: 0 },
  "sgd with momentum": { type: "sgd", momentum: 0.9 },
  "adam": { type: "adam", beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
  "adam with a large epsilon": { type: "adam", beta1: 0.8, beta2: 0.9, epsilon: 0.1 },
  "adamw": { type: "adamw", beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0.02 },
} as const satisfies Record<string, OptimizerSpec>;

/** How tests train where they do not say otherwise. */
export const training: TrainingSpec = { optimizer: optimizers.adam, loss: plain, seed: 3 };
