/** Names of a network's metrics: of its accuracies, and of its scores beside them. @module */
import { overallNames, recallNames } from "../evaluation/scores.ts";

/** What a network is evaluated on. */
export const parts = ["train", "validation", "test"] as const;

/** Names of the accuracies of a network: `<network>.test.accuracy`. */
export const accuraciesOf = (network: string, of: readonly (typeof parts[number])[] = parts) =>
  of.map((part) => `${network}.${part}.accuracy`);

/**
 * Names of the scores of a network, `<network>.test.macroF1`, and of the recalls of its classes,
 * `<network>.test.recall.<class>`. There are log losses where its probabilities are kept.
 */
export const scoresOf = (network: string, classes: readonly string[], losses: boolean) => [
  ...overallNames(`${network}.validation`, losses),
  ...overallNames(`${network}.test`, losses),
  ...recallNames(`${network}.test`, classes),
];
