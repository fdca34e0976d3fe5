/**
 * Bayesian optimisation with a Gaussian process and an upper confidence bound (Srinivas et al.,
 * 2010), with the semantics of Keras Tuner's `BayesianOptimization`.
 *
 * Two things differ. The maximum of the bound is taken over points drawn at random, which are sets
 * of values that can be tried, instead of climbing in the continuous cube and rounding afterwards.
 * And sets of values already tried are never proposed again, where Keras Tuner may.
 *
 * @module
 */
import { type RandomState, randomState, seedFor } from "../random.ts";
import { fitGaussianProcess } from "./gaussian_process.ts";
import { checkCounts } from "./options.ts";
import { names, sample, sampleNew, type Space, toUnit, type Values, valuesKey } from "./space.ts";
import type { Batches, Oracle, Trial } from "./trial.ts";

/** What Bayesian optimisation is told. */
export interface BayesianOptimizationOptions {
  /** How many trials at most; fewer where the space is exhausted before. */
  readonly maxTrials: number;
  /** Epochs of each. */
  readonly epochs: number;
  /**
   * How many trials are proposed before their scores are looked at, whatever the number that run
   * at once; a multiple of that number keeps all places busy. 1 learns most from each trial.
   */
  readonly batchSize: number;
  /** Trials drawn at random first; 3 a hyperparameter if omitted, as in Keras Tuner. */
  readonly numInitialPoints?: number;
}

/** Weight of the standard deviation in the bound: Keras Tuner's `beta`. */
const BETA = 2.6;

/** Sets of values among which the bound is maximised. */
const CANDIDATES = 5000;

/**
 * Trials over a checked space: random ones until `numInitialPoints` have succeeded, then batches
 * where the bound is highest.
 *
 * @throws {Error} where options are out of range
 */
export function bayesianOptimization(
  space: Space,
  options: BayesianOptimizationOptions,
  seed: number,
): Oracle {
  checkCounts("Bayesian optimisation", options, {
    maxTrials: 1,
    epochs: 1,
    batchSize: 1,
    numInitialPoints: 1,
  });
  return [propose(space, options, seed)];
}

function* propose(space: Space, options: BayesianOptimizationOptions, seed: number): Batches {
  const { maxTrials, epochs, batchSize } = options;
  const numInitialPoints = options.numInitialPoints ?? 3 * names(space).length;
  const random = randomState(seedFor(seed, "trials"));
  const tried = new Set<string>();
  const points: number[][] = [];
  const scores: number[] = [];
  let id = 0;
  while (id < maxTrials) {
    const missing = numInitialPoints - scores.length;
    const size = Math.min(missing > 0 ? missing : batchSize, maxTrials - id);
    const proposed = missing > 0
      ? sampleNew(space, size, random, tried)
      : highestBounds(space, size, points, scores, random, tried);
    if (proposed.length === 0) return;
    const batch = proposed.map((values): Trial => ({ id: id++, values, initialEpoch: 0, epochs }));
    const results = yield batch;
    for (const [i, score] of results.entries()) {
      if (Number.isNaN(score)) continue;
      points.push(toUnit(space, batch[i].values));
      scores.push(score);
    }
  }
}

/**
 * The sets of values proposed next, `size` of them unless all candidates were tried. One proposed
 * already has no score yet and is given a pessimistic one, mean less one standard deviation, so
 * that the next goes elsewhere (Keras Tuner does so with trials that are running).
 */
function highestBounds(
  space: Space,
  size: number,
  points: readonly number[][],
  scores: readonly number[],
  random: RandomState,
  tried: Set<string>,
): Values[] {
  const x = [...points];
  const y = [...scores];
  const proposed: Values[] = [];
  while (proposed.length < size) {
    const candidates = Array.from({ length: CANDIDATES }, () => sample(space, random))
      .filter((values) => !tried.has(valuesKey(values)));
    if (candidates.length === 0) break;
    const places = candidates.map((values) => toUnit(space, values));
    const { mean, std } = fitGaussianProcess(x, y).predict(places);
    const bounds = mean.map((value, i) => value + BETA * std[i]);
    const best = bounds.reduce((best, bound, i) => (bound > bounds[best] ? i : best), 0);
    proposed.push(candidates[best]);
    tried.add(valuesKey(candidates[best]));
    x.push(places[best]);
    y.push(mean[best] - std[best]);
  }
  return proposed;
}
