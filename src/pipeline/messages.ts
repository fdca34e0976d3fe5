/** What a job's process is told and what it tells. @module */
import { z } from "zod";

/** What the worker process reads from its standard input. */
export const jobDocument = z.strictObject({
  /** Address of the job's module. */
  module: z.string(),
  parameters: z.json(),
  backend: z.enum(["tensorflow", "wasm"]).optional(),
  /** Path of every input by name. */
  inputs: z.record(z.string(), z.string()),
  /** Folder to write to. */
  output: z.string(),
});

/** What the worker process writes to its standard output, one JSON document a line. */
export const jobMessage = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("progress"),
    done: z.number(),
    total: z.number(),
    note: z.string().optional(),
  }),
  z.strictObject({ type: z.literal("facts"), facts: z.record(z.string(), z.json()) }),
  z.strictObject({ type: z.literal("failed"), kind: z.string(), message: z.string() }),
  z.strictObject({ type: z.literal("finished") }),
]);
