/** Optimiser steps: what state they keep, what they are fed, and how they change a variable. @module */
import type { OptimizerSpec } from "../engine.ts";
import type { Node, Tensor, Variable } from "./builder.ts";
import * as op from "./operations.ts";

/** The state that an optimiser keeps for each variable, by name; all of it starts at 0. */
export function slotNames(optimizer: OptimizerSpec): readonly string[] {
  if (optimizer.type === "sgd") return optimizer.momentum > 0 ? ["velocity"] : [];
  return ["m", "v"];
}

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

/** Adds the update of one variable, to run after the nodes in `after`; `decay` only where the variable decays. */
export function update(
  optimizer: OptimizerSpec,
  variable: Variable,
  slots: readonly Variable[],
  gradient: Tensor,
  rate: Tensor,
  decay: Tensor | undefined,
  after: readonly Node[],
): Node {
  if (optimizer.type === "sgd") {
    return slots.length > 0
      ? op.applyMomentum([variable, ...slots], gradient, rate, optimizer.momentum, after)
      : op.applyGradientDescent(variable, gradient, rate, after);
  }
  const before = decay
    ? [...after, op.assignSub(variable, op.multiply(op.read(variable), decay), after)]
    : after;
  return op.applyAdam([variable, ...slots], gradient, rate, optimizer, before);
}
