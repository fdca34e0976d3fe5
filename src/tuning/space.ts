/**
 * Search spaces as plain data: hyperparameters with the names and meanings of Keras Tuner 1.4,
 * values drawn from them, and their places in the unit cube.
 *
 * As in Keras Tuner, each hyperparameter is one coordinate in [0, 1). Hyperparameters with n
 * possible values cut it into n equal parts, and a value's place is the middle of its part.
 *
 * @module
 */
import type { RandomState } from "../random.ts";

/** Whole numbers from `minValue` to `maxValue`, both included, `step` (1 if omitted) apart. */
export interface Int {
  /** What kind it is. */
  readonly type: "int";
  /** The smallest value. */
  readonly minValue: number;
  /** The largest value. */
  readonly maxValue: number;
  /** How far values lie apart; 1 if omitted. */
  readonly step?: number;
}

/**
 * Numbers from `minValue` to `maxValue`: any, or those `step` apart. With `sampling` `log` every
 * factor is as likely as every other (0.001 to 0.01 as 0.01 to 0.1), which goes without a step.
 */
export interface Float {
  /** What kind it is. */
  readonly type: "float";
  /** The smallest value. */
  readonly minValue: number;
  /** The largest value. */
  readonly maxValue: number;
  /** How far values lie apart; any number in the range if omitted. */
  readonly step?: number;
  /** `linear` if omitted. */
  readonly sampling?: "linear" | "log";
}

/** One of the values listed. */
export interface Choice {
  /** What kind it is. */
  readonly type: "choice";
  /** The values, each once. */
  readonly values: readonly Value[];
}

/** What may vary in a search. */
export type Hyperparameter = Int | Float | Choice;

/** Hyperparameters by name. Their order does not matter. */
export interface Space {
  /** What may vary, by its name. */
  readonly [name: string]: Hyperparameter;
}

/** The value of one hyperparameter. */
export type Value = number | string | boolean;

/** A value for each hyperparameter of a space. */
export interface Values {
  /** The value, by the name of its hyperparameter. */
  readonly [name: string]: Value;
}

/**
 * The names of a space, sorted: the order of draws and of coordinates. Objects that are equal as
 * JSON are thus searched alike, whatever the order in which they were written down.
 */
export function names(space: Space): string[] {
  return Object.keys(space).sort();
}

/**
 * Checks a space that was written by hand.
 *
 * @throws {Error} where a hyperparameter is wrong, which it names with what is wrong; or where there is
 * none
 */
export function checkSpace(space: Space): void {
  if (names(space).length === 0) throw new Error("The search space has no hyperparameters.");
  for (const name of names(space)) {
    const wrong = complaint(space[name]);
    if (wrong) throw new Error(`Hyperparameter ${name}: ${wrong}.`);
  }
}

/** What is wrong with a hyperparameter; undefined where nothing is. */
export function complaint(parameter: Hyperparameter): string | undefined {
  if (parameter.type === "choice") {
    const { values } = parameter;
    if (values.length === 0) return "a choice needs at least one value";
    const twice = values.find((value, i) => values.indexOf(value) !== i);
    return twice === undefined ? undefined : `${JSON.stringify(twice)} is listed twice`;
  }
  if (parameter.type !== "int" && parameter.type !== "float") {
    const { type } = parameter as { type: unknown };
    return `its type is "int", "float" or "choice"; got ${JSON.stringify(type)}`;
  }
  const { type, minValue, maxValue, step } = parameter;
  const numbers = Object.entries({ minValue, maxValue, ...(step === undefined ? {} : { step }) });
  for (const [what, value] of numbers) {
    if (type === "int" ? !Number.isSafeInteger(value) : !Number.isFinite(value)) {
      return `${what} must be ${type === "int" ? "a whole" : "a finite"} number; got ${value}`;
    }
  }
  if (minValue > maxValue) return `minValue ${minValue} is above maxValue ${maxValue}`;
  if (step !== undefined && step <= 0) return `step must be above 0; got ${step}`;
  if (type === "int" || (parameter.sampling ?? "linear") === "linear") return undefined;
  if (parameter.sampling !== "log") {
    return `sampling is "linear" or "log"; got ${JSON.stringify(parameter.sampling)}`;
  }
  if (minValue <= 0) return `log sampling needs a minValue above 0; got ${minValue}`;
  return step === undefined ? undefined : "log sampling goes without a step; leave one of them out";
}

/** The number of different values of one hyperparameter; `Infinity` for a range without steps. */
function count(parameter: Hyperparameter): number {
  if (parameter.type === "choice") return parameter.values.length;
  const { type, minValue, maxValue } = parameter;
  if (minValue === maxValue) return 1;
  const step = parameter.step ?? (type === "int" ? 1 : undefined);
  // 0.3 / 0.1 is 2.9999999999999996, and 0.3 counts. Keras Tuner divides with Python's `//`, and of
  // 0 to 0.5 by 0.05 never draws 0.5.
  return step === undefined ? Infinity : Math.floor((maxValue - minValue) / step + 1e-9) + 1;
}

/** The number of different sets of values; `Infinity` where a range has no steps. */
export function spaceSize(space: Space): number {
  return names(space).reduce((size, name) => size * count(space[name]), 1);
}

/** The value at a place of the unit interval; 1 itself belongs to the last value. */
function valueAt(parameter: Hyperparameter, place: number): Value {
  const n = count(parameter);
  const index = Math.min(Math.floor(place * n), n - 1);
  if (parameter.type === "choice") return parameter.values[index];
  const { minValue, maxValue, step = 1 } = parameter;
  if (n < Infinity) {
    const value = minValue + index * step;
    return parameter.type === "int" ? value : Number(value.toPrecision(12)); // 0.15, not 0.15...02
  }
  return parameter.type === "float" && parameter.sampling === "log"
    ? minValue * (maxValue / minValue) ** place
    : minValue + place * (maxValue - minValue);
}

/** The place of a value in the unit interval; undefined where it is not in the range. */
function placeOf(parameter: Hyperparameter, value: Value): number | undefined {
  const n = count(parameter);
  if (parameter.type === "choice") {
    const index = parameter.values.indexOf(value);
    return index < 0 ? undefined : (index + 0.5) / n;
  }
  const { minValue, maxValue, step = 1 } = parameter;
  if (typeof value !== "number" || Number.isNaN(value)) return undefined;
  if (n < Infinity) {
    const steps = (value - minValue) / step;
    const index = Math.round(steps);
    const onStep = index >= 0 && index < n && Math.abs(steps - index) < 1e-6;
    return onStep ? (index + 0.5) / n : undefined;
  }
  if (value < minValue || value > maxValue) return undefined;
  return parameter.type === "float" && parameter.sampling === "log"
    ? Math.log(value / minValue) / Math.log(maxValue / minValue)
    : (value - minValue) / (maxValue - minValue);
}

/**
 * Whether a hyperparameter is a choice of which some values are words or booleans: they have no
 * order that means anything.
 */
export function isCategorical(parameter: Hyperparameter): boolean {
  return parameter.type === "choice" &&
    parameter.values.some((value) => typeof value !== "number");
}

/** The value that a column of a table shows as `text`, as `String` writes it; of a choice, the first that does. */
export function valueOf(parameter: Hyperparameter, text: string): Value {
  if (parameter.type !== "choice") return Number(text);
  return parameter.values.find((value) => String(value) === text) ?? text;
}

/** The values at a point of the unit cube, its coordinates in the order of `names`. */
export function fromUnit(space: Space, point: ArrayLike<number>): Values {
  return Object.fromEntries(names(space).map((name, i) => [name, valueAt(space[name], point[i])]));
}

/**
 * The point of the unit cube where values lie, its coordinates in the order of `names`.
 *
 * @throws {Error} where a hyperparameter's value is missing or not in its range; it names the
 * hyperparameter
 */
export function toUnit(space: Space, values: Values): number[] {
  return names(space).map((name) => {
    const place = placeOf(space[name], values[name]);
    if (place !== undefined) return place;
    throw new Error(
      `Hyperparameter ${name}: ${JSON.stringify(values[name])} is not one of its values, ${
        JSON.stringify(space[name])
      }.`,
    );
  });
}

/** Draws a value for each hyperparameter, one number of `random` each. */
export function sample(space: Space, random: RandomState): Values {
  return fromUnit(space, names(space).map(() => random.float64()));
}

/** A text that two sets of values share exactly when they are equal. */
export function valuesKey(values: Values): string {
  return JSON.stringify(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** How many draws in a row may give what was tried before; one more, and nothing is left to try. */
const MAX_COLLISIONS = 20;

/**
 * Draws `size` sets of values that were not tried before, nor drawn with each other, and adds their
 * keys to `tried`. Gives fewer when the space counts as exhausted: more than `MAX_COLLISIONS` draws
 * in a row were tried already (the rule and the number are Keras Tuner's; a few sets of a small
 * space may thus be left out).
 */
export function sampleNew(
  space: Space,
  size: number,
  random: RandomState,
  tried: Set<string>,
): Values[] {
  const drawn: Values[] = [];
  let collisions = 0;
  while (drawn.length < size && collisions <= MAX_COLLISIONS) {
    const values = sample(space, random);
    const key = valuesKey(values);
    if (tried.has(key)) {
      collisions++;
      continue;
    }
    collisions = 0;
    tried.add(key);
    drawn.push(values);
  }
  return drawn;
}
