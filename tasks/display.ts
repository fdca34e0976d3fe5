/** Shows a run. @module */
import process from "node:process";
import type { RunEvent } from "../src/pipeline/events.ts";
import { duration } from "../src/report/markdown.ts";
import { bars } from "./bar.ts";

/** A display of run events on standard output. `close` must be called before anything else is printed. */
export function display(): { show(event: RunEvent): void; close(): void } {
  const view = bars(process.stdout);
  const line = (stage: string, text: string) => view.print(`${stage.padEnd(10)} ${text}`);
  return {
    show(event) {
      switch (event.type) {
        case "waiting": {
          const { holder } = event;
          const whom = holder ? ` (process ${holder.pid}, since ${holder.since})` : "";
          return view.print(`Another run is at work here${whom}; this one waits for it.`);
        }
        case "current":
          return line(event.stage, "up to date");
        case "started":
          return line(event.stage, `runs: ${shorten(event.reasons)}`);
        case "progress": {
          // Stages run side by side, so a job says whose it is.
          const label = event.label === event.stage
            ? event.stage
            : `${event.stage}: ${event.label}`;
          return view.progress(label, event.done, event.total, event.note);
        }
        case "finished":
          return line(event.stage, `done in ${duration(event.seconds)}`);
        case "failed":
          return line(event.stage, `failed: ${event.message}`);
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
