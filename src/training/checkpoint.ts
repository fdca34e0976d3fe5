/** Where a training stands, as bytes to go on from. @module */
import { z } from "zod";
import type { TrainingState, Weights } from "../engine/engine.ts";
import type { NdArray } from "../ndarray.ts";

/** One epoch. Training figures are means over its steps, while the weights change (as in Keras). */
export interface CourseRecord {
  /** Counted from 1. */
  readonly epoch: number;
  /** Of its last step. */
  readonly learningRate: number;
  /** Penalties included. */
  readonly loss: number;
  /** Share of the images, as they were changed, that were classified right. */
  readonly accuracy: number;
  /** Cross-entropy alone, after the epoch, of the weights that are trained. */
  readonly validationLoss: number;
  /** Likewise. */
  readonly validationAccuracy: number;
}

/** The schema of `CourseRecord`. */
export const courseRecord = z.strictObject({
  epoch: z.int(),
  learningRate: z.number(),
  loss: z.number(),
  accuracy: z.number(),
  validationLoss: z.number(),
  validationAccuracy: z.number(),
});

/** A training after some of its epochs, of which `history` tells. */
export interface Standing {
  readonly history: readonly CourseRecord[];
  readonly weights: Weights;
  readonly state: TrainingState;
  /** Empty where none is made, or not yet. */
  readonly average: Weights;
}

const arrays = z.array(z.tuple([z.string(), z.array(z.int().min(0))]));

const header = z.strictObject({
  history: z.array(courseRecord),
  steps: z.int(),
  weights: arrays,
  slots: arrays,
  average: arrays,
});

/** A line of JSON that tells of the arrays, and their values one after another. */
export function encodeStanding({ history, weights, state, average }: Standing): Uint8Array {
  const listed = (arrays: Weights): [string, number[]][] =>
    [...arrays].map(([name, { shape }]) => [name, [...shape]]);
  const told: z.input<typeof header> = {
    history: [...history],
    steps: state.steps,
    weights: listed(weights),
    slots: listed(state.slots),
    average: listed(average),
  };
  const line = new TextEncoder().encode(`${JSON.stringify(told)}\n`);
  const all = [weights, state.slots, average].flatMap((arrays) => [...arrays.values()]);
  const bytes = new Uint8Array(all.reduce((sum, { data }) => sum + data.byteLength, line.length));
  bytes.set(line);
  let offset = line.length;
  for (const { data } of all) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return bytes;
}

/**
 * The inverse.
 *
 * @throws {Error} where the bytes are none of `encodeStanding`
 */
export function decodeStanding(bytes: Uint8Array): Standing {
  const end = bytes.indexOf(10);
  const { history, steps, weights, slots, average } = header.parse(
    JSON.parse(new TextDecoder().decode(bytes.subarray(0, end))),
  );
  let offset = end + 1;
  const taken = (listed: z.infer<typeof arrays>): Map<string, NdArray<Float32Array>> =>
    new Map(listed.map(([name, shape]) => {
      const length = 4 * shape.reduce((product, n) => product * n, 1);
      const data = new Float32Array(bytes.slice(offset, offset += length).buffer);
      return [name, { shape, data }];
    }));
  const standing = {
    history,
    weights: taken(weights),
    state: { steps, slots: taken(slots) },
    average: taken(average),
  };
  if (offset !== bytes.length) {
    throw new Error(`What is kept of a training has ${bytes.length} bytes, expected ${offset}.`);
  }
  return standing;
}
