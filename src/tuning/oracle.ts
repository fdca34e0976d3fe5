/** The oracles by name, for a study that names one as data. @module */
import { bayesianOptimization, type BayesianOptimizationOptions } from "./bayesian_optimization.ts";
import { hyperband, hyperbandBrackets, type HyperbandOptions } from "./hyperband.ts";
import { randomSearch, type RandomSearchOptions } from "./random_search.ts";
import { checkSpace, type Space } from "./space.ts";
import type { Oracle } from "./trial.ts";

/** An oracle and what it is told. */
export type OracleOptions =
  | { readonly type: "randomSearch" } & RandomSearchOptions
  | { readonly type: "hyperband" } & HyperbandOptions
  | { readonly type: "bayesianOptimization" } & BayesianOptimizationOptions;

/**
 * A fresh oracle, to be used by one search.
 *
 * @throws {Error} where space or options are wrong
 */
export function openOracle(space: Space, options: OracleOptions, seed: number): Oracle {
  checkSpace(space);
  switch (options.type) {
    case "randomSearch":
      return randomSearch(space, options, seed);
    case "hyperband":
      return hyperband(space, options, seed);
    case "bayesianOptimization":
      return bayesianOptimization(space, options, seed);
    default:
      throw new Error(
        `There is no oracle ${JSON.stringify((options as { type: unknown }).type)}. ` +
          "Known are randomSearch, hyperband and bayesianOptimization.",
      );
  }
}

/** How many trials a search will run, and how many epochs in all of them, unless the space is exhausted or trials fail. */
export function planned(options: OracleOptions): { trials: number; epochs: number } {
  if (options.type !== "hyperband") {
    return { trials: options.maxTrials, epochs: options.maxTrials * options.epochs };
  }
  let [trials, epochs] = [0, 0];
  for (const { rungs } of hyperbandBrackets(options)) {
    for (const [i, rung] of rungs.entries()) {
      trials += rung.size;
      epochs += rung.size * (rung.epochs - (i > 0 ? rungs[i - 1].epochs : 0));
    }
  }
  return { trials, epochs };
}
