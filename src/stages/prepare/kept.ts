/**
 * How much of the data is kept for the report, whose artifacts are committed: of many classes a sample,
 * and no correlations of large images.
 *
 * @module
 */

/** Classes in the grid of images: it holds every pixel of them. */
export const GRID_CLASSES = 20;

/** Images of each of them. */
export const GRID_IMAGES = 10;

/** Values an image in the matrix of correlations, which has their square: 1,024 make 4 MB. */
export const CORRELATED = 1024;

/** At most so many of a list, spread evenly over it, the first and the last among them. */
export function sampled<T>(list: readonly T[], most: number): T[] {
  if (list.length <= most) return [...list];
  return Array.from(
    { length: most },
    (_, i) => list[Math.round(i * (list.length - 1) / Math.max(1, most - 1))],
  );
}
