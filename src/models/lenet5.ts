/** LeNet-5 as the original study has it. @module */
import type { ModelSpec, Shape } from "./spec.ts";

/**
 * The original study's LeNet-5: after LeCun et al. (1998), with more filters, max pooling and ReLU.
 * For images of 32 x 32 x 1 its table gives 832, 38,448, 442,624, 21,588 and 850 parameters, 504,342
 * in all. Pixels 0 to 255 become 0 to 1 in the first layer.
 *
 * @param input `[height, width, channels]`; `resolveLayers` refuses what is too small
 */
export function lenet5(input: Shape, classes: number): ModelSpec {
  return {
    name: "lenet5",
    input,
    layers: [
      { type: "rescaling", name: "rescaling", scale: 1 / 255, offset: 0 },
      {
        type: "conv2d",
        name: "conv1",
        filters: 32,
        kernelSize: [5, 5],
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
      { type: "maxPooling2d", name: "pool2", poolSize: [2, 2], padding: "valid" },
      { type: "flatten", name: "flatten" },
      { type: "dense", name: "dense1", units: 256, activation: "relu" },
      { type: "dense", name: "dense2", units: 84, activation: "relu" },
      { type: "dense", name: "logits", units: classes, activation: "softmax" },
    ],
  };
}
