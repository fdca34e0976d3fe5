/** How much of the images is kept for the report, whose artifacts are committed: a gallery of 0.4 MB at most, and mistaken images. @module */

/** Images of a gallery: of mistakes, of images that all miss, of disagreements by halves. */
export const SHOWN = 10;

/** Images of all galleries. */
export const MOST_SHOWN = 3 * SHOWN;

/** Pixels of an image's longer side; a larger one is scaled down. */
export const SIDE = 64;

/** Pixels of the longer side of an image among those that networks get wrong. */
export const MISTAKEN_SIDE = 32;

/** Images in a row of the picture that these lie in. */
export const IN_A_ROW = 32;

/** How many values these images have together at most; as PNG some 0.5 MB of photographs of garments. */
const MISTAKEN_VALUES = 1_250_000;

/** How many of them are kept, by the height, width and channels that they are kept with. */
export const mostMistaken = (size: readonly number[]): number =>
  Math.floor(MISTAKEN_VALUES / size.reduce((product, n) => product * n, 1));

/** Height and width that an image is kept with. */
export function keptSize(
  height: number,
  width: number,
  longer = SIDE,
): [height: number, width: number] {
  const share = Math.min(1, longer / Math.max(height, width));
  const side = (length: number) => Math.max(1, Math.round(length * share));
  return [side(height), side(width)];
}
