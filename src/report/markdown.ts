/** Tables and numbers as a Markdown report writes them. @module */

/** What a table holds: text as it is to appear, or a number, which is written in full. */
export type Cell = string | number;

/** What stands where there is no value. */
export const NONE = "–";

/** Wider tables, in characters, would be broken by an editor, padded or not. */
const WIDEST = 100;

/**
 * A table in GitHub's Markdown, padded so that it can be read as it stands, if it is not too wide for
 * that. A column that holds
 * nothing but numbers (also as text: `+0.0109`, `0.9094 [0.9036, 0.9149]`, `3 min 12 s`) is aligned
 * to the right, any other to the left; empty cells and `NONE` do not count.
 *
 * Pipes are escaped and line breaks become spaces; other Markdown in a cell keeps its meaning.
 *
 * @param header One text a column.
 * @param rows One cell a column in each.
 * @returns Lines, each ended by a line feed.
 * @throws {RangeError} where a row has more or fewer cells than the header; it names the row
 */
export function table(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  rows.forEach((row, i) => {
    if (row.length !== header.length) {
      throw new RangeError(
        `Row ${i} of the table has ${row.length} cells, but its header has ${header.length}: ` +
          header.join(", "),
      );
    }
  });
  const lines = [header, ...rows].map((row) => row.map(cellText));
  const columns = header.map((_, column) => ({
    right: alignsRight(lines.slice(1).map((line) => line[column])),
    width: Math.max(3, ...lines.map((line) => textWidth(line[column]))),
  }));
  const width = columns.reduce((sum, { width }) => sum + width + 3, 1);
  const pads = width <= WIDEST;
  const ruler = columns.map(({ right, width }) =>
    "-".repeat((pads ? width : 3) - 1) + (right ? ":" : "-")
  );
  const padded = lines.map((line) =>
    line.map((text, column) => {
      const { right, width } = columns[column];
      const space = pads ? " ".repeat(width - textWidth(text)) : "";
      return right ? space + text : text + space;
    })
  );
  return padded.toSpliced(1, 0, ruler).map((line) => `| ${line.join(" | ")} |\n`).join("");
}

/** A cell's Markdown. Backslashes before a pipe are doubled, so that they do not take its escape. */
function cellText(cell: Cell): string {
  return String(cell)
    .replaceAll(/\s*[\r\n]+\s*/g, " ")
    .replaceAll(/(\\*)\|/g, (_, backslashes: string) => `${backslashes}${backslashes}\\|`);
}

/** Whether the cells of a column, as text, are numbers, or begin with one. */
function alignsRight(texts: string[]): boolean {
  const values = texts.filter((text) => text !== "" && text !== NONE);
  return values.length > 0 && values.every((text) => /^[+-]?\d[\d,.]*(?![\w/-])/.test(text));
}

/** Columns on a screen, near enough: code points. */
function textWidth(text: string): number {
  return [...text].length;
}

/** `0.9094`: a number with a fixed count of decimals; zero has no sign. */
export function decimal(value: number, digits = 4): string {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text;
}

/** `+0.0109`, `-0.0109`, `0.0000`: a difference, with the sign of what is left after rounding. */
export function signed(value: number, digits = 4): string {
  const text = decimal(value, digits);
  return Number(text) > 0 ? `+${text}` : text;
}

/** `0.0123`, `< 0.0001` in one line: how probable something is by chance. */
export const probability = (p: number): string => p < 1e-4 ? "<\u00a00.0001" : decimal(p);

/** `60,000`: a whole number in groups of three. */
export function count(value: number): string {
  return new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 }).format(value);
}

/** `1 epoch`, `2 epochs`, `60,000 images`: how many there are of something, in the form that the number asks for. */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** `a`, `a and b`, `a, b, and c`: words in a sentence. */
export const listed = (words: readonly string[]): string => new Intl.ListFormat("en").format(words);

/** A text at the beginning of a sentence, with a capital letter. */
export const sentence = (text: string): string => text[0].toUpperCase() + text.slice(1);

/** What a link to a heading ends in, as GitHub names it: `the-winners-trained-alike`. */
export const anchorOf = (heading: string): string =>
  heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(/\s/g, "-");

/**
 * Figures that belong together, in one paragraph: side by side where a page has room for two. What
 * is a sentence and no figure stands by itself.
 */
export function sideBySide(parts: readonly string[]): string[] {
  const figures = parts.filter((part) => part.startsWith("!["));
  return [
    ...parts.filter((part) => !figures.includes(part)),
    ...(figures.length > 0 ? [figures.join("\n")] : []),
  ];
}

/**
 * Words that somebody else wrote, such as the name of a class, as Markdown that shows them as they
 * are, in tables and in sentences. An underscore inside a word means nothing and stays.
 */
export function plain(words: string): string {
  return words
    .replaceAll(/[\\`*<>[\]&~$]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, "\\$&")
    // A backslash would be one too many in a table, which escapes pipes itself.
    .replaceAll("|", "&#124;");
}

/**
 * `0.9094 [0.9036, 0.9149]`: a value and its interval, or the value alone where there is none; a dash
 * where there is no value.
 *
 * @param interval Its two bounds.
 * @param format Of all three numbers: `decimal` (as shown), `signed` for a difference.
 */
export function withInterval(
  value: number | null,
  interval: readonly [low: number, high: number] | null,
  format: (value: number) => string = decimal,
): string {
  if (value === null) return NONE;
  if (interval === null) return format(value);
  const [low, high] = interval;
  return `${format(value)} [${format(low)}, ${format(high)}]`;
}

/**
 * `420 ms`, `42.1 s`, `3 min 12 s`, `1 h 05 min`: a time, to about three digits.
 *
 * @param seconds From 0.
 * @throws {RangeError} where the time is negative, infinite or NaN
 */
export function duration(seconds: number): string {
  if (!(seconds >= 0 && seconds < Infinity)) {
    throw new RangeError(`Expected a time of 0 seconds or more, not ${seconds}`);
  }
  // Each form ends where rounding would show a full unit of the next.
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 3599.5) {
    const whole = Math.round(seconds);
    return `${Math.floor(whole / 60)} min ${twoDigits(whole % 60)} s`;
  }
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
