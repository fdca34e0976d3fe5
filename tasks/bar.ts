/** Shows how far things are: bars on a terminal, plain lines anywhere else. @module */
import cliProgress from "cli-progress";

/** Where it is shown: `process.stdout` or `process.stderr`. */
type Output = NodeJS.WritableStream & { readonly isTTY?: boolean };

/** Things that go on, several at once. */
export interface Bars {
  /** Writes a line that stays. */
  print(line: string): void;
  /** Shows how far a thing is; that it goes on, where `total` is 0. */
  progress(label: string, done: number, total: number, note?: string): void;
  /** Takes the bars away. Must be called before anything is written in another way. */
  clear(): void;
}

/** Bars on an output. */
export function bars(output: Output): Bars {
  const write = (line: string) => output.write(line + "\n");
  return output.isTTY ? terminalBars(output, write) : plainLines(write);
}

function terminalBars(stream: Output, write: (line: string) => void): Bars {
  let multi: cliProgress.MultiBar | undefined;
  let bars = new Map<string, cliProgress.SingleBar>();
  let uncounted = "";
  const print = (line: string) => multi ? multi.log(line + "\n") : write(line);
  return {
    print,
    progress(label, done, total, note = "") {
      if (total === 0) {
        if (label !== uncounted) print(`${label} ...`);
        uncounted = label;
        return;
      }
      multi ??= new cliProgress.MultiBar({
        format: "  {label} [{bar}] {percentage}% {eta_formatted} left  {note}",
        barsize: 24,
        hideCursor: true,
        clearOnComplete: true,
        stream,
      });
      const bar = bars.get(label) ?? multi.create(total, 0, { label, note });
      bars.set(label, bar);
      bar.setTotal(total);
      bar.update(done, { label, note });
      if (done >= total) {
        multi.remove(bar);
        bars.delete(label);
      }
    },
    clear() {
      multi?.stop();
      multi = undefined;
      bars = new Map();
    },
  };
}

/** A line at every tenth of a thing, so that a log stays readable. */
function plainLines(print: (line: string) => void): Bars {
  const tenths = new Map<string, number>();
  return {
    print,
    progress(label, done, total, note = "") {
      const before = tenths.get(label);
      if (total === 0) {
        if (before === undefined) print(`${label} ...`);
        tenths.set(label, before ?? 0);
        return;
      }
      const tenth = Math.floor(10 * done / total);
      tenths.set(label, tenth);
      if (tenth > (before ?? 0)) print(`  ${label}: ${10 * tenth}% ${note}`.trimEnd());
    },
    clear: () => tenths.clear(),
  };
}
