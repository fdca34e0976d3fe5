/**
 * How much each hyperparameter matters, by permutation on a random forest that was fitted to the
 * finished trials.
 *
 * @module
 */
import { RandomForestRegression } from "ml-random-forest";
import { permutation, randomState, seedFor } from "../random.ts";
import {
  type Hyperparameter,
  isCategorical,
  names,
  sample,
  type Space,
  toUnit,
  type Values,
  valuesKey,
} from "./space.ts";
import { type FinishedTrial, ranked } from "./trial.ts";

/** What the forest says. */
export interface Importance {
  /**
   * By hyperparameter, 0 or more: the share of the variance of the forest's predictions over the
   * space that this value has a part in, alone or together with others. Shares may add up to more
   * than 1, because what two do together counts for both.
   */
  readonly shares: { readonly [name: string]: number };
  /**
   * How well forests predict the scores of values that they have not seen: the share of the
   * variance explained (by values and by epochs), in five-fold cross-validation. 1 is perfect; near
   * or below 0, the shares say nothing.
   */
  readonly r2: number;
}

/** Trees of a forest. */
const TREES = 100;

/** Points of the space over which the variance is taken. */
const POINTS = 4000;

/** Folds of the cross-validation. */
const FOLDS = 5;

/**
 * Fits a forest to the trials that did not fail: from their places in the unit cube and the
 * logarithm of their epochs, which Hyperband varies, to their scores. Then compares its
 * predictions, at the largest number of epochs, for points drawn from the space with those for the
 * same points with one coordinate permuted. Half the mean squared difference over the variance is
 * the total effect of that hyperparameter (Jansen, 1999), the sum of all parts of a functional
 * ANOVA that it occurs in (Hutter et al., 2014).
 *
 * From a few dozen trials, a hyperparameter that happens to go along with an important one is given
 * part of its share; read the shares together with `r2`. Equal scores give zeros. Importance is
 * unknown, null, for fewer than 4 different sets of values that were trained without failing: they
 * make no tree.
 *
 * Words and booleans have no order, and a tree splits along one. The categories of a choice are put
 * in the order of their mean scores, among which the best split of them into two lies (Fisher, 1958).
 *
 * @throws {Error} where a trial's value is not in the space
 */
export function importance(
  space: Space,
  trials: readonly FinishedTrial[],
  seed: number,
): Importance | null {
  const finished = ranked(trials); // in an order of its own
  const different = [...new Set(finished.map(({ values }) => valuesKey(values)))];
  if (different.length < 4) return null;
  const rows = finished.map(({ values, epochs, score }) => ({
    values,
    epochs: Math.log(epochs),
    score,
    // A promoted trial has its parent's values: both are seen, or neither.
    fold: different.indexOf(valuesKey(values)) % FOLDS,
  }));
  const fit = (some: typeof rows) => {
    const forest = new RandomForestRegression({
      nEstimators: TREES,
      seed: seedFor(seed, "forest") | 0,
      noOOB: true,
    });
    const places = placesBy(some, space);
    const point = (values: Values, epochs: number) => [...places(values), epochs];
    forest.train(
      some.map(({ values, epochs }) => point(values, epochs)),
      some.map(({ score }) => score),
    );
    return { forest, point };
  };

  const { forest, point } = fit(rows);
  const random = randomState(seedFor(seed, "points"));
  const longest = Math.max(...rows.map(({ epochs }) => epochs));
  const points = Array.from({ length: POINTS }, () => point(sample(space, random), longest));
  const before = forest.predict(points);
  const spread = variance(before);
  const shares = names(space).map((name, column) => {
    const order = permutation(seedFor(seed, `permutation/${name}`), POINTS);
    const after = forest.predict(
      points.map((point, i) => point.with(column, points[order[i]][column])),
    );
    return [name, spread === 0 ? 0 : meanSquare(after, before) / 2 / spread];
  });

  const folds = Array.from({ length: Math.min(FOLDS, different.length) }, (_, fold) => {
    const unseen = rows.filter((row) => row.fold === fold);
    const { forest, point } = fit(rows.filter((row) => row.fold !== fold));
    const predicted = forest.predict(unseen.map(({ values, epochs }) => point(values, epochs)));
    return unseen.map(({ score }, i) => [predicted[i], score]);
  }).flat();
  const scores = folds.map(([, score]) => score);
  const differences = variance(scores);
  return {
    shares: Object.fromEntries(shares),
    r2: differences === 0
      ? 0
      : 1 - meanSquare(folds.map(([predicted]) => predicted), scores) / differences,
  };
}

/**
 * Gives values their place: that in the unit cube, where a choice of words or booleans has its
 * values in the order of their mean scores in `rows`.
 *
 * @throws {Error} where a value is not in the space
 */
export function placesBy(
  rows: readonly { readonly values: Values; readonly score: number }[],
  space: Space,
): (values: Values) => number[] {
  const overall = mean(rows.map(({ score }) => score));
  const ordered = Object.entries(space).map(([name, parameter]): [string, Hyperparameter] => {
    if (parameter.type !== "choice" || !isCategorical(parameter)) return [name, parameter];
    const means = new Map(parameter.values.map((value) => {
      const scores = rows.filter(({ values }) => values[name] === value).map(({ score }) => score);
      return [value, scores.length === 0 ? overall : mean(scores)];
    }));
    const values = parameter.values.toSorted((a, b) => means.get(a)! - means.get(b)!);
    return [name, { ...parameter, values }];
  });
  const sorted: Space = Object.fromEntries(ordered);
  return (values) => toUnit(sorted, values);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function meanSquare(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0) / a.length;
}

function variance(values: readonly number[]): number {
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / values.length;
}
