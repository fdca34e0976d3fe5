/**
 * What stage `replicate` finds of the spread over seeds: how it is worked out and kept. It stands here,
 * not with the stage, since that reads from stages which show it.
 *
 * @module
 */
import { bootstrapMean, varianceParts } from "../evaluation/runs.ts";
import { spreadOf } from "../evaluation/spread.ts";
import { int, number, word } from "../files/table.ts";
import { table } from "../pipeline/artifacts.ts";
import type { Written } from "../pipeline/stage.ts";

/** How many tables the bootstrap makes, and its seed. */
export const BOOTSTRAP = { draws: 1000, seed: 1 } as const;

const rows = table({
  /** As metrics call it: `lenet5`. */
  network: word,
  /** `validation` or `test`. */
  part: word,
  /** Trainings, that of the stage which trained it first included, and images. */
  runs: int,
  images: int,
  /** Of the accuracies: see `spreadOf`. */
  mean: number,
  std: number,
  least: number,
  most: number,
  /** Student's interval of the mean: over other seeds, on these images. */
  low: number,
  high: number,
  /** See `varianceParts`. */
  seedVariance: number,
  imageVariance: number,
  /** See `bootstrapMean`: over other seeds and other images together. */
  bootstrapLow: number,
  bootstrapHigh: number,
});

/** A row a network and part of the images. */
export const seedSpread: Written<typeof rows> = {
  ...rows,
  stage: "replicate",
  name: "seed-spread.csv",
};

/** A row of `seedSpread`. */
export type SeedSpread = ReturnType<typeof rows.decode>[number];

/**
 * What several trainings of a network come to.
 *
 * @param truth classes of the images, `[N]`
 * @param predicted what each training takes them for, `[runs][N]`, at least two
 */
export function seedSpreadOf(
  network: string,
  part: string,
  truth: ArrayLike<number>,
  predicted: readonly ArrayLike<number>[],
): SeedSpread {
  const right = predicted.map((classes) =>
    Uint8Array.from(truth, (label, i) => Number(classes[i] === label))
  );
  const { low, high, ...spread } = spreadOf(
    right.map((row) => row.reduce((sum, one) => sum + one, 0) / row.length),
  );
  const { seeds, images } = varianceParts(right);
  const bootstrap = bootstrapMean(right, BOOTSTRAP.draws, BOOTSTRAP.seed);
  return {
    network,
    part,
    runs: predicted.length,
    images: truth.length,
    ...spread,
    low,
    high,
    seedVariance: seeds,
    imageVariance: images,
    bootstrapLow: bootstrap.low,
    bootstrapHigh: bootstrap.high,
  };
}
