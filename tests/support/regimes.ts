/** Regimes to test with: one that has every ingredient, and one that has none. @module */
import type { Regime } from "../../src/training/regime.ts";

/** Every ingredient, mirrored evaluation too. */
export const wholeRegime = {
  epochs: 9,
  learningRate: 0.2,
  schedule: { type: "cosine", warmup: 0.2, final: 0 },
  batchSize: 128,
  optimizer: { type: "sgd", momentum: 0.9, nesterov: true },
  augmentation: {
    mirror: "alternating",
    translation: 2,
    erasing: { probability: 0.5, size: [4, 10], fill: 73 },
  },
  labelSmoothing: 0.1,
  l2: 2.5e-4,
  averaging: { type: "lastEpochs", epochs: 1 },
  precision: "bfloat16",
  evaluation: "mirrored",
  seed: 43,
  threads: 1,
} as const satisfies Regime;

/** None. */
export const bareRegime = {
  epochs: 2,
  learningRate: 0.2,
  schedule: { type: "constant" },
  batchSize: 128,
  optimizer: { type: "sgd", momentum: 0.9 },
  seed: 9,
  threads: 1,
} as const satisfies Regime;
