/** What differs between what two results were made from. @module */
import { canonicalJson, type Json } from "../files/digest.ts";
import type { CodeIngredients, Ingredients } from "./manifest.ts";

/** An ingredient that is another one than before, or only in one of both. */
export interface Change {
  /**
   * What kind it is of: a parameter, the form of an artifact, a source file, a package, an artifact that
   * is read, how jobs are computed, and what they execute.
   */
  readonly of: "parameter" | "form" | "code" | "package" | "input" | "variant" | "compiled";
  /** Which one: the path of a parameter, empty for all of them; the path of a file; a name. */
  readonly name: string;
  /** The value, version or digest before; left out where there was none. */
  readonly from?: Json;
  /** The same afterwards. */
  readonly to?: Json;
}

type Stage = Omit<Ingredients, "computed">;

/** Every difference between what two results of a stage were made from, jobs apart. */
export const ingredientChanges = (then: Stage, now: Stage): Change[] => [
  ...jsonChanges("parameter", then.parameters, now.parameters, ""),
  ...jsonChanges("form", then.forms, now.forms, ""),
  ...codeChanges(then, now),
  ...entryChanges("input", then.inputs, now.inputs),
];

/** Every difference between how the jobs of two results were computed. */
export function computedChanges(
  then: Ingredients["computed"],
  now: Ingredients["computed"],
): Change[] {
  if (!then || !now || then.variant !== now.variant) {
    return jsonChanges("variant", then?.variant, now?.variant, "");
  }
  return [
    ...codeChanges(then, now),
    ...jsonChanges("compiled", then.compiled ?? undefined, now.compiled ?? undefined, ""),
  ];
}

/** Differences of source files, each once, and of packages. A file that moved counts as the same. */
export function codeChanges(then: CodeIngredients, now: CodeIngredients): Change[] {
  const digests = (made: CodeIngredients) =>
    new Set<Json>(Object.values(made.code).flatMap(Object.values<string>));
  const [before, after] = [digests(then), digests(now)];
  // It contributes what it did; only its name is new.
  const moved = ({ from, to }: Change) =>
    to !== undefined ? before.has(to) : from !== undefined && after.has(from);
  const changed = union(then.code, now.code)
    .flatMap((module) => entryChanges("code", then.code[module] ?? {}, now.code[module] ?? {}))
    .filter((change) => !moved(change));
  // Several modules may be made of the same file.
  const bySentence = new Map(changed.map((change) => [changeText(change), change]));
  return [...bySentence.values(), ...entryChanges("package", then.packages, now.packages)];
}

/** What differs between two lists of digests or versions by name. */
function entryChanges(
  of: Change["of"],
  then: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): Change[] {
  return union(then, now)
    .filter((name) => then[name] !== now[name])
    .map((name) => change(of, name, then[name], now[name]));
}

/** What differs between two values, as far down as both are of one kind. */
function jsonChanges(
  of: Change["of"],
  then: Json | undefined,
  now: Json | undefined,
  path: string,
): Change[] {
  const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
    typeof value === "object" && value !== null;
  if (isObject(then) && isObject(now) && Array.isArray(then) === Array.isArray(now)) {
    return union(then, now).flatMap((key) =>
      jsonChanges(of, then[key], now[key], path ? `${path}.${key}` : key)
    );
  }
  return valueText(then) === valueText(now) ? [] : [change(of, path, then, now)];
}

const change = (
  of: Change["of"],
  name: string,
  from: Json | undefined,
  to: Json | undefined,
): Change => ({
  of,
  name,
  ...(from === undefined ? {} : { from }),
  ...(to === undefined ? {} : { to }),
});

const union = (a: object, b: object) => [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();

/** A value of a change as people read it: JSON, or `none`. */
export const valueText = (value: Json | undefined): string =>
  value === undefined ? "none" : canonicalJson(value);

/** Characters of a value that are told; a whole part of a study may be new. */
const MOST_TOLD = 100;

/** A value, cut off where it is long. */
function told(value: Json | undefined): string {
  const text = valueText(value);
  return text.length <= MOST_TOLD ? text : `${text.slice(0, MOST_TOLD)}...`;
}

/** A change in words: `parameter recipe.epochs: 10 -> 12`. */
export function changeText({ of, name, from, to }: Change): string {
  const how = (added: string, removed: string) =>
    from === undefined ? added : to === undefined ? removed : "changed";
  switch (of) {
    case "parameter":
      return `parameter ${name || "as a whole"}: ${told(from)} -> ${told(to)}`;
    case "form":
      return `form of ${name || "as a whole"}: ${told(from)} -> ${told(to)}`;
    case "code":
      return `code ${name} ${how("is newly used", "is no longer used")}`;
    case "package":
      return `package ${name}: ${from ?? "none"} -> ${to ?? "none"}`;
    case "input":
      return `input ${name} ${how("is newly read", "is no longer there")}`;
    case "variant":
      return `how its jobs are computed: ${from ?? "none"} -> ${to ?? "none"}`;
    case "compiled":
      return "what its jobs execute changed";
  }
}
