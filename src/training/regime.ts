/** How the job `train` trains a network: a recipe with a course, changed images and averaged weights. @module */
import { z } from "zod";
import type { OptimizerSpec, Precision } from "../engine/engine.ts";
import { count, oneOf, seed, settings, share } from "../schema.ts";
import { type Augmentation, augmentation } from "./augmentation.ts";
import { type Averaging, averaging } from "./averaging.ts";
import { optimizer as plainOptimizer } from "./recipe.ts";
import { type Schedule, schedule } from "./schedule.ts";

/** Everything about such a training but the network and the data. The last epoch is the one that counts. */
export interface Regime {
  /** How many there are. */
  readonly epochs: number;
  /** The highest; `schedule` says how it gets there and what follows. */
  readonly learningRate: number;
  /** How the learning rate goes over all steps. */
  readonly schedule: Schedule;
  /** Images a step; the last one of an epoch may have fewer. */
  readonly batchSize: number;
  /** How weights are updated. */
  readonly optimizer: OptimizerSpec;
  /** How images are changed from epoch to epoch; not at all if omitted. */
  readonly augmentation?: Augmentation;
  /** Share of the target spread evenly over all classes; none if omitted. */
  readonly labelSmoothing?: number;
  /** Adds `l2 * sum(w^2)` over kernels to the loss; none if omitted. */
  readonly l2?: number;
  /** What convolutions and matrix products of a training step are computed in; float32 if omitted. */
  readonly precision?: Precision;
  /** Weights of several steps or epochs made one network in the end; the last ones are taken if omitted. */
  readonly averaging?: Averaging;
  /**
   * What images are evaluated on besides themselves: `mirrored` averages the probabilities of an image and
   * of the same with left and right changed over. Both figures come out. Images alone if omitted.
   */
  readonly evaluation?: "mirrored";
  /** Seed of first weights, dropout, changed images and the order of batches. */
  readonly seed: number;
  /** Threads of one operation. Other counts give other last bits, so this is a parameter. */
  readonly threads: number;
}

const [adam, adamw] = plainOptimizer.options;

const optimizer = z.discriminatedUnion("type", [
  adam,
  adamw,
  settings({
    type: z.literal("sgd"),
    momentum: share,
    nesterov: z.boolean().optional(),
    /** As of `adamw`. */
    weightDecay: share.optional(),
  }).refine(({ momentum, nesterov }) => !nesterov || momentum > 0, {
    error: "nesterov looks ahead by the momentum, and there is none",
  }),
], {
  error: ({ code }) =>
    code === "invalid_union" ? 'expected the type "adam", "adamw" or "sgd"' : undefined,
});

/** The schema of a regime. */
export const regime: z.ZodType<Regime> = settings({
  epochs: count,
  learningRate: z.number().positive(),
  schedule,
  batchSize: count,
  optimizer,
  augmentation: augmentation.optional(),
  labelSmoothing: share.optional(),
  l2: z.number().min(0).optional(),
  precision: oneOf(["float32", "bfloat16"]).optional(),
  averaging: averaging.optional(),
  evaluation: oneOf(["mirrored"]).optional(),
  seed,
  threads: count,
}).refine(
  ({ averaging, epochs }) => averaging?.type !== "lastEpochs" || averaging.epochs <= epochs,
  { error: "more epochs are averaged than there are", path: ["averaging", "epochs"] },
);
