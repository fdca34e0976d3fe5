/**
 * Takes the lock of a folder as a run does, and keeps it until its standard input ends:
 * `deno run lock_holder.ts <folder>` prints for whom it waits, as JSON a line, and `has it`.
 *
 * @module
 */
import { assert } from "@std/assert";
import { fileURLToPath } from "node:url";
import { lock, type Waiting } from "../../src/pipeline/lock.ts";
import { lines } from "../../src/pipeline/messages.ts";
import { runTask } from "../../tasks/exits.ts";

/** A process that holds a lock, or waits for it. */
export interface LockHolder {
  readonly pid: number;
  /** For whom it has waited so far. */
  readonly told: readonly Waiting[];
  /** Resolves once it says something more, or has the lock; the latter is returned. */
  hears(): Promise<boolean>;
  untilItHas(): Promise<void>;
  kill(signal: Deno.Signal): void;
  /** Releases the lock in order and waits for its end. */
  release(): Promise<void>;
  /** How it ended. */
  readonly ended: Promise<Deno.CommandStatus>;
}

/** Starts a process that takes a lock; `as` puts something before its command, such as another user. */
export function lockHolder(
  folder: string,
  as: (command: readonly string[]) => readonly string[] = (command) => command,
  env: Readonly<Record<string, string>> = {},
): LockHolder {
  const [program, ...args] = as([
    ...[Deno.execPath(), "run", "-A", "--quiet", "--no-prompt", "--no-check", "--config"],
    fileURLToPath(new URL("../../deno.json", import.meta.url)),
    ...[fileURLToPath(import.meta.url), folder],
  ]);
  const child = new Deno.Command(program, {
    args,
    env,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const said = lines(child.stdout);
  const told: Waiting[] = [];
  const hears = async () => {
    const { value } = await said.next();
    assert(value !== undefined, "it has ended");
    if (value === "has it") return true;
    told.push(JSON.parse(value));
    return false;
  };
  const ended = child.status.then(async (status) => {
    await said.return(undefined);
    await child.stdin.close().catch(() => {});
    return status;
  });
  return {
    pid: child.pid,
    told,
    hears,
    async untilItHas() {
      while (!await hears());
    },
    kill: (signal) => child.kill(signal),
    async release() {
      await child.stdin.close();
      await ended;
    },
    ended,
  };
}

if (import.meta.main) {
  await runTask(async (signal) => {
    const unlock = await lock(
      Deno.args[0],
      (waiting) => console.log(JSON.stringify(waiting)),
      signal,
    );
    console.log("has it");
    await Array.fromAsync(Deno.stdin.readable);
    await unlock();
    return 0;
  });
}
