/** A run that trains nothing: what `--no-train` puts in the place of processes. @module */
import type { RunEvent } from "../src/pipeline/events.ts";
import type { Executor } from "../src/pipeline/executor.ts";
import { counted } from "../src/report/markdown.ts";

/** Stands in for what runs jobs, and knows afterwards which would have had to run. */
export interface Untrained {
  /** Runs none. */
  readonly executor: Executor;
  /** To be told what happens. */
  note(event: RunEvent): void;
  /**
   * What to say where jobs would have had to run; undefined where none would.
   *
   * @param stages all stages of the plan, in order
   * @param store the name of the store that was asked, if one was
   */
  error(stages: readonly string[], store: string | undefined): Error | undefined;
}

/** So many jobs of a stage are named. */
const NAMED = 10;

/** See `Untrained`. */
export function trainsNothing(): Untrained {
  const wanted = new Map<string, string[]>();
  const upToDate = new Set<string>();
  return {
    executor: {
      run: ({ label }) => Promise.reject(new Error(`job ${label} would have to run`)),
      stop: () => Promise.resolve(),
    },
    note(event) {
      if (event.type === "current" || event.type === "finished") upToDate.add(event.stage);
      if (event.type !== "job" || event.state !== "failed") return;
      wanted.set(event.stage, [...wanted.get(event.stage) ?? [], event.label]);
    },
    error(stages, store) {
      if (wanted.size === 0) return undefined;
      const lines = [...wanted].map(([stage, asked]) => {
        // They are found to be missing in any order.
        const jobs = asked.toSorted((a, b) => a.localeCompare(b, "en", { numeric: true }));
        const more = jobs.length > NAMED ? ` and ${jobs.length - NAMED} more` : "";
        return `\n  ${stage}, ${counted(jobs.length, "job")}: ${
          jobs.slice(0, NAMED).join(", ")
        }${more}`;
      });
      const waiting = stages.filter((name) => !wanted.has(name) && !upToDate.has(name));
      const then = waiting.length === 0
        ? ""
        : `\nWhat comes after them is not known yet: ${waiting.join(", ")}.`;
      const where = store === undefined ? "on this machine" : `on this machine or in ${store}`;
      return new Error(
        `These have not finished ${where}, and --no-train runs none:${lines.join("")}${then}`,
      );
    },
  };
}
