/** The weights of several moments of a training made one network. @module */
import { z } from "zod";
import type { Weights } from "../engine/engine.ts";
import type { NdArray } from "../ndarray.ts";
import { count, settings, share } from "../schema.ts";

/** Of which moments, and how they count. */
export type Averaging =
  | {
    /** After each step: `average = decay * average + (1 - decay) * weights`, from the first weights on. */
    readonly type: "exponential";
    readonly decay: number;
  }
  | {
    /** The mean of the weights after each of the last epochs (Izmailov et al., 2018). */
    readonly type: "lastEpochs";
    readonly epochs: number;
  };

/** The schema of averaging. */
export const averaging: z.ZodType<Averaging> = z.discriminatedUnion("type", [
  settings({ type: z.literal("exponential"), decay: share }),
  settings({ type: z.literal("lastEpochs"), epochs: count }),
], {
  error: ({ code }) =>
    code === "invalid_union" ? 'expected the type "exponential" or "lastEpochs"' : undefined,
});

/** Weights that change: copies, which nobody else holds. */
export type Average = ReadonlyMap<string, NdArray<Float32Array>>;

/** A copy of weights. */
export const copyOf = (weights: Weights): Average =>
  new Map([...weights].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]));

/** Moves an average towards weights by a share of what lies between them: `average += part * (weights - average)`. */
export function moveTowards(average: Average, weights: Weights, part: number): void {
  for (const [name, { data }] of average) {
    const other = weights.get(name)!.data;
    for (let i = 0; i < data.length; i++) data[i] += part * (other[i] - data[i]);
  }
}
