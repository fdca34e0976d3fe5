/** Names that several modules of the stage use. @module */

/** The metric of a network with random weights that stay as they are: its mean over the draws. */
export const randomMetric = (network: string): string =>
  `transfer.${network}.random.validation.accuracy`;
