/**
 * Splits index for index as scikit-learn makes them (1.9, `model_selection/_split.py`), whatever the
 * classes of the rows; `stratified.ts` has those that look at them.
 *
 * @module
 */
import { permutation } from "../random.ts";

/** Rows to learn from and rows held out. */
export interface Split {
  /** Indices of the rows to learn from. */
  readonly train: Int32Array;
  /** Indices of the rows held out. */
  readonly test: Int32Array;
}

/**
 * How many of `n` rows are held out.
 *
 * @param testSize their share, in (0, 1); the number is rounded up
 * @throws {RangeError} where one part would be empty
 */
export function heldOut(n: number, testSize: number): number {
  if (!(testSize > 0 && testSize < 1)) {
    throw new RangeError(`The test size is a share between 0 and 1; got ${testSize}.`);
  }
  const count = Math.ceil(testSize * n);
  if (count >= n) {
    throw new RangeError(`A test share of ${testSize} leaves none of ${n} rows to learn from.`);
  }
  return count;
}

/**
 * `train_test_split(range(n), test_size=testSize, random_state=randomState)`: both parts in random order.
 *
 * @param testSize share of the rows held out, in (0, 1); their number is rounded up
 * @throws {RangeError} where one part would be empty
 */
export function trainTestSplit(n: number, testSize: number, randomState: number): Split {
  const testCount = heldOut(n, testSize);
  const order = permutation(randomState, n);
  return {
    train: Int32Array.from(order.subarray(testCount)),
    test: Int32Array.from(order.subarray(0, testCount)),
  };
}

/** @throws {RangeError} where there are fewer than two folds or more folds than rows */
export function checkFolds(n: number, splits: number): void {
  if (!Number.isInteger(splits) || splits < 2 || splits > n) {
    throw new RangeError(`${n} rows can be split into 2 to ${n} folds; got ${splits}.`);
  }
}

/** One split a fold, the indices of each part ascending, from the fold that holds each row out. */
export function splitsOf(fold: Int32Array, splits: number): Split[] {
  const rows = Int32Array.from(fold.keys());
  return Array.from({ length: splits }, (_, k) => ({
    train: rows.filter((row) => fold[row] !== k),
    test: rows.filter((row) => fold[row] === k),
  }));
}

/**
 * `KFold(splits, shuffle=True, random_state=randomState).split(range(n))`: one split a fold, the
 * indices of each part ascending. Each row is held out once; the first `n % splits` folds hold one more.
 *
 * @throws {RangeError} where there are fewer than two folds or more folds than rows
 */
export function kFold(n: number, splits: number, randomState: number): Split[] {
  checkFolds(n, splits);
  const order = permutation(randomState, n);
  const fold = new Int32Array(n);
  for (let k = 0, start = 0; k < splits; k++) {
    const end = start + Math.floor(n / splits) + (k < n % splits ? 1 : 0);
    for (; start < end; start++) fold[order[start]] = k;
  }
  return splitsOf(fold, splits);
}
