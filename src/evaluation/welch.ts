/** Whether the trainings of one recipe come out better than those of another. @module */
import { type Interval, meanAndStd } from "./intervals.ts";

/** Below this p, a difference counts as more than chance. */
export const LEVEL = 0.05;

/** What Welch's test compares and finds. */
export interface Welch extends Interval {
  /** The mean of the first less that of the second; `low` and `high` bound its 95% interval. */
  readonly value: number;
  /**
   * Two-sided: how probable a difference this far from 0 is, in standard errors, when both means are
   * equal; 0 to 1.
   */
  readonly p: number;
}

/** Spreads and differences that are smaller, as shares of the means, are those of sums' last bits. */
const ROUNDING = 1e-14;

/**
 * Welch's t-test of two independent samples, such as the accuracies of trainings with different seeds.
 *
 * B. L. Welch, "The generalization of 'Student's' problem when several different population variances
 * are involved", Biometrika 34 (1947). Spreads may differ, as those of a small and a large network do.
 * It takes values for normal, which shares of thousands of images nearly are. An exact permutation test
 * takes them for nothing, but of four and four values it has 70 arrangements and so no p below 0.029
 * however far apart they lie, and it gives no interval.
 *
 * Samples that are each all alike have no spread to judge by: p is 1 where they are equal, else 0.
 *
 * @param first At least two values.
 * @param second At least two values.
 * @throws {RangeError} where there are fewer
 */
export function welch(first: readonly number[], second: readonly number[]): Welch {
  const parts = [first, second].map((values) => {
    const { mean, std } = meanAndStd(values);
    return { mean, variance: std ** 2 / values.length, degrees: values.length - 1 };
  });
  const value = parts[0].mean - parts[1].mean;
  const variance = parts[0].variance + parts[1].variance;
  const error = Math.sqrt(variance);
  const rounding = ROUNDING * Math.max(...parts.map(({ mean }) => Math.abs(mean)));
  if (error <= rounding) {
    return { value, low: value, high: value, p: Math.abs(value) <= rounding ? 1 : 0 };
  }
  // As shares of the whole variance, since its square may be smaller than any number.
  const degrees = 1 /
    parts.reduce((sum, part) => sum + (part.variance / variance) ** 2 / part.degrees, 0);
  const half = quantile(degrees) * error;
  return {
    value,
    low: value - half,
    high: value + half,
    p: beyond(Math.atan2(error * Math.sqrt(degrees), Math.abs(value)), degrees),
  };
}

/** The t beyond which Student's distribution, of any degrees of freedom from 1, has 5% on both sides. */
function quantile(degrees: number): number {
  const wanted = 0.05 * powerOfSine(Math.PI / 2, degrees - 1);
  let [low, high] = [0, Math.PI / 2];
  while (true) {
    const angle = (low + high) / 2;
    if (angle === low || angle === high) return Math.sqrt(degrees) / Math.tan(angle);
    if (powerOfSine(angle, degrees - 1) > wanted) high = angle;
    else low = angle;
  }
}

/**
 * P(|T| > t) for t = sqrt(degrees) / tan(angle), angle from 0 to pi / 2: with that substitution the
 * density of Student's distribution is a power of the sine, and what makes it one the same integral up
 * to pi / 2.
 */
const beyond = (angle: number, degrees: number): number =>
  Math.min(1, powerOfSine(angle, degrees - 1) / powerOfSine(Math.PI / 2, degrees - 1));

/**
 * The integral of sin(x)^power from 0 to `to`, power from 0, by the double exponential rule (H.
 * Takahasi and M. Mori, "Double exponential formulas for numerical integration", 1974), which takes no
 * offence at a derivative without bounds at 0.
 */
function powerOfSine(to: number, power: number): number {
  let sum = 0;
  for (let k = -N; k <= N; k++) {
    const s = k / N * REACH;
    const u = Math.PI / 2 * Math.sinh(s);
    // The share of the way from 0, exact near 0.
    const place = 1 / (1 + Math.exp(-2 * u));
    const weight = Math.PI / 4 * Math.cosh(s) / Math.cosh(u) ** 2;
    sum += weight * Math.sin(to * place) ** power;
  }
  return sum * to * REACH / N;
}

/** Steps of the rule on each side, and how far it goes: the weights beyond are below 1e-17. */
const N = 128;
const REACH = 3.2;
