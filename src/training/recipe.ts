/** How a network is trained: what `study.ts` says of it. @module */
import { z } from "zod";
import { count, oneOf, seed, settings, share } from "../schema.ts";

const moments = {
  /** Shares of the old moments kept at each step; Keras's defaults are 0.9 and 0.999. */
  beta1: share,
  beta2: share,
  /** Keras's default is 1e-7. */
  epsilon: z.number().positive(),
};

const optimizer = z.discriminatedUnion("type", [
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

/** Which epoch's weights are kept: the best by validation accuracy or loss (the first of several), or the last. */
const keep = oneOf(["validationAccuracy", "validationLoss", "lastEpoch"]);

/** What all trainings are told, whatever sets their length and learning rate. */
export const common = {
  batchSize: count,
  optimizer,
  /** Share of the target spread evenly over all classes; none if omitted. */
  labelSmoothing: share.optional(),
  /** Adds `l2 * sum(w^2)` over kernels to the loss (Keras's `regularizers.L2`); none if omitted. */
  l2: z.number().min(0).optional(),
  keep,
  seed,
  /** Threads of one operation. Other counts give other last bits, so this is a parameter. */
  threads: count,
};

/** A learning rate. */
export const learningRate = z.number().positive();

/** Everything about a training but the network and the data. */
export const recipe = settings({ epochs: count, learningRate, ...common });

/** See `recipe`. */
export type Recipe = Readonly<z.infer<typeof recipe>>;
