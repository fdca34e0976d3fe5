/** What is said of a prepared data set. @module */

/** The artifact `summary.json` of stage `prepare`. */
export interface PrepareSummary {
  /** Rows and columns of the training table as read, label included. */
  readonly shape: readonly [number, number];
  readonly missingValues: number;
  readonly duplicates: number;
  /** Number of training images of every class, duplicates dropped. */
  readonly labelCounts: readonly number[];
  /** Shape of every prepared array, by name. */
  readonly shapes: { readonly [name: string]: readonly number[] };
  /** The first labels one-hot, `[5, classes]`. */
  readonly oneHot: readonly (readonly number[])[];
  readonly labels: readonly number[];
}
