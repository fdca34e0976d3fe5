/** How tasks end: what their exit codes mean, and what a signal does. @module */
import { messageOf } from "../src/files/explain.ts";
import { SIGNALS } from "./signals.ts";

/** What a task exits with, besides 128 and the number of the signal that ended it. */
export const EXITS = {
  /** It did what it was asked. */
  done: 0,
  /** It could not; it says why. Deno itself ends with this, too, where it cannot start a task. */
  failed: 1,
  /** A flag, a word or the study is wrong; nothing was done. */
  refused: 2,
  /** It did what it was asked, and what it was to check does not hold. */
  differs: 3,
} as const;

/** What was asked cannot be meant so: a flag, a word or the study is wrong. */
export class Refused extends Error {
  override name = "Refused";
}

/** An error of a kind as a refusal; any other, as it is. All are of the kind if that is omitted. */
export const refusalOf = (
  error: unknown,
  kind: new (...given: never[]) => Error = Error,
): unknown => error instanceof kind ? new Refused(error.message, { cause: error }) : error;

/**
 * Whether a task was told to end, to be asked where something failed: Ctrl-C ends what this process has
 * started as well, whose end may be heard of first.
 */
export async function wasEnded(signal: AbortSignal): Promise<boolean> {
  if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 100));
  return signal.aborted;
}

/**
 * Runs a task and ends the process with what it returns, or with the error's message and its code. A
 * signal aborts `signal`; the process then ends as one does that the signal ended. A task that does
 * not take `signal` has nothing to put in order, and is ended at once.
 */
export async function runTask(task: (signal: AbortSignal) => Promise<number>): Promise<never> {
  const controller = new AbortController();
  let interrupted = 0;
  const end = (code: number, why: string) => {
    if (task.length === 0) Deno.exit(code);
    controller.abort(new Error(why));
  };
  for (const [signal, code] of SIGNALS) {
    Deno.addSignalListener(signal, () => {
      interrupted = code;
      end(code, `ended by ${signal}`);
    });
  }
  // Started by a process that waits for it; where that one is killed, nobody wants the rest.
  const parent = Deno.ppid;
  setInterval(() => {
    if (Deno.ppid !== parent) end(EXITS.failed, "the process that started it is gone");
  }, 500);
  try {
    // Native libraries and the bundler's process would keep this one alive.
    Deno.exit(await task(controller.signal));
  } catch (error) {
    if (await wasEnded(controller.signal) && interrupted > 0) Deno.exit(interrupted);
    console.error(`error: ${messageOf(error)}`);
    Deno.exit(error instanceof Refused ? EXITS.refused : EXITS.failed);
  }
}
