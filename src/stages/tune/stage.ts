/** Stage `tune`: the search for hyperparameters. @module */
import { z } from "zod";
import { int, numberOrNaN, optionalInt, spread, value } from "../../files/table.ts";
import { resolveLayers } from "../../models/shapes.ts";
import type { Shape } from "../../models/spec.ts";
import { tunedLenet } from "../../models/tuned_lenet.ts";
import { json, optional, optionalGroup, table } from "../../pipeline/artifacts.ts";
import { count, seed, settings, shortly, unknownName } from "../../schema.ts";
import { job as fit } from "../../training/job.ts";
import { common, learningRate } from "../../training/recipe.ts";
import { oracle, space, values } from "../../tuning/schema.ts";
import type { Hyperparameter, Space, Value, Values } from "../../tuning/space.ts";
import { evaluated, modelFiles } from "../evaluated.ts";
import { accuraciesOf, scoresOf } from "../accuracies.ts";
import { metrics, scores } from "../metrics.ts";
import { prepare, preparedImages } from "../prepare/stage.ts";
import { defineRoom, type Fault } from "../room.ts";
import { seedSpread } from "../seed_spread.ts";
import { type TrialValues, trialValues } from "../trial_values.ts";

/** What is tuned, and the values that it may have. */
const tunable: { readonly [K in keyof TrialValues]: z.ZodType<number> } = {
  CONV_1_FILTER: count,
  KERNEL_1_FILTER: count,
  CONV_2_FILTER: count,
  KERNEL_2_FILTER: count,
  // A rate that the network refuses fails its trial.
  DROPOUT_1: z.number(),
  learning_rate: learningRate,
};

const search = settings({
  /** With the names of Keras Tuner in the original study. */
  space,
  oracle,
  /** Seed of the oracle. */
  seed,
  /** How trials are trained, except for their epochs and learning rates. */
  trial: settings(common),
  /** Epochs of the winners, trained once more from fresh weights. */
  finalEpochs: count,
});

/** What a forest says of the hyperparameters; null where too few trials have a score. */
const importance = z.strictObject({
  shares: z.record(z.string(), z.number()),
  r2: z.number(),
}).nullable();

/** The values of both winners: of the search (null where every trial failed), and of the original study. */
const winners = z.strictObject({ winner: values.nullable(), study: values.optional() });

/** The stage. */
export const tune = defineRoom({
  name: "tune",
  about: "Search hyperparameters, train and evaluate the winners",
  optional: true,
  settings: search,
  module: import.meta.resolve("./run.ts"),
  section: import.meta.resolve("./section.ts"),
  parameters: (tune, { classes, published }) => ({
    classes,
    ...tune,
    publishedWinner: published?.winner,
  }),
  keyed: (parameters) => parameters,
  faults({ space }, { classes, published: { winner = {} } = {} }, input): Fault[] {
    const faults = [
      ...spaceFaults(space),
      ...Object.entries(winner).flatMap(([name, value]) =>
        valueFault(["published", "winner", name], name, value)
      ),
    ];
    return faults.length > 0 ? faults : networkFaults(space, winner, input, classes.length);
  },
  metrics(_, { classes, published }) {
    const networks = ["tune.winner", ...(published?.winner ? ["tune.study"] : [])];
    return [
      ...networks.flatMap((network) => accuraciesOf(network)),
      ...networks.flatMap((network) => scoresOf(network, classes, true)),
    ];
  },
  reads: { ...preparedImages, form: prepare.writes.form },
  writes: {
    metrics,
    scores,
    /** A row a trial, in the order of their ids; a score that is NaN says that the trial failed. */
    trials: table({
      id: int,
      parent: optionalInt,
      iteration: optionalInt,
      bracket: optionalInt,
      rung: optionalInt,
      initialEpoch: int,
      epochs: int,
      values: spread(value),
      score: numberOrNaN,
    }),
    /** Why the search ended before its last trial. */
    stopped: optional(json(z.string())),
    importance: json(importance),
    winners: json(winners),
    winner: optionalGroup({ ...modelFiles, ...evaluated }),
    study: optionalGroup(evaluated),
  },
  jobs: { fit },
  shows: { seedSpread },
});

/** What is wrong with a space for the network that is tuned. */
function spaceFaults(space: Space): Fault[] {
  const needed = Object.keys(tunable);
  return [
    ...needed.filter((name) => !(name in space)).map((name) => ({
      path: ["tune", "space", name],
      message: "is missing: the network and its training take it",
    })),
    ...Object.entries(space).flatMap(([name, parameter]) =>
      needed.includes(name)
        ? extremes(parameter).flatMap((value) => valueFault(["tune", "space", name], name, value))
        : [{ path: ["tune", "space", name], message: unknownName(name, needed) }]
    ),
  ];
}

/** The fault of values of which none make a network, or of which those of the original winner do not. */
function networkFaults(
  space: Space,
  published: Values,
  input: Shape,
  classes: number,
): Fault[] {
  // The smallest windows fit best.
  const smallest = Object.fromEntries(
    Object.entries(space).map((
      [name, parameter],
    ) => [name, extremes(parameter).toSorted(byValue)[0]]),
  );
  const refusal = (values: Values): string | undefined => {
    try {
      resolveLayers(tunedLenet(trialValues(values), input, classes));
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
  const none = refusal(smallest);
  if (none) return [{ path: ["tune", "space"], message: `no values make a network: ${none}` }];
  const theirs = refusal({ ...smallest, ...published });
  return theirs ? [{ path: ["published", "winner"], message: theirs }] : [];
}

const byValue = (a: Value, b: Value) => Number(a) - Number(b);

/** The values of a hyperparameter that are most likely to be wrong. */
const extremes = (parameter: Hyperparameter) =>
  parameter.type === "choice" ? parameter.values : [parameter.minValue, parameter.maxValue];

function valueFault(path: readonly string[], name: string, value: unknown): Fault[] {
  const known = Object.entries(tunable).find(([key]) => key === name);
  if (!known) return [{ path, message: unknownName(name, Object.keys(tunable)) }];
  const result = known[1].safeParse(value);
  if (result.success) return [];
  return [{ path, message: `${shortly(value)}: ${result.error.issues[0].message}` }];
}
