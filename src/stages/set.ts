/** Settings of a study that are set beside `study.ts`, as in `baseline.epochs=12`. @module */
import { z } from "zod";
import { canonicalJson, type Json } from "../files/digest.ts";
import { parseJson } from "../files/json.ts";
import { shortly, unknownWord } from "../schema.ts";

/** A setting, and what it is set to. */
export interface Setting {
  /** Its path through the study, with `.` between the steps; entries of lists by their number from 0. */
  readonly path: string;
  readonly value: Json;
}

/** What is set cannot be meant so. */
export class SettingError extends Error {
  override name = "SettingError";
}

/** A value with entries by name, or in a list by number. */
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** The steps of a path: names of settings may have dots in them. */
type Steps = readonly string[];

/**
 * The settings that texts such as `baseline.epochs=12` are. A value is JSON where it reads as such, and text
 * otherwise.
 *
 * @throws {SettingError} where one has no value or no such place in the study, or two are of one place
 */
export function settingsOf(study: unknown, texts: readonly string[]): Setting[] {
  const found = texts.map((text) => settingOf(study, text));
  for (const [i, { path }] of found.entries()) {
    const other = found.find((it, j) => j < i && isWithin(it.path, path));
    if (!other) continue;
    throw new SettingError(
      other.path === path
        ? `--set=${path} is given twice.`
        : `--set=${path} and --set=${other.path} are of one place: one lies within the other.`,
    );
  }
  return found;
}

const isWithin = (a: string, b: string) =>
  a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`);

function settingOf(study: unknown, text: string): Setting {
  const ends = [...text.matchAll(/=/g)].map(({ index }) => index).filter((index) => index > 0);
  if (ends.length === 0) {
    throw new SettingError(
      `--set takes a setting and its value, as in --set=baseline.epochs=12; got ${shortly(text)}.`,
    );
  }
  // A name of a class, say, may have the sign in it.
  const end = ends.find((end) => isThere(study, text.slice(0, end))) ?? ends[0];
  const path = text.slice(0, end);
  stepsTo(study, path);
  return { path, value: valueOf(text.slice(end + 1)) };
}

const valueOf = (text: string): Json => {
  try {
    return z.json().parse(parseJson(text));
  } catch {
    return text;
  }
};

const isThere = (study: unknown, path: string) => {
  try {
    return valueAt(study, path) !== undefined;
  } catch {
    return false;
  }
};

/**
 * The steps of a path. The last may be a name that is not there yet: whether there can be one is for the
 * study's schema to say.
 *
 * @throws {SettingError} that names the step which leads nowhere, and what there is
 */
function stepsTo(value: unknown, path: string, before: Steps = []): Steps {
  const at = before.join(".");
  const where = before.length === 0 ? "the study" : at;
  const whole = before.length === 0 ? path : `${at}.${path}`;
  const refuse = (why: string) => new SettingError(`--set=${whole}: ${why}`);
  if (!isRecord(value)) {
    throw refuse(`${where} is ${shortly(value)}, which has no settings in it.`);
  }
  if (Array.isArray(value)) {
    const [first, ...rest] = path.split(".");
    if (!/^(0|[1-9]\d*)$/.test(first) || Number(first) >= value.length) {
      throw refuse(
        value.length === 0
          ? `${where} is an empty list.`
          : `${where} is a list of ${value.length}, numbered from 0 to ${value.length - 1}; ` +
            `there is no ${shortly(first)}.`,
      );
    }
    const steps = [...before, first];
    return rest.length === 0 ? steps : stepsTo(value[Number(first)], rest.join("."), steps);
  }
  const names = Object.keys(value);
  if (names.includes(path)) return [...before, path];
  // The longest that fits is meant: names may have dots in them.
  const name = names.filter((name) => path.startsWith(`${name}.`))
    .sort((a, b) => b.length - a.length)[0];
  if (name !== undefined) {
    return stepsTo(value[name], path.slice(name.length + 1), [...before, name]);
  }
  const [first, more] = path.split(".");
  if (more === undefined || isOpen(value)) return [...before, path];
  throw new SettingError(
    `--set=${whole}, in ${where}: ${unknownWord("setting", first, names)}`,
  );
}

/** Whether names in it are anybody's, as those of metrics are: they have dots in them. */
const isOpen = (value: Readonly<Record<string, unknown>>) =>
  Object.keys(value).every((name) => name.includes("."));

/**
 * A study with settings in place of its own. The study stays as it is.
 *
 * @throws {SettingError} where one has no place in the study
 */
export const withSettings = (study: unknown, settings: readonly Setting[]): unknown =>
  settings.reduce((study, { path, value }) => put(study, stepsTo(study, path), value), study);

function put(target: unknown, [step, ...rest]: Steps, value: Json): unknown {
  const inner = (old: unknown) => rest.length === 0 ? value : put(old, rest, value);
  if (Array.isArray(target)) return target.with(Number(step), inner(target[Number(step)]));
  const record = z.record(z.string(), z.unknown()).parse(target);
  return { ...record, [step]: inner(record[step]) };
}

/**
 * What a setting is in a study; undefined where it is not there.
 *
 * @throws {SettingError} where a step before the last leads nowhere
 */
export function valueAt(study: unknown, path: string): unknown {
  return stepsTo(study, path).reduce<unknown>(
    (at, step) => isRecord(at) && Object.hasOwn(at, step) ? at[step] : undefined,
    study,
  );
}

/** As it is written: `baseline.epochs=12`. */
export function settingText({ path, value }: Setting): string {
  const isPlain = typeof value === "string" && valueOf(value) === value;
  return `${path}=${isPlain ? value : canonicalJson(value)}`;
}
