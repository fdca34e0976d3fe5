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
  readonly values: Values;
  /** Epochs done before it starts: 0, or the `epochs` of its parent. */
  readonly initialEpoch: number;
  /** Epochs done when it ends, the parent's included. */
  readonly epochs: number;
  /** The trial whose weights it starts from; it has the same values. Fresh weights where left out. */
  readonly parent?: number;
  /** Its place in Hyperband: which sweep, counted from 0, ... */
  readonly iteration?: number;
  /** ... which bracket, named by how often it halves, ... */
  readonly bracket?: number;
  /** ... and which rung of the bracket, counted from 0. */
  readonly rung?: number;
}

/** A trial that ran. */
export interface FinishedTrial extends Trial {
  /** The objective, larger is better; NaN where the trial failed. */
  readonly score: number;
}

/** Yields a batch of trials, is sent their scores in the same order, and so on until it is done. */
export type Batches = Generator<readonly Trial[], void, readonly number[]>;

/** Sequences of batches that do not depend on each other and may run side by side. */
export type Oracle = readonly Batches[];

/**
 * How many failed trials in a row, by `id`, stop a search. The number is Keras Tuner's, which counts
 * in the order of ending.
 */
export const MAX_CONSECUTIVE_FAILURES = 3;

/**
 * Runs a search to its end and gives its trials by `id`. `run` trains one trial and resolves to its
 * score; it is called for all trials of a batch at once and has to bound how many run. A score that
 * is not finite means that the trial failed: it counts as tried and is never the best, never
 * promoted, never learnt from. Throws an Error after three failed trials in a row, and whatever
 * `run` throws.
 */
export async function search(
  oracle: Oracle,
  run: (trial: Trial) => Promise<number>,
): Promise<FinishedTrial[]> {
  const finished: FinishedTrial[] = [];
  await Promise.all(oracle.map(async (batches) => {
    let failed: FinishedTrial[] = [];
    let step = batches.next();
    while (!step.done) {
      const batch = await Promise.all(step.value.map(async (trial) => {
        const score = await run(trial);
        return { ...trial, score: Number.isFinite(score) ? score : NaN };
      }));
      for (const trial of batch) {
        failed = Number.isNaN(trial.score) ? [...failed, trial] : [];
        if (failed.length === MAX_CONSECUTIVE_FAILURES) throw new Error(failures(failed));
      }
      finished.push(...batch);
      step = batches.next(batch.map(({ score }) => score));
    }
  }));
  return finished.sort((a, b) => a.id - b.id);
}

function failures(trials: readonly FinishedTrial[]): string {
  const list = trials.map(({ id, values }) => `  trial ${id}: ${JSON.stringify(values)}`);
  return `The search stopped: ${trials.length} trials in a row gave no finite score.\n${
    list.join("\n")
  }\nA loss that diverges is the usual cause; look at the learning rate's range in the search space.`;
}

/** The trials that did not fail, best first; of equal scores the lower `id` comes first. */
export function ranked(trials: readonly FinishedTrial[]): FinishedTrial[] {
  return trials.filter(({ score }) => !Number.isNaN(score))
    .sort((a, b) => b.score - a.score || a.id - b.id);
}
