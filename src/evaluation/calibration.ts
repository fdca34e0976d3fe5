/**
 * How far the probabilities of a classifier can be believed, and the one temperature that mends them
 * best.
 *
 * C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On calibration of modern neural networks", ICML 2017.
 *
 * @module
 */
import type { NdArray } from "../ndarray.ts";
import { checkSameLength, classify, matrixShape } from "./confusion.ts";
import { crossEntropy } from "./loss.ts";

/** Probabilities `[N, C]`, each row a distribution. */
type Probabilities = NdArray<Float32Array | Float64Array>;

/** Images whose most probable class has a probability above `low` and up to `high`. */
export interface Bin {
  readonly low: number;
  readonly high: number;
  /** How many there are, from 1, and how many of them are of that class. */
  readonly images: number;
  readonly right: number;
  /** The mean probability of that class. */
  readonly confidence: number;
}

/**
 * Images by the probability of their most probable class, in bins of equal width from 0 to 1; bins
 * without images are left out. A probability at the edge of two is in the lower one, as in
 * scikit-learn's `calibration_curve`.
 *
 * @param labels True classes, `[N]`.
 * @param bins How many, from 1.
 * @throws {RangeError} where the lengths differ or a probability is NaN
 */
export function reliability(
  probabilities: Probabilities,
  labels: ArrayLike<number>,
  bins: number,
): Bin[] {
  const [rows, classes] = matrixShape(probabilities);
  checkSameLength("labels", labels, "rows of probabilities", { length: rows });
  const predicted = classify(probabilities);
  const found = Array.from({ length: bins }, () => ({ images: 0, right: 0, sum: 0 }));
  const edges = Array.from({ length: bins - 1 }, (_, i) => (i + 1) / bins);
  for (let row = 0; row < rows; row++) {
    const confidence = probabilities.data[row * classes + predicted[row]];
    const above = edges.findIndex((edge) => confidence <= edge);
    const bin = found[above < 0 ? bins - 1 : above];
    bin.images++;
    bin.sum += confidence;
    if (predicted[row] === labels[row]) bin.right++;
  }
  return found.flatMap(({ images, right, sum }, i) =>
    images === 0
      ? []
      : [{ low: i / bins, high: (i + 1) / bins, images, right, confidence: sum / images }]
  );
}

/** What bins come to. */
export interface Calibration {
  /** The share of images that are of their most probable class. */
  readonly accuracy: number;
  /** The mean probability of that class: as accurate as the classifier takes itself to be. */
  readonly confidence: number;
  /**
   * Expected calibration error: how far the share that is right lies from the mean probability, on
   * average over bins, each counted by its images; 0 to 1.
   */
  readonly ece: number;
}

/** Sums up bins, of which there is at least one. */
export function calibrationOf(bins: readonly Bin[]): Calibration {
  const sum = (of: (bin: Bin) => number) => bins.reduce((sum, bin) => sum + of(bin), 0);
  const images = sum((bin) => bin.images);
  return {
    accuracy: sum((bin) => bin.right) / images,
    confidence: sum((bin) => bin.images * bin.confidence) / images,
    ece: sum((bin) => Math.abs(bin.right - bin.images * bin.confidence)) / images,
  };
}

/** The least number above 0 in single precision, in place of a probability that was rounded to 0. */
const TINY = 2 ** -149;

/** The logarithms of probabilities: what a softmax was given, but for a constant a row. */
const logarithms = ({ shape, data }: Probabilities): NdArray<Float64Array> => ({
  shape,
  data: Float64Array.from(data, (probability) => Math.log(Math.max(probability, TINY))),
});

/** The softmax of each row of `logits`, `[N, C]`, divided by a temperature. */
function softmax(logits: NdArray<Float64Array>, temperature: number): NdArray<Float64Array> {
  const [rows, classes] = matrixShape(logits);
  const data = new Float64Array(rows * classes);
  for (let start = 0; start < data.length; start += classes) {
    let largest = -Infinity;
    for (let c = start; c < start + classes; c++) largest = Math.max(largest, logits.data[c]);
    let sum = 0;
    for (let c = start; c < start + classes; c++) {
      sum += data[c] = Math.exp((logits.data[c] - largest) / temperature);
    }
    for (let c = start; c < start + classes; c++) data[c] /= sum;
  }
  return { shape: logits.shape, data };
}

/**
 * The probabilities that a network gives when what its softmax is given is divided by a temperature:
 * above 1 they come closer to each other, below 1 they draw apart, and their order stays.
 *
 * @param probabilities The output of the softmax.
 * @param temperature Above 0.
 */
export const scaled = (probabilities: Probabilities, temperature: number): NdArray<Float64Array> =>
  softmax(logarithms(probabilities), temperature);

/** Temperatures that are looked at; a best one beyond them says that there is none. */
export const TEMPERATURES = { least: 1 / 16, most: 16 } as const;

/** Steps from 1 to either end, on a scale of logarithms. */
const STEPS = 16;

/** How near the logarithm of the best temperature is found. */
const NEAR = 1e-8;

/**
 * The temperature with which probabilities have the least log loss (`crossEntropy`), within
 * `TEMPERATURES`; of several the one nearest to 1. A grid finds the valley, since the clipped loss may
 * have several, and golden sections its bottom.
 *
 * @param labels True classes, `[N]`, at least one.
 * @throws {RangeError} as `crossEntropy` does
 */
export function fitTemperature(probabilities: Probabilities, labels: ArrayLike<number>): number {
  const logits = logarithms(probabilities);
  const at = (log: number) => {
    const temperature = Math.exp(log);
    return { log, temperature, loss: crossEntropy(softmax(logits, temperature), labels) };
  };
  const end = Math.log(TEMPERATURES.most);
  const better = (a: ReturnType<typeof at>, b: ReturnType<typeof at>) => b.loss < a.loss ? b : a;
  let best = at(0);
  for (let step = 1; step <= STEPS; step++) {
    for (const sign of [1, -1]) best = better(best, at(sign * end * step / STEPS));
  }
  const golden = (Math.sqrt(5) - 1) / 2;
  let low = Math.max(-end, best.log - end / STEPS);
  let high = Math.min(end, best.log + end / STEPS);
  let [left, right] = [at(high - golden * (high - low)), at(low + golden * (high - low))];
  while (high - low > NEAR) {
    if (left.loss <= right.loss) {
      high = right.log;
      right = left;
      left = at(high - golden * (high - low));
    } else {
      low = left.log;
      left = right;
      right = at(low + golden * (high - low));
    }
  }
  const { temperature } = better(best, better(left, right));
  return Math.min(TEMPERATURES.most, Math.max(TEMPERATURES.least, temperature));
}
