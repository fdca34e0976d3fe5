/**
 * Six training steps of Keras 3.15.1 (TensorFlow 2.21, float32): the model `everything` without
 * dropout, from `weightsFor(everything)` on 20 images of `imagesFor`, step s (from 0) on the images
 * `(7 s + 3 i) mod 20` for i of 0 to 7 with the learning rate `0.01 * 0.9^s`. Kernels have
 * `regularizers.L2`; decoupled weight decay leaves out `bias`, `gamma` and `beta`. Computed by
 * `tests/golden/keras_steps.py`.
 *
 * @module
 */
import type { LossSpec, OptimizerSpec } from "../../src/engine/engine.ts";
import computed from "../golden/keras_steps.json" with { type: "json" };
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
    ...computed.adam,
  },
  "momentum, some layers frozen": {
    optimizer: optimizers["sgd with momentum"],
    loss: plain,
    frozen: ["conv1", "norm1"],
    ...computed.momentum,
  },
  "AdamW": { optimizer: optimizers.adamw, loss: plain, frozen: [], ...computed.adamw },
};
