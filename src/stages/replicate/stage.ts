/** Stage `replicate`: networks of other stages trained again, with other seeds. @module */
import { z } from "zod";
import { int, spread, word } from "../../files/table.ts";
import { optional, table } from "../../pipeline/artifacts.ts";
import { settings } from "../../schema.ts";
import { job as fit } from "../../training/job.ts";
import { baseline } from "../baseline/stage.ts";
import { epochColumns } from "../evaluated.ts";
import { metrics } from "../metrics.ts";
import { preparedImages } from "../prepare/stage.ts";
import { defineRoom } from "../room.ts";
import { seedSpread } from "../seed_spread.ts";
import type { Whole } from "../study.ts";
import { tune } from "../tune/stage.ts";

/** Each is a training of its own: nobody means more. */
const MOST_RUNS = 1000;

const more = z.int().min(1).max(MOST_RUNS);

/** What is trained again, as metrics call it: LeNet-5, the winner of the search, the original study's winner. */
export type Network = "lenet5" | "winner" | "study";

/** The networks that a study has. */
function networksOf({ tune, published }: Whole): Network[] {
  if (tune === undefined) return ["lenet5"];
  return ["lenet5", "winner", ...(published?.winner ? ["study" as const] : [])];
}

/** The seeds that follow another one; after the largest of all comes 0. */
const seedsAfter = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => (first + 1 + i) >>> 0);

/** What every image is taken for: its label, and what each training predicts, named as by `columnOf`. */
const predictions = table({ label: int, networks: spread(int) });

/** What a training is called: `lenet5.44`. */
export const columnOf = (network: Network, seed: number): string => `${network}.${seed}`;

/** What the first training of a network predicts. */
const firstOf = ({ validationPredictions, testPredictions }: typeof tune.writes.study) => ({
  validationPredictions,
  testPredictions,
});

/** The stage. */
export const replicate = defineRoom({
  name: "replicate",
  about: "Train networks again with other seeds: how much another run differs",
  optional: true,
  settings: settings({
    /**
     * How often each network is trained besides the first time, where the study has it: with the seeds
     * that follow that of its recipe.
     */
    seeds: settings({ lenet5: more, winner: more, study: more }),
  }),
  module: import.meta.resolve("./run.ts"),
  section: import.meta.resolve("./section.ts"),
  parameters({ seeds }, whole) {
    const recipe = baseline.settings.parse(whole.baseline);
    const search = tune.settings.optional().parse(whole.tune);
    const has = networksOf(whole);
    return {
      classes: whole.classes.length,
      lenet5: { recipe, seeds: seedsAfter(recipe.seed, seeds.lenet5) },
      tuned: search && {
        trial: search.trial,
        epochs: search.finalEpochs,
        winner: seedsAfter(search.trial.seed, seeds.winner),
        study: has.includes("study") ? seedsAfter(search.trial.seed, seeds.study) : [],
      },
    };
  },
  keyed: (parameters) => parameters,
  metrics: (_, whole) =>
    networksOf(whole).flatMap((network) =>
      ["validation", "test"].map((part) => `replicate.${network}.${part}.accuracy`)
    ),
  reads: {
    ...preparedImages,
    lenet5: {
      validationPredictions: baseline.writes.validationPredictions,
      testPredictions: baseline.writes.testPredictions,
    },
    winners: optional(tune.writes.winners),
    winner: firstOf(tune.writes.winner),
    study: firstOf(tune.writes.study),
  },
  writes: {
    /** Means over seeds, with Student's intervals. */
    metrics,
    seedSpread,
    /** A row an epoch of a training, the first ones apart, which their own stages tell of. */
    history: table({ network: word, seed: int, ...epochColumns }),
    validationPredictions: predictions,
    testPredictions: predictions,
  },
  jobs: { fit },
  shows: {},
});
