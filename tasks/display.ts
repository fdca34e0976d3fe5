/** Shows a run: bars on a terminal, plain lines anywhere else. @module */
import cliProgress from "cli-progress";
import process from "node:process";
import type { RunEvent } from "../src/pipeline/run.ts";
import { duration } from "../src/report/markdown.ts";

/** A display of run events on standard output. `close` must be called before anything else is printed. */
export function display(): { show(event: RunEvent): void; close(): void } {
  const bars = Deno.stdout.isTerminal() ? terminalBars() : plainLines();
  return {
    show(event) {
      switch (event.type) {
        case "current":
          return bars.print(`${event.stage.padEnd(10)} up to date`);
        case "started":
          return bars.print(`${event.stage.padEnd(10)} runs: ${shorten(event.reasons)}`);
        case "progress":
          return bars.progress(event.label, event.done, event.total, event.note ?? "");
        case "finished":
          bars.clear();
          return bars.print(`${event.stage.padEnd(10)} done in ${duration(event.seconds)}`);
      }
    },
    close: () => bars.clear(),
  };
}

/** The first reasons and how many more there are: `deno task status` lists all. */
function shorten(reasons: readonly string[]): string {
  const more = reasons.length - 3;
  return reasons.slice(0, 3).join("; ") + (more > 0 ? `; and ${more} more` : "");
}

interface Bars {
  print(line: string): void;
  progress(label: string, done: number, total: number, note: string): void;
  clear(): void;
}

function terminalBars(): Bars {
  let multi: cliProgress.MultiBar | undefined;
  let bars = new Map<string, cliProgress.SingleBar>();
  return {
    print(line) {
      if (multi) multi.log(line + "\n");
      else console.log(line);
    },
    progress(label, done, total, note) {
      multi ??= new cliProgress.MultiBar({
        format: "  {label} [{bar}] {percentage}% {eta_formatted} left  {note}",
        barsize: 24,
        hideCursor: true,
        clearOnComplete: true,
        stream: process.stdout,
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

/** A line at every tenth of a job, so that a log stays readable. */
function plainLines(): Bars {
  const tenths = new Map<string, number>();
  return {
    print: (line) => console.log(line),
    progress(label, done, total, note) {
      const tenth = Math.floor(10 * done / total);
      if (tenth <= (tenths.get(label) ?? 0)) return;
      tenths.set(label, tenth);
      console.log(`  ${label}: ${10 * tenth}% ${note}`.trimEnd());
    },
    clear: () => tenths.clear(),
  };
}
