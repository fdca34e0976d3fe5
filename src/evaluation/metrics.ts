/** The one form of every figure that is reported, asserted or gated on. @module */
import { z } from "zod";

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
