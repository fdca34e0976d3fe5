/** Names of accuracies as metrics. @module */

/** What a network is evaluated on. */
export const parts = ["train", "validation", "test"] as const;

/** Names of the accuracies of a network: `<network>.test.accuracy`. */
export const accuraciesOf = (network: string, of: readonly (typeof parts[number])[] = parts) =>
  of.map((part) => `${network}.${part}.accuracy`);
