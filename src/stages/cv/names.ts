/** Names of the metrics of stage `cv`. @module */

/** The name of a fold's accuracy; folds count from 0. */
export const foldMetric = (fold: number) => `cv.fold${fold + 1}.accuracy`;

/** The name of the accuracy of all folds. */
export const MEAN = "cv.mean.accuracy";

/** What the names of scores of all images held out begin with. */
export const POOLED = "cv.pooled";
