/** What the tasks that run jobs have in common: flags, and how they end. @module */
import { messageOf } from "../src/files/explain.ts";
import type { Backend } from "../src/runtime/choice.ts";

/**
 * How many jobs run at once: one a core if omitted.
 *
 * @throws {Error} for anything but a whole number of 1 or more
 */
export function jobsFlag(value: string | undefined): number {
  if (value === undefined) return navigator.hardwareConcurrency;
  const jobs = Number(value);
  if (Number.isInteger(jobs) && jobs >= 1) return jobs;
  throw new Error(`--jobs takes a whole number of 1 or more; got ${value}.`);
}

/**
 * The backend to use: what set-up found if omitted.
 *
 * @throws {Error} for a name that is none
 */
export function backendFlag(value: string | undefined): Backend | undefined {
  if (value === undefined || value === "tensorflow" || value === "wasm") return value;
  throw new Error(`--backend takes tensorflow or wasm; got ${value}.`);
}

/** Signals that ask a process to end, with what it then exits with: 128 and the signal's number. */
const SIGNALS: readonly (readonly [Deno.Signal, number])[] = Deno.build.os === "windows"
  ? [["SIGINT", 130]]
  : [["SIGHUP", 129], ["SIGINT", 130], ["SIGTERM", 143]];

/**
 * Runs a task and ends the process with what it returns, or with 1 and the error's message. A signal
 * aborts `signal`; the process then ends as one does that the signal ended.
 */
export async function runTask(task: (signal: AbortSignal) => Promise<number>): Promise<never> {
  const controller = new AbortController();
  let interrupted = 0;
  for (const [signal, code] of SIGNALS) {
    Deno.addSignalListener(signal, () => {
      interrupted = code;
      controller.abort(new Error(`ended by ${signal}`));
    });
  }
  // Started by a process that waits for it; where that one is killed, nobody wants the rest.
  const parent = Deno.ppid;
  setInterval(() => {
    if (Deno.ppid !== parent) controller.abort(new Error("the process that started it is gone"));
  }, 500);
  try {
    // Native libraries and the bundler's process would keep this one alive.
    Deno.exit(await task(controller.signal));
  } catch (error) {
    if (interrupted > 0) Deno.exit(interrupted);
    console.error(`error: ${messageOf(error)}`);
    Deno.exit(1);
  }
}
