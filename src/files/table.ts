/**
 * Tables of rows as CSV with a header, whose cells have types: what is written is read back as it was.
 *
 * @module
 */
import { parse, stringify } from "@std/csv";
import { z } from "zod";

/** How a value stands in a cell. Text that is no such value is refused. */
export type Cell<T> = z.ZodType<T, string>;

const numeric = z.string().regex(/^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i, "it is no number");

/** A finite number, in as many digits as it takes to read it back. */
export const number = z.codec(numeric, z.number(), {
  decode: Number,
  encode: String,
});

/** A number; `NaN` where there is none. */
export const numberOrNaN: Cell<number> = z.codec(
  z.union([numeric, z.literal("NaN")]),
  z.union([z.number(), z.nan()]),
  { decode: Number, encode: String },
);

/** A whole number. */
export const int = z.codec(numeric, z.int(), { decode: Number, encode: String });

/** A whole number or, in an empty cell, nothing. */
export const optionalInt = z.codec(
  z.union([numeric, z.literal("")]),
  z.union([z.int(), z.undefined()]),
  {
    decode: (text) => text === "" ? undefined : Number(text),
    encode: (value) => value === undefined ? "" : String(value),
  },
);

/** Any text. */
export const word = z.codec(z.string(), z.string(), { decode: String, encode: String });

/** `true` or `false`. */
export const boolean = z.codec(z.enum(["true", "false"]), z.boolean(), {
  decode: (text) => text === "true",
  encode: (value) => value ? "true" : "false",
});

const valueOf = (text: string): number | boolean | string =>
  text === "true"
    ? true
    : text === "false"
    ? false
    : numeric.safeParse(text).success
    ? Number(text)
    : text;

/** A number, a truth value or a word, told apart by how it is written; a word that reads as another is refused. */
export const value = z.codec(
  z.string(),
  z.union([z.number(), z.boolean(), z.string().refine((word) => valueOf(word) === word)]),
  { decode: valueOf, encode: String },
);

/** Columns whose names are known only once there are rows: a value by column for each row. */
export interface Spread<T> {
  readonly spread: Cell<T>;
}

/** See `Spread`. A table has one at most. */
export const spread = <T>(cell: Cell<T>): Spread<T> => ({ spread: cell });

/** Columns of a table, in their order. */
export interface Columns {
  readonly [name: string]: Cell<unknown> | Spread<unknown>;
}

/** A row of a table with these columns. */
export type Row<C extends Columns> = {
  readonly [K in keyof C]: C[K] extends Spread<infer T> ? { readonly [column: string]: T }
    : C[K] extends z.ZodType<infer T> ? T
    : never;
};

const isSpread = (column: Cell<unknown> | Spread<unknown>): column is Spread<unknown> =>
  "spread" in column;

/**
 * The text of one cell.
 *
 * @throws {Error} where the value does not belong there; it names row and column
 */
function written(cell: Cell<unknown>, value: unknown, row: number, column: string): string {
  const result = z.safeEncode(cell, value);
  if (!result.success) {
    throw new Error(`row ${row}, column ${column}: ${result.error.issues[0].message}`);
  }
  // Readers of CSV take it, with what follows, for one end of a line.
  if (result.data.includes("\r")) {
    throw new Error(`row ${row}, column ${column}: it has a carriage return`);
  }
  return result.data;
}

/**
 * A table as CSV: a header and a line a row, each ended by a line feed. The columns of a spread are
 * those of the first row.
 *
 * @throws {Error} where a value is not the column's or would not be read back, or a row has other
 * columns than the first; it names row (counted from 0) and column
 */
export function encodeTable<C extends Columns>(columns: C, rows: readonly Row<C>[]): string {
  const names = Object.keys(columns);
  const spreads = new Map(
    names.filter((name) => isSpread(columns[name]))
      .map((name) => [name, Object.keys(Object(rows[0]?.[name]))]),
  );
  const header = names.flatMap((name) => spreads.get(name) ?? [name]);
  const lines = rows.map((row, i) =>
    names.flatMap((name) => {
      const column = columns[name];
      if (!isSpread(column)) return [written(column, row[name], i, name)];
      const values = new Map(Object.entries(Object(row[name])));
      const under = spreads.get(name)!;
      if (values.size !== under.length) {
        throw new Error(
          `row ${i}: it has ${values.size} columns of ${name}, expected ${under.length}`,
        );
      }
      return under.map((inner) => written(column.spread, values.get(inner), i, inner));
    })
  );
  // The library ends lines as RFC 4180 has it, with CRLF; git and most tools like LF better. A line
  // of nothing would be skipped.
  return [header, ...lines].map((line) => (stringify([line]).slice(0, -2) || '""') + "\n").join("");
}

/** The cells of a CSV, line by line. */
function parsed(csv: string): string[][] {
  try {
    return parse(csv);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`it is no CSV: ${why}`, { cause });
  }
}

/**
 * The rows of a CSV that `encodeTable` wrote with the same columns.
 *
 * @throws {Error} where a column is missing or too many, or a cell does not read; it names which
 */
export function decodeTable<C extends Columns>(columns: C, csv: string): Row<C>[] {
  const [header = [], ...lines] = parsed(csv);
  const names = Object.keys(columns);
  const places = new Map(header.map((name, i) => [name, i]));
  const others = header.filter((name) => !Object.hasOwn(columns, name));
  if (places.size < header.length) {
    const twice = header.find((name, i) => places.get(name) !== i);
    throw new Error(`it has two columns ${twice}`);
  }
  const spreadName = names.find((name) => isSpread(columns[name]));
  const missing = names.find((name) => name !== spreadName && !places.has(name));
  if (missing !== undefined) throw new Error(`it has no column ${missing}`);
  if (others.length > 0 && spreadName === undefined) {
    throw new Error(`it has a column ${others[0]}, which is none of ${names.join(", ")}`);
  }
  const read = (cell: Cell<unknown>, line: readonly string[], row: number, name: string) => {
    const result = z.safeDecode(cell, line[places.get(name)!]);
    if (result.success) return result.data;
    throw new Error(`row ${row}, column ${name}: ${result.error.issues[0].message}`);
  };
  return lines.map((line, row) => {
    if (line.length !== header.length) {
      throw new Error(`row ${row}: it has ${line.length} columns, the header has ${header.length}`);
    }
    const entries = names.map((name) => {
      const column = columns[name];
      return [
        name,
        isSpread(column)
          ? Object.fromEntries(
            others.map((other) => [other, read(column.spread, line, row, other)]),
          )
          : read(column, line, row, name),
      ];
    });
    // Every value has passed the schema of its column; that the columns are those of `C` is what
    // the compiler cannot see.
    return Object.fromEntries(entries) as Row<C>;
  });
}
