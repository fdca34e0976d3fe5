/**
 * Stage `errors`: how far the probabilities of networks can be believed, and which images they get
 * wrong.
 *
 * @module
 */
import { z } from "zod";
import { boolean, int, number, numberOrNaN, spread, word } from "../../files/table.ts";
import { array, bytes, json, optional, optionalGroup, table } from "../../pipeline/artifacts.ts";
import { count, settings } from "../../schema.ts";
import { baseline } from "../baseline/stage.ts";
import { champion } from "../champion/stage.ts";
import { scores } from "../metrics.ts";
import { prepare } from "../prepare/stage.ts";
import { defineRoom } from "../room.ts";
import { transfer } from "../transfer/stage.ts";
import { tune } from "../tune/stage.ts";
import { figureNames } from "./names.ts";

export { figuresOf, gathered, predictionsOf, wanted } from "./figures.ts";
export { MOST_SHOWN, SIDE } from "./kept.ts";
export { mistakenBy } from "./mistaken.ts";

/** With more, hardly an image would be in one. */
const MOST_BINS = 100;

const { winner, study } = tune.writes;

/** What stages keep of what networks predict. Of those in `transfer` and `champion` there are no probabilities. */
const predicted = {
  baseline: {
    validationProbabilities: baseline.writes.validationProbabilities,
    validationPredictions: baseline.writes.validationPredictions,
    testProbabilities: baseline.writes.testProbabilities,
    testPredictions: baseline.writes.testPredictions,
  },
  winner: {
    validationProbabilities: winner.validationProbabilities,
    validationPredictions: winner.validationPredictions,
    testProbabilities: winner.testProbabilities,
    testPredictions: winner.testPredictions,
  },
  study: {
    validationProbabilities: study.validationProbabilities,
    validationPredictions: study.validationPredictions,
    testProbabilities: study.testProbabilities,
    testPredictions: study.testPredictions,
  },
  transfer: optionalGroup({
    validationPredictions: transfer.writes.validationPredictions,
    testPredictions: transfer.writes.testPredictions,
  }),
  champion: optionalGroup({
    evaluations: champion.writes.evaluations,
    validationPredictions: champion.writes.validationPredictions,
    testPredictions: champion.writes.testPredictions,
    ensemble: champion.writes.ensemble,
  }),
};

/** What all networks together make of the test images. */
const comparison = z.strictObject({
  /** As their metrics call them. */
  networks: z.array(z.string()),
  images: count,
  /** Of the network whose probabilities are kept and which is best on the validation images. */
  mistakes: z.strictObject({
    network: z.string(),
    images: z.int().min(0),
    /** How many of them have a probability of 0.9 or more. */
    sure: z.int().min(0),
    /** The classes that are confused most. */
    pairs: z.array(z.strictObject({ actual: z.int(), predicted: z.int(), images: count })),
  }),
  /** Images that every network gets wrong, and how many of them all take for the same class; where there are two. */
  missed: z.strictObject({ images: z.int().min(0), alike: z.int().min(0) }).optional(),
  /** The two networks that are best on the validation images; where there are two. */
  disagreement: z.strictObject({
    first: z.string(),
    second: z.string(),
    bothRight: z.int().min(0),
    onlyFirst: z.int().min(0),
    onlySecond: z.int().min(0),
    wrongAlike: z.int().min(0),
    wrongApart: z.int().min(0),
  }).optional(),
});

/** See `comparison`. */
export type Comparison = z.infer<typeof comparison>;

/** The stage. */
export const errors = defineRoom({
  name: "errors",
  about: "Calibration, and the images that networks get wrong",
  optional: true,
  settings: settings({
    /** Bins of equal width that probabilities are sorted into, for the calibration error. */
    bins: count.max(MOST_BINS),
  }),
  module: import.meta.resolve("./run.ts"),
  section: import.meta.resolve("./section.ts"),
  parameters: (errors) => errors,
  keyed: (parameters) => parameters,
  metrics: (_, { published, tune }) =>
    [
      "baseline",
      ...(tune ? ["tune.winner"] : []),
      ...(tune && published?.winner ? ["tune.study"] : []),
    ].flatMap((network) => Object.values(figureNames(network))),
  reads: { testImages: prepare.writes.testImages, predicted },
  writes: {
    scores,
    /** By what to divide what a network's softmax is given; fitted on the validation images. */
    temperatures: json(z.array(z.strictObject({ network: z.string(), temperature: z.number() }))),
    /** Of the networks whose probabilities are kept, as they are and scaled by their temperatures. */
    calibration: table({
      network: word,
      part: word,
      scaled: boolean,
      images: int,
      accuracy: number,
      confidence: number,
      ece: number,
      logLoss: number,
    }),
    /** Test images by the probability of their most probable class. */
    reliability: table({
      network: word,
      scaled: boolean,
      low: number,
      high: number,
      images: int,
      right: int,
      confidence: number,
    }),
    comparison: json(comparison),
    /**
     * Test images to look at, by their place from 0, and the class that each network takes them for. In
     * `mistakes` with the probability of that class, from the most probable on; in `missed` those that
     * every network gets wrong; in `onlyFirst` and `onlySecond` those that one of the two best does.
     */
    gallery: table({
      gallery: word,
      image: int,
      label: int,
      probability: numberOrNaN,
      networks: spread(int),
    }),
    /** These images as networks read them, large ones smaller; left out where there are none. */
    images: optional(array("uint8", [null, null, null], [null, null, null, 3])),
    /** Test images that networks get wrong, and the class that each takes them for; see `mistaken.ts`. */
    mistakenImages: table({ image: int, label: int, networks: spread(int) }),
    /** These images, small, in one picture (PNG); left out where there are none. */
    mistakenSprite: optional(bytes(".png")),
  },
  jobs: {},
  shows: {
    lenet5: { model: baseline.writes.model, weights: baseline.writes.weights },
    winner: { model: winner.model, weights: winner.weights },
  },
});
