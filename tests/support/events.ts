/** What `--json` prints while stages run, as `docs/commands.md` has it. @module */
import { z } from "zod";
import type { RunEvent } from "../../src/pipeline/events.ts";

const stage = z.string();
const label = z.string();

const holder = z.strictObject({
  pid: z.int(),
  host: z.string(),
  user: z.string().nullable(),
  since: z.iso.datetime(),
});

/** One line. */
export const eventLine: z.ZodType<RunEvent> = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("looking") }),
  z.strictObject({
    type: z.literal("waiting"),
    holder: holder.nullable(),
    state: z.enum(["works", "stopped", "elsewhere", "jobs"]),
  }),
  z.strictObject({ type: z.literal("current"), stage }),
  z.strictObject({
    type: z.literal("started"),
    stage,
    reasons: z.array(z.string()),
    jobs: z.int().min(0),
  }),
  z.strictObject({
    type: z.literal("job"),
    stage,
    label,
    state: z.enum(["asked", "found", "made", "failed"]),
  }),
  z.strictObject({
    type: z.literal("progress"),
    stage,
    label,
    done: z.number().min(0),
    total: z.number().min(0),
    note: z.string().optional(),
  }),
  z.strictObject({ type: z.literal("finished"), stage, seconds: z.number().min(0) }),
  z.strictObject({ type: z.literal("failed"), stage, message: z.string() }),
]);
