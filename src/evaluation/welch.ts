/** Whether two recipes differ, judged by several trainings of each. @module */
import { type Interval, meanAndStd } from "./intervals.ts";

/** The difference of two means, first less second, with its 95% interval. */
export interface Welch extends Interval {
  readonly value: number;
  /** Two-sided: how probable so large a difference is where both means are one, 0 to 1. */
  readonly p: number;
}

const CONFIDENCE = 0.95;

/** Spreads and differences that are smaller, as shares of the means, are those of sums' last bits. */
const ROUNDING = 1e-14;

/**
 * Welch's t-test of two independent samples that need not vary alike: B. L. Welch, "The generalization
 * of 'Student's' problem when several different population variances are involved", Biometrika 34
 * (1947), with Satterthwaite's degrees of freedom. Samples that do not vary at all leave nothing to
 * chance: p is 1 where they are equal, 0 where they are not.
 *
 * @param first At least two values.
 * @param second At least two values.
 * @throws {RangeError} where there are fewer
 */
export function welch(first: readonly number[], second: readonly number[]): Welch {
  const [a, b] = [first, second].map((values) => {
    const { mean, std } = meanAndStd(values);
    return { mean, variance: std ** 2 / values.length, degrees: values.length - 1 };
  });
  const value = a.mean - b.mean;
  const variance = a.variance + b.variance;
  const rounding = ROUNDING * Math.max(Math.abs(a.mean), Math.abs(b.mean));
  if (Math.sqrt(variance) <= rounding) {
    return { value, low: value, high: value, p: Math.abs(value) <= rounding ? 1 : 0 };
  }
  // As shares of the whole variance, since its square may be smaller than any number.
  const degrees = 1 /
    ((a.variance / variance) ** 2 / a.degrees + (b.variance / variance) ** 2 / b.degrees);
  const error = Math.sqrt(variance);
  const half = error * quantile(degrees);
  return {
    value,
    low: value - half,
    high: value + half,
    p: beyond(Math.abs(value) / error, degrees),
  };
}

/** The t that Student's distribution stays within with a probability of 95%; `degrees` need not be whole. */
function quantile(degrees: number): number {
  let low = 0;
  let high = Math.PI / 2;
  while (true) {
    const angle = (low + high) / 2;
    const t = Math.tan(angle);
    if (angle === low || angle === high) return t;
    if (beyond(t, degrees) > 1 - CONFIDENCE) low = angle;
    else high = angle;
  }
}

/** P(|T| > t): the incomplete beta function of degrees / (degrees + t²), degrees / 2 and 1/2. */
function beyond(t: number, degrees: number): number {
  const x = degrees / (degrees + t * t);
  return incompleteBeta(x, 1 - x, degrees / 2, 1 / 2);
}

/**
 * I_x(a, b), by its continued fraction (NIST Digital Library of Mathematical Functions, 8.17.22), which
 * converges fast up to the mean; beyond it the function is 1 less that of the other tail.
 *
 * @param y 1 - x
 */
function incompleteBeta(x: number, y: number, a: number, b: number): number {
  if (x === 0 || y === 0) return x;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(y, x, b, a);
  // Numerators d(1), d(2), ... of x, below fractions of 1; from the front, as quotients of its
  // convergents' numerators and of their denominators.
  let [above, below, fraction] = [1, 0, 1];
  for (let n = 1; n < 1000; n++) {
    const m = Math.floor(n / 2);
    const d = n % 2 === 0
      ? m * (b - m) * x / ((a + n - 1) * (a + n))
      : -(a + m) * (a + b + m) * x / ((a + n - 1) * (a + n));
    below = 1 / (1 + d * below);
    above = 1 + d / above;
    const factor = above * below;
    fraction *= factor;
    if (Math.abs(factor - 1) < 1e-15) break;
  }
  const logBeta = logGamma(a) + logGamma(b) - logGamma(a + b);
  return Math.exp(a * Math.log(x) + b * Math.log(y) - logBeta) / (a * fraction);
}

/** ln Γ(x) for x above 0: Stirling's series (NIST Digital Library of Mathematical Functions, 5.11.1) from 15 on. */
function logGamma(x: number): number {
  if (x < 15) return logGamma(x + 1) - Math.log(x);
  const s = 1 / (x * x);
  const series = (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s / 1188)))) / x;
  return (x - 1 / 2) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + series;
}
