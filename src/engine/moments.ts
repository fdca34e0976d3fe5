/** Means and variances of batches, put together to those of all that was in them. @module */
import type { NumberArray } from "../ndarray.ts";
import type { Weights } from "./engine.ts";

/** What has been put together so far of one layer. */
interface Sums {
  images: number;
  /** By channel, over all images: sums of the mean, and of the mean of squares, each times its images. */
  readonly mean: Float64Array;
  readonly squares: Float64Array;
}

/**
 * Puts together the moments of batches, layer by layer: `E[x]` and `E[x^2] - E[x]^2` over all of them, so
 * that batches of other sizes count by their images. What differs between batches is part of the variance.
 */
export function pooledMoments() {
  const layers = new Map<string, Sums>();
  return {
    /** Adds a batch of so many images with the mean and the biased variance by channel. */
    add(layer: string, images: number, mean: NumberArray, variance: NumberArray): void {
      let sums = layers.get(layer);
      if (!sums) {
        const zeros = () => new Float64Array(mean.length);
        layers.set(layer, sums = { images: 0, mean: zeros(), squares: zeros() });
      }
      sums.images += images;
      for (let i = 0; i < mean.length; i++) {
        sums.mean[i] += images * mean[i];
        sums.squares[i] += images * (variance[i] + mean[i] * mean[i]);
      }
    },
    /** The moving statistics of every layer, by their names. */
    result(): Weights {
      return new Map([...layers].flatMap(([layer, { images, mean, squares }]) => {
        const variance = squares.map((sum, i) => sum / images - (mean[i] / images) ** 2);
        return [
          ["moving_mean", mean.map((sum) => sum / images)] as const,
          // A difference of near numbers may come out below 0.
          ["moving_variance", variance.map((value) => Math.max(0, value))] as const,
        ].map(([name, values]) =>
          [
            `${layer}/${name}`,
            { shape: [mean.length], data: Float32Array.from(values) },
          ] as const
        );
      }));
    },
  };
}
