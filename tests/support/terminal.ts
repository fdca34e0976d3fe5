/** Terminals: what a user sees of what is written to one, and a command run in one. @module */
import { assert } from "@std/assert";

/** A terminal that is only looked at. */
export interface Seen {
  /** Takes what a program writes. */
  write(text: string): void;
  /** What stands on it, line by line; what has scrolled out of sight too. */
  lines(): string[];
}

/** A sequence of control, by its number and its letter, or a letter to be shown. */
const WRITTEN = new RegExp(`(${String.fromCharCode(27)}\\[\\??(\\d*)([A-Za-z]))|[^]`, "gu");

/** A terminal of so many columns, which knows what bars are drawn with and fails for all else. */
export function terminal(columns: number): Seen {
  const lines: string[][] = [[]];
  let [row, column] = [0, 0];
  const down = () => {
    row++;
    while (lines.length <= row) lines.push([]);
  };
  return {
    write(text) {
      for (const [part, , count, command] of text.matchAll(WRITTEN)) {
        if (command === "A") row = Math.max(0, row - Number(count || 1));
        else if (command === "K" || command === "J") {
          // A line that fills the terminal would lose its last letter here.
          assert(column < columns, `a line of ${columns} columns: ${lines[row].join("")}`);
          lines[row].length = Math.min(lines[row].length, column);
          if (command === "J") lines.length = row + 1;
        } else if (part === "\r") column = 0;
        else if (part === "\n") {
          column = 0;
          down();
        } else {
          assert(!part.startsWith("\x1b") || command === "m", `it writes ${JSON.stringify(part)}`);
          if (part.startsWith("\x1b")) continue;
          if (column === columns) {
            column = 0;
            down();
          }
          while (lines[row].length < column) lines[row].push(" ");
          lines[row][column++] = part;
        }
      }
    },
    lines: () => lines.map((line) => line.join("").trimEnd()),
  };
}

/** Whether commands can be run in a terminal here: with `script` of util-linux. */
export const hasTerminals: boolean = Deno.build.os === "linux" &&
  await new Deno.Command("script", { args: ["--version"], stderr: "null" }).output()
    .then(({ success, stdout }) =>
      success && new TextDecoder().decode(stdout).includes("util-linux")
    )
    .catch(() => false);

/** How a command in a terminal ended. */
export interface InTerminal {
  readonly code: number;
  /** All that it wrote. */
  readonly written: string;
}

/**
 * Runs a command in a terminal of 24 rows, and presses Ctrl-C once it has written something.
 *
 * @param stopAt what it writes then; it is left to itself if omitted
 */
export async function inTerminal(
  command: readonly string[],
  columns: number,
  { stopAt, ...options }: { readonly stopAt?: RegExp } & Omit<Deno.CommandOptions, "args">,
): Promise<InTerminal> {
  const quoted = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  const child = new Deno.Command("script", {
    ...options,
    args: ["-qefc", `stty rows 24 cols ${columns} && exec ${quoted}`, "/dev/null"],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const keys = child.stdin.getWriter();
  let written = "";
  let pressed = false;
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    written += text;
    if (stopAt === undefined || pressed || !stopAt.test(written)) continue;
    pressed = true;
    await keys.write(new TextEncoder().encode("\x03"));
  }
  await keys.close().catch(() => {});
  return { code: (await child.status).code, written };
}
