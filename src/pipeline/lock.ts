/**
 * One run at a time in a folder. The system holds the lock, and releases it with the process; beside it
 * `lock.json` says who has it. On a disk that machines share without sharing locks, a run on another
 * machine is known by that file alone, which it touches as long as it lives.
 *
 * @module
 */
import { join } from "node:path";
import { z } from "zod";
import { openLock } from "../files/open_lock.ts";
import { readPlainText } from "../files/plain.ts";
import { variable } from "../files/programs.ts";
import { makeFolder, removeParts, writeWhole } from "../files/whole.ts";

/** Who holds a lock. */
export interface Holder {
  /** Number of its process. */
  readonly pid: number;
  /** Name of its machine. */
  readonly host: string;
  /** Name of its user; null where the environment does not say. */
  readonly user: string | null;
  /** When it began, as ISO 8601. */
  readonly since: string;
}

const holder: z.ZodType<Holder> = z.strictObject({
  pid: z.int(),
  host: z.string(),
  user: z.string().nullable(),
  since: z.string(),
});

/** What a run waits for. */
export interface Waiting {
  /** Null where that is not known. */
  readonly holder: Holder | null;
  /**
   * Another run works, or its process is stopped, so that it does not end by itself; or a run on another
   * machine gave a sign of life less than a minute ago; or jobs of a run that was killed have not ended.
   */
  readonly state: "works" | "stopped" | "elsewhere" | "jobs";
}

/** How often a lock that another run holds is tried, in milliseconds. */
const EVERY = 200;

/** How often it is looked at who has it, in milliseconds. */
const LOOK = 5000;

/** How often a run says that it lives, in milliseconds. */
const SIGN = 10_000;

/** How long a run on another machine may give no sign before it counts as dead, in milliseconds. */
const QUIET = 60_000;

/**
 * Takes the lock of a folder, and waits where another run has it. `onWait` is told at once for whom it
 * waits, and again whenever that changes. A lock of a process that is dead is free.
 *
 * @returns a function that releases it
 * @throws the reason of `signal` where that is aborted while it waits
 */
export async function lock(
  folder: string,
  onWait: (waiting: Waiting) => void,
  signal?: AbortSignal,
): Promise<() => Promise<void>> {
  await makeFolder(folder);
  const name = join(folder, "lock.json");
  const file = await openLock(join(folder, "lock"));
  const host = Deno.hostname();
  let told = "";
  const tell = (waiting: Waiting) => {
    const now = JSON.stringify(waiting);
    if (now !== told) onWait(waiting);
    told = now;
  };
  try {
    await untilLocked(file, 0, async () => {
      const holder = await readHolder(name);
      const stopped = holder?.host === host && await isStopped(holder.pid);
      tell({ holder, state: stopped ? "stopped" : "works" });
    }, signal);
    await untilQuiet(name, host, tell, signal);
    // Nobody but who has the lock writes here.
    await removeParts(folder);
    const user = variable("USER") ?? variable("USERNAME") ?? null;
    const content: Holder = { pid: Deno.pid, host, user, since: new Date().toISOString() };
    await writeWhole(name, JSON.stringify(content) + "\n");
  } catch (error) {
    file.close();
    throw error;
  }
  const sign = setInterval(() => {
    Deno.utime(name, new Date(), new Date()).catch(() => {});
  }, SIGN);
  return async () => {
    clearInterval(sign);
    await Deno.remove(name).catch(() => {});
    file.close();
  };
}

/** The file that processes hold a shared lock of while they work in a folder. */
export const ALIVE = "alive";

/**
 * Waits until no process is at work in a folder any more: those of a run that was killed end by
 * themselves, though not at once. `onWait` is told where it takes longer than it should.
 *
 * @throws the reason of `signal` where that is aborted while it waits
 */
export async function untilNobodyWorks(
  folder: string,
  onWait: (waiting: Waiting) => void,
  signal?: AbortSignal,
): Promise<void> {
  await makeFolder(folder);
  using file = await openLock(join(folder, ALIVE));
  let told = false;
  await untilLocked(file, LOOK, () => {
    if (!told) onWait({ holder: null, state: "jobs" });
    told = true;
  }, signal);
}

/** Tries to lock a file until it can; calls `look` after the first `wait` milliseconds, and then every now and then. */
async function untilLocked(
  file: Deno.FsFile,
  wait: number,
  look: () => void | Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  let next = performance.now() + wait;
  while (!await file.tryLock(true)) {
    if (performance.now() >= next) {
      await look();
      next = performance.now() + LOOK;
    }
    await pause(EVERY);
    signal?.throwIfAborted();
  }
}

/** Waits until no run on another machine says that it works, or what it says has been the same for long enough. */
async function untilQuiet(
  name: string,
  host: string,
  tell: (waiting: Waiting) => void,
  signal?: AbortSignal,
): Promise<void> {
  let [last, since] = ["", performance.now()];
  for (;;) {
    const holder = await readHolder(name);
    if (holder === null || holder.host === host) return;
    const touched = await Deno.stat(name).then(({ mtime }) => mtime?.getTime(), () => undefined);
    const now = JSON.stringify([holder, touched]);
    if (now !== last) [last, since] = [now, performance.now()];
    // By this machine's time alone: clocks of two need not agree.
    if (performance.now() - since > QUIET) return;
    tell({ holder, state: "elsewhere" });
    await pause(EVERY);
    signal?.throwIfAborted();
  }
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Whether a process of this machine is stopped, as by Ctrl-Z; false where that cannot be seen. */
async function isStopped(pid: number): Promise<boolean> {
  try {
    const { stdout } = await new Deno.Command("ps", {
      args: ["-o", "stat=", "-p", String(pid)],
      stderr: "null",
    }).output();
    return /^T/i.test(new TextDecoder().decode(stdout).trim());
  } catch {
    return false;
  }
}

async function readHolder(path: string): Promise<Holder | null> {
  try {
    return holder.parse(JSON.parse(await readPlainText(path)));
  } catch {
    return null;
  }
}

/**
 * Waits until it has the folder and no job of a run that was killed works in it.
 *
 * @returns gives the folder back
 * @throws {Error} as `lock`
 * @throws the reason of `signal` where that is aborted
 */
export async function lockUnused(
  folder: string,
  onWait: (waiting: Waiting) => void,
  signal?: AbortSignal,
): Promise<() => Promise<void>> {
  const unlock = await lock(folder, onWait, signal);
  try {
    await untilNobodyWorks(folder, onWait, signal);
  } catch (error) {
    await unlock();
    throw error;
  }
  return unlock;
}
