/** Axes that go no further than their values can. @module */

/** A scale as Vega-Lite takes it. */
type Scale = { readonly zero: false } | {
  readonly domain: [low: number, high: number];
  readonly nice: false;
};

/**
 * The scale of an axis for values that lie within bounds, not from 0. Values that are all equal, or
 * nearly, would leave an axis without a length, or with the same number at every tick: it then is
 * `least` long, with the values in its middle as far as the bounds allow.
 *
 * @param values Those that are not finite do not count.
 */
function scaleOf(values: readonly number[], least: number, bounds: [number, number]): Scale {
  const finite = values.filter(Number.isFinite);
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  if (high - low >= least) return { zero: false };
  const middle = finite.length === 0 ? bounds[0] : (low + high) / 2;
  const start = Math.max(bounds[0], Math.min(bounds[1] - least, middle - least / 2));
  return { domain: [start, start + least], nice: false };
}

/** For shares, such as accuracies: within 0 and 1, and at least `least` long. */
export const shareScale = (values: readonly number[], least = 0.01): Scale =>
  scaleOf(values, least, [0, 1]);

/** For losses: not below 0, and at least a hundredth of them long. */
export const lossScale = (values: readonly number[]): Scale =>
  scaleOf(values, Math.max(0.01, ...values.filter(Number.isFinite).map((loss) => loss / 100)), [
    0,
    Infinity,
  ]);
