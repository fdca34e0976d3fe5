/** The numbers that an optimiser step (`optimizers.ts`) is fed. @module */
import type { OptimizerSpec } from "../engine.ts";

/**
 * What an optimiser is fed at a step (counted from 1): the rate that its update is scaled by, and the
 * share that decoupled weight decay takes off kernels.
 */
export function stepRates(
  optimizer: OptimizerSpec,
  learningRate: number,
  step: number,
): { rate: number; decay: number } {
  if (optimizer.type === "sgd") return { rate: learningRate, decay: 0 };
  const { beta1, beta2 } = optimizer;
  return {
    rate: learningRate * Math.sqrt(1 - beta2 ** step) / (1 - beta1 ** step),
    decay: optimizer.type === "adamw" ? learningRate * optimizer.weightDecay : 0,
  };
}
