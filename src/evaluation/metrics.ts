/** The one form of every figure that is reported, asserted or gated on. @module */
import { z } from "zod";

/** A figure that may be undefined: the recall of a class without images is. */
export interface Score {
  /** `<stage>.<what>.<figure>`, as in `baseline.test.macroF1`; of a class `<stage>.<what>.recall.<its name>`. */
  name: string;
  /** The figure; null where it is undefined. */
  value: number | null;
  /** 95% interval, where there is one. */
  interval: [low: number, high: number] | null;
  /** Number of images behind the value. */
  n: number;
}

/** A figure that there always is, such as `baseline.test.accuracy`. */
export interface Metric extends Score {
  /** The figure. */
  value: number;
}

const interval = z.tuple([z.number(), z.number()]).nullable();

/** The schema of a list of metrics, as an artifact holds it. */
export const metricList: z.ZodType<Metric[]> = z.array(z.strictObject({
  name: z.string().regex(/^[a-z0-9-]+(\.[A-Za-z0-9-]+)+$/),
  value: z.number(),
  interval,
  n: z.int().positive(),
}));

/** The schema of a list of figures that may be undefined; metrics are such, too. */
export const scoreList: z.ZodType<Score[]> = z.array(z.strictObject({
  // A class may be called anything.
  name: z.string().regex(/^[a-z0-9-]+(\.[A-Za-z0-9-]+)+(\.recall\..+)?$/s),
  value: z.number().nullable(),
  interval,
  n: z.int().min(0),
}));

/** What stands before the name of the class in that of its recall: `baseline.test.recall.`. */
export const recallOf = (name: string): string | undefined =>
  /^(?:[A-Za-z0-9-]+\.)+?(?:test|pooled)\.recall\.(?=.)/s.exec(name)?.[0];

/** What a metric tells, by its name: `accuracy`, `logLoss`; `recall` of a class, whatever that is called. */
export const figureOf = (name: string): string =>
  recallOf(name) === undefined ? name.slice(name.lastIndexOf(".") + 1) : "recall";

/** Figures of which less is better: log losses and calibration errors, as they are and after scaling. */
const LOSSES = ["logLoss", "logLossScaled", "ece", "eceScaled"];

/** Whether less of it is better, so that its threshold is the most that passes. */
export const isLoss = (name: string): boolean => LOSSES.includes(figureOf(name));

/** How a threshold on a metric is to be read, in words. */
export const boundOf = (name: string): "at least" | "at most" =>
  isLoss(name) ? "at most" : "at least";

/**
 * Whether a metric passes its threshold: the most of a loss or an error, the least of all else. What
 * is undefined passes none.
 */
export const meets = (name: string, value: number | null, threshold: number): boolean =>
  value !== null && (isLoss(name) ? value <= threshold : value >= threshold);
