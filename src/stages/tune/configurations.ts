/** The configurations of a search: sets of values, of which Hyperband trains some in several trials. @module */
import { type Values, valuesKey } from "../../tuning/space.ts";

/** A trial, as far as charts tell of it; a `FinishedTrial` is one. */
export interface ScoredTrial {
  readonly values: Values;
  /** Epochs done when it ended. */
  readonly epochs: number;
  /** Accuracy on the validation images, 0 to 1; NaN where the trial failed. */
  readonly score: number;
}

/**
 * Each configuration once, by its trial with the most epochs; the one that has the best trial of all by
 * that trial. Trials without a score do not count.
 *
 * @param trials By their numbers: of equal ones the first is the best, as for the search.
 * @returns The best first.
 */
export function configurations<T extends ScoredTrial>(trials: readonly T[]): T[] {
  const scored = trials.filter(({ score }) => Number.isFinite(score));
  const best = scored.find(({ score }) => scored.every((other) => other.score <= score));
  const furthest = new Map<string, T>();
  for (const trial of scored) {
    const key = valuesKey(trial.values);
    const other = furthest.get(key);
    if (!other || trial.epochs > other.epochs) furthest.set(key, trial);
  }
  if (best) furthest.set(valuesKey(best.values), best);
  return [...furthest.values()].sort((a, b) =>
    Number(b === best) - Number(a === best) || b.score - a.score
  );
}
