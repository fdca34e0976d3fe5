/** How much of the images is kept for the report, whose artifacts are committed: 0.4 MB at most. @module */

/** Images of a gallery: of mistakes, of images that all miss, of disagreements by halves. */
export const SHOWN = 10;

/** Images of all galleries. */
export const MOST_SHOWN = 3 * SHOWN;

/** Pixels of an image's longer side; a larger one is scaled down. */
export const SIDE = 64;

/** Height and width that an image is kept with. */
export function keptSize(height: number, width: number): [height: number, width: number] {
  const share = Math.min(1, SIDE / Math.max(height, width));
  const side = (length: number) => Math.max(1, Math.round(length * share));
  return [side(height), side(width)];
}
