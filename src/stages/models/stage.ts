/** Stage `models`: the networks that can be used, and all that their use takes. @module */
import { z } from "zod";
import { array, json, optionalGroup, published } from "../../pipeline/artifacts.ts";
import { settings } from "../../schema.ts";
import { baseline } from "../baseline/stage.ts";
import { champion } from "../champion/stage.ts";
import { errors } from "../errors/stage.ts";
import { prepare, preparedImages } from "../prepare/stage.ts";
import { defineRoom } from "../room.ts";
import { transfer } from "../transfer/stage.ts";
import { tune } from "../tune/stage.ts";
import { modelsFile } from "./index.ts";
import { job as judge, space } from "./judge_job.ts";

export { bestFirst, type ListedNetwork, type ModelsFile, modelsFile } from "./index.ts";
export { inPage } from "./in_page.ts";

/** Where the training images lie, in the eyes of a network; see `evaluation/likeness.ts`. */
const spaces = optionalGroup({ picture: space, classes: space, all: space });

const probabilities = array("float32", [null, null]);
const judged = optionalGroup({ validation: probabilities, test: probabilities });

/** The stage. */
export const models = defineRoom({
  name: "models",
  about: "The networks that can be used, and what to believe of them",
  optional: true,
  settings: settings({
    /** The share of the validation images that may be called unlike the training images. */
    unlike: z.number().gt(0).lt(0.5),
  }),
  module: import.meta.resolve("./run.ts"),
  section: import.meta.resolve("./section.ts"),
  parameters: (models, { title, data, classes }) => ({
    ...models,
    title,
    synthetic: data.format === "synthetic",
    classes,
  }),
  keyed: (parameters) => parameters,
  reads: {
    images: preparedImages,
    form: prepare.writes.form,
    baseline: {
      metrics: baseline.writes.metrics,
      model: baseline.writes.model,
      weights: baseline.writes.weights,
    },
    winner: optionalGroup({
      metrics: tune.writes.metrics,
      model: tune.writes.winner.model,
      weights: tune.writes.winner.weights,
    }),
    kept: optionalGroup({
      metrics: transfer.writes.metrics,
      model: transfer.writes.kept.model,
      weights: transfer.writes.kept.weights,
    }),
    champion: optionalGroup(champion.writes.kept),
    errors: optionalGroup({ temperatures: errors.writes.temperatures }),
  },
  writes: {
    models: published("results/models.json", json(modelsFile)),
    baseline: spaces,
    winner: spaces,
    kept: spaces,
    champion: spaces,
    /** Of networks that are kept in less precision than they were trained in, as they are kept. */
    keptProbabilities: judged,
    championProbabilities: judged,
    /** Test images to try networks on, as these read them: the first of each of some classes. */
    examples: {
      images: array("uint8", [null, null, null, null]),
      labels: array("uint8", [null]),
    },
  },
  jobs: { judge },
  shows: {
    summary: prepare.writes.summary,
    temperatures: errors.writes.temperatures,
  },
});
