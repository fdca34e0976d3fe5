/** Schemas of settings that people write: what is not known is refused with what is. @module */
import { closest, distance } from "fastest-levenshtein";
import { z } from "zod";

/** Nobody means a shorter word by a name that is longer. */
const LONGEST_NAME = 100;

/** The name that was most likely meant, if any is near enough. */
function nearest(name: string, known: readonly string[]): string | undefined {
  if (known.length === 0 || name.length > LONGEST_NAME) return undefined;
  const found = closest(name.toLowerCase(), known.map((it) => it.toLowerCase()));
  const near = known.find((it) => it.toLowerCase() === found)!;
  const letters = distance(name.toLowerCase(), found);
  // Of a word of two letters, something must be right.
  const most = Math.min(Math.max(2, name.length / 3), Math.min(name.length, found.length) - 1);
  return letters <= most ? near : undefined;
}

/** How many names a message lists. */
const LISTED = 12;

/** `there is no epoch; did you mean epochs?`, or what there is where nothing is near. */
export function unknownName(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  const more = known.length - LISTED;
  const list = known.slice(0, LISTED).join(", ") + (more > 0 ? ` and ${more} more` : "");
  const hint = near === undefined ? `there are ${list}` : `did you mean ${near}?`;
  return `there is no ${cut(name)}; ${hint}`;
}

/** A text's first characters, where it is long. */
const cut = (text: string) => text.length > LONGEST_NAME ? `${text.slice(0, LONGEST_NAME)}…` : text;

/** `There is no stage cw; did you mean cv? There are: ...`, about a word that somebody typed. */
export function unknownWord(kind: string, word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  const hint = near === undefined ? "." : `; did you mean ${near}?`;
  return `There is no ${kind} ${cut(word)}${hint} There are: ${known.join(", ")}.`;
}

/** The message about the first name that stands twice in a list; undefined where none does. */
export function twice(names: readonly string[]): string | undefined {
  const name = names.find((name, i) => names.indexOf(name) !== i);
  return name === undefined ? undefined : `${shortly(name)} is listed twice`;
}

/** A value in a few words, also one that JSON cannot hold. */
export function shortly(value: unknown): string {
  // Of an error that is the line before its trace.
  const [text] = Deno.inspect(value, { compact: true, breakLength: Infinity }).split("\n");
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** An object with these settings and no others. */
export function settings<S extends z.core.$ZodLooseShape>(shape: S) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? issue.keys.map((key) => unknownName(key, Object.keys(shape))).join("; ")
        : undefined,
  });
}

/** One of these words. */
export function oneOf<const T extends readonly [string, ...string[]]>(words: T) {
  return z.enum(words, {
    error: ({ input }) => {
      const near = typeof input === "string" ? nearest(input, words) : undefined;
      const hint = near === undefined ? "" : `; did you mean "${near}"?`;
      return `expected ${words.map((word) => `"${word}"`).join(" or ")}, got ${
        shortly(input)
      }${hint}`;
    },
  });
}

/** A whole number of 1 or more. */
export const count = z.int().min(1);

/** What `randomState` takes: a whole number from 0 to 2^32 - 1. */
export const seed = z.int().min(0).max(0xffffffff);

/** A part of a whole: at least 0 and below 1. */
export const share = z.number().min(0).lt(1);

/** SHA-256 of a file's bytes in hexadecimal. */
export const sha256Text = z.string().regex(/^[0-9a-f]{64}$/, {
  error: "expected the 64 hexadecimal digits of a SHA-256, in lower case",
});
