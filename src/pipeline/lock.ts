/** One run at a time in a folder. @module */
import { join } from "node:path";
import { z } from "zod";
import { writeWhole } from "../files/whole.ts";

/** Who holds a lock. */
export interface Holder {
  /** Number of its process. */
  readonly pid: number;
  /** When it began, as ISO 8601. */
  readonly since: string;
}

const holder: z.ZodType<Holder> = z.strictObject({ pid: z.int(), since: z.string() });

/** How often a lock that another run holds is tried, in milliseconds. */
const EVERY = 200;

/**
 * Takes the lock of a folder, and waits where another run has it. `onWait` is told once, at once, for
 * whom it waits; null where that is not known. The system releases the lock with the process.
 *
 * @returns a function that releases it
 * @throws the reason of `signal` where that is aborted while it waits
 */
export async function lock(
  folder: string,
  onWait: (holder: Holder | null) => void,
  signal?: AbortSignal,
): Promise<() => void> {
  await Deno.mkdir(folder, { recursive: true });
  const name = join(folder, "lock.json");
  const file = await Deno.open(join(folder, "lock"), { write: true, create: true });
  try {
    if (!await file.tryLock(true)) {
      onWait(await readHolder(name));
      await untilLocked(file, signal);
    }
    const content: Holder = { pid: Deno.pid, since: new Date().toISOString() };
    await writeWhole(name, JSON.stringify(content) + "\n");
  } catch (error) {
    file.close();
    throw error;
  }
  return () => file.close();
}

/** The file that processes hold a shared lock of while they work in a folder. */
export const ALIVE = "alive";

/**
 * Waits until no process is at work in a folder any more: those of a run that was killed end by
 * themselves, though not at once.
 *
 * @throws the reason of `signal` where that is aborted while it waits
 */
export async function untilNobodyWorks(folder: string, signal?: AbortSignal): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  using file = await Deno.open(join(folder, ALIVE), { write: true, create: true });
  await untilLocked(file, signal);
}

async function untilLocked(file: Deno.FsFile, signal?: AbortSignal): Promise<void> {
  while (!await file.tryLock(true)) {
    await new Promise((resolve) => setTimeout(resolve, EVERY));
    signal?.throwIfAborted();
  }
}

async function readHolder(path: string): Promise<Holder | null> {
  try {
    return holder.parse(JSON.parse(await Deno.readTextFile(path)));
  } catch {
    return null;
  }
}
