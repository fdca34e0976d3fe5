/**
 * Reads images from CSV as Kaggle publishes Fashion-MNIST: a header `label,pixel1,...,pixelP`, then
 * one image a line, integers from 0 to 255. The bytes are parsed as they arrive, without making
 * strings of them. Lines end in LF or CRLF; the last one may end without, and be followed by empty ones.
 *
 * @module
 */
import type { LabelledImages } from "./dataset.ts";
import { enlarged } from "./grow.ts";

const LF = 10;
const CR = 13;
const COMMA = 44;
const ZERO = 48;

/** A header of 65,536 pixels (256 x 256) takes 0.7 MiB; a first line longer than this is none. */
const LONGEST_HEADER = 1 << 20;
const CHUNK_BYTES = 1 << 20;

/** Takes the bytes of one CSV file in pieces of any size, in order. */
export interface CsvDecoder {
  /**
   * Parses the next bytes, which may be overwritten afterwards.
   *
   * @throws {Error} where one breaks a rule, at the first that does
   */
  push(bytes: Uint8Array): void;
  /** Call once, after the last byte. Images are `[N, side, side]`, side being the square root of P. */
  finish(): LabelledImages;
}

/**
 * A decoder for one file. Every error names the file (`name`), the row (counted from 1 below the
 * header) and its line, the column and the rule that was broken.
 *
 * @param classes labels are integers below this
 */
export function csvDecoder(name: string, classes: number): CsvDecoder {
  const firstLine: number[] = [];
  let columns = 0; // 0 until the header is complete
  let rows = 0;
  let emptyLines = 0; // since the last row
  // Every value in reading order, labels among them; the row being read ends before `rowEnd`.
  let cells = new Uint8Array(0);
  let at = 0;
  let rowEnd = 0;
  // The value being read, and whether the last piece ended in a carriage return.
  let value = 0;
  let digits = 0;
  let openCr = false;

  const row = () => `row ${rows + 1} (line ${rows + emptyLines + 2})`;
  const refuse = (where: string, why: string) => new Error(`${name}, ${where}: ${why}.`);
  const refuseCell = (why: string, cell = at) => {
    const column = cell - (rowEnd - columns);
    return refuse(`${row()}, column ${column === 0 ? "label" : `pixel${column}`}`, why);
  };

  function endHeader() {
    const titles = new TextDecoder().decode(Uint8Array.from(firstLine)).trimEnd().split(",");
    titles.forEach((title, i) => {
      const expected = i === 0 ? "label" : `pixel${i}`;
      if (title === expected) return;
      const found = JSON.stringify(title.length > 40 ? `${title.slice(0, 40)}...` : title);
      throw refuse(
        `line 1, column ${i + 1}`,
        `the header has ${found}, expected "${expected}" (a header is label,pixel1,pixel2,...)`,
      );
    });
    const side = Math.sqrt(titles.length - 1);
    if (side < 1 || !Number.isInteger(side)) {
      throw refuse("line 1", `${titles.length - 1} pixel columns do not make a square image`);
    }
    columns = titles.length;
    openRow();
  }

  function openRow() {
    rowEnd = at + columns;
    if (rowEnd > cells.length) {
      cells = enlarged(cells, rowEnd + 64 * columns, name);
    }
  }

  /** Why the value just read cannot be one of the row's. */
  function refuseValue() {
    if (at === rowEnd) return refuse(row(), `it has more columns than the header's ${columns}`);
    return refuseCell(
      digits === 0 ? "the field is empty" : `${value} is too large, expected 0 to 255`,
    );
  }

  function endLine() {
    const rowStart = rowEnd - columns;
    if (at === rowStart && digits === 0) {
      emptyLines++;
      return;
    }
    if (digits === 0 || value > 255 || at === rowEnd) throw refuseValue();
    cells[at++] = value;
    value = digits = 0;
    if (emptyLines > 0) {
      throw refuse(`row ${rows + 1} (line ${rows + 2})`, "the line is empty, and others follow");
    }
    if (at < rowEnd) {
      throw refuse(row(), `it has ${at - rowStart} columns, the header has ${columns}`);
    }
    if (cells[rowStart] >= classes) {
      throw refuseCell(`${cells[rowStart]} is no class, expected 0 to ${classes - 1}`, rowStart);
    }
    rows++;
    openRow();
  }

  function refuseByte(byte: number) {
    if (byte === CR) return refuse(row(), "a carriage return is not followed by a line feed");
    if (at === rowEnd) return refuseValue();
    const found = byte > 32 && byte < 127
      ? JSON.stringify(String.fromCharCode(byte))
      : `byte ${byte}`;
    return refuseCell(`found ${found}, expected an integer from 0 to 255 and a comma`);
  }

  /**
   * The hot loop (47 million values in Kaggle's file): takes values that are plainly right, one to
   * three digits and a comma inside this piece and this row, and stops at anything else, which
   * `push` then reads byte by byte. Returns where it stopped.
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

  return {
    push(bytes) {
      let i = 0;
      if (columns === 0) {
        while (i < bytes.length && bytes[i] !== LF) firstLine.push(bytes[i++]);
        if (firstLine.length > LONGEST_HEADER) {
          throw refuse("line 1", `no line end in the first ${LONGEST_HEADER} bytes`);
        }
        if (i === bytes.length) return;
        endHeader();
        i++;
      }
      if (openCr && bytes.length > 0) {
        if (bytes[0] !== LF) throw refuseByte(CR);
        openCr = false;
      }
      while (i < bytes.length) {
        if (digits === 0) i = readValues(bytes, i);
        if (i === bytes.length) return;
        const byte = bytes[i++];
        const digit = byte - ZERO;
        if (digit >= 0 && digit <= 9) {
          value = value * 10 + digit;
          digits++;
        } else if (byte === COMMA) {
          if (digits === 0 || value > 255 || at === rowEnd) throw refuseValue();
          cells[at++] = value;
          value = digits = 0;
        } else if (byte === LF) {
          endLine();
        } else if (byte === CR) {
          if (i < bytes.length && bytes[i] !== LF) throw refuseByte(CR);
          openCr = i === bytes.length;
        } else {
          throw refuseByte(byte);
        }
      }
    },

    finish() {
      if (columns === 0) {
        if (firstLine.length === 0) throw refuse("line 1", "the file is empty");
        endHeader();
      }
      if (openCr) throw refuseByte(CR);
      if (at > rowEnd - columns || digits > 0) endLine();
      if (rows === 0) throw refuse("line 2", "there are no rows below the header");
      const pixels = columns - 1;
      const labels = new Uint8Array(rows);
      for (let r = 0; r < rows; r++) {
        labels[r] = cells[r * columns];
        cells.copyWithin(r * pixels, r * columns + 1, (r + 1) * columns);
      }
      const side = Math.sqrt(pixels);
      return {
        images: {
          shape: [rows, side, side],
          data: new Uint8Array(cells.buffer.transfer(rows * pixels)),
        },
        labels: { shape: [rows], data: labels },
      };
    },
  };
}

/**
 * Reads a CSV file from disk; see `csvDecoder` for what is checked.
 *
 * @param progress told the bytes read so far and in all
 */
export async function readCsv(
  path: string,
  classes: number,
  progress?: (done: number, total: number) => void,
): Promise<LabelledImages> {
  using file = await Deno.open(path);
  const { size } = await file.stat();
  const decoder = csvDecoder(path, classes);
  const chunk = new Uint8Array(CHUNK_BYTES);
  for (let done = 0, count; (count = await file.read(chunk)) !== null;) {
    decoder.push(chunk.subarray(0, count));
    progress?.(done += count, size);
  }
  return decoder.finish();
}
