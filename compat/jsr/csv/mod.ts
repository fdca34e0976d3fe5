/**
 * The part of `jsr:@std/csv` that this project uses, for networks where JSR cannot be reached: the
 * same names, signatures, defaults and error classes, written here over `csv-parse` and
 * `csv-stringify`. `compat/jsr/README.md` says how the real package takes its place, and where
 * the two differ.
 *
 * @module
 */
import { CsvError, parse as parseRecords } from "csv-parse/sync";
import { stringify as stringifyRecords } from "csv-stringify/sync";

/** How to read a table. */
export interface ParseOptions {
  /** Between fields; `,` where left out. */
  separator?: string;
  /** A line that starts with this character is skipped; no line where left out. */
  comment?: string;
  /** Drops white space before each field; false where left out. */
  trimLeadingSpace?: boolean;
  /** Fields in every row; 0 for as many as the first row has; negative or left out for any number. */
  fieldsPerRecord?: number;
  /** The first row is no data: it names the fields unless `columns` does. */
  skipFirstRow?: boolean;
  /** Names of the fields. */
  columns?: readonly string[];
}

/**
 * Reads CSV text (RFC 4180; lines end in LF or CRLF, empty lines do not count, a byte-order mark is
 * dropped) as rows of text, or, with `skipFirstRow` or `columns`, as objects by field name.
 *
 * Throws a SyntaxError naming the line for a misplaced quote or a row that `fieldsPerRecord` does
 * not allow, a TypeError when there is no first row to name the fields, and an Error for a row that
 * has more or fewer fields than there are names or for a separator that cannot be one.
 */
export function parse(input: string): string[][];
export function parse<const C extends string>(
  input: string,
  options: ParseOptions & { columns: readonly C[] },
): Record<C, string>[];
export function parse(
  input: string,
  options: ParseOptions & { skipFirstRow: true },
): Record<string, string>[];
export function parse(
  input: string,
  options: ParseOptions & { skipFirstRow?: false; columns?: undefined },
): string[][];
export function parse(input: string, options: ParseOptions): string[][] | Record<string, string>[];
export function parse(
  input: string,
  options: ParseOptions = {},
): string[][] | Record<string, string>[] {
  const rows = parseRows(input, options);
  if (!options.skipFirstRow && !options.columns) return rows;

  const first = options.skipFirstRow ? rows.shift() : undefined;
  const names = options.columns ?? first;
  if (names === undefined || (options.skipFirstRow && first === undefined)) {
    throw new TypeError("Cannot parse input: headers must be defined");
  }
  return rows.map((row, i) => {
    if (row.length !== names.length) {
      const line = i + (options.skipFirstRow ? 2 : 1);
      throw new Error(
        `Syntax error on line ${line}: The record has ${row.length} fields, ` +
          `but the header has ${names.length} fields`,
      );
    }
    return Object.fromEntries(names.map((name, column) => [name, row[column]]));
  });
}

function parseRows(input: string, options: ParseOptions): string[][] {
  const { separator = ",", comment, trimLeadingSpace = false, fieldsPerRecord = -1 } = options;
  if (['"', "\r", "\n"].some((c) => c === separator || c === comment) || separator === comment) {
    throw new Error("Cannot parse input: invalid delimiter");
  }
  const text = input.replace(/^\ufeff/, "").replaceAll("\r\n", "\n").replace(/\r$/, "");
  const lines: number[] = [];
  let rows: string[][];
  try {
    rows = parseRecords(text, {
      delimiter: separator,
      record_delimiter: "\n",
      comment: comment ?? null,
      comment_no_infix: true,
      ltrim: trimLeadingSpace,
      skip_empty_lines: true,
      relax_column_count: true,
      on_record: (row, context) => {
        lines.push(context.lines);
        return row;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const bare = String(error.code) === "INVALID_OPENING_QUOTE";
    const what = bare ? 'bare " in non-quoted-field' : 'extraneous or missing " in quoted-field';
    throw new SyntaxError(`Syntax error on line ${error.lines}: ${what}`, { cause: error });
  }
  const expected = fieldsPerRecord === 0 ? rows[0]?.length : fieldsPerRecord;
  const wrong = expected > 0 ? rows.findIndex((row) => row.length !== expected) : -1;
  if (wrong >= 0) {
    throw new SyntaxError(
      `Syntax error on line ${lines[wrong]}: ` +
        `expected ${expected} fields but got ${rows[wrong].length}`,
    );
  }
  return rows;
}

/** A key of an object or an index of an array. */
export type PropertyAccessor = number | string;

/** Where a column's values are and what it is called; the last accessor's name where left out. */
export type ColumnDetails = {
  header?: string;
  prop: PropertyAccessor | PropertyAccessor[];
};

/** A column: an accessor, a path of accessors into nested objects, or a path and a name. */
export type Column = ColumnDetails | PropertyAccessor | PropertyAccessor[];

/** A row. Objects need `columns`. */
export type DataItem = Readonly<Record<string, unknown> | unknown[]>;

/** How to write a table. */
export type StringifyOptions = {
  /** Whether a row of column names comes first; true where left out, but needs `columns`. */
  headers?: boolean;
  /** Between fields; `,` where left out. */
  separator?: string;
  /** What to write of each row; all of it where left out. */
  columns?: readonly Column[];
  /** Whether a byte-order mark comes first, which some spreadsheets ask for; false where left out. */
  bom?: boolean;
};

/**
 * Writes rows as CSV text, each line ending in CRLF. Null and undefined are written as nothing,
 * objects as JSON, everything else as `String` has it; quotes are put where they are needed.
 *
 * Throws a TypeError for objects without `columns`, for a named column of an array, and for a
 * separator that contains a quote or a CRLF.
 */
export function stringify(data: readonly DataItem[], options: StringifyOptions = {}): string {
  const { headers = true, separator = ",", columns = [], bom = false } = options;
  if (separator.includes('"') || separator.includes("\r\n")) {
    throw new TypeError(
      [
        "Separator cannot include the following strings:",
        '  - U+0022: Quotation mark (")',
        "  - U+000D U+000A: Carriage Return + Line Feed (\\r\\n)",
      ].join("\n"),
    );
  }
  const paths = columns.map(pathAndHeader);
  const rows = data.map((item) => valuesOf(item, paths.map(({ path }) => path)).map(textOf));
  if (headers && paths.length > 0) rows.unshift(paths.map(({ header }) => header));
  const text = stringifyRecords(rows, {
    delimiter: separator,
    record_delimiter: "\r\n",
    quoted_match: "\n",
  });
  return (bom ? "\ufeff" : "") + text;
}

function pathAndHeader(column: Column): { path: PropertyAccessor[]; header: string } {
  const details = typeof column === "object" && !Array.isArray(column) ? column : { prop: column };
  const path = [details.prop].flat();
  return { path, header: details.header ?? String(path.at(-1)) };
}

function valuesOf(item: DataItem, paths: PropertyAccessor[][]): unknown[] {
  if (paths.length > 0) return paths.map((path) => path.reduce(property, item as unknown));
  if (Array.isArray(item)) return item;
  if (typeof item === "object") {
    throw new TypeError("No property accessor function was provided for object");
  }
  return [item];
}

/** One step along a path. A value that has no properties ends the path early. */
function property(value: unknown, key: PropertyAccessor): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value) && typeof key !== "number") {
    throw new TypeError('Property accessor is not of type "number"');
  }
  return value[key as keyof typeof value];
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
