/**
 * What an unfinished job keeps of its work on this machine, under its key: whoever runs it again, after it
 * was killed, goes on from there. In no key: what comes out is the same.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { sha256 } from "../files/digest.ts";
import { removeIfMine, removeParts, writeWhole } from "../files/whole.ts";
import type { Checkpoint } from "./stage.ts";

/** How long a job works between two checkpoints at least, in milliseconds. */
export const CHECKPOINT_EVERY = 2 * 60_000;

/** Whether a folder among those of finished jobs holds what an unfinished one keeps, by its name. */
export const isCheckpoint = (name: string): boolean => /^checkpoint-[0-9a-f]{64}$/.test(name);

/** The folder in which a job of a key keeps it, among those of finished jobs. */
export const checkpointFolder = (directory: string, key: string): string =>
  join(directory, `checkpoint-${key}`);

/** Removes what checkpoints have not been written to since a time. */
export async function pruneCheckpoints(directory: string, since: number): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    if (!isDirectory || !isCheckpoint(name)) continue;
    const { mtime } = await Deno.stat(join(directory, name)).catch(() => ({ mtime: null }));
    if (mtime && mtime.getTime() < since) await removeIfMine(join(directory, name));
  }
}

/** Bytes of a digest in hexadecimal, with which a checkpoint begins. */
const SEAL = 64;

/**
 * What a job is given to keep its work in a file; where it is given none, it keeps nothing. `every` is the
 * time between two of them, in milliseconds.
 *
 * A checkpoint takes the place of the one before it whole. One that is damaged is none.
 */
export function checkpointIn(path: string | undefined, every = CHECKPOINT_EVERY): Checkpoint {
  let last = performance.now();
  return {
    async read() {
      if (path === undefined) return undefined;
      // The run that was killed may have been killed while it wrote.
      await removeParts(dirname(path)).catch(() => {});
      const file = await Deno.readFile(path).catch(() => undefined);
      if (!file || file.length < SEAL) return undefined;
      const content = file.subarray(SEAL);
      const seal = new TextDecoder().decode(file.subarray(0, SEAL));
      return seal === sha256(content) ? content : undefined;
    },
    async offer(make) {
      if (path === undefined || performance.now() - last < every) return;
      const content = await make();
      const file = new Uint8Array(SEAL + content.length);
      file.set(new TextEncoder().encode(sha256(content)));
      file.set(content, SEAL);
      await writeWhole(path, file);
      last = performance.now();
    },
  };
}
