/** The job that says what pictures show, by a kept network. It is no stage's: nothing that is recorded comes of it. @module */
import { modelSpec } from "../models/spec.ts";
import { array, bytes, text } from "../pipeline/artifacts.ts";
import { defineJob } from "../pipeline/stage.ts";
import { count, settings } from "../schema.ts";

const rows = array("float32", [null, null]);

/** See the module. */
export const job = defineJob({
  name: "classify",
  declaration: import.meta.url,
  module: import.meta.resolve("./classify.ts"),
  parameters: settings({ model: modelSpec, threads: count }),
  reads: {
    /** As the network reads them. */
    images: array("uint8", [null, null, null, null]),
    /** As TensorFlow.js has them. */
    model: text(".json"),
    weights: bytes(".bin"),
  },
  writes: {
    probabilities: rows,
    /** What the last layer reads; without columns where that is not looked at. */
    features: rows,
  },
});
