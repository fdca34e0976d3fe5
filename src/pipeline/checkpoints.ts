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

/** Bytes of the number of seconds that follows it. */
const SECONDS = 8;

/** A checkpoint, and how much work it stands for. */
export interface TimedCheckpoint extends Checkpoint {
  /** Seconds that earlier runs had worked when they kept what was read; 0 where nothing was. */
  earlier(): number;
}

/**
 * What a job is given to keep its work in a file; where it is given none, it keeps nothing. `every` is the
 * time between two of them, in milliseconds. This process is taken to work on the job from its start.
 *
 * A checkpoint takes the place of the one before it whole. One that is damaged is none.
 */
export function checkpointIn(path: string | undefined, every = CHECKPOINT_EVERY): TimedCheckpoint {
  let last = performance.now();
  let earlier = 0;
  return {
    async read() {
      if (path === undefined) return undefined;
      // The run that was killed may have been killed while it wrote.
      await removeParts(dirname(path)).catch(() => {});
      const file = await Deno.readFile(path).catch(() => undefined);
      if (!file || file.length < SEAL + SECONDS) return undefined;
      const sealed = file.subarray(SEAL);
      if (new TextDecoder().decode(file.subarray(0, SEAL)) !== sha256(sealed)) return undefined;
      earlier = new DataView(sealed.buffer, sealed.byteOffset).getFloat64(0);
      return sealed.subarray(SECONDS);
    },
    async offer(make) {
      if (path === undefined || performance.now() - last < every) return;
      const content = await make();
      const file = new Uint8Array(SEAL + SECONDS + content.length);
      const sealed = file.subarray(SEAL);
      new DataView(sealed.buffer, sealed.byteOffset)
        .setFloat64(0, earlier + performance.now() / 1000);
      sealed.set(content, SECONDS);
      file.set(new TextEncoder().encode(sha256(sealed)));
      await writeWhole(path, file);
      last = performance.now();
    },
    earlier: () => earlier,
  };
}
