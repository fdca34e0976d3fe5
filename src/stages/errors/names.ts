/** Names of metrics of stage `errors`. @module */

/** Names of the figures of a network whose probabilities are kept, in their order. */
export const figureNames = (network: string) => ({
  ece: `${network}.test.ece`,
  eceScaled: `${network}.test.eceScaled`,
  logLossScaled: `${network}.test.logLossScaled`,
});
