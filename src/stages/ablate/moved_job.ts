/** The job that has a trained network predict the test images moved by some pixels. @module */
import { z } from "zod";
import { computing } from "../../engine/variants.ts";
import { modelSpec } from "../../models/spec.ts";
import { array, bytes } from "../../pipeline/artifacts.ts";
import { defineJob } from "../../pipeline/stage.ts";
import { count, settings } from "../../schema.ts";

/** See the module. */
export const job = defineJob({
  name: "moved",
  declaration: import.meta.url,
  module: import.meta.resolve("./moved.ts"),
  parameters: settings({
    model: modelSpec,
    /** By how many pixels, one time after the other: below 0 for up and to the left. */
    moves: z.array(settings({ down: z.int(), right: z.int() })),
    threads: count,
  }),
  reads: { testImages: array("uint8", [null, null, null, null]), weights: bytes(".bin") },
  writes: {
    /** The most probable class of every image, a row a move. */
    predicted: array("uint8", [null, null]),
  },
  ...computing,
  compiles: ({ model }) => ({ spec: model }),
});
