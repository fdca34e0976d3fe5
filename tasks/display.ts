/** Shows a run. @module */
import process from "node:process";
import type { RunEvent } from "../src/pipeline/events.ts";
import type { Waiting } from "../src/pipeline/lock.ts";
import { duration } from "../src/report/markdown.ts";
import { bars } from "./bar.ts";

/** A display of run events on standard output. `close` must be called before anything else is printed. */
export function display(): { show(event: RunEvent): void; close(): void } {
  const view = bars(process.stdout);
  const line = (stage: string, text: string) => view.print(`${stage.padEnd(10)} ${text}`);
  return {
    show(event) {
      switch (event.type) {
        case "waiting":
          return view.print(waitingFor(event));
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

/** For whom a run waits, and what can be done about it. */
export function waitingFor({ holder, state }: Waiting): string {
  const of = holder?.user ? ` of ${holder.user}` : "";
  const whom = holder
    ? ` (process ${holder.pid}${of} on ${holder.host}, since ${holder.since})`
    : "";
  switch (state) {
    case "works":
      return `Another run is at work here${whom}; this one waits for it. Ctrl-C ends the waiting.`;
    case "stopped":
      return `The other run is stopped${whom}, and this one still waits for it: ` +
        `\`kill -CONT ${holder?.pid}\` lets it go on, \`kill -KILL ${holder?.pid}\` ends it.`;
    case "elsewhere":
      return `A run on another machine is at work here, or was killed there${whom}. ` +
        `This one goes on when a minute has passed without a sign of it.`;
    case "jobs":
      return "Jobs of a run that was killed have not ended yet; this one waits for them. " +
        "If they do not end by themselves, end them: processes of deno that run worker.ts.";
  }
}

/** The first reasons and how many more there are: `deno task status` lists all. */
function shorten(reasons: readonly string[]): string {
  const more = reasons.length - 3;
  return reasons.slice(0, 3).join("; ") + (more > 0 ? `; and ${more} more` : "");
}
