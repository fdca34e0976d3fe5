/**
 * The job that runs a network trained elsewhere over all images, once: what it gives are the features
 * that heads learn from.
 *
 * @module
 */
import { z } from "zod";
import { computing } from "../../engine/variants.ts";
import { modelSpec } from "../../models/spec.ts";
import { array, bytes } from "../../pipeline/artifacts.ts";
import { defineJob } from "../../pipeline/stage.ts";
import { count, settings } from "../../schema.ts";

const images = array("uint8", [null, null, null, null]);
const features = array("float32", [null, null, null, null]);

/** See the module. */
export const job = defineJob({
  name: "features",
  declaration: import.meta.url,
  module: import.meta.resolve("./features.ts"),
  parameters: settings({
    /** Ends in the layer whose output is wanted. */
    model: modelSpec,
    /** What `model` is cut out of; the weight file may hold the weights of all of it. */
    architecture: modelSpec,
    /** The convolution whose kernel takes blue first in the file, and red first in the model; none if omitted. */
    turned: z.string().optional(),
    /** Name of the weight file, for errors. */
    file: z.string(),
    threads: count,
  }),
  reads: {
    /** The weight file, HDF5. */
    weightFile: bytes(".h5"),
    trainImages: images,
    testImages: images,
  },
  writes: {
    /** The model's variables, float32, in their order. */
    weights: bytes(".bin"),
    /** The model's output for every image, `[N, height, width, channels]`. */
    trainFeatures: features,
    testFeatures: features,
  },
  ...computing,
  compiles: ({ model }) => ({ spec: model }),
});
