/** The accuracies of stage `ablate`, from what it keeps. @module */
import { accuracyMetric } from "../../evaluation/accuracy.ts";
import { countBits } from "../../evaluation/bits.ts";
import type { Metric } from "../../evaluation/metrics.ts";
import { spreadOf } from "../../evaluation/spread.ts";
import type { NdArray } from "../../ndarray.ts";
import { metricName, type Variant, variantNames } from "./plan.ts";

type Bytes = NdArray<Uint8Array>;

/** A row of a matrix, counted from 0. */
export const rowOf = ({ shape: [, length], data }: Bytes, row: number): Uint8Array =>
  data.subarray(row * length, (row + 1) * length);

/** What is kept of the trainings: what they were, and their row of predictions. */
export interface Kept {
  readonly trainings: readonly { readonly variant: string; readonly images: number }[];
  readonly testLabels: Bytes;
  readonly testPredictions: Bytes;
}

/** The test accuracies of a variant that learnt from so many images, a number a seed. */
export const testAccuracies = (
  { trainings, testLabels, testPredictions }: Kept,
  name: string,
  train: number,
): number[] =>
  trainings.flatMap(({ variant, images }, row) =>
    variant === name && images === train
      ? [accuracyMetric("", rowOf(testPredictions, row), testLabels.data).value]
      : []
  );

/** The metrics: means over seeds of what was trained on `train` images, with Student's intervals. */
export const ablateMetrics = (kept: Kept, train: number): Metric[] =>
  variantNames.map((variant): Metric => {
    const { mean, low, high } = spreadOf(testAccuracies(kept, variant, train));
    return {
      name: metricName(variant),
      value: mean,
      interval: [low, high],
      n: kept.testLabels.data.length,
    };
  });

/** What is kept of predictions of moved images: what they were, and their row of bits. */
export interface KeptMoved {
  readonly moved: readonly {
    readonly variant: string;
    readonly seed: number;
    readonly down: number;
    readonly right: number;
  }[];
  readonly movedRight: Bytes;
}

/** The accuracies of a variant on test images moved by so many pixels, means over directions, a number a seed. */
export function movedAccuracies(
  { moved, movedRight }: KeptMoved,
  name: Variant,
  pixels: number,
  images: number,
): number[] {
  const rows = [...moved.entries()].filter(([, { variant, down, right }]) =>
    variant === name && Math.max(Math.abs(down), Math.abs(right)) === pixels
  );
  const bySeed = Map.groupBy(rows, ([, { seed }]) => seed);
  return [...bySeed.values()].map((of) =>
    of.reduce((sum, [row]) => sum + countBits(rowOf(movedRight, row)), 0) / of.length / images
  );
}
