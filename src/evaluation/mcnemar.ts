/** Whether one of two models is better, judged by the images on which only one of them is right. @module */
import { checkSameLength } from "./confusion.ts";

/** What McNemar's test compares and finds. */
export interface McNemar {
  /** Images that only the first model gets right. */
  readonly onlyFirst: number;
  /** Images that only the second model gets right. */
  readonly onlySecond: number;
  /**
   * Two-sided mid-p: how probable a more uneven split of these images is, and by half one as uneven,
   * when both models are as likely to be the right one; 0 to 1.
   */
  readonly p: number;
}

/**
 * McNemar's mid-p test of two models on the same images.
 *
 * M. W. Fagerland, S. Lydersen, P. Laake, "The McNemar test for binary matched-pairs data: mid-p
 * and asymptotic are better than exact conditional", BMC Medical Research Methodology 13 (2013):
 * the mid-p test is close to its nominal level for few and for many images alike, so that no
 * switch between an exact and a chi-square form is needed.
 *
 * @param labels True classes, `[N]`.
 * @param first Classes predicted by one model, `[N]`.
 * @param second Classes predicted by the other, `[N]`.
 * @throws {RangeError} where the lengths differ
 */
export function mcnemar(
  labels: ArrayLike<number>,
  first: ArrayLike<number>,
  second: ArrayLike<number>,
): McNemar {
  checkSameLength("labels", labels, "predictions of the first model", first);
  checkSameLength("labels", labels, "predictions of the second model", second);
  let onlyFirst = 0;
  let onlySecond = 0;
  for (let i = 0; i < labels.length; i++) {
    const [a, b] = [first[i] === labels[i], second[i] === labels[i]];
    if (a && !b) onlyFirst++;
    if (b && !a) onlySecond++;
  }
  return {
    onlyFirst,
    onlySecond,
    p: midP(Math.min(onlyFirst, onlySecond), onlyFirst + onlySecond),
  };
}

/**
 * The probability of splits more uneven than k of n, k at most half of n, and half of that of splits
 * as uneven: 2 P(X <= k) - P(X = k) for X the heads of n coins. At a tie, n = 2 k, every other split
 * is more uneven and there is one as uneven, not two: 1 - P(X = k) / 2.
 */
function midP(k: number, n: number): number {
  // Models that never differ leave no split to judge, and nothing speaks for one of them.
  if (n === 0) return 1;
  let logAtK = -n * Math.LN2;
  for (let i = 1; i <= k; i++) logAtK += Math.log((n - k + i) / i);
  const atK = Math.exp(logAtK);
  if (2 * k === n) return 1 - atK / 2;
  // P(X = j) for j = k, k - 1, ... relative to P(X = k).
  let relative = 1;
  let sum = 0;
  for (let j = k; j >= 0; j--) {
    sum += relative;
    relative *= j / (n - j + 1);
  }
  return Math.min(1, atK * (2 * sum - 1));
}
