/** Optimiser steps: what state they keep and how they change a variable; `rates.ts` says what they are fed. @module */
import type { OptimizerSpec } from "../engine.ts";
import type { Node, Tensor, Variable } from "./builder.ts";
import * as op from "./operations.ts";

/** The state that an optimiser keeps for each variable, by name; all of it starts at 0. */
export function slotNames(optimizer: OptimizerSpec): readonly string[] {
  if (optimizer.type === "sgd") return optimizer.momentum > 0 ? ["velocity"] : [];
  return ["m", "v"];
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
  const before = decay
    ? [...after, op.assignSub(variable, op.multiply(op.read(variable), decay), after)]
    : after;
  if (optimizer.type === "sgd") {
    return slots.length > 0
      ? op.applyMomentum([variable, ...slots], gradient, rate, optimizer, before)
      : op.applyGradientDescent(variable, gradient, rate, before);
  }
  return op.applyAdam([variable, ...slots], gradient, rate, optimizer, before);
}
