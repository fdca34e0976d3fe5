/** Where a score would lie if it were measured again: on other images, or of another training as well. @module */
import { difference, type Interval, meanAndStd, studentT } from "./intervals.ts";

/** Scores are shares: what a symmetric interval has below 0 or above 1 is cut off. */
const within = (low: number, high: number): Interval => ({
  low: Math.max(0, low),
  high: Math.min(1, high),
});

/**
 * Where a score would lie with a probability of 95% if it were measured on as many other images:
 * Newcombe's interval of a difference that is none, around the score.
 *
 * @throws {RangeError} where the score is outside 0 to 1 or there are no images
 */
export function otherImages(score: number, images: number): Interval {
  const measured = { value: score, n: images };
  const { low, high } = difference(measured, measured);
  return within(score + low, score + high);
}

/**
 * Where the score of one more draw would lie with a probability of 95%, measured on as many other
 * images: what it differs by because it is another draw (Student's interval of prediction), and what by
 * because of the images (`otherImages`), both together as independent errors add up.
 *
 * @param scores one a draw, at least two, 0 to 1
 * @param images the number behind each score
 * @throws {RangeError} where there are fewer scores, or no images
 */
export function anotherDraw(scores: readonly number[], images: number): Interval {
  const { mean, std } = meanAndStd(scores);
  const draw = studentT(scores.length - 1) * std * Math.sqrt(1 + 1 / scores.length);
  const { low, high } = otherImages(mean, images);
  return within(mean - Math.hypot(draw, mean - low), mean + Math.hypot(draw, high - mean));
}
