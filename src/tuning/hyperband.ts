/**
 * Hyperband (Li et al., JMLR 18, 2018) with the semantics and the arithmetic of Keras Tuner 1.4.
 *
 * A bracket starts many trials for a few epochs, goes on with the best of them for `factor` times
 * as many, and so on up to `maxEpochs`: its rungs. Brackets differ in how early they begin to sort
 * out; bracket 0 does not sort at all and is a random search. First trials do not depend on
 * results, so all of them are drawn at the start, and the brackets run side by side.
 *
 * @module
 */
import { randomState, seedFor } from "../random.ts";
import { checkCounts } from "./options.ts";
import { sampleNew, type Space, type Values } from "./space.ts";
import { type Batches, type Oracle, ranked, type Trial } from "./trial.ts";

/** What Hyperband is told. */
export interface HyperbandOptions {
  /** Epochs of a trial that comes through all rungs. */
  readonly maxEpochs: number;
  /** One in so many trials is promoted, to so many times the epochs; Keras Tuner's default is 3. */
  readonly factor: number;
  /** How often all brackets are run, each time with new trials. */
  readonly hyperbandIterations: number;
}

/** One bracket as planned. */
export interface Bracket {
  /** Counted from 0. */
  readonly iteration: number;
  /** How often it sorts out: the number of its rungs less one. */
  readonly bracket: number;
  /** Its rungs, in order. */
  readonly rungs: readonly {
    /** How many trials, at most. */
    readonly size: number;
    /** Epochs of a trial when it leaves the rung, earlier rungs included. */
    readonly epochs: number;
  }[];
}

/**
 * The brackets in the order of Keras Tuner, those that sort out most first. Of the
 * `floor(log_factor(maxEpochs)) + 1` brackets of an iteration, bracket s has rungs r = 0 to s of
 * `ceil(b * factor^(s - r) / (s + 1))` trials at `ceil(maxEpochs / factor^(s - r))` epochs, with
 * `b = ceil(log_factor(maxEpochs)) + 1`. The paper rounds rungs after the first down and has
 * `floor` in b; both give its table of `maxEpochs` 81 and `factor` 3 for the first rungs.
 * Computed in whole numbers.
 *
 * @throws {Error} where options are out of range
 */
export function hyperbandBrackets(options: HyperbandOptions): Bracket[] {
  const { maxEpochs, factor, hyperbandIterations } = options;
  checkCounts("Hyperband", options, { maxEpochs: 1, factor: 2, hyperbandIterations: 1 });
  let most = 0;
  while (factor ** (most + 1) <= maxEpochs) most++;
  const b = (factor ** most < maxEpochs ? most + 1 : most) + 1;
  const brackets: Bracket[] = [];
  for (let iteration = 0; iteration < hyperbandIterations; iteration++) {
    for (let bracket = most; bracket >= 0; bracket--) {
      const rungs = Array.from({ length: bracket + 1 }, (_, rung) => {
        const share = factor ** (bracket - rung);
        return {
          size: Math.ceil(b * share / (bracket + 1)),
          epochs: Math.ceil(maxEpochs / share),
        };
      });
      brackets.push({ iteration, bracket, rungs });
    }
  }
  return brackets;
}

/**
 * All brackets over a checked space. Two first trials never have the same values; where the space
 * is exhausted, brackets begin with fewer trials or with none. From a rung, as many of the best
 * trials that did not fail go on as the next one takes, as in the paper. (Keras Tuner promotes one
 * less for each trial that failed, and an exhausted space ends its search without promotions.)
 */
export function hyperband(space: Space, options: HyperbandOptions, seed: number): Oracle {
  const random = randomState(seedFor(seed, "trials"));
  const tried = new Set<string>();
  let id = 0;
  return hyperbandBrackets(options).map((bracket) => {
    const first = id;
    id += bracket.rungs.reduce((sum, { size }) => sum + size, 0);
    const drawn = sampleNew(space, bracket.rungs[0].size, random, tried);
    return successiveHalving(bracket, drawn, first);
  });
}

/** The rungs of one bracket. Ids are planned from `first` on, so that no other bracket's results move them. */
function* successiveHalving(
  { iteration, bracket, rungs }: Bracket,
  drawn: readonly Values[],
  first: number,
): Batches {
  let entrants: Pick<Trial, "values" | "initialEpoch" | "parent">[] = drawn
    .map((values) => ({ values, initialEpoch: 0 }));
  for (let rung = 0; rung < rungs.length && entrants.length > 0; rung++) {
    const batch = entrants.map((entrant, i): Trial => ({
      id: first + i,
      ...entrant,
      epochs: rungs[rung].epochs,
      iteration,
      bracket,
      rung,
    }));
    const scores = yield batch;
    first += rungs[rung].size;
    entrants = ranked(batch.map((trial, i) => ({ ...trial, score: scores[i] })))
      .slice(0, rungs[rung + 1]?.size ?? 0)
      .map(({ id, values, epochs }) => ({ values, initialEpoch: epochs, parent: id }));
  }
}
