/**
 * Several trainings of one recipe on the same images: how much of what their accuracies vary by is the
 * training, and how much the choice of images.
 *
 * @module
 */
import { randomState } from "../random.ts";
import { checkSameLength } from "./confusion.ts";
import type { Interval } from "./intervals.ts";

/** By what the accuracy of one training varies. */
export interface VarianceParts {
  /** Variance between trainings, on the same images: of the seeds. */
  readonly seeds: number;
  /** What other images of the same number and kind add to it. */
  readonly images: number;
}

/**
 * Splits the variance of one training's accuracy into that of the seeds and that of the images, from
 * which images each of several trainings gets right.
 *
 * The table of trainings and images is taken for a two-way layout with random effects; its mean squares
 * give the variances without bias (H. Scheffé, "The Analysis of Variance", 1959, section 7.4). Were both
 * redrawn, an accuracy would vary by the sum of both parts. That two trainings get different ones of the
 * same images right belongs to the seeds: trained again, they would be others. A bootstrap over both
 * counts that up to three times (A. B. Owen, "The pigeonhole bootstrap", The Annals of Applied
 * Statistics 1, 2007), which is much where it is most of what trainings differ by.
 *
 * @param right For each training, at least two, 1 for every image that it gets right and 0 for the
 * others, `[runs][N]`, at least two images.
 * @throws {RangeError} where there are fewer, or lengths differ
 */
export function varianceParts(right: readonly Uint8Array[]): VarianceParts {
  const [runs, images] = sizes(right);
  if (runs < 2 || images < 2) {
    throw new RangeError(`Expected at least 2 trainings and 2 images, not ${runs} and ${images}`);
  }
  // In whole numbers, which do not round: how many trainings get an image right, and how many images a
  // training.
  let all = 0;
  let ofImages = 0;
  for (let i = 0; i < images; i++) {
    let sum = 0;
    for (let run = 0; run < runs; run++) sum += right[run][i];
    all += sum;
    ofImages += sum * sum;
  }
  let ofRuns = 0;
  for (const row of right) ofRuns += row.reduce((sum, one) => sum + one, 0) ** 2;
  // Sums of squares, each times runs * images.
  const total = runs * images * all - all * all;
  const betweenRuns = runs * ofRuns - all * all;
  const betweenImages = images * ofImages - all * all;
  const cells = runs * images;
  const rest = (total - betweenRuns - betweenImages) / cells / ((runs - 1) * (images - 1));
  return {
    seeds: betweenRuns / cells / (runs - 1) / images,
    // As a difference it may come out below 0, where there is next to nothing of it.
    images: Math.max(0, (betweenImages / cells / (images - 1) - rest) / runs / images),
  };
}

/**
 * The 95% interval of the mean accuracy of as many trainings on as many images, were both others: of
 * the means of many tables made of the given one by drawing trainings and images with replacement (the
 * pigeonhole bootstrap, see `varianceParts`), all but the least and the largest 2.5%. It is a little too
 * wide for what the images add, and a little too narrow for few trainings.
 *
 * @param right As in `varianceParts`, at least one training and one image.
 * @param draws How many tables are made.
 * @param seed Of the draws.
 * @throws {RangeError} where lengths differ, or there is nothing to draw
 */
export function bootstrapMean(
  right: readonly Uint8Array[],
  draws: number,
  seed: number,
): Interval {
  const [runs, images] = sizes(right);
  if (!(runs >= 1 && images >= 1 && draws >= 1)) {
    throw new RangeError(
      `Expected trainings, images and draws, not ${runs}, ${images} and ${draws}`,
    );
  }
  const random = randomState(seed);
  const means = new Float64Array(draws);
  const counts = new Uint32Array(images);
  for (let draw = 0; draw < draws; draw++) {
    counts.fill(0);
    for (let drawn = 0; drawn < runs; drawn++) {
      const row = right[random.interval(runs - 1)];
      for (let i = 0; i < images; i++) counts[i] += row[i];
    }
    let sum = 0;
    for (let drawn = 0; drawn < images; drawn++) sum += counts[random.interval(images - 1)];
    means[draw] = sum / (runs * images);
  }
  means.sort();
  return { low: quantile(means, 0.025), high: quantile(means, 0.975) };
}

/** Numbers of trainings and images. */
function sizes(right: readonly Uint8Array[]): [runs: number, images: number] {
  for (const row of right) {
    checkSameLength("images of a training", row, "images of the first one", right[0]);
  }
  return [right.length, right[0]?.length ?? 0];
}

/** A quantile of sorted numbers, between two of them by their distance, as NumPy's `quantile`. */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}
