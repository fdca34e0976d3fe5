/** The one form of every figure that is reported, asserted or gated on. @module */
import { z } from "zod";
import { wilson } from "./intervals.ts";

/** A list of metrics as an artifact holds it. */
export const metricList = z.array(z.strictObject({
  /** `<stage>.<what>.<figure>`: `baseline.test.accuracy`. */
  name: z.string().regex(/^[a-z0-9-]+(\.[A-Za-z0-9-]+)+$/),
  value: z.number(),
  /** 95% interval, where there is one. */
  interval: z.tuple([z.number(), z.number()]).nullable(),
  /** Number of images behind the value. */
  n: z.int().positive(),
}));

/** See `metricList`. */
export type Metric = z.infer<typeof metricList>[number];

/** Accuracy of predictions, with its Wilson interval. Both arrays have the same length, at least 1. */
export function accuracyMetric(
  name: string,
  predicted: ArrayLike<number>,
  truth: ArrayLike<number>,
): Metric {
  let correct = 0;
  for (let i = 0; i < truth.length; i++) if (predicted[i] === truth[i]) correct++;
  const { low, high } = wilson(correct, truth.length);
  return { name, value: correct / truth.length, interval: [low, high], n: truth.length };
}
