/**
 * The pipeline of the root's study on drawn garments, for machines without the data: `deno task demo`.
 * Its results say nothing about Fashion-MNIST; they are kept here, and out of git.
 *
 * @module
 */
import type { Study } from "../../src/stages/plan.ts";
import { cv, study as original, tune } from "../../study.ts";

/** The study: small, so that WebAssembly alone gets through it in minutes. */
export const study: Study = {
  ...original,
  title: "Demonstration on synthetic garments",
  data: {
    name: "Synthetic garments",
    format: "synthetic",
    seed: 43,
    train: 4000,
    test: 1000,
  },
  baseline: { ...original.baseline, epochs: 3 },
  tune: {
    ...tune,
    space: {
      ...tune.space,
      CONV_1_FILTER: { type: "int", minValue: 8, maxValue: 16 },
      CONV_2_FILTER: { type: "int", minValue: 8, maxValue: 32 },
    },
    oracle: { type: "hyperband", maxEpochs: 2, factor: 2, hyperbandIterations: 1 },
    finalEpochs: 2,
  },
  replicate: { seeds: { lenet5: 1, winner: 1, study: 1 } },
  cv: { ...cv, splits: 3, recipe: { ...cv.recipe, epochs: 1 } },
  /** What some thirty trainings would tell is told of real images alone, and so it is with champions. */
  ablate: undefined,
  champion: undefined,
  /** Pretrained weights say nothing about drawn garments. */
  transfer: undefined,
  thresholds: {},
  published: undefined,
};
