/** The front end that every task begins with. @module */
import type { CommandName } from "./commands.ts";
import { runTask } from "./exits.ts";
import { asksForHelp, type Given, read } from "./flags.ts";
import { helpOf } from "./help.ts";

/**
 * Runs a task: reads what is said to it, or prints its help where that is asked for, and ends the
 * process as `runTask` does. A task that takes no `signal` is ended at once by one.
 *
 * @param more rows of the help between what the task does and its flags
 */
export function command<N extends CommandName>(
  name: N,
  task: (given: Given<N>, signal: AbortSignal) => Promise<number>,
  more: readonly (readonly [name: string, about: string])[] = [],
): Promise<never> {
  const begin = async (signal: AbortSignal) => {
    if (!asksForHelp(Deno.args)) return await task(read(name, Deno.args), signal);
    console.log(helpOf(name, more));
    return 0;
  };
  return runTask(task.length < 2 ? () => begin(new AbortController().signal) : begin);
}
