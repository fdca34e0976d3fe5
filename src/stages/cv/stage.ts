/** Stage `cv`: LeNet-5 cross-validated. @module */
import { z } from "zod";
import { knownRows } from "../../data/description.ts";
import { overallNames, recallNames } from "../../evaluation/scores.ts";
import { int, number } from "../../files/table.ts";
import { table } from "../../pipeline/artifacts.ts";
import { seed, settings } from "../../schema.ts";
import { lenet5 } from "../../models/lenet5.ts";
import { job as fit } from "../../training/job.ts";
import { recipe } from "../../training/recipe.ts";
import { metrics, scores } from "../metrics.ts";
import { trainingImages } from "../prepare/stage.ts";
import { defineRoom, tooSmall } from "../room.ts";
import { seedSpread } from "../seed_spread.ts";
import { foldMetric, MEAN, POOLED } from "./names.ts";

/** Each fold is a training and a metric of its own: nobody means more. */
const MOST_FOLDS = 1000;

/** The stage. */
export const cv = defineRoom({
  name: "cv",
  about: "Cross-validate LeNet-5, fold by fold",
  optional: true,
  settings: settings({
    /** Scikit-learn's `KFold(splits, shuffle=True, random_state=randomState)`. */
    splits: z.int().min(2).max(MOST_FOLDS),
    randomState: seed,
    /** Whether each fold has its share of every class (`StratifiedKFold`); not if omitted. */
    stratify: z.boolean().optional(),
    recipe,
  }),
  module: import.meta.resolve("./run.ts"),
  section: import.meta.resolve("./section.ts"),
  parameters: (cv, { classes }) => ({ classes, ...cv }),
  keyed: (parameters) => parameters,
  faults: ({ splits }, { classes, data }, input) => [
    ...tooSmall(() => lenet5(input, classes.length)),
    ...(splits <= (knownRows(data) ?? Infinity) ? [] : [{
      path: ["cv", "splits"],
      message: `${knownRows(data)} images cannot be split into ${splits} folds`,
    }]),
  ],
  metrics: ({ splits }, { classes }) => [
    ...Array.from({ length: splits }, (_, i) => foldMetric(i)),
    MEAN,
    ...overallNames(POOLED, false),
    ...recallNames(POOLED, classes),
  ],
  reads: trainingImages,
  writes: {
    metrics,
    /** Of all images together, each predicted by the network that had not seen it. */
    scores,
    /** A row an epoch of a fold; folds count from 1. */
    history: table({
      fold: int,
      epoch: int,
      loss: number,
      accuracy: number,
      validationLoss: number,
      validationAccuracy: number,
    }),
    /** For every training image its fold, and what the network that had not seen it predicted. */
    predictions: table({ fold: int, label: int, predicted: int }),
  },
  jobs: { fit },
  shows: { seedSpread },
});
