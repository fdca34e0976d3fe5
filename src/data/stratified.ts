/**
 * Splits that give each part its share of every class, index for index as scikit-learn makes them
 * (1.9, `StratifiedShuffleSplit` and `StratifiedKFold` of `model_selection/_split.py`). Scikit-learn
 * may leave a part without a small class; here that is refused, with the class.
 *
 * @module
 */
import { type RandomState, randomState as seeded, shuffle } from "../random.ts";
import { checkFolds, heldOut, kFold, type Split, splitsOf } from "./split.ts";

/**
 * `train_test_split(range(n), test_size=testSize, random_state=randomState, stratify=labels)`: both
 * parts in random order.
 *
 * @param labels the class of every row; a class that no row has is none
 * @param testSize share of the rows held out, in (0, 1); their number is rounded up
 * @param names what errors call the classes, by label; nothing but their labels if omitted
 * @throws {Error} where a part would have no row of a class
 * @throws {RangeError} where one part would be empty
 */
export function stratifiedTrainTestSplit(
  labels: ArrayLike<number>,
  testSize: number,
  randomState: number,
  names?: readonly string[],
): Split {
  const testCount = heldOut(labels.length, testSize);
  const trainCount = labels.length - testCount;
  const random = seeded(randomState);
  const classes = rowsByClass(labels).sort((a, b) => a.label - b.label);
  const counts = classes.map(({ rows }) => rows.length);
  const learnt = drawn(counts, trainCount, random);
  const held = drawn(counts.map((count, i) => count - learnt[i]), testCount, random);
  const lacking = smallest(classes.filter((_, i) => learnt[i] === 0 || held[i] === 0));
  if (lacking) {
    const none = held[classes.indexOf(lacking)] === 0
      ? "holds out none of them"
      : "leaves none of them to learn from";
    throw new Error(
      `${described(lacking, names)}, ` +
        (lacking.rows.length === 1
          ? "and each part needs one. Give the class more images."
          : `and a test share of ${testSize} ${none}. Choose another share, or give the class more images.`),
    );
  }

  const train = new Int32Array(trainCount);
  const test = new Int32Array(testCount);
  let [inTrain, inTest] = [0, 0];
  classes.forEach(({ rows }, i) => {
    shuffle(rows, random);
    train.set(rows.subarray(0, learnt[i]), inTrain);
    test.set(rows.subarray(learnt[i], learnt[i] + held[i]), inTest);
    inTrain += learnt[i];
    inTest += held[i];
  });
  shuffle(train, random);
  shuffle(test, random);
  return { train, test };
}

/**
 * `StratifiedKFold(splits, shuffle=True, random_state=randomState).split(labels, labels)`: one split a
 * fold, the indices of each part ascending. Each row is held out once; the first `n % splits` folds
 * hold one more.
 *
 * @param labels the class of every row; a class that no row has is none
 * @param names what errors call the classes, by label; nothing but their labels if omitted
 * @throws {Error} where a class has fewer rows than there are folds
 * @throws {RangeError} where there are fewer than two folds or more folds than rows
 */
export function stratifiedKFold(
  labels: ArrayLike<number>,
  splits: number,
  randomState: number,
  names?: readonly string[],
): Split[] {
  checkFolds(labels.length, splits);
  // In the order in which the labels first occur, so that what classes are called changes nothing.
  const classes = rowsByClass(labels);
  const least = smallest(classes)!;
  if (least.rows.length < splits) {
    throw new Error(
      `${described(least, names)}, and each of ${splits} folds needs one. ` +
        (least.rows.length === 1
          ? "Give the class more images."
          : `Ask for ${least.rows.length} folds at most, or give the class more images.`),
    );
  }
  const random = seeded(randomState);
  const fold = new Int32Array(labels.length);
  let dealt = 0;
  for (const { rows } of classes) {
    // Rows are dealt round, class after class, which says how many of each class a fold has.
    const folds = Int32Array.from(rows, () => dealt++ % splits).sort();
    shuffle(folds, random);
    rows.forEach((row, i) => fold[row] = folds[i]);
  }
  return splitsOf(fold, splits);
}

/** What a cross-validation says of its folds. */
export interface Folding {
  readonly splits: number;
  readonly randomState: number;
  /** Whether each fold has its share of every class; not if omitted. */
  readonly stratify?: boolean;
}

/**
 * The folds of a cross-validation, by `stratifiedKFold` or `kFold`, which say what they refuse.
 *
 * @param labels the class of every row
 * @param names what errors call the classes, by label; nothing but their labels if omitted
 */
export function foldsOf(
  labels: ArrayLike<number>,
  { splits, randomState, stratify }: Folding,
  names?: readonly string[],
): Split[] {
  return stratify
    ? stratifiedKFold(labels, splits, randomState, names)
    : kFold(labels.length, splits, randomState);
}

/** A class and its rows, ascending. */
interface Class {
  readonly label: number;
  readonly rows: Int32Array;
}

/** The classes that there are, in the order in which they first occur. */
function rowsByClass(labels: ArrayLike<number>): Class[] {
  const found = new Map<number, number[]>();
  for (let row = 0; row < labels.length; row++) {
    const rows = found.get(labels[row]);
    if (rows) rows.push(row);
    else found.set(labels[row], [row]);
  }
  return Array.from(found, ([label, rows]) => ({ label, rows: Int32Array.from(rows) }));
}

/**
 * How many of each class are drawn: as near to its share as whole numbers come. What rounding down
 * leaves over goes to the largest remainders, by lot among equal ones.
 */
function drawn(counts: readonly number[], draws: number, random: RandomState): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const exact = counts.map((count) => count / total * draws);
  const whole = exact.map(Math.floor);
  const remainders = exact.map((value, i) => value - whole[i]);
  let missing = draws - whole.reduce((sum, count) => sum + count, 0);
  for (const remainder of [...new Set(remainders)].sort((a, b) => b - a)) {
    if (missing <= 0) break;
    const equal = Int32Array.from(counts.keys()).filter((i) => remainders[i] === remainder);
    // Also where all of them are taken, as scikit-learn does: what is drawn later depends on it.
    shuffle(equal, random);
    for (const i of equal.subarray(0, missing)) whole[i]++;
    missing -= Math.min(missing, equal.length);
  }
  return whole;
}

/** The class with the fewest rows, the lowest label of several; undefined where there is none. */
const smallest = (classes: readonly Class[]): Class | undefined =>
  classes.toSorted((a, b) => a.rows.length - b.rows.length || a.label - b.label)[0];

/** `Class 3 (Dress) has 2 images`. */
const described = ({ label, rows }: Class, names?: readonly string[]): string =>
  `Class ${label}${names ? ` (${names[label]})` : ""} has ${rows.length} image` +
  (rows.length === 1 ? "" : "s");
