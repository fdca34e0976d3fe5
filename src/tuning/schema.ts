/** What `study.ts` says of a search. @module */
import { z } from "zod";
import { count, settings } from "../schema.ts";
import type { OracleOptions } from "./oracle.ts";
import { complaint, type Hyperparameter, type Space, type Values } from "./space.ts";

const value = z.union([z.number(), z.string(), z.boolean()]);

const hyperparameter: z.ZodType<Hyperparameter> = z.discriminatedUnion("type", [
  settings({
    type: z.literal("int"),
    minValue: z.int(),
    maxValue: z.int(),
    step: z.int().optional(),
  }),
  settings({
    type: z.literal("float"),
    minValue: z.number(),
    maxValue: z.number(),
    step: z.number().optional(),
    sampling: z.enum(["linear", "log"]).optional(),
  }),
  settings({ type: z.literal("choice"), values: z.array(value) }),
], {
  error: ({ code }) =>
    code === "invalid_union" ? 'expected the type "int", "float" or "choice"' : undefined,
}).superRefine((parameter, context) => {
  const message = complaint(parameter);
  if (message !== undefined) context.addIssue({ code: "custom", message });
});

/** Hyperparameters by name, one at least. */
export const space: z.ZodType<Space> = z.record(z.string(), hyperparameter)
  .refine((space) => Object.keys(space).length > 0, "the search space has no hyperparameters");

/** A value for each hyperparameter. */
export const values: z.ZodType<Values> = z.record(z.string(), value);

/** An oracle and what it is told. */
export const oracle: z.ZodType<OracleOptions> = z.discriminatedUnion("type", [
  settings({
    type: z.literal("hyperband"),
    maxEpochs: count,
    factor: z.int().min(2),
    hyperbandIterations: count,
  }),
  settings({ type: z.literal("randomSearch"), maxTrials: count, epochs: count }),
  settings({
    type: z.literal("bayesianOptimization"),
    maxTrials: count,
    epochs: count,
    batchSize: count,
    numInitialPoints: count.optional(),
  }),
], {
  error: ({ code }) =>
    code === "invalid_union"
      ? 'expected the type "hyperband", "randomSearch" or "bayesianOptimization"'
      : undefined,
});
