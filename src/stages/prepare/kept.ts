/**
 * How much of the data is kept for the report, whose artifacts are committed: of many classes a sample, of
 * large images small ones and a sample of their values, and none of their correlations.
 *
 * @module
 */

/** Classes in the grid of images. */
export const GRID_CLASSES = 20;

/** Images of each of them. */
export const GRID_IMAGES = 10;

/**
 * Pixels of an image's longer side there; a larger one is scaled down. The page has room for hardly more,
 * and the grid takes 2.5 MB at most.
 */
export const GRID_SIDE = 64;

/** Values of an image in the tables that have a column or a row each: these make 0.5 MB. */
export const TABLE_VALUES = 4096;

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

/** The places of the values that tables have, of images of so many: all, or a sample. */
export const inTables = (values: number): number[] =>
  sampled(Array.from({ length: values }, (_, place) => place), TABLE_VALUES);

/** Height and width that an image has in the grid. */
export function inGrid(height: number, width: number): [height: number, width: number] {
  const share = Math.min(1, GRID_SIDE / Math.max(height, width));
  const side = (length: number) => Math.max(1, Math.round(length * share));
  return [side(height), side(width)];
}
