/**
 * Search for the values under which something scores best: random search, Hyperband and Bayesian
 * optimisation with Keras Tuner's names and meanings, over any function. The same seed asks for the
 * same trials, however many of them run at once.
 *
 * @example The best of ten random points
 * ```ts
 * import { openOracle, ranked, search, type Space } from "@atelier/atelier/tuning";
 * import { assert } from "@std/assert";
 *
 * const space: Space = { x: { type: "float", minValue: -1, maxValue: 1 } };
 * const oracle = openOracle(space, { type: "randomSearch", maxTrials: 10, epochs: 1 }, 7);
 * const { trials } = await search(oracle, ({ values }) =>
 *   Promise.resolve({ score: -Math.abs(Number(values.x)) }));
 * const [best] = ranked(trials);
 * assert(trials.every(({ score }) => score <= best.score));
 * ```
 *
 * @module
 */
export type { BayesianOptimizationOptions } from "../tuning/bayesian_optimization.ts";
export { type Bracket, hyperbandBrackets, type HyperbandOptions } from "../tuning/hyperband.ts";
export { type Importance, importance } from "../tuning/importance.ts";
export { openOracle, type OracleOptions, planned } from "../tuning/oracle.ts";
export type { RandomSearchOptions } from "../tuning/random_search.ts";
export {
  type Choice,
  type Float,
  type Hyperparameter,
  type Int,
  type Space,
  spaceSize,
  type Value,
  type Values,
} from "../tuning/space.ts";
export {
  type Batches,
  type Failure,
  type FinishedTrial,
  type Oracle,
  type Outcome,
  ranked,
  type Search,
  search,
  type Trial,
} from "../tuning/trial.ts";
