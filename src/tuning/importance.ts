/**
 * How much each hyperparameter matters, by permutation on a random forest that was fitted to the
 * finished trials.
 *
 * @module
 */
import { RandomForestRegression } from "ml-random-forest";
import { permutation, randomState, seedFor } from "../random.ts";
import { names, sample, type Space, toUnit, valuesKey } from "./space.ts";
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
 * part of its share; read the shares together with `r2`. Throws an Error for fewer than 4 different
 * sets of values, which make no tree. Equal scores give zeros.
 */
export function importance(
  space: Space,
  trials: readonly FinishedTrial[],
  seed: number,
): Importance {
  const finished = ranked(trials); // in an order of its own
  const different = [...new Set(finished.map(({ values }) => valuesKey(values)))];
  if (different.length < 4) {
    throw new Error(
      "The importance of hyperparameters needs 4 different sets of values that were trained " +
        `without failing; got ${different.length}.`,
    );
  }
  const rows = finished.map(({ values, epochs, score }) => ({
    point: [...toUnit(space, values), Math.log(epochs)],
    score,
    // A promoted trial has its parent's values: both are seen, or neither.
    fold: different.indexOf(valuesKey(values)) % FOLDS,
  }));
  const forestOf = (some: typeof rows) => {
    const forest = new RandomForestRegression({
      nEstimators: TREES,
      seed: seedFor(seed, "forest") | 0,
      noOOB: true,
    });
    forest.train(some.map(({ point }) => point), some.map(({ score }) => score));
    return forest;
  };

  const forest = forestOf(rows);
  const random = randomState(seedFor(seed, "points"));
  const longest = Math.log(Math.max(...finished.map(({ epochs }) => epochs)));
  const points = Array.from(
    { length: POINTS },
    () => [...toUnit(space, sample(space, random)), longest],
  );
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
    const predicted = forestOf(rows.filter((row) => row.fold !== fold))
      .predict(unseen.map(({ point }) => point));
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

function meanSquare(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0) / a.length;
}

function variance(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}
