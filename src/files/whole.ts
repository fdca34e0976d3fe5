/** Files and folders that appear under their name whole or not at all. @module */
import { dirname, join } from "node:path";

/** What a file is to hold: bytes, text, or bytes part after part. */
export type Content = Uint8Array | string | AsyncIterable<Uint8Array>;

/**
 * Writes a file whole: in `folder`, which is made if it is not there, then synced and renamed. The
 * folder, on the disk of the file's place, is that place itself if omitted.
 *
 * @throws {Error} with the path and what to do, where the disk is full or may not be written
 */
export async function writeWhole(
  path: string,
  content: Content,
  folder: string = dirname(path),
): Promise<void> {
  const part = join(folder, crypto.randomUUID() + PART);
  try {
    await makeFolder(folder);
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
    throw explained(error, path);
  }
}

/** How the name of a file ends before it gets its place, after a UUID. */
const PART = ".part";

/** Whether a file is what an interrupted call of `writeWhole` left, by its name. */
export const isPart = (name: string): boolean =>
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.part$/.test(name);

/** Removes what interrupted calls of `writeWhole` left in a folder; the caller sees to it that none is at work there. */
export async function removeParts(directory: string): Promise<void> {
  for await (const { name } of Deno.readDir(directory)) {
    if (isPart(name)) await removeIfThere(join(directory, name));
  }
}

/** Gives a finished file its place on the same disk, in exchange for what is there: synced, then renamed. */
export async function moveWhole(from: string, to: string): Promise<void> {
  await sync(from);
  await Deno.rename(from, to);
  await syncFolder(dirname(to));
}

/** Codes of errors that say what is wrong with a disk or a place, and what to do about it. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: "there is no space left on its disk (or no file may be added); free some and run again",
  EDQUOT: "your share of its disk is used up; free some and run again",
  EROFS: "its disk is read-only; use a folder on another one",
  EACCES:
    "its folder belongs to somebody else or is closed to writing; give yourself the right, or use another folder",
  EPERM: "its folder is closed to writing; give yourself the right, or use another folder",
  EISDIR: "a folder is in its place; move that away",
  ENOTDIR: "something that is no folder stands in its path; move that away",
};

/** An error of the system's with path and remedy; any other one as it is. Nothing is half-written in any case. */
function explained(error: unknown, path: string): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (!(code in REMEDIES)) return error;
  return new Error(`${path} cannot be written: ${REMEDIES[code]}.`, { cause: error });
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
  await makeFolder(temporary);
  try {
    const result = await fill(temporary);
    await syncAll(temporary);
    await placeFolder(temporary, target);
    return result;
  } finally {
    await removeIfThere(temporary);
  }
}

/** Gives a finished folder, in which all is synced, its place on the same disk, in exchange for what is there. */
export async function placeFolder(from: string, to: string): Promise<void> {
  // What is removed file by file must not have its name any more.
  const old = join(dirname(to), UNFINISHED + crypto.randomUUID());
  try {
    await Deno.rename(to, old);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  await Deno.rename(from, to);
  await syncFolder(dirname(to));
  await removeIfThere(old);
}

/**
 * Makes a folder where it is not there, and those that it lies in, which then outlast a loss of power.
 *
 * @throws {Error} where one of them cannot be made
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await Deno.stat(path);
    return;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  await makeFolder(dirname(path));
  // Somebody else may have made it in between.
  await Deno.mkdir(path, { recursive: true });
  await syncFolder(dirname(path));
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
  await syncFolder(directory);
}

async function sync(path: string): Promise<void> {
  // Windows syncs only what may be written; elsewhere a library need not be.
  using file = await Deno.open(path, { read: true, write: Deno.build.os === "windows" });
  await file.sync();
}

/** Makes names in a folder outlast a loss of power, where the system lets a folder be synced. */
async function syncFolder(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  try {
    using folder = await Deno.open(path);
    await folder.sync();
  } catch {
    // Some file systems know no such thing; the names are there all the same.
  }
}
