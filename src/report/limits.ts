/**
 * How much a page shows of what may be long: charts and tables beyond these limits show a sample, or
 * another view, and say so. A page is about 900 pixels wide where it is read, and wider charts are
 * shrunk to it.
 *
 * @module
 */

/** See the module. */
export const limits = {
  /** Rows and columns of a confusion matrix: more do not fit the width of a phone, unless nobody reads their counts. */
  matrix: 10,
  /** Classes, or folds, one by one: about two screens of rows. */
  list: 50,
  /** Rows at each end of a list that is too long. */
  ends: 10,
  /** Pairs of classes, those that are confused most. */
  pairs: 15,
  /** Places of a one-hot vector: a line of text. */
  oneHot: 20,
  /** Folds that are drawn, a panel each. */
  folds: 20,
} as const;
