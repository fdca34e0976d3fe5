/** The job that trains one network by a regime; killed, it goes on from where it was. @module */
import { z } from "zod";
import { computing } from "../engine/variants.ts";
import { modelSpec } from "../models/spec.ts";
import { array, bytes, json, optional } from "../pipeline/artifacts.ts";
import { defineJob } from "../pipeline/stage.ts";
import { count, settings } from "../schema.ts";
import { courseRecord } from "./checkpoint.ts";
import { lossOf } from "./loss.ts";
import { regime } from "./regime.ts";

/** All that the result depends on, besides the images and their split. */
const parameters = settings({
  model: modelSpec,
  regime,
  /** How many images of the split, its first ones, are trained on and validated; all if omitted. */
  subset: settings({ train: count, validation: count }).optional(),
  /** Whether the test images are looked at, once, with the weights that came out. */
  test: z.boolean(),
});

/** How a training by a regime went. */
const summary = z.strictObject({ history: z.array(courseRecord) });

/** Class probabilities, `[n, classes]`. */
const probabilities = array("float32", [null, null]);
const indices = array("int32", [null]);
const images = array("uint8", [null, null, null, null]);
const labels = array("uint8", [null]);

/** See the module. */
export const job = defineJob({
  name: "train",
  declaration: import.meta.url,
  module: import.meta.resolve("./train_run.ts"),
  parameters,
  reads: {
    trainImages: images,
    trainLabels: labels,
    trainIndices: indices,
    validationIndices: indices,
    testImages: optional(images),
    testLabels: optional(labels),
  },
  writes: {
    summary: json(summary),
    /** Float32, in the order of the model's variables. */
    weights: bytes(".bin"),
    /** Of the images as they are, and where the regime asks for it, together with their mirror images. */
    validationProbabilities: probabilities,
    validationMirrored: optional(probabilities),
    testProbabilities: optional(probabilities),
    testMirrored: optional(probabilities),
  },
  ...computing,
  variants: {
    ...computing.variants,
    graph: {
      ...computing.variants.graph,
      module: import.meta.resolve("../engine/graph/trainer.ts"),
    },
  },
  resumes: true,
  compiles: ({ model, regime }) => ({
    spec: model,
    training: {
      optimizer: regime.optimizer,
      loss: lossOf(regime),
      precision: regime.precision,
      resumable: true,
    },
  }),
});
