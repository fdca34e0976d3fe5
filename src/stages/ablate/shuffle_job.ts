/** The job that shuffles the pixels of all images, once. @module */
import { array } from "../../pipeline/artifacts.ts";
import { defineJob } from "../../pipeline/stage.ts";
import { seed, settings } from "../../schema.ts";

const images = {
  trainImages: array("uint8", [null, null, null, null]),
  testImages: array("uint8", [null, null, null, null]),
};

/** See the module. */
export const job = defineJob({
  name: "shuffle",
  declaration: import.meta.url,
  module: import.meta.resolve("./shuffle.ts"),
  parameters: settings({
    /** Of the order of pixels, which is one for all images. */
    seed,
  }),
  reads: images,
  writes: images,
});
