/** What a trial's values mean to the network and to its training. @module */
import type { TunedValues } from "../models/tuned_lenet.ts";
import type { Values } from "../tuning/space.ts";

/** What is tuned: the network's values, and how fast it learns. */
export interface TrialValues extends TunedValues {
  readonly learning_rate: number;
}

/**
 * A trial's values as network and recipe take them.
 *
 * @throws {Error} that names a value which is no number
 */
export function trialValues(values: Values): TrialValues {
  const number = (name: keyof TrialValues): number => {
    const value = values[name];
    if (typeof value === "number") return value;
    throw new Error(`${name} is ${JSON.stringify(value)}, expected a number`);
  };
  return {
    CONV_1_FILTER: number("CONV_1_FILTER"),
    KERNEL_1_FILTER: number("KERNEL_1_FILTER"),
    CONV_2_FILTER: number("CONV_2_FILTER"),
    KERNEL_2_FILTER: number("KERNEL_2_FILTER"),
    DROPOUT_1: number("DROPOUT_1"),
    learning_rate: number("learning_rate"),
  };
}
