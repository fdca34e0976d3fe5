/** The network that the original study tunes: LeNet-5 with a further convolution and dropout. @module */
import type { ModelSpec, Shape } from "./spec.ts";

/** What the original study tunes in the network, by its own names. */
export interface TunedValues {
  /** Filters of the first convolution. */
  readonly CONV_1_FILTER: number;
  /** Height and width of its window. */
  readonly KERNEL_1_FILTER: number;
  /** Filters of the third convolution. */
  readonly CONV_2_FILTER: number;
  /** Height and width of its window. */
  readonly KERNEL_2_FILTER: number;
  /** Rate of the dropout after the first dense layer, at least 0 and below 1. */
  readonly DROPOUT_1: number;
}

/**
 * The original study's tuned network. Its best, 47 filters of 5 x 5 and 117 of 3 x 3, has 879,825
 * parameters for images of 32 x 32 x 1 and 10 classes: 1,222, 56,448, 50,661, 749,056, 21,588 and 850
 * by layer. The second convolution, 48 filters of 5 x 5, is not tuned. Pixels 0 to 255 become 0 to 1 in
 * the first layer.
 *
 * @param input `[height, width, channels]`; `resolveLayers` refuses what is too small
 */
export function tunedLenet(values: TunedValues, input: Shape, classes: number): ModelSpec {
  const { CONV_1_FILTER, KERNEL_1_FILTER, CONV_2_FILTER, KERNEL_2_FILTER, DROPOUT_1 } = values;
  return {
    name: "tuned-lenet",
    input,
    layers: [
      { type: "rescaling", name: "rescaling", scale: 1 / 255, offset: 0 },
      {
        type: "conv2d",
        name: "conv1",
        filters: CONV_1_FILTER,
        kernelSize: [KERNEL_1_FILTER, KERNEL_1_FILTER],
        padding: "same",
        activation: "relu",
      },
      { type: "maxPooling2d", name: "pool1", poolSize: [2, 2], padding: "valid" },
      {
        type: "conv2d",
        name: "conv2",
        filters: 48,
        kernelSize: [5, 5],
        padding: "valid",
        activation: "relu",
      },
      {
        type: "conv2d",
        name: "conv3",
        filters: CONV_2_FILTER,
        kernelSize: [KERNEL_2_FILTER, KERNEL_2_FILTER],
        padding: "valid",
        activation: "relu",
      },
      { type: "maxPooling2d", name: "pool2", poolSize: [2, 2], padding: "valid" },
      { type: "flatten", name: "flatten" },
      { type: "dense", name: "dense1", units: 256, activation: "relu" },
      { type: "dropout", name: "dropout", rate: DROPOUT_1 },
      { type: "dense", name: "dense2", units: 84, activation: "relu" },
      { type: "dense", name: "logits", units: classes, activation: "softmax" },
    ],
  };
}
