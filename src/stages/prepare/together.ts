/** What the correlations of pixels say: how alike neighbours are, pixels far apart, and mirrored ones. @module */
import { decimal, listed } from "../../report/markdown.ts";
import type { ImageSize } from "./charts.ts";

/** Mean correlations over pairs of pixels; NaN where there is no such pair, or none that has a correlation. */
export interface Together {
  /** Next to each other in a row, and in a column. */
  readonly row: number;
  readonly column: number;
  /** Half an image apart, in a row or a column. */
  readonly apart: number;
  /** As far to the left in a row as the other is to the right, and at least half an image apart. */
  readonly mirrored: number;
}

/** Differences of mean correlations that are worth a word. */
const WORTH = 0.1;

/**
 * Means over all pairs of values of the same colour.
 *
 * @param matrix `[P, P]` with `P = height * width * channels`, NaN where there is no correlation.
 */
export function together(
  matrix: Float32Array | Float64Array,
  { height, width, channels }: ImageSize,
): Together {
  const values = height * width * channels;
  const halves = [height, width].map((side) => Math.ceil(side / 2));
  const sums = { row: 0, column: 0, apart: 0, mirrored: 0 };
  const counts = { ...sums };
  for (let value = 0; value < values; value++) {
    const x = Math.floor(value / channels) % width;
    const y = Math.floor(value / channels / width);
    const add = (what: keyof Together, down: number, across: number) => {
      if (y + down >= height || x + across >= width) return;
      const correlation = matrix[value * values + value + (down * width + across) * channels];
      if (Number.isNaN(correlation)) return;
      sums[what] += correlation;
      counts[what]++;
    };
    add("row", 0, 1);
    add("column", 1, 0);
    if (halves[0] > 1) add("apart", halves[0], 0);
    if (halves[1] > 1) add("apart", 0, halves[1]);
    const mirrored = width - 1 - 2 * x;
    if (mirrored >= Math.max(2, halves[1])) add("mirrored", 0, mirrored);
  }
  return {
    row: sums.row / counts.row,
    column: sums.column / counts.column,
    apart: sums.apart / counts.apart,
    mirrored: sums.mirrored / counts.mirrored,
  };
}

/** What can be seen in the map of the correlations, as sentences chosen by the means. */
export function togetherText(
  { row, column, apart, mirrored }: Together,
  { width }: ImageSize,
): string {
  const places = [
    { mean: row, where: "in a row", lines: "the diagonal" },
    {
      mean: column,
      where: "in a column",
      lines: `the lines beside it, one image row (${width} pixels) away`,
    },
  ].filter(({ mean }) => Number.isFinite(mean));
  if (places.length === 0) return "No two neighbouring pixels both differ from image to image.";
  const near = places.reduce((sum, { mean }) => sum + mean, 0) / places.length;
  const neighbours = `Pixels next to each other have a correlation of ${
    listed(places.map(({ mean, where }) => `${decimal(mean, 2)} ${where}`))
  } on average`;
  const far = Number.isFinite(apart)
    ? `, those half an image apart one of ${decimal(apart, 2)}`
    : "";
  const seen = near < WORTH
    ? "In the map they do not stand out"
    : `In the map they are ${listed(places.map(({ lines }) => lines))}`;
  const meant = !Number.isFinite(apart)
    ? ""
    : near - apart >= WORTH
    ? `: what a pixel shows, its neighbours tell better than pixels far away, and convolutions, which ` +
      `look at neighbours together, build on that`
    : `: neighbours tell no more of a pixel than pixels far away do, so there is little for ` +
      `convolutions, which look at neighbours together, to build on`;
  const mirror = Number.isFinite(mirrored) && mirrored - apart >= WORTH
    ? ` Pixels that mirror each other, left and right, have one of ${
      decimal(mirrored, 2)
    } though they ` +
      `are at least as far apart, so most images are about symmetric: the lines that cross the diagonal.`
    : "";
  return `${neighbours}${far}. ${seen}${meant}.${mirror}`;
}
