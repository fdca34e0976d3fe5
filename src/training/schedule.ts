/** How the learning rate goes over a training: a function of the step and of how many there are. @module */
import { z } from "zod";
import { oneOf, settings, share } from "../schema.ts";

/** A course of the learning rate, as shares of the recipe's, which is the highest one. */
export type Schedule =
  | { readonly type: "constant" }
  | {
    /** What follows the warm-up: a line, or half a wave of the cosine (Loshchilov and Hutter, 2017). */
    readonly type: "linear" | "cosine";
    /** Share of all steps in which the rate rises in a line to its highest; 0 for none. */
    readonly warmup: number;
    /** Share of the highest rate that the rest falls towards; 0 for none. */
    readonly final: number;
  };

/** The schema of a schedule. */
export const schedule: z.ZodType<Schedule> = z.discriminatedUnion("type", [
  settings({ type: z.literal("constant") }),
  settings({ type: oneOf(["linear", "cosine"]), warmup: share, final: z.number().min(0).max(1) }),
], {
  error: ({ code }) =>
    code === "invalid_union" ? 'expected the type "constant", "linear" or "cosine"' : undefined,
});

/**
 * The share of the highest learning rate that a step is taken with, in [0, 1].
 *
 * The first of `w` steps of warm-up has `1 / w`, the last one the whole. After them a step goes down from
 * the whole by how many of the remaining ones lie before it, so that the step after the last would have
 * `final`, as Keras's `CosineDecay` and PyTorch's `CosineAnnealingLR` count.
 *
 * @param step counted from 1 to `total`
 */
export function rateShare(schedule: Schedule, step: number, total: number): number {
  if (schedule.type === "constant") return 1;
  const { type, warmup, final } = schedule;
  const rising = Math.round(warmup * total);
  if (step <= rising) return step / rising;
  const gone = (step - 1 - rising) / (total - rising);
  const left = type === "linear" ? 1 - gone : (1 + Math.cos(Math.PI * gone)) / 2;
  return final + (1 - final) * left;
}
