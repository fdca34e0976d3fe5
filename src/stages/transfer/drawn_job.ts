/**
 * The job that runs a network with weights that are drawn over all training images, once: what it gives
 * are the features that a head learns from. The job `features` does it with weights from a file.
 *
 * @module
 */
import { computing } from "../../engine/variants.ts";
import { modelSpec } from "../../models/spec.ts";
import { array } from "../../pipeline/artifacts.ts";
import { defineJob } from "../../pipeline/stage.ts";
import { count, seed, settings } from "../../schema.ts";

/** See the module. */
export const job = defineJob({
  name: "drawn",
  declaration: import.meta.url,
  module: import.meta.resolve("./drawn.ts"),
  parameters: settings({
    /** Ends in the layer whose output is wanted. */
    model: modelSpec,
    /** As of a recipe: the job `fit` draws the same weights from it. */
    seed,
    threads: count,
  }),
  reads: { trainImages: array("uint8", [null, null, null, null]) },
  writes: {
    /** The model's output for every image, `[N, height, width, channels]`. */
    trainFeatures: array("float32", [null, null, null, null]),
  },
  ...computing,
  compiles: ({ model }) => ({ spec: model }),
});
