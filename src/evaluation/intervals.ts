/**
 * 95% confidence intervals: of an accuracy, of the difference between two, of a mean over folds.
 *
 * @module
 */

/** Bounds of an interval, `low <= high`. */
export interface Interval {
  /** The smaller bound. */
  readonly low: number;
  /** The larger bound. */
  readonly high: number;
}

/** A share of `n` cases, 0 to 1, as published or measured: an accuracy and its number of images. */
export interface Proportion {
  /** The share. */
  readonly value: number;
  /** The number of cases. */
  readonly n: number;
}

/** The confidence of every interval of this module. */
const CONFIDENCE = 0.95;

/** The 97.5% quantile of the standard normal distribution. */
const Z = 1.959963984540054;

/**
 * Wilson's score interval of a proportion. Unlike the interval of textbooks, p ± z sqrt(p(1-p)/n),
 * it stays within 0 and 1 and keeps its confidence near them.
 *
 * E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22
 * (1927); without continuity correction.
 *
 * @param successes 0 to `n`. Need not be whole: a published share times `n` is not, once rounded.
 * @param n Number of cases, above 0.
 * @throws {RangeError} where one is outside this range
 */
export function wilson(successes: number, n: number): Interval {
  if (!(n > 0 && n < Infinity)) throw new RangeError(`Expected more than 0 cases, not ${n}`);
  if (!(successes >= 0 && successes <= n)) {
    throw new RangeError(`Expected 0 to ${n} successes, not ${successes}`);
  }
  const p = successes / n;
  const scale = 1 + Z * Z / n;
  const centre = (p + Z * Z / (2 * n)) / scale;
  const half = Z / scale * Math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n));
  // Rounding must not put 0 of n below its interval, nor n of n above it.
  return {
    low: Math.max(0, Math.min(p, centre - half)),
    high: Math.min(1, Math.max(p, centre + half)),
  };
}

/**
 * The difference `a - b` of two proportions of different cases, with its interval: the hybrid of
 * both Wilson intervals.
 *
 * R. G. Newcombe, "Interval estimation for the difference between independent proportions:
 * comparison of eleven methods", Statistics in Medicine 17 (1998), method 10.
 *
 * For two models on the same images the true interval is narrower, as far as both err on the same
 * ones; `mcnemar` compares such models.
 *
 * @throws {RangeError} where a share is outside 0 to 1 or there are no cases
 */
export function difference(a: Proportion, b: Proportion): Interval & { readonly value: number } {
  const [ofA, ofB] = [wilson(a.value * a.n, a.n), wilson(b.value * b.n, b.n)];
  const value = a.value - b.value;
  return {
    value,
    // The square root keeps them within -1 and 1 but for rounding.
    low: Math.max(-1, value - Math.hypot(a.value - ofA.low, ofB.high - b.value)),
    high: Math.min(1, value + Math.hypot(ofA.high - a.value, b.value - ofB.low)),
  };
}

/**
 * Mean and standard deviation of a sample (divided by N - 1).
 *
 * @throws {RangeError} where there are fewer than two values: they have no spread
 */
export function meanAndStd(values: readonly number[]): { mean: number; std: number } {
  const n = values.length;
  if (n < 2) throw new RangeError(`Expected at least 2 values, not ${n}`);
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, std: Math.sqrt(squares / (n - 1)) };
}

/**
 * Mean, standard deviation and interval of scores that share training data, as the folds of a
 * cross-validation do. Treated as independent, such scores give an interval that is too narrow;
 * the correction counts the variance `1/k + testSize/trainSize` times in place of `1/k`, with
 * Student's t of k - 1 degrees of freedom.
 *
 * C. Nadeau and Y. Bengio, "Inference for the generalization error", Machine Learning 52 (2003). They
 * derive it for repeated random splits; for folds it is customary and approximate, since no unbiased
 * estimate of the variance exists there.
 *
 * Scores are shares, so what the symmetric interval has below 0 or above 1 is cut off: few folds, or
 * folds near 1, would be given bounds that no score can have.
 *
 * @param scores One a fold, at least two, 0 to 1.
 * @param trainSize Images a fold trains on.
 * @param testSize Images a fold is scored on.
 * @throws {RangeError} where there are fewer scores, one is not within 0 and 1, or a size is not
 * above 0
 */
export function correctedMean(
  scores: readonly number[],
  trainSize: number,
  testSize: number,
): Interval & { readonly mean: number; readonly std: number } {
  if (!(trainSize > 0 && testSize > 0)) {
    throw new RangeError(
      `Expected more than 0 images to train on and to test on, not ${trainSize} and ${testSize}`,
    );
  }
  const outside = scores.find((score) => !(score >= 0 && score <= 1));
  if (outside !== undefined) throw new RangeError(`Expected scores of 0 to 1, not ${outside}`);
  const { mean, std } = meanAndStd(scores);
  const error = std * Math.sqrt(1 / scores.length + testSize / trainSize);
  const half = studentT(scores.length - 1) * error;
  return { mean, std, low: Math.max(0, mean - half), high: Math.min(1, mean + half) };
}

/**
 * The t that Student's distribution stays within with a probability of 95%, -t to t.
 *
 * The distribution has a closed form for whole degrees of freedom (Abramowitz and Stegun, Handbook
 * of Mathematical Functions, 26.7.3 and 26.7.4); its inverse is found by halving. The libraries
 * looked at have no such quantile, no types and 9 digits, or 245 packages.
 *
 * @param degrees Degrees of freedom, a whole number from 1.
 * @throws {RangeError} where it is another number
 */
export function studentT(degrees: number): number {
  if (!Number.isInteger(degrees) || degrees < 1) {
    throw new RangeError(`Expected whole degrees of freedom from 1, not ${degrees}`);
  }
  let low = 0;
  let high = Math.PI / 2;
  while (true) {
    const angle = (low + high) / 2;
    if (angle === low || angle === high) return Math.sqrt(degrees) * Math.tan(angle);
    if (probabilityWithin(angle, degrees) < CONFIDENCE) low = angle;
    else high = angle;
  }
}

/** P(|T| < t) for t = sqrt(degrees) tan(angle). */
function probabilityWithin(angle: number, degrees: number): number {
  const odd = degrees % 2 === 1;
  const cos = Math.cos(angle);
  let sum = 0;
  let term = odd ? cos : 1;
  for (let k = odd ? 3 : 2; k <= degrees; k += 2) {
    sum += term;
    term *= (k - 1) / k * cos * cos;
  }
  return odd ? 2 / Math.PI * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum;
}
