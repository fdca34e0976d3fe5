/**
 * What stages and jobs read and write: files whose form is declared once, so that who writes one and
 * who reads it cannot disagree.
 *
 * @module
 */
import { z } from "zod";
import { digest, type Json, sha256 } from "../files/digest.ts";
import { parseJson } from "../files/json.ts";
import { type NumberType, typeOf } from "../ndarray.ts";
import { decodeTyped, encodeNpy, npyHeader, type TypedArray } from "../files/npy.ts";
import {
  boolean,
  type Columns,
  decodeTable,
  encodeTable,
  int,
  number,
  numberOrNaN,
  optionalInt,
  type Row,
  spread,
  value,
  word,
} from "../files/table.ts";
import type { Content } from "../files/whole.ts";

/** Where an artifact is kept: `committed` in `results/`, `local` in the cache, `published` at a fixed place. */
export type Kind = "committed" | "local" | "published";

/** The declaration of a file: its form, and what becomes of it. `T` is read, `I` is what may be written. */
export interface Artifact<T = unknown, I = T> {
  /** What the file's name ends in, with its dot. */
  readonly extension: string;
  /**
   * What of the form the bytes depend on, for the key of whoever writes it: what becomes of a sample
   * value, in place of the code that does it.
   */
  readonly form: Json;
  /** Where it is kept. */
  readonly kind: Kind;
  /** Whether a run may leave it out. */
  readonly optional: boolean;
  /** Where a published file is, from the folder of the study. */
  readonly path?: string;
  /**
   * The file's content.
   *
   * @throws {Error} where a value is not of the form; it says what is wrong
   */
  encode(value: I): Content;
  /**
   * What the file holds; `name` is the file's.
   *
   * @throws {Error} where bytes are not of the form; it says what is wrong
   */
  decode(bytes: Uint8Array, name: string): T;
}

/** An artifact that a run may leave out; reading it then gives undefined. */
export type Optional<A> = A & { readonly optional: true };

/** Many artifacts of one form, whose names only the run knows: the figures of a report. They are written only. */
export type Family<A> = A & { readonly family: true };

/** Declarations by name, in groups where that helps: a group's name stands in front of its members' names. */
export interface Tree<A = Artifact> {
  /** A declaration, or a group of them. */
  readonly [name: string]: A | Tree<A>;
}

const committed = { kind: "committed", optional: false } as const;

const jsonText = (value: unknown): string => JSON.stringify(value, null, 2) + "\n";
const matrixText = (rows: readonly (readonly number[])[]): string =>
  rows.map((row) => `${row.join(",")}\n`).join("");

/** What becomes of sample values in each form: digests of their bytes. */
const samples = {
  json: sha256(jsonText({ number: 1 / 3, list: [1, null, true], text: 'ä "' })),
  table: sha256(
    encodeTable(
      { number, int, optionalInt, word, boolean, values: spread(value), score: numberOrNaN },
      [{
        number: 1 / 3,
        int: -7,
        optionalInt: undefined,
        word: 'ä, "b"',
        boolean: true,
        values: { number: 1e-9, word: "relu", truth: false },
        score: NaN,
      }],
    ),
  ),
  matrix: sha256(matrixText([[1, 2], [3, 4]])),
  array: digest(
    [Uint8Array, Int32Array, Float32Array, Float64Array].map((Type) =>
      sha256(encodeNpy({ shape: [1, 2], data: Type.of(1, 2) }))
    ),
  ),
};

/** What checks a value: any schema of zod. */
export interface Schema<T> {
  /**
   * The value as it passes.
   *
   * @throws {Error} where it does not
   */
  parse(value: unknown): T;
  /** The value as it passes, or what is wrong with it. */
  safeParse(value: unknown):
    | { readonly success: true; readonly data: T }
    | { readonly success: false; readonly error: Faults };
}

/** What is wrong with a value. */
export interface Faults {
  /** Each with its place. */
  readonly issues: readonly { readonly message: string; readonly path: readonly PropertyKey[] }[];
}

/** A JSON document, indented, of a schema; unknown keys are the schema's to refuse. */
export function json<T>(schema: Schema<T>): Artifact<T> {
  const check = (value: unknown): T => {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    throw new Error(z.prettifyError(result.error).replaceAll("\n", " "));
  };
  return {
    ...committed,
    extension: ".json",
    form: samples.json,
    encode(value) {
      check(value);
      return jsonText(value);
    },
    decode: (bytes) => check(parseJson(new TextDecoder().decode(bytes))),
  };
}

/** A CSV with a header; see `files/table.ts` for what may stand in its cells. */
export function table<C extends Columns>(columns: C): Artifact<Row<C>[], readonly Row<C>[]> {
  return {
    ...committed,
    extension: ".csv",
    form: { columns: Object.keys(columns), made: samples.table },
    encode(rows) {
      const clash = Object.keys(columns).find((name) =>
        Object.values(Object(rows[0])).some((cell) => Object.hasOwn(Object(cell), name))
      );
      if (clash !== undefined) throw new Error(`it has two columns ${clash}`);
      return encodeTable(columns, rows);
    },
    decode: (bytes) => decodeTable(columns, new TextDecoder().decode(bytes)),
  };
}

/** Rows of whole numbers as CSV without a header: a confusion matrix. */
export function matrix(): Artifact<number[][], readonly (readonly number[])[]> {
  return {
    ...committed,
    extension: ".csv",
    form: samples.matrix,
    encode(rows) {
      for (const [i, row] of rows.entries()) {
        if (row.length !== rows[0].length || row.length === 0) {
          throw new Error(
            `row ${i} has ${row.length} numbers, expected ${rows[0].length || "some"}`,
          );
        }
        const other = row.find((number) => !Number.isSafeInteger(number));
        if (other !== undefined) throw new Error(`row ${i} has ${other}, which is no whole number`);
      }
      return matrixText(rows);
    },
    decode(bytes) {
      const lines = new TextDecoder().decode(bytes).split("\n");
      if (lines.pop() !== "") throw new Error("its last line has no end");
      const rows = lines.map((line, i) =>
        line.split(",").map((cell) => {
          const number = int.safeParse(cell);
          if (number.success) return number.data;
          throw new Error(
            `row ${i} has ${JSON.stringify(cell.slice(0, 40))}, which is no whole number`,
          );
        })
      );
      const uneven = rows.findIndex((row) => row.length !== rows[0].length);
      if (uneven >= 0) {
        throw new Error(
          `row ${uneven} has ${rows[uneven].length} numbers, expected ${rows[0].length}`,
        );
      }
      return rows;
    },
  };
}

/** An array that is written part after part, so that it need not be in memory at once. */
export interface Parts {
  /** Sizes of its axes. */
  readonly shape: readonly number[];
  /** Its values in C order. */
  readonly parts: AsyncIterable<Float32Array>;
}

/**
 * An array in NumPy's format. A form are its sizes, null where any will do; several `forms` and `types`
 * where it may be of either. Parts are float32.
 */
export function array<N extends NumberType>(
  types: N | readonly N[],
  ...forms: readonly (readonly (number | null)[])[]
): Artifact<TypedArray<N>, TypedArray<N> | Parts> {
  const known: readonly N[] = typeof types === "string" ? [types] : types;
  const check = (shape: readonly number[]) => {
    const isOf = (dims: readonly (number | null)[]) =>
      shape.length === dims.length && dims.every((n, i) => n === null || n === shape[i]);
    if (forms.some(isOf)) return;
    const expected = forms.map((dims) => `[${dims.map((n) => n ?? "any")}]`).join(" or ");
    throw new Error(`its shape is [${shape}], expected ${expected}`);
  };
  return {
    ...committed,
    extension: ".npy",
    form: samples.array,
    encode(value) {
      check(value.shape);
      if (!("parts" in value)) {
        const type: NumberType = typeOf(value.data);
        if (!known.some((name) => name === type)) {
          throw new Error(`it holds ${type}, expected ${known.join(" or ")}`);
        }
        return encodeNpy(value);
      }
      const { shape, parts } = value;
      const expected = shape.reduce((product, n) => product * n, 1);
      return (async function* () {
        yield npyHeader(shape, "float32");
        let length = 0;
        for await (const part of parts) {
          length += part.length;
          yield new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
        }
        if (length !== expected) {
          throw new Error(`its shape [${shape}] has ${expected} values, its parts have ${length}`);
        }
      })();
    },
    decode(bytes, name) {
      const decoded = decodeTyped(known, bytes, name);
      check(decoded.shape);
      return decoded;
    },
  };
}

/** Bytes as they are. */
export function bytes(extension: `.${string}`): Artifact<Uint8Array> {
  return {
    ...committed,
    extension,
    form: "bytes",
    encode: (value) => value,
    decode: (value) => value,
  };
}

/** Text in UTF-8. */
export function text(extension: `.${string}`): Artifact<string> {
  return {
    ...committed,
    extension,
    form: "text",
    encode: (value) => value,
    decode: (value) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(value),
  };
}

/** An artifact that is kept out of git. */
export type Local<A> = A & { readonly kind: "local" };

/** Kept out of git: large, and made again when a stage that runs needs it. */
export const local = <A extends Artifact>(artifact: A): Local<A> => ({
  ...artifact,
  kind: "local",
});

/** At a fixed place, for people; `path` is from the folder of the study, with its extension. */
export const published = <A extends Artifact>(path: string, artifact: A): A => ({
  ...artifact,
  kind: "published",
  path,
});

/** See `Optional`. */
export const optional = <A extends Artifact>(artifact: A): Optional<A> => ({
  ...artifact,
  optional: true,
});

/** A group of which a run may leave out everything. */
export type OptionalGroup<G> = {
  readonly [K in keyof G]: G[K] extends Artifact ? Optional<G[K]> : OptionalGroup<G[K]>;
};

/** See `OptionalGroup`. */
export const optionalGroup = <const G extends Tree>(group: G): OptionalGroup<G> =>
  // Key by key the same tree, which the compiler cannot follow.
  mapTree(group, optional) as OptionalGroup<G>;

/** See `Family`. */
export const family = <A extends Artifact>(artifact: A): Family<A> => ({
  ...artifact,
  family: true,
});

/** Whether something in a tree is an artifact, not a group. */
export const isArtifact = <A extends Artifact>(entry: A | Tree<A>): entry is A =>
  typeof entry.encode === "function" && typeof entry.extension === "string";

/** The name of an artifact's file, without a digest: `testPredictions` is `test-predictions.csv`. */
export const fileName = (key: string, { path, extension }: Artifact): string =>
  path ?? key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`) + extension;

/**
 * What `map` makes of every artifact, in a tree of the same keys. `name` is that of the file:
 * `winner.testPredictions` is `winner-test-predictions.csv`.
 */
export function mapTree<A extends Artifact, B>(
  tree: Tree<A>,
  map: (artifact: A, name: string) => B,
  group = "",
): Tree<B> {
  return Object.fromEntries(
    Object.entries(tree).map(([key, entry]): [string, B | Tree<B>] => {
      return [
        key,
        isArtifact(entry)
          ? map(entry, fileName(group + key, entry))
          : mapTree(entry, map, `${group}${key}-`),
      ];
    }),
  );
}

/** Every artifact of a tree with the name of its file. */
export function named<A extends Artifact>(tree: Tree<A>): [name: string, artifact: A][] {
  const found: [string, A][] = [];
  mapTree(tree, (artifact, name) => found.push([name, artifact]));
  return found;
}
