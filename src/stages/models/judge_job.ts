/**
 * The job that looks at a network as it is kept: what it predicts, and where the images lie that it learnt
 * from.
 *
 * @module
 */
import { z } from "zod";
import { computing } from "../../engine/variants.ts";
import { modelSpec } from "../../models/spec.ts";
import { array, bytes, json, optional, text } from "../../pipeline/artifacts.ts";
import { defineJob } from "../../pipeline/stage.ts";
import { count, settings } from "../../schema.ts";
import { likeness } from "./index.ts";

const images = array("uint8", [null, null, null, null]);
const labels = array("uint8", [null]);
const indices = array("int32", [null]);
const probabilities = array("float32", [null, null]);
/** See `Space` in `evaluation/likeness.ts`. */
export const space = array("float32", [null, null]);

/** See the module. */
export const job = defineJob({
  name: "judge",
  declaration: import.meta.url,
  module: import.meta.resolve("./judge.ts"),
  parameters: settings({
    model: modelSpec,
    /** The share of the validation images that may be called unlike the training images. */
    unlike: z.number().gt(0).lt(0.5),
    /** Training images that are looked at, the first ones of the split. */
    most: count,
    threads: count,
  }),
  reads: {
    /** As TensorFlow.js has them. */
    model: text(".json"),
    weights: bytes(".bin"),
    trainImages: images,
    trainLabels: labels,
    trainIndices: indices,
    validationIndices: indices,
    testImages: images,
  },
  writes: {
    validationProbabilities: probabilities,
    testProbabilities: probabilities,
    likeness: json(likeness),
    picture: space,
    classes: optional(space),
    all: optional(space),
  },
  ...computing,
  compiles: ({ model }) => ({ spec: model }),
});
