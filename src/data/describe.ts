/**
 * A data set in numbers: pandas's `describe()` of every column, missing values, label counts.
 *
 * @module
 */
import type { LabelledImages } from "./dataset.ts";

/** One column's row of `DataFrame.describe()`. All but `count` are NaN where there are no rows. */
export interface ColumnSummary {
  /** `label`, or `pixel1` (top left) to `pixelP` in reading order, as in Kaggle's CSV. */
  readonly column: string;
  /** How many rows there are. */
  readonly count: number;
  /** Their mean. */
  readonly mean: number;
  /** Standard deviation with ddof 1; NaN for a single row. */
  readonly std: number;
  /** The smallest value. */
  readonly min: number;
  /** The first quartile; as the others, linear between the two nearest values. */
  readonly q25: number;
  /** The median. */
  readonly q50: number;
  /** The third quartile. */
  readonly q75: number;
  /** The largest value. */
  readonly max: number;
}

/**
 * What `pandas.DataFrame.describe()` gives for the table of labels and pixels, one entry a column.
 * Computed from a histogram of each column, so the quartiles are exact and the same bits come out
 * on every machine.
 *
 * @param places which values of an image are described, counted from 0 in reading order; all if omitted
 */
export function describe(
  { images, labels }: LabelledImages,
  places?: readonly number[],
): ColumnSummary[] {
  const rows = labels.data.length;
  const pixels = rows === 0 ? 0 : images.data.length / rows;
  const described = places ?? Array.from({ length: pixels }, (_, place) => place);
  const histograms = new Uint32Array(256 * (1 + described.length));
  for (let row = 0, first = 0; row < rows; row++, first += pixels) {
    histograms[labels.data[row]]++;
    for (let i = 0; i < described.length; i++) {
      histograms[256 * (i + 1) + images.data[first + described[i]]]++;
    }
  }
  return Array.from({ length: 1 + described.length }, (_, column) => ({
    column: column === 0 ? "label" : `pixel${described[column - 1] + 1}`,
    ...summarize(histograms.subarray(256 * column, 256 * (column + 1)), rows),
  }));
}

function summarize(histogram: Uint32Array, count: number): Omit<ColumnSummary, "column"> {
  let sum = 0;
  for (let value = 0; value < 256; value++) sum += value * histogram[value];
  const mean = sum / count;
  let squares = 0;
  for (let value = 0; value < 256; value++) squares += histogram[value] * (value - mean) ** 2;

  /** The value at `rank` (from 0) of the sorted column. */
  const ranked = (rank: number) => {
    let value = 0;
    for (let below = histogram[0]; below <= rank; below += histogram[++value]);
    return value;
  };
  const quantile = (q: number) => {
    if (count === 0) return NaN;
    const position = q * (count - 1);
    const lower = Math.floor(position);
    const low = ranked(lower);
    return low + (ranked(Math.ceil(position)) - low) * (position - lower);
  };
  return {
    count,
    mean,
    std: count > 1 ? Math.sqrt(squares / (count - 1)) : NaN,
    min: quantile(0),
    q25: quantile(0.25),
    q50: quantile(0.5),
    q75: quantile(0.75),
    max: quantile(1),
  };
}

/**
 * How many of the cells that the shapes announce hold no value, `isnull().sum().sum()` in pandas.
 * 0 for whatever a reader of this project gave: they refuse an empty field and a truncated file.
 */
export function missingValues({ images, labels }: LabelledImages): number {
  const size = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1);
  return size(images.shape) - images.data.length + size(labels.shape) - labels.data.length;
}

/** How many rows each class has: `[classes]`, the index being the label. */
export function labelCounts(labels: LabelledImages["labels"], classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels.data) counts[label]++;
  return counts;
}
