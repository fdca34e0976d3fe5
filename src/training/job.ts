/**
 * The job that trains one network: the baseline, a fold of a cross-validation, a trial, or a head on
 * features of another network.
 *
 * @module
 */
import { z } from "zod";
import { computing } from "../engine/variants.ts";
import { modelSpec } from "../models/spec.ts";
import { array, bytes, json, optional } from "../pipeline/artifacts.ts";
import { defineJob } from "../pipeline/stage.ts";
import { count, seed, settings } from "../schema.ts";
import { lossOf } from "./loss.ts";
import { recipe } from "./recipe.ts";

/** All that the result depends on, besides the images and their split. */
const parameters = settings({
  model: modelSpec,
  recipe,
  /** One of the folds over all training images, as `foldsOf` makes them, in place of the indices. */
  fold: settings({
    splits: z.int().min(2),
    randomState: seed,
    stratify: z.boolean().optional(),
    index: z.int().min(0),
  }).optional(),
  /** How many images of the split, its first ones, are trained on and validated; all if omitted. */
  subset: settings({ train: count, validation: count }).optional(),
  /** Epochs that the first weights have been trained for already; 0 if omitted. */
  initialEpoch: z.int().min(0).optional(),
  /** What is evaluated once with the kept weights, besides the validation images. */
  evaluate: z.array(z.enum(["train", "test"])),
});

/** One epoch. Training figures are means over its steps, while the weights change (as in Keras). */
const epoch = z.strictObject({
  /** Counted from 1. */
  epoch: z.int(),
  loss: z.number(),
  accuracy: z.number(),
  validationLoss: z.number(),
  validationAccuracy: z.number(),
});

/** How a training went. */
export type FitSummary = Readonly<z.infer<typeof summary>>;
const summary = z.strictObject({ history: z.array(epoch), keptEpoch: z.int() });

/** Class probabilities, `[n, classes]`. */
const probabilities = array("float32", [null, null]);
const indices = array("int32", [null]);
const images = array(["uint8", "float32"], [null, null, null, null]);
const labels = array("uint8", [null]);

/** See the module. */
export const job = defineJob({
  name: "fit",
  declaration: import.meta.url,
  module: import.meta.resolve("./run.ts"),
  parameters,
  reads: {
    /** Images, or features of them. */
    trainImages: images,
    trainLabels: labels,
    /** The split, unless a fold is asked for. */
    trainIndices: optional(indices),
    validationIndices: optional(indices),
    testImages: optional(images),
    testLabels: optional(labels),
    /** First weights, and those of the layers after them; drawn from the recipe's seed if omitted. */
    weights: optional(bytes(".bin")),
    headWeights: optional(bytes(".bin")),
  },
  writes: {
    summary: json(summary),
    /** Float32, in the order of the model's variables. */
    weights: bytes(".bin"),
    /** Of the kept epoch. */
    validationProbabilities: probabilities,
    trainProbabilities: optional(probabilities),
    testProbabilities: optional(probabilities),
  },
  ...computing,
  compiles: ({ model, recipe }) => ({
    spec: model,
    training: { optimizer: recipe.optimizer, loss: lossOf(recipe) },
  }),
});
