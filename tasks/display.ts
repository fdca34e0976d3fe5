/** Shows a run. @module */
import process from "node:process";
import type { RunEvent } from "../src/pipeline/run.ts";
import { duration } from "../src/report/markdown.ts";
import { bars } from "./bar.ts";

/** A display of run events on standard output. `close` must be called before anything else is printed. */
export function display(): { show(event: RunEvent): void; close(): void } {
  const view = bars(process.stdout);
  return {
    show(event) {
      switch (event.type) {
        case "current":
          return view.print(`${event.stage.padEnd(10)} up to date`);
        case "started":
          return view.print(`${event.stage.padEnd(10)} runs: ${shorten(event.reasons)}`);
        case "progress":
          return view.progress(event.label, event.done, event.total, event.note);
        case "finished":
          view.clear();
          return view.print(`${event.stage.padEnd(10)} done in ${duration(event.seconds)}`);
      }
    },
    close: () => view.clear(),
  };
}

/** The first reasons and how many more there are: `deno task status` lists all. */
function shorten(reasons: readonly string[]): string {
  const more = reasons.length - 3;
  return reasons.slice(0, 3).join("; ") + (more > 0 ? `; and ${more} more` : "");
}
