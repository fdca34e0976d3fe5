/**
 * Trials, what an oracle is, and the search that runs one.
 *
 * An oracle asks for trials in batches. What a batch holds depends on the seed and on the scores
 * of complete batches before it, never on which trial ended first: a search gives the same trials
 * and the same winner however many of them ran at once. It keeps no state of its own either. A
 * search that was interrupted is started again, asks for the same trials, and gets the scores of
 * those that had finished from wherever `run` keeps them.
 *
 * @module
 */
import type { Values } from "./space.ts";

/** One set of values to be trained and scored. */
export interface Trial {
  /** Unique in its search and counted from 0; where fewer trials ran than planned, numbers are left out. */
  readonly id: number;
  /** What is tried. */
  readonly values: Values;
  /** Epochs done before it starts: 0, or the `epochs` of its parent. */
  readonly initialEpoch: number;
  /** Epochs done when it ends, the parent's included. */
  readonly epochs: number;
  /** The trial whose weights it starts from; it has the same values. Fresh weights if omitted. */
  readonly parent?: number;
  /** Its place in Hyperband: which sweep, counted from 0, ... */
  readonly iteration?: number;
  /** ... which bracket, named by how often it halves, ... */
  readonly bracket?: number;
  /** ... and which rung of the bracket, counted from 0. */
  readonly rung?: number;
}

/** Why a trial has no score: its values make no network, or its loss stopped being a finite number. */
export type Failure = "impossible" | "diverged";

/** What running a trial gives: the objective, larger is better, or why there is none. */
export type Outcome = { readonly score: number } | { readonly failed: Failure };

/** A trial that ran. */
export interface FinishedTrial extends Trial {
  /** The objective, larger is better; NaN where the trial failed. */
  readonly score: number;
  /** Why it has no score; absent where it has one. */
  readonly failed?: Failure;
}

/** What a search leaves. */
export interface Search {
  /** Every trial that ran, by `id`. */
  readonly trials: readonly FinishedTrial[];
  /** Why trials that the oracle had still to ask for were not run, in a sentence; null where it asked for all. */
  readonly stopped: string | null;
}

/** Yields a batch of trials, is sent their scores in the same order, and so on until it is done. */
export type Batches = Generator<readonly Trial[], void, readonly number[]>;

/** Sequences of batches that do not depend on each other and may run side by side. */
export type Oracle = readonly Batches[];

/** How many diverged trials in a row, by `id`, stop a search. The number is Keras Tuner's. */
const MAX_CONSECUTIVE_FAILURES = 3;

/**
 * Runs a search to its end. `run` trains one trial; it is called for all trials of a batch at once
 * and has to bound how many run. A trial that fails, or whose score is not finite (it counts as
 * diverged), counts as tried and is never the best, never promoted, never learnt from.
 *
 * A sequence of batches whose last three trials diverged is asked for no more: what it has run
 * stays, and other sequences go on, so that the trials do not depend on which ended first. Trials
 * that are impossible neither count as one of the three nor end a row. (Keras Tuner looks after each
 * trial, not after each batch, and gives up the whole search.)
 *
 * Whatever `run` throws ends the search.
 */
export async function search(
  oracle: Oracle,
  run: (trial: Trial) => Promise<Outcome>,
): Promise<Search> {
  const sequences = await Promise.all(oracle.map(async (batches) => {
    const trials: FinishedTrial[] = [];
    let step = batches.next();
    while (!step.done) {
      const batch = await Promise.all(
        step.value.map(async (trial) => finish(trial, await run(trial))),
      );
      trials.push(...batch);
      step = batches.next(batch.map(({ score }) => score));
      const last = trials.filter(({ failed }) => failed !== "impossible")
        .slice(-MAX_CONSECUTIVE_FAILURES);
      const hopeless = last.length === MAX_CONSECUTIVE_FAILURES &&
        last.every(({ failed }) => failed === "diverged");
      if (hopeless && !step.done) return { trials, diverged: last };
    }
    return { trials, diverged: [] };
  }));
  const rows = sequences.map(({ diverged }) => diverged).filter(({ length }) => length > 0);
  return {
    trials: sequences.flatMap(({ trials }) => trials).sort((a, b) => a.id - b.id),
    stopped: rows.length === 0 ? null : why(rows),
  };
}

function finish(trial: Trial, outcome: Outcome): FinishedTrial {
  if ("failed" in outcome) return { ...trial, score: NaN, failed: outcome.failed };
  const { score } = outcome;
  return Number.isFinite(score)
    ? { ...trial, score }
    : { ...trial, score: NaN, failed: "diverged" };
}

function why(rows: readonly (readonly FinishedTrial[])[]): string {
  const ids = rows.map((row) => {
    const of = row.map(({ id }) => id);
    return `${of.slice(0, -1).join(", ")} and ${of.at(-1)}`;
  });
  return `Trials ${
    ids.join(", and trials ")
  } diverged one after another, so no more were asked for ` +
    `after them; look at the learning rate's range in the search space.`;
}

/** The trials that did not fail, best first; of equal scores the lower `id` comes first. */
export function ranked(trials: readonly FinishedTrial[]): FinishedTrial[] {
  return trials.filter(({ score }) => !Number.isNaN(score))
    .sort((a, b) => b.score - a.score || a.id - b.id);
}
