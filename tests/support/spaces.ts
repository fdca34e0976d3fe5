/** Search spaces for tests. */
import fc from "fast-check";
import type { Hyperparameter, Space } from "../../src/tuning/space.ts";

/** The space of the study. */
export const studySpace = {
  CONV_1_FILTER: { type: "int", minValue: 32, maxValue: 64, step: 1 },
  KERNEL_1_FILTER: { type: "choice", values: [3, 5] },
  CONV_2_FILTER: { type: "int", minValue: 32, maxValue: 128, step: 1 },
  KERNEL_2_FILTER: { type: "choice", values: [3, 5] },
  DROPOUT_1: { type: "float", minValue: 0, maxValue: 0.5, step: 0.05 },
  learning_rate: { type: "float", minValue: 1e-4, maxValue: 1e-2, sampling: "log" },
} satisfies Space;

const hyperparameters: fc.Arbitrary<Hyperparameter> = fc.oneof(
  fc.record({
    type: fc.constant("int" as const),
    minValue: fc.integer({ min: -20, max: 20 }),
    width: fc.nat({ max: 40 }),
    step: fc.integer({ min: 1, max: 5 }),
  }).map(({ width, ...int }) => ({ ...int, maxValue: int.minValue + width })),
  fc.record({
    type: fc.constant("float" as const),
    minValue: fc.integer({ min: -20, max: 20 }).map((n) => n / 7),
    width: fc.nat({ max: 40 }).map((n) => n / 6),
    step: fc.constantFrom(undefined, 0.05, 0.1, 1 / 3, 1),
  }).map(({ width, ...float }) => ({ ...float, maxValue: float.minValue + width })),
  fc.record({
    type: fc.constant("float" as const),
    sampling: fc.constant("log" as const),
    minValue: fc.constantFrom(1e-6, 1e-3, 0.5),
    factor: fc.constantFrom(1, 2, 1000),
  }).map(({ factor, ...float }) => ({ ...float, maxValue: float.minValue * factor })),
  fc.record({
    type: fc.constant("choice" as const),
    values: fc.uniqueArray(fc.oneof(fc.integer(), fc.string(), fc.boolean()), {
      minLength: 1,
      maxLength: 4,
    }),
  }),
);

/** Spaces of one to four hyperparameters of any kind. */
export const spaces: fc.Arbitrary<Space> = fc.dictionary(
  fc.string({ minLength: 1, maxLength: 6 }),
  hyperparameters,
  { minKeys: 1, maxKeys: 4, noNullPrototype: true },
);
