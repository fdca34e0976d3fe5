/** Stage `champion`: the strongest networks that the study's images and two cores make, by declared regimes. @module */
import { z } from "zod";
import { boolean, int, number, word } from "../../files/table.ts";
import { array, table } from "../../pipeline/artifacts.ts";
import { count, oneOf, settings, twice, unknownName } from "../../schema.ts";
import { regime } from "../../training/regime.ts";
import { job as train } from "../../training/train_job.ts";
import { baseline } from "../baseline/stage.ts";
import { modelFiles } from "../evaluated.ts";
import { metrics } from "../metrics.ts";
import { prepare, preparedImages } from "../prepare/stage.ts";
import { defineRoom, type Fault, tooSmall } from "../room.ts";
import { transfer } from "../transfer/stage.ts";
import { tune } from "../tune/stage.ts";
import { championMetricNames, ENSEMBLE } from "./figures.ts";
import { architectureNames, architectures } from "./plan.ts";

export { championMetrics, type ENSEMBLE, keptIn, parts } from "./figures.ts";
export { type Evaluation, evaluationsOf, shortenedOf, trainingsOf } from "./plan.ts";

const name = z.string().regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, {
  error: "a name has small letters, digits and hyphens, and begins with a letter",
});

/** A network of others, which the chart of accuracy and computation shows beside these. */
const published = settings({
  name: z.string().min(1),
  /** On the test images. */
  accuracy: z.number().min(0).max(1),
  parameters: count.optional(),
  /** Of a value by a weight, to predict one image. */
  multiplications: count.optional(),
  epochs: count.optional(),
  /** Images an epoch. */
  images: count.optional(),
  /** Who says so, and where. */
  source: z.string().min(1),
  /** What to know of the figure: on which images it was chosen. */
  remark: z.string().min(1).optional(),
});

const said = settings({
  /** Each is trained with several seeds and evaluated on the test images once a seed, at its end. */
  networks: z.array(settings({ name, network: oneOf(architectureNames), regime })).min(1)
    .refine((list) => !twice(list.map(({ name }) => name)), {
      error: ({ input }) =>
        twice(z.array(z.looseObject({ name: z.string() })).parse(input).map(({ name }) => name)),
    }),
  /** How many seeds: that of each regime and those that follow. */
  seeds: z.int().min(2).max(100),
  /** The name of the network whose trainings are taken together as well, their probabilities averaged. */
  ensemble: z.string(),
  /** What each ingredient of a regime adds: the training shortened, and the same without it. */
  leaveOneOut: settings({
    /** The name of the network. */
    network: z.string(),
    epochs: count,
    /** How many images of the split, its first ones, are learnt from and validated on. */
    subset: settings({ train: count, validation: count }),
  }),
  /** See the chart; none if omitted. */
  published: z.array(published).optional(),
});

function championFaults({ networks, seeds, ensemble, leaveOneOut }: z.infer<typeof said>): Fault[] {
  const names = networks.map(({ name }) => name);
  const fault = (at: readonly PropertyKey[], message: string): Fault => ({
    path: ["champion", ...at],
    message,
  });
  const unknown = (at: readonly PropertyKey[], name: string) =>
    names.includes(name) ? [] : [fault(at, unknownName(name, names))];
  const left = networks.find(({ name }) => name === leaveOneOut.network)?.regime;
  return [
    ...unknown(["ensemble"], ensemble),
    ...unknown(["leaveOneOut", "network"], leaveOneOut.network),
    ...networks.flatMap(({ name, regime }, i) => [
      ...(name === ENSEMBLE
        ? [
          fault(
            ["networks", i, "name"],
            `${ENSEMBLE} is what several trainings together are called`,
          ),
        ]
        : []),
      ...(regime.seed + seeds - 1 > 0xffffffff
        ? [fault(["seeds"], `the last seed of ${name} would be ${regime.seed + seeds - 1}`)]
        : []),
    ]),
    ...(left?.averaging?.type === "lastEpochs" && left.averaging.epochs > leaveOneOut.epochs
      ? [
        fault(
          ["leaveOneOut", "epochs"],
          `${leaveOneOut.network} averages its last ${left.averaging.epochs} epochs`,
        ),
      ]
      : []),
  ];
}

const bytes = array("uint8", [null]);
const predicted = array("uint8", [null, null]);

/** The stage. */
export const champion = defineRoom({
  name: "champion",
  about: "The strongest networks: changed images, schedules, averaged weights, half precision",
  optional: true,
  settings: said,
  module: import.meta.resolve("./run.ts"),
  section: import.meta.resolve("./section.ts"),
  // What others have published is shown, and trains nothing.
  parameters: ({ published: _, ...asked }, { classes }) => ({ classes, ...asked }),
  keyed: (parameters) => parameters,
  faults: (asked, { classes }, input) => [
    ...asked.networks.flatMap(({ network }) =>
      tooSmall(() => architectures[network](input, classes.length))
    ),
    ...championFaults(asked),
  ],
  metrics: (asked) => championMetricNames(asked),
  reads: { ...preparedImages, form: prepare.writes.form },
  writes: {
    metrics,
    /** How much each network is, its multiplications for one image, and the operations of one of its trainings. */
    sizes: table({ network: word, parameters: int, multiplications: int, flop: int }),
    /** A row an epoch of a training. */
    history: table({
      network: word,
      seed: int,
      epoch: int,
      learningRate: number,
      loss: number,
      accuracy: number,
      validationLoss: number,
      validationAccuracy: number,
    }),
    /** A row for each row of the predictions, as `evaluationsOf` says. */
    evaluations: table({ network: word, seed: int, mirrored: boolean }),
    validationLabels: bytes,
    testLabels: bytes,
    /** Classes that each evaluation takes images for, `[evaluations, N]`. */
    validationPredictions: predicted,
    testPredictions: predicted,
    /** The same of the means of the probabilities of all trainings of one network. */
    ensemble: { validationPredictions: bytes, testPredictions: bytes },
    /** A row a shortened training, as `shortenedOf` says. */
    leftOut: table({ ingredient: word, seed: int }),
    /** What they take the first validation images for, `[leftOut, subset.validation]`. */
    leftOutPredictions: predicted,
    /**
     * Of the first seeds' networks that with the best validation accuracy on images as they are, in
     * half precision, and its accuracies as it was trained.
     */
    kept: { ...modelFiles, metrics },
  },
  jobs: { train },
  shows: {
    baseline: {
      metrics: baseline.writes.metrics,
      model: baseline.writes.model,
      history: baseline.writes.history,
    },
    winner: {
      metrics: tune.writes.metrics,
      model: tune.writes.winner.model,
      history: tune.writes.winner.history,
    },
    transferred: { metrics: transfer.writes.metrics, model: transfer.writes.kept.model },
    summary: prepare.writes.summary,
  },
});
