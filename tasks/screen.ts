/**
 * Shows how far things are: bars at the foot of a terminal, plain lines anywhere else. The cursor is
 * never hidden and stands below the bars, so that a process that is killed leaves a terminal in order.
 *
 * @module
 */
import { cut, wrapped } from "./text.ts";

/** Where it is shown. */
export interface Output {
  readonly isTerminal: boolean;
  /** How much a terminal has room for now. */
  size(): { readonly columns: number; readonly rows: number };
  write(text: string): void;
}

/** How far one thing is. */
export interface Bar {
  readonly label: string;
  /** From 0 to 1; undefined where it cannot be counted. */
  readonly part?: number;
  /** What else there is to say. */
  readonly text: string;
  /** Whether it is shown on a terminal alone, and goes first where there is no room; false if omitted. */
  readonly minor?: boolean;
}

/** Lines that stay, and bars below them. */
export interface Screen {
  /** Writes a line that stays; where it is longer than the terminal is wide, it goes on below with an indent. */
  print(line: string, indent?: number): void;
  /** Shows these bars in place of those before. */
  show(bars: readonly Bar[]): void;
  /** Takes the bars away. Must be called before anything is written in another way. */
  clear(): void;
}

const outputOn = (stream: typeof Deno.stdout, plain: (text: string) => void): Output => {
  const isTerminal = stream.isTerminal() && Deno.env.get("TERM") !== "dumb";
  const encoder = new TextEncoder();
  return {
    isTerminal,
    size() {
      try {
        return Deno.consoleSize();
      } catch {
        return { columns: 80, rows: 24 };
      }
    },
    write(text) {
      // The console takes it that nobody reads any more; a run goes on.
      if (!isTerminal) return plain(text.replace(/\n$/, ""));
      try {
        let bytes = encoder.encode(text);
        while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
      } catch {
        // The terminal is gone.
      }
    },
  };
};

/** Standard output. */
export const standardOutput = (): Output => outputOn(Deno.stdout, console.log);
/** Standard error. */
export const standardError = (): Output => outputOn(Deno.stderr, console.error);

/** A screen on an output. */
export const screen = (output: Output): Screen =>
  output.isTerminal ? onTerminal(output) : plainLines(output);

// The last column is left free: what follows a line that fills it is not the same on all terminals.

/** How often bars are drawn at most, in milliseconds. */
const EVERY = 100;

function onTerminal({ size, write }: Output): Screen {
  let bars: readonly Bar[] = [];
  let drawn: readonly string[] = [];
  let last = -Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** To the beginning of what is drawn. A terminal that has become narrower has broken its lines. */
  const back = () => {
    const { columns } = size();
    const rows = drawn.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil([...line].length / Math.max(columns, 1))),
      0,
    );
    return rows > 0 ? `\r\x1b[${rows}A` : "\r";
  };
  const draw = (above = "") => {
    clearTimeout(timer);
    timer = undefined;
    last = performance.now();
    const { columns, rows } = size();
    const from = back();
    drawn = linesOf(bars, columns, rows - 1);
    const below = drawn.map((line) => `${line}\x1b[K\n`).join("");
    write(`${from}${above}${below}\x1b[J`);
  };
  return {
    print(line, indent = 2) {
      const room = size().columns - 1;
      const [first] = wrapped(line, room);
      const rest = line.slice(first.length).trimStart();
      const below = rest === "" ? [] : wrapped(rest, Math.max(room - indent, 20));
      const lines = [first, ...below.map((line) => " ".repeat(indent) + line)];
      draw(lines.map((line) => `${line}\x1b[K\n`).join(""));
    },
    show(next) {
      bars = next;
      if (timer !== undefined) return;
      const wait = last + EVERY - performance.now();
      if (wait <= 0) draw();
      else timer = setTimeout(draw, wait);
    },
    clear() {
      clearTimeout(timer);
      timer = undefined;
      if (drawn.length > 0) write(`${back()}\x1b[J`);
      [bars, drawn, last] = [[], [], -Infinity];
    },
  };
}

/** The bars as lines of at most so many columns, and at most so many of them. */
export function linesOf(bars: readonly Bar[], columns: number, rows: number): string[] {
  if (bars.length > rows) {
    const most = Math.max(1, rows - 1);
    const kept = bars.toSorted((a, b) => Number(a.minor ?? false) - Number(b.minor ?? false))
      .slice(0, most);
    const shown = bars.filter((bar) => kept.includes(bar));
    const more = cut(`  and ${bars.length - most} more`, columns - 1);
    return [...linesOf(shown, columns, most), more];
  }
  const longest = Math.max(10, ...bars.map(({ label }) => [...label].length));
  const width = Math.min(longest, 26, Math.floor(columns / 3));
  const room = columns >= 60 ? 12 : columns >= 40 ? 6 : 0;
  return bars.map((bar) => {
    const name = cut(bar.label, width);
    const space = " ".repeat(width - [...name].length);
    const part = Math.min(Math.max(bar.part ?? 0, 0), 1);
    const full = Math.round(part * room);
    const empty = bar.part === undefined ? " " : "░";
    const drawn = room > 0 ? ` ${"█".repeat(full)}${empty.repeat(room - full)}` : "";
    const percent = bar.part === undefined ? " ..." : `${Math.floor(100 * part)}%`.padStart(4);
    return cut(`${name}${space}${drawn} ${percent}  ${bar.text}`.trimEnd(), columns - 1);
  });
}

/** A line at every tenth of a thing, so that a log stays readable. */
function plainLines({ write }: Output): Screen {
  let tenths = new Map<string, number>();
  return {
    print: (line) => write(line + "\n"),
    show(bars) {
      const now = new Map<string, number>();
      for (const { label, part, text } of bars.filter(({ minor }) => !minor)) {
        const before = tenths.get(label);
        const tenth = Math.floor(10 * Math.min(part ?? 0, 1) + 1e-9);
        now.set(label, Math.max(tenth, before ?? 0));
        if (part === undefined && before === undefined) write(`${label} ...\n`);
        if (tenth <= (before ?? 0)) continue;
        write(`  ${label}: ${10 * tenth}%${text === "" ? "" : ` (${text})`}\n`);
      }
      tenths = now;
    },
    clear: () => tenths = new Map(),
  };
}
