/** How a network is trained: what `study.ts` says of it. @module */
import { z } from "zod";
import type { OptimizerSpec } from "../engine/engine.ts";
import { count, oneOf, seed, settings, share } from "../schema.ts";

/** Everything about a training but the network and the data. */
export interface Recipe {
  /** The last epoch, counted from 1. */
  readonly epochs: number;
  /** The same in all steps. */
  readonly learningRate: number;
  /** Images a step. */
  readonly batchSize: number;
  /** How weights are updated. */
  readonly optimizer: OptimizerSpec;
  /** Share of the target spread evenly over all classes; none if omitted. */
  readonly labelSmoothing?: number;
  /** Adds `l2 * sum(w^2)` over kernels to the loss (Keras's `regularizers.L2`); none if omitted. */
  readonly l2?: number;
  /** Which epoch's weights are kept: the best by validation accuracy or loss (the first of several), or the last. */
  readonly keep: "validationAccuracy" | "validationLoss" | "lastEpoch";
  /** Seed of first weights, dropout and the order of batches. */
  readonly seed: number;
  /** Threads of one operation. Other counts give other last bits, so this is a parameter. */
  readonly threads: number;
}

const moments = {
  /** Shares of the old moments kept at each step; Keras's defaults are 0.9 and 0.999. */
  beta1: share,
  beta2: share,
  /** Keras's default is 1e-7. */
  epsilon: z.number().positive(),
};

/** The schema of an update rule. */
export const optimizer = z.discriminatedUnion("type", [
  settings({ type: z.literal("adam"), ...moments }),
  settings({
    type: z.literal("adamw"),
    ...moments,
    /** Decoupled, on kernels only: `w -= learningRate * weightDecay * w` before the step. */
    weightDecay: z.number().min(0).lt(1),
  }),
  settings({ type: z.literal("sgd"), momentum: share }),
], {
  error: ({ code }) =>
    code === "invalid_union" ? 'expected the type "adam", "adamw" or "sgd"' : undefined,
});

const keep = oneOf(["validationAccuracy", "validationLoss", "lastEpoch"]);

/** What all trainings are told, whatever sets their length and learning rate. */
export const common = {
  batchSize: count,
  optimizer,
  labelSmoothing: share.optional(),
  l2: z.number().min(0).optional(),
  keep,
  seed,
  threads: count,
};

/** A learning rate. */
export const learningRate = z.number().positive();

/** The schema of a recipe. */
export const recipe: z.ZodType<Recipe> = settings({ epochs: count, learningRate, ...common });
