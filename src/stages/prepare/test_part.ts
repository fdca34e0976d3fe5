/**
 * What is said of a test part that is asked for twice or not at all: of a folder of pictures, only once
 * it has been looked into.
 *
 * @module
 */

/** Of `prepare.split.testPart` beside a test part. */
export const TWO_TEST_PARTS = "the data have a test part of their own; leave this out";

/** Of data without a test part. */
export const NO_TEST_PART =
  "is missing; the data have no test part, so say what is split off as one, such as " +
  "{ testSize: 0.2, randomState: 43 }";
