/**
 * Reads images from CSV: one image a line, a column for its label and one for each value of a pixel,
 * whole numbers from 0 to 255. Kaggle's Fashion-MNIST has a header `label,pixel1,...,pixelP`.
 *
 * The bytes are parsed as they arrive, without making strings of them. As RFC 4180 has it, values may
 * stand in quotes, and lines end in CRLF or LF; the last one may end without, and be followed by empty
 * ones. A byte order mark may stand first, and a whole number may have a point and zeros behind.
 *
 * @module
 */
import { plainSize } from "../files/plain.ts";
import type { ReadImages } from "./dataset.ts";
import { enlarged } from "./grow.ts";
import { LARGEST_LABEL } from "./labels.ts";

const LF = 10;
const CR = 13;
const QUOTE = 34;
const COMMA = 44;
const POINT = 46;
const ZERO = 48;

/** A first line of 200,000 columns (256 x 256 in colour) takes 2 MiB; a longer one is none. */
const LONGEST_LINE = 1 << 22;
const CHUNK_BYTES = 1 << 20;

/** What a file does not say itself. */
export interface CsvForm {
  /** Whether the first line names the columns; it does if omitted. */
  readonly header?: boolean | undefined;
  /**
   * Which column has the labels: its name, or its place, counted from 0. If omitted, the one named
   * `label`, or the first where there is no header.
   */
  readonly column?: string | number | undefined;
  /** `[height, width]` or `[height, width, channels]` of an image; grey and square if omitted. */
  readonly shape?: readonly number[] | undefined;
}

/** Takes the bytes of one CSV file in pieces of any size, in order. */
export interface CsvDecoder {
  /**
   * Parses the next bytes, which may be overwritten afterwards.
   *
   * @throws {Error} where one breaks a rule, at the first that does
   */
  push(bytes: Uint8Array): void;
  /** Call once, after the last byte. The values of a line fill its image pixel by pixel, row by row. */
  finish(): ReadImages;
}

/**
 * A decoder for one file. Every error names the file (`name`), the row (counted from 1 below the
 * header) and its line, the column and the rule that was broken.
 */
export function csvDecoder(name: string, form: CsvForm = {}): CsvDecoder {
  const { header = true } = form;
  const firstLine: number[] = [];
  /** Whether the first line, as far as it is there, ends within quotes. */
  let within = false;
  let linesAbove = header ? 1 : 0;
  let columns = 0; // 0 until the first line is complete
  let titles: readonly string[] | undefined;
  let labelColumn = 0;
  let shape: readonly number[] = [];
  let rows = 0;
  let emptyLines = 0; // since the last row
  // Every value in reading order, labels among them; the row being read ends before `rowEnd`.
  let cells = new Uint8Array(0);
  let at = 0;
  let rowEnd = 0;
  let labels = new Int32Array(0);
  /** The label of the row being read where it came the slow way; it may be larger than a byte. */
  let label = -1;
  // The value being read: its digits, whether the point has come, and quotes around it; and whether
  // the last piece ended in a carriage return.
  let value = 0;
  let digits = 0;
  let point = false;
  let quotes: "none" | "open" | "closed" = "none";
  let openCr = false;

  const row = () => `row ${rows + 1} (line ${rows + emptyLines + linesAbove + 1})`;
  const refuse = (where: string, why: string) => new Error(`${name}, ${where}: ${why}.`);
  const refuseCell = (why: string) => {
    const column = at - (rowEnd - columns);
    return refuse(`${row()}, column ${titles ? titles[column] : column + 1}`, why);
  };

  /** Learns from the first line, header or not, how many columns there are and which has the labels. */
  function endFirstLine() {
    const bytes = Uint8Array.from(firstLine);
    const fields = fieldsOf(new TextDecoder().decode(bytes));
    const where = header ? "line 1" : "row 1 (line 1)";
    columns = fields.length;
    if (header) {
      linesAbove = 1 + bytes.filter((byte) => byte === LF).length;
      titles = fields;
    }
    labelColumn = findLabels(fields, where);
    shape = shapeOf(columns - 1, where);
    if (header) checkOrder(fields);
    openRow();
    if (!header) read(bytes[0] === 0xef ? bytes.subarray(3) : bytes);
  }

  function findLabels(fields: readonly string[], where: string): number {
    const { column = header ? "label" : 0 } = form;
    if (typeof column === "number") {
      if (column < columns) return column;
      throw refuse(where, `there is no column ${column} for the labels; ${columns} count from 0`);
    }
    if (!header) {
      throw refuse(where, `without a header no column is named ${quoted(column)}; say its place`);
    }
    const found = fields.indexOf(column);
    if (found >= 0 && fields.indexOf(column, found + 1) < 0) return found;
    if (found >= 0) throw refuse(where, `the header has ${quoted(column)} twice`);
    throw refuse(
      where,
      fields.every((field) => /^-?\d+(\.\d*)?$/.test(field))
        ? "there are numbers alone; say `header: false` in data if the file has no header"
        : `no column is named ${quoted(column)} (the first is ${quoted(fields[0])}, the last ` +
          `${quoted(fields[columns - 1])}); say \`labels: { column: "..." }\` in data, with the ` +
          `name of the column that has the labels or its place, counted from 0`,
    );
  }

  function shapeOf(pixels: number, where: string): readonly number[] {
    if (form.shape) {
      const [height, width, channels = 1] = form.shape;
      if (height * width * channels === pixels) return [height, width, channels];
      throw refuse(
        where,
        `beside the label there are ${pixels} columns, and the shape [${form.shape.join(", ")}] ` +
          `makes ${height * width * channels}`,
      );
    }
    const side = Math.sqrt(pixels);
    if (side >= 1 && Number.isInteger(side)) return [side, side, 1];
    throw refuse(
      where,
      `${pixels} pixel columns do not make a square image` +
        (pixels < 2
          ? ""
          : "; say `shape: [height, width]` in data, or [height, width, 3] for colour"),
    );
  }

  /** Names such as `pixel1`, `pixel2` tell where the pixels belong; sorted as texts they are out of order. */
  function checkOrder(fields: readonly string[]) {
    const names = fields.map((field) => /^(.*?)(\d{1,9})$/s.exec(field));
    const [start] = names.filter((_, i) => i !== labelColumn);
    names.forEach((found, i) => {
      if (!start || i === labelColumn || found?.[1] !== start[1]) return;
      const expected = Number(start[2]) + i - (i > labelColumn ? 1 : 0);
      if (Number(found[2]) === expected) return;
      throw refuse(
        `line 1, column ${i + 1}`,
        `the header has ${quoted(fields[i])}, expected "${start[1]}${expected}": pixels stand in ` +
          `order`,
      );
    });
  }

  function openRow() {
    rowEnd = at + columns;
    label = -1;
    if (rowEnd > cells.length) cells = enlarged(cells, rowEnd + 64 * columns, name);
    if (rows === labels.length) {
      const more = new Int32Array(2 * rows + 64);
      more.set(labels);
      labels = more;
    }
  }

  const isLabel = () => at === rowEnd - columns + labelColumn;

  const refuseMore = () =>
    refuse(row(), `it has more columns than the ${header ? "header's" : "first row's"} ${columns}`);

  /** Takes the value just read as the row's next. */
  function endValue() {
    if (at === rowEnd) throw refuseMore();
    if (digits === 0) throw refuseCell("the field is empty");
    if (isLabel()) {
      if (value > LARGEST_LABEL) throw refuseCell(`${value} is too large for a label`);
      label = value;
      at++;
    } else {
      if (value > 255) throw refuseCell(`${value} is too large, expected 0 to 255`);
      cells[at++] = value;
    }
    value = digits = 0;
    point = false;
    quotes = "none";
  }

  function endLine() {
    const rowStart = rowEnd - columns;
    if (at === rowStart && digits === 0 && quotes === "none") {
      emptyLines++;
      return;
    }
    endValue();
    if (emptyLines > 0) {
      throw refuse(
        `row ${rows + 1} (line ${rows + linesAbove + 1})`,
        "the line is empty, and others follow",
      );
    }
    if (at < rowEnd) {
      throw refuse(
        row(),
        `it has ${at - rowStart} columns, the ${header ? "header" : "first row"} has ${columns}`,
      );
    }
    labels[rows] = label >= 0 ? label : cells[rowStart + labelColumn];
    rows++;
    openRow();
  }

  function refuseByte(byte: number) {
    if (byte === CR) return refuse(row(), "a carriage return is not followed by a line feed");
    if (at === rowEnd) return refuseMore();
    if (point && byte > ZERO && byte <= ZERO + 9) {
      return refuseCell(
        "the number is no whole one, expected 0 to 255 (where values go from 0 to 1, multiply " +
          "them by 255 and round them first)",
      );
    }
    const found = byte > 32 && byte < 127
      ? JSON.stringify(String.fromCharCode(byte))
      : `byte ${byte}`;
    return refuseCell(
      isLabel()
        ? `found ${found}, expected a whole number as the label and a comma`
        : `found ${found}, expected an integer from 0 to 255 and a comma`,
    );
  }

  /**
   * The hot loop (47 million values in Kaggle's file): takes values that are plainly right, one to
   * three digits and a comma inside this piece and this row, and stops at anything else, which
   * `read` then takes byte by byte. Returns where it stopped.
   */
  function readValues(bytes: Uint8Array, start: number): number {
    const target = cells; // locals are faster than the closure's variables
    const lastCell = rowEnd - 1;
    const lastByte = bytes.length - 3;
    let cell = at;
    let i = start;
    while (cell < lastCell && i < lastByte) {
      let next = i + 1;
      let number = bytes[i] - ZERO;
      if (number < 0 || number > 9) break;
      for (let more = 0; more < 2 && bytes[next] !== COMMA; more++) {
        const digit = bytes[next] - ZERO;
        if (digit < 0 || digit > 9) break;
        number = number * 10 + digit;
        next++;
      }
      if (bytes[next] !== COMMA || number > 255) break;
      target[cell++] = number;
      i = next + 1;
    }
    at = cell;
    return i;
  }

  /** Reads bytes below the header. */
  function read(bytes: Uint8Array) {
    let i = 0;
    if (openCr && bytes.length > 0) {
      if (bytes[0] !== LF) throw refuseByte(CR);
      openCr = false;
    }
    while (i < bytes.length) {
      if (digits === 0 && quotes === "none") i = readValues(bytes, i);
      if (i === bytes.length) return;
      const byte = bytes[i++];
      const digit = byte - ZERO;
      if (digit >= 0 && digit <= 9 && quotes !== "closed" && (!point || digit === 0)) {
        value = point ? value : value * 10 + digit;
        digits++;
      } else if (byte === POINT && digits > 0 && !point && quotes !== "closed") {
        point = true;
      } else if (byte === QUOTE && quotes === "none" && digits === 0) {
        quotes = "open";
      } else if (byte === QUOTE && quotes === "open") {
        quotes = "closed";
      } else if (byte === COMMA && quotes !== "open") {
        endValue();
      } else if (byte === LF && quotes !== "open") {
        endLine();
      } else if (byte === CR && quotes !== "open") {
        if (i < bytes.length && bytes[i] !== LF) throw refuseByte(CR);
        openCr = i === bytes.length;
      } else {
        throw refuseByte(byte);
      }
    }
  }

  return {
    push(bytes) {
      let i = 0;
      if (columns === 0) {
        for (; i < bytes.length && (within || bytes[i] !== LF); i++) {
          if (bytes[i] === QUOTE) within = !within;
          firstLine.push(bytes[i]);
          if (firstLine.length > LONGEST_LINE) {
            throw refuse("line 1", `no line end in the first ${LONGEST_LINE} bytes`);
          }
        }
        if (i === bytes.length) return;
        endFirstLine();
        if (header) i++; // without one the line feed ends the first row
      }
      read(i === 0 ? bytes : bytes.subarray(i));
    },

    finish() {
      if (columns === 0) {
        if (firstLine.length === 0) throw refuse("line 1", "the file is empty");
        if (within) throw refuse("line 1", "a quote is not closed");
        endFirstLine();
      }
      if (openCr) throw refuseByte(CR);
      if (quotes === "open") throw refuse(row(), "a quote is not closed");
      if (at > rowEnd - columns || digits > 0 || quotes === "closed") endLine();
      if (rows === 0) throw refuse(`line ${linesAbove + 1}`, "there are no rows below the header");
      const pixels = columns - 1;
      for (let r = 0; r < rows; r++) {
        const from = r * columns;
        cells.copyWithin(r * pixels, from, from + labelColumn);
        cells.copyWithin(r * pixels + labelColumn, from + labelColumn + 1, from + columns);
      }
      return {
        images: {
          shape: [rows, ...shape],
          data: new Uint8Array(cells.buffer.transfer(rows * pixels)),
        },
        labels: { shape: [rows], data: labels.slice(0, rows) },
      };
    },
  };
}

/** The fields of one line of CSV, its end apart. */
export function fieldsOf(line: string): string[] {
  const fields: string[] = [];
  const text = line.replace(/\r$/, "");
  for (let i = 0; i <= text.length;) {
    if (text[i] !== '"') {
      const end = text.indexOf(",", i);
      fields.push(end < 0 ? text.slice(i) : text.slice(i, end));
      i = end < 0 ? text.length + 1 : end + 1;
      continue;
    }
    let field = "";
    for (i++; i < text.length && (text[i] !== '"' || text[i + 1] === '"'); i++) {
      if (text[i] === '"') i++;
      field += text[i];
    }
    const end = text.indexOf(",", i);
    fields.push(field);
    i = end < 0 ? text.length + 1 : end + 1;
  }
  return fields;
}

const quoted = (text: string) =>
  JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);

/**
 * Reads a CSV file from disk; see `csvDecoder` for what is checked.
 *
 * @param progress told the bytes read so far and in all
 */
export async function readCsv(
  path: string,
  form: CsvForm = {},
  progress?: (done: number, total: number) => void,
): Promise<ReadImages> {
  const size = await plainSize(path);
  using file = await Deno.open(path);
  const decoder = csvDecoder(path, form);
  const chunk = new Uint8Array(CHUNK_BYTES);
  for (let done = 0, count; (count = await file.read(chunk)) !== null;) {
    decoder.push(chunk.subarray(0, count));
    progress?.(done += count, size);
  }
  return decoder.finish();
}
