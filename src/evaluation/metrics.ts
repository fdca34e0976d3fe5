/** The one form of every figure that is reported, asserted or gated on. @module */
import { z } from "zod";

/** A figure with the name by which it is gated on. */
export interface Metric {
  /** `<stage>.<what>.<figure>`: `baseline.test.accuracy`. */
  name: string;
  /** The figure. */
  value: number;
  /** 95% interval, where there is one. */
  interval: [low: number, high: number] | null;
  /** Number of images behind the value. */
  n: number;
}

/** The schema of a list of metrics, as an artifact holds it. */
export const metricList: z.ZodType<Metric[]> = z.array(z.strictObject({
  name: z.string().regex(/^[a-z0-9-]+(\.[A-Za-z0-9-]+)+$/),
  value: z.number(),
  interval: z.tuple([z.number(), z.number()]).nullable(),
  n: z.int().positive(),
}));
