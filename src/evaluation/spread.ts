/** How far the accuracies of several trainings lie apart, which differ in their seeds alone. @module */
import { type Interval, meanAndStd, studentT } from "./intervals.ts";

/** What several values come to. */
export interface Spread extends Interval {
  /** Their mean; `low` and `high` bound its 95% interval. */
  readonly mean: number;
  /** Their standard deviation, divided by N - 1. */
  readonly std: number;
  /** The smallest. */
  readonly least: number;
  /** The largest. */
  readonly most: number;
}

/**
 * Mean, standard deviation and range of independent shares, with Student's interval of the mean: where
 * the mean of endlessly many would lie. What the symmetric interval has below 0 or above 1 is cut off.
 *
 * @param shares One a training, at least two, 0 to 1.
 * @throws {RangeError} where there are fewer, or one is not within 0 and 1
 */
export function spreadOf(shares: readonly number[]): Spread {
  const outside = shares.find((share) => !(share >= 0 && share <= 1));
  if (outside !== undefined) throw new RangeError(`Expected shares of 0 to 1, not ${outside}`);
  const { mean, std } = meanAndStd(shares);
  const [least, most] = [Math.min(...shares), Math.max(...shares)];
  const half = studentT(shares.length - 1) * std / Math.sqrt(shares.length);
  return {
    // Equal shares must not have a mean beside them by rounding.
    mean: Math.max(least, Math.min(most, mean)),
    std: least === most ? 0 : std,
    least,
    most,
    low: least === most ? least : Math.max(0, mean - half),
    high: least === most ? most : Math.min(1, mean + half),
  };
}

/** The mean of some numbers; NaN of none. */
export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
