/** Random search (Bergstra and Bengio, 2012), with the semantics of Keras Tuner's `RandomSearch`. @module */
import { randomState, seedFor } from "../random.ts";
import { checkCounts } from "./options.ts";
import { sampleNew, type Space } from "./space.ts";
import type { Batches, Oracle } from "./trial.ts";

/** What a random search is told. */
export interface RandomSearchOptions {
  /** How many trials at most; fewer where the space is exhausted before. */
  readonly maxTrials: number;
  /** Epochs of each. */
  readonly epochs: number;
}

/**
 * Trials drawn from a checked space, no two alike, all in one batch.
 *
 * @throws {Error} where options are out of range
 */
export function randomSearch(space: Space, options: RandomSearchOptions, seed: number): Oracle {
  checkCounts("Random search", options, { maxTrials: 1, epochs: 1 });
  return [draw(space, options, seed)];
}

function* draw(space: Space, { maxTrials, epochs }: RandomSearchOptions, seed: number): Batches {
  yield sampleNew(space, maxTrials, randomState(seedFor(seed, "trials")), new Set())
    .map((values, id) => ({ id, values, initialEpoch: 0, epochs }));
}
