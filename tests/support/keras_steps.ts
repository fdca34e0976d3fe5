/**
 * Six training steps of Keras 3.15.1 (TensorFlow 2.21, float32): the model `everything` without
 * dropout, from `weightsFor(everything)` on 20 images of `imagesFor`, step s (from 0) on the images
 * `(7 s + 3 i) mod 20` for i of 0 to 7 with the learning rate `0.01 * 0.9^s`. Kernels have
 * `regularizers.L2`; decoupled weight decay leaves out `bias`, `gamma` and `beta`.
 *
 * @module
 */
import type { LossSpec, OptimizerSpec } from "../../src/engine/engine.ts";
import { optimizers, penalised, plain } from "./models.ts";

/** What Keras did. */
export interface KerasRun {
  readonly optimizer: OptimizerSpec;
  readonly loss: LossSpec;
  readonly frozen: readonly string[];
  readonly losses: readonly number[];
  /** Of the first image, afterwards. */
  readonly probabilities: readonly number[];
  /** Sum of the absolute values of each variable, afterwards. */
  readonly sums: Readonly<Record<string, number>>;
}

export const kerasRuns: Readonly<Record<string, KerasRun>> = {
  "Adam, smoothed labels and penalised kernels": {
    optimizer: optimizers.adam,
    loss: penalised,
    frozen: [],
    losses: [11.14935, 7.8918304, 5.644021, 4.557755, 3.9782479, 3.0090714],
    probabilities: [0.021110747, 9.5194237e-06, 5.2043299e-05, 0.014895365, 0.96393228],
    sums: {
      "conv1/kernel": 17.385416,
      "norm1/gamma": 4.2640372,
      "norm1/beta": 0.71986032,
      "norm1/moving_mean": 0.24698449,
      "norm1/moving_variance": 2.3828607,
      "conv2/kernel": 16.115384,
      "conv2/bias": 0.43229496,
      "dense1/kernel": 29.376765,
      "norm2/gamma": 3.9756256,
      "norm2/beta": 0.42668435,
      "norm2/moving_mean": 0.5408099,
      "norm2/moving_variance": 4.0114065,
      "logits/kernel": 9.2134984,
      "logits/bias": 0.95517984,
    },
  },
  "momentum, some layers frozen": {
    optimizer: optimizers["sgd with momentum"],
    loss: plain,
    frozen: ["conv1", "norm1"],
    losses: [3.1678369, 3.7801769, 2.5870264, 2.2302001, 1.1277883, 1.617077],
    probabilities: [0.02050331, 2.7017149e-05, 0.03717896, 1.4927751e-06, 0.94228917],
    sums: {
      "conv1/kernel": 17.162517,
      "norm1/gamma": 4.3523198,
      "norm1/beta": 0.85901427,
      "norm1/moving_mean": 0.71445124,
      "norm1/moving_variance": 3.6911278,
      "conv2/kernel": 16.396221,
      "conv2/bias": 0.53493186,
      "dense1/kernel": 29.715313,
      "norm2/gamma": 3.7984576,
      "norm2/beta": 0.46836383,
      "norm2/moving_mean": 0.64735976,
      "norm2/moving_variance": 3.8168681,
      "logits/kernel": 9.0049196,
      "logits/bias": 0.98613207,
    },
  },
  "AdamW": {
    optimizer: optimizers.adamw,
    loss: plain,
    frozen: [],
    losses: [10.540598, 7.4712539, 5.2266927, 4.2425351, 3.3109052, 2.8600483],
    probabilities: [0.012209172, 6.0662478e-06, 6.852494e-05, 0.017880667, 0.96983552],
    sums: {
      "conv1/kernel": 17.368284,
      "norm1/gamma": 4.2652485,
      "norm1/beta": 0.71972553,
      "norm1/moving_mean": 0.25028741,
      "norm1/moving_variance": 2.3813546,
      "conv2/kernel": 16.756055,
      "conv2/bias": 0.43181686,
      "dense1/kernel": 29.372852,
      "norm2/gamma": 3.9850879,
      "norm2/beta": 0.42506467,
      "norm2/moving_mean": 0.53996481,
      "norm2/moving_variance": 4.0146423,
      "logits/kernel": 9.3432733,
      "logits/bias": 0.94969103,
    },
  },
};
