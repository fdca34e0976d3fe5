/**
 * What a random forest fitted to finished trials says beyond their importance: how much that depends
 * on single trials, and what scores it expects where nothing was tried.
 *
 * @module
 */
import { RandomForestRegression } from "ml-random-forest";
import { permutation, randomState, seedFor } from "../random.ts";
import { placesBy } from "./importance.ts";
import { names, sample, type Space, type Values, valuesKey } from "./space.ts";

/** A trial, as far as a forest learns from it; a `FinishedTrial` is one. */
interface Scored {
  readonly values: Values;
  /** Epochs done when it ended. */
  readonly epochs: number;
  /** NaN where it failed; then nothing is learnt from it. */
  readonly score: number;
}

/**
 * Trees of a forest: fewer than those of `importance`, because many forests are fitted here, and fewer
 * still where each takes long. Many trials tell more, and need fewer.
 */
const treesFor = (trials: number): number => Math.max(8, Math.min(30, Math.round(1500 / trials)));

/** Points of the space over which shares are taken. */
const POINTS = 300;

/** How many of them the expected scores are means over. */
const MEANS = 30;

/** How many parts the sets of values are put in, of which each is left out once. */
const PARTS = 10;

/** Fewer different sets of values make no tree. */
const LEAST = 4;

/**
 * Fits a forest as `importance` does, from places in the unit cube and the logarithm of the epochs.
 *
 * @returns What it expects of values that are trained for as many epochs as the trials at most.
 */
function fitted(
  space: Space,
  trials: readonly Scored[],
  seed: number,
): (values: readonly Values[]) => number[] {
  const places = placesBy(trials, space);
  const forest = new RandomForestRegression({
    nEstimators: treesFor(trials.length),
    seed: seedFor(seed, "forest") | 0,
    noOOB: true,
  });
  forest.train(
    trials.map(({ values, epochs }) => [...places(values), Math.log(epochs)]),
    trials.map(({ score }) => score),
  );
  const longest = Math.log(Math.max(...trials.map(({ epochs }) => epochs)));
  return (values) => forest.predict(values.map((values) => [...places(values), longest]));
}

/** Sets of values that are drawn from a space alike every time. */
function drawn(space: Space, seed: number): Values[] {
  const random = randomState(seedFor(seed, "points"));
  return Array.from({ length: POINTS }, () => sample(space, random));
}

/** Trials that have a score, and their different sets of values in the order of the trials. */
function learntFrom<T extends Scored>(trials: readonly T[]): { scored: T[]; different: string[] } {
  const scored = trials.filter(({ score }) => Number.isFinite(score));
  return { scored, different: [...new Set(scored.map(({ values }) => valuesKey(values)))] };
}

/**
 * The shares of `importance` as they are when a part of the trials is missing: those with every tenth
 * set of values, then the next, or, of ten sets or fewer, with each in turn. Shares that change much
 * with the trials at hand would change with others, too.
 *
 * @returns One record of shares by hyperparameter for each part that was left out; none where what
 * is left would be fewer than 4 different sets of values.
 * @throws {Error} where a trial's value is not in the space
 */
export function sharesWithout(
  space: Space,
  trials: readonly Scored[],
  seed: number,
): { readonly [name: string]: number }[] {
  const { scored, different } = learntFrom(trials);
  const parts = Math.min(PARTS, different.length);
  if (different.length - Math.ceil(different.length / parts) < LEAST) return [];
  const part = new Map(different.map((key, i) => [key, i % parts]));
  const points = drawn(space, seed);
  return Array.from({ length: parts }, (_, without) => {
    const left = scored.filter(({ values }) => part.get(valuesKey(values)) !== without);
    const expected = fitted(space, left, seed);
    const before = expected(points);
    const spread = variance(before);
    return Object.fromEntries(
      names(space).map((name) => {
        const order = permutation(seedFor(seed, `permutation/${name}`), POINTS);
        const after = expected(points.map((point, i) => ({
          ...point,
          [name]: points[order[i]][name],
        })));
        const changed = after.reduce((sum, value, i) => sum + (value - before[i]) ** 2, 0) / POINTS;
        return [name, spread === 0 ? 0 : changed / 2 / spread];
      }),
    );
  });
}

/**
 * The scores that a forest expects of some values of a few hyperparameters, as a mean over what the
 * others may be (a partial dependence: Friedman, 2001), after as many epochs as the trials have at most.
 *
 * @param some One entry a score: the values of these few.
 * @returns One score each, or nothing where fewer than 4 different sets of values have one.
 * @throws {Error} where a value is not in the space
 */
export function expectedScores(
  space: Space,
  trials: readonly Scored[],
  some: readonly Values[],
  seed: number,
): number[] | undefined {
  const { scored, different } = learntFrom(trials);
  if (different.length < LEAST) return undefined;
  const expected = fitted(space, scored, seed);
  const others = drawn(space, seed).slice(0, MEANS);
  const scores = expected(
    some.flatMap((values) => others.map((other) => ({ ...other, ...values }))),
  );
  return some.map((_, i) => mean(scores.slice(i * others.length, (i + 1) * others.length)));
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function variance(values: readonly number[]): number {
  const centre = mean(values);
  return mean(values.map((value) => (value - centre) ** 2));
}
