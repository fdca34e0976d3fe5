/** What several trainings of one recipe come to, which differ in their seeds alone. @module */
import { type Interval, meanAndStd, studentT } from "./intervals.ts";

/**
 * Mean and standard deviation of accuracies over seeds, and Student's 95% interval of the mean: how
 * far the mean of many more trainings on the same images may lie. What it has below 0 or above 1,
 * which no accuracy can have, is cut off.
 *
 * @param accuracies One a training, at least two, 0 to 1.
 * @throws {RangeError} where there are fewer
 */
export function meanOverSeeds(
  accuracies: readonly number[],
): Interval & { readonly mean: number; readonly std: number } {
  const { mean, std } = meanAndStd(accuracies);
  const half = studentT(accuracies.length - 1) * std / Math.sqrt(accuracies.length);
  return { mean, std, low: Math.max(0, mean - half), high: Math.min(1, mean + half) };
}
