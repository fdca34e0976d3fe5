/** Files and folders that appear under their name whole or not at all. @module */
import { dirname, join } from "node:path";

/** What a file is to hold: bytes, text, or bytes part after part. */
export type Content = Uint8Array | string | AsyncIterable<Uint8Array>;

/**
 * Writes a file whole: in `folder`, which is made if it is not there, then synced and renamed. The
 * folder, on the disk of the file's place, is that place itself if omitted.
 */
export async function writeWhole(
  path: string,
  content: Content,
  folder: string = dirname(path),
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const part = join(folder, `${crypto.randomUUID()}.part`);
  try {
    {
      using file = await Deno.open(part, { write: true, createNew: true });
      const whole = typeof content === "string" || content instanceof Uint8Array;
      for await (const part of whole ? [content] : content) {
        const bytes = typeof part === "string" ? new TextEncoder().encode(part) : part;
        for (let written = 0; written < bytes.length;) {
          written += await file.write(bytes.subarray(written));
        }
      }
    }
    await moveWhole(part, path);
  } catch (error) {
    await Deno.remove(part).catch(() => {});
    throw error;
  }
}

/** Gives a finished file its place on the same disk, in exchange for what is there: synced, then renamed. */
export async function moveWhole(from: string, to: string): Promise<void> {
  await sync(from);
  await Deno.rename(from, to);
}

/**
 * Makes a folder whole: `fill` is given a temporary one beside `target`, whose files are then synced;
 * then it takes the place of `target`. Returns what `fill` returns. Where `fill` fails, `target`
 * stays as it was.
 */
export async function wholeDirectory<T>(
  target: string,
  fill: (temporary: string) => Promise<T>,
): Promise<T> {
  // Not a temporary folder of Deno's, which nobody else may read.
  const temporary = join(dirname(target), UNFINISHED + crypto.randomUUID());
  await Deno.mkdir(temporary, { recursive: true });
  try {
    const result = await fill(temporary);
    await syncAll(temporary);
    await removeIfThere(target);
    await Deno.rename(temporary, target);
    return result;
  } finally {
    await removeIfThere(temporary);
  }
}

/** How a folder is named before it gets its place. */
export const UNFINISHED = "unfinished-";

/** Removes what interrupted calls of `wholeDirectory` left in a folder; the caller sees to it that none is at work there. */
export async function removeUnfinished(directory: string): Promise<void> {
  for await (const { name } of Deno.readDir(directory)) {
    if (name.startsWith(UNFINISHED)) await removeIfThere(join(directory, name));
  }
}

/** Removes a file, or a folder with all that is in it. */
export async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function syncAll(directory: string): Promise<void> {
  for await (const { name, isFile, isDirectory } of Deno.readDir(directory)) {
    if (isFile) await sync(join(directory, name));
    if (isDirectory) await syncAll(join(directory, name));
  }
}

async function sync(path: string): Promise<void> {
  // Windows syncs only what may be written; elsewhere a library need not be.
  using file = await Deno.open(path, { read: true, write: Deno.build.os === "windows" });
  await file.sync();
}
