/** The accuracies of stage `champion`, from what it keeps. @module */
import { accuracyMetric } from "../../evaluation/accuracy.ts";
import type { Metric } from "../../evaluation/metrics.ts";
import { spreadOf } from "../../evaluation/spread.ts";
import type { NdArray } from "../../ndarray.ts";
import type { Readers } from "../../pipeline/stage.ts";
import { type Asked, championOf, type Evaluation } from "./plan.ts";
import type { champion } from "./stage.ts";

type Bytes = NdArray<Uint8Array>;

/** What the metrics of several trainings together are called. */
export const ENSEMBLE = "ensemble";

/** What the images are that a network is evaluated on. */
export const parts = ["validation", "test"] as const;

/** See `parts`. */
export type Part = typeof parts[number];

/** A row of a matrix, counted from 0. */
export const rowOf = ({ shape: [, length], data }: Bytes, row: number): Uint8Array =>
  data.subarray(row * length, (row + 1) * length);

/** What is kept of the trainings. */
export interface Kept {
  readonly evaluations: readonly Evaluation[];
  readonly validationLabels: Bytes;
  readonly testLabels: Bytes;
  readonly validationPredictions: Bytes;
  readonly testPredictions: Bytes;
  readonly ensemble: { readonly validationPredictions: Bytes; readonly testPredictions: Bytes };
}

/** Reads it from the stage's artifacts. */
export async function keptIn(
  { evaluations, ensemble, ...of }: Pick<Readers<typeof champion.writes>, keyof Kept>,
): Promise<Kept> {
  return {
    evaluations: await evaluations.read(),
    validationLabels: await of.validationLabels.read(),
    testLabels: await of.testLabels.read(),
    validationPredictions: await of.validationPredictions.read(),
    testPredictions: await of.testPredictions.read(),
    ensemble: {
      validationPredictions: await ensemble.validationPredictions.read(),
      testPredictions: await ensemble.testPredictions.read(),
    },
  };
}

/** What each seed of a network predicts, by one way to evaluate it: a row a seed. */
export const predictionsOf = (
  kept: Kept,
  part: Part,
  network: string,
  mirrored: boolean,
): Uint8Array[] =>
  kept.evaluations.flatMap((evaluation, row) =>
    evaluation.network === network && evaluation.mirrored === mirrored
      ? [rowOf(kept[`${part}Predictions`], row)]
      : []
  );

/** The accuracies of a network's trainings, a number a seed. */
export const accuraciesOf = (
  kept: Kept,
  part: Part,
  network: string,
  mirrored: boolean,
): number[] =>
  predictionsOf(kept, part, network, mirrored).map((row) =>
    accuracyMetric("", row, kept[`${part}Labels`].data).value
  );

/**
 * What is reported of a network: its accuracy as its regime declares it, and beside that of mirrored
 * evaluation the one on images as they are, called `plain`.
 */
const reported = ({ networks }: Pick<Asked, "networks">) =>
  networks.flatMap(({ name, regime: { evaluation } }) =>
    evaluation === undefined ? [{ name, network: name, mirrored: false }] : [
      { name, network: name, mirrored: true },
      { name: `${name}.plain`, network: name, mirrored: false },
    ]
  );

/** Names of the metrics, in their order. */
export const championMetricNames = (asked: Pick<Asked, "networks">): string[] =>
  [...reported(asked).map(({ name }) => name), ENSEMBLE].flatMap((name) =>
    parts.map((part) => `champion.${name}.${part}.accuracy`)
  );

/** The metrics: means over seeds with Student's intervals; of the ensemble, which is one, Wilson's. */
export const championMetrics = (kept: Kept, asked: Pick<Asked, "networks">): Metric[] => [
  ...reported(asked).flatMap(({ name, network, mirrored }) =>
    parts.map((part): Metric => {
      const { mean, low, high } = spreadOf(accuraciesOf(kept, part, network, mirrored));
      return {
        name: `champion.${name}.${part}.accuracy`,
        value: mean,
        interval: [low, high],
        n: kept[`${part}Labels`].data.length,
      };
    })
  ),
  ...parts.map((part) =>
    accuracyMetric(
      `champion.${ENSEMBLE}.${part}.accuracy`,
      kept.ensemble[`${part}Predictions`].data,
      kept[`${part}Labels`].data,
    )
  ),
];

/** Whether the declared accuracy of a network is that of mirrored evaluation. */
export const isMirrored = ({ networks }: Pick<Asked, "networks">, network: string): boolean =>
  championOf(networks, network).regime.evaluation === "mirrored";
