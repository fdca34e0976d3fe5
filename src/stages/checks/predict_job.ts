/**
 * The job that predicts again with a network's recorded weights. It is no stage's: nothing that is
 * recorded comes of it.
 *
 * @module
 */
import { modelSpec } from "../../models/spec.ts";
import { array, bytes } from "../../pipeline/artifacts.ts";
import { defineJob } from "../../pipeline/stage.ts";
import { count, settings } from "../../schema.ts";

const images = array("uint8", [null, null, null, null]);
const probabilities = array("float32", [null, null]);

/** See the module. */
export const job = defineJob({
  name: "predict",
  declaration: import.meta.url,
  module: import.meta.resolve("./predict.ts"),
  parameters: settings({ model: modelSpec, threads: count }),
  reads: {
    trainImages: images,
    validationIndices: array("int32", [null]),
    testImages: images,
    weights: bytes(".bin"),
  },
  writes: { validationProbabilities: probabilities, testProbabilities: probabilities },
});
