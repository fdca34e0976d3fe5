/** Files and folders that appear under their name whole or not at all. @module */
import { dirname, join } from "node:path";
import { explained } from "./explain.ts";

/** What a file is to hold: bytes, text, or bytes part after part. */
export type Content = Uint8Array | string | AsyncIterable<Uint8Array>;

/**
 * Writes a file whole: in `folder`, which is made if it is not there, then synced and renamed. The
 * folder, which should be on the disk of the file's place, is that place itself if omitted.
 *
 * @throws {Error} with the path and what to do, where the disk is full or may not be written
 */
export async function writeWhole(
  path: string,
  content: Content,
  folder: string = dirname(path),
): Promise<void> {
  await write(path, content, folder, moveWhole);
}

/**
 * Writes a file whole as `writeWhole` does, unless something is in its place; that stays. Of several who
 * write one at once, on several machines as well, the first one does.
 *
 * @returns whether it was this one
 * @throws {Error} as `writeWhole`
 */
export async function writeNew(path: string, content: Content): Promise<boolean> {
  return await write(path, content, dirname(path), async (part) => {
    await sync(part);
    try {
      await Deno.link(part, path);
    } catch (error) {
      const isFirst = !(error instanceof Deno.errors.AlreadyExists);
      // A disk that knows no second names of files: another one's is exchanged, in one step all the same.
      if (isFirst) await moveWhole(part, path);
      else await Deno.remove(part);
      return isFirst;
    }
    await Deno.remove(part);
    await syncFolder(dirname(path));
    return true;
  });
}

/** Writes a file in `folder` under a passing name; `placed` gives it its own. */
async function write<T>(
  path: string,
  content: Content,
  folder: string,
  placed: (part: string, path: string) => Promise<T>,
): Promise<T> {
  const part = join(folder, crypto.randomUUID() + PART);
  // What errors name: people know the file, and not its part, but where it is made may be another place.
  let place = folder === dirname(path) ? path : folder;
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
    place = path;
    return await placed(part, path);
  } catch (error) {
    await Deno.remove(part).catch(() => {});
    throw explained(error, place);
  }
}

/**
 * Gives a file that is never changed in its place a second name, in exchange for what has that; it is
 * copied where the disk knows no second names, or has the other name on another one.
 */
export async function linkWhole(from: string, to: string): Promise<void> {
  const part = join(dirname(to), crypto.randomUUID() + PART);
  await makeFolder(dirname(to));
  const linked = await Deno.link(from, part).then(() => true, () => false);
  if (!linked) return await writeWhole(to, await Deno.readFile(from));
  await moveWhole(part, to);
}

/** How the name of a file ends before it gets its place, after a UUID. */
const PART = ".part";

/** Whether a file is what an interrupted call of `writeWhole` left, by its name. */
export const isPart = (name: string): boolean =>
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.part$/.test(name);

/** Removes what interrupted calls of `writeWhole` left in a folder; the caller sees to it that none is at work there. */
export const removeParts = (directory: string): Promise<void> => removeLeft(directory, isPart);

async function removeLeft(directory: string, isLeft: (name: string) => boolean): Promise<void> {
  for await (const { name } of Deno.readDir(directory)) {
    if (isLeft(name)) await removeIfMine(join(directory, name));
  }
}

/**
 * Gives a finished file its place, in exchange for what is there: synced, then renamed. Between two disks
 * it is copied, which takes a moment in which it is not whole.
 */
export async function moveWhole(from: string, to: string): Promise<void> {
  await sync(from);
  await Deno.rename(from, to).catch(async (error) => {
    if (error.code !== "EXDEV") throw error;
    await Deno.copyFile(from, to);
    await sync(to);
    await Deno.remove(from);
  });
  await syncFolder(dirname(to));
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
  await makeFolder(dirname(target));
  const temporary = await unfinishedIn(dirname(target));
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
  const old = await putAside(to);
  await Deno.rename(from, to);
  await syncFolder(dirname(to));
  if (old !== undefined) await removeIfThere(old);
}

/**
 * Takes a folder's name from it in one step, before it is removed file by file; returns where it is then,
 * undefined where there is none.
 */
export async function putAside(path: string): Promise<string | undefined> {
  const aside = join(dirname(path), unfinished("") + crypto.randomUUID());
  try {
    await Deno.rename(path, aside);
    return aside;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
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

/** How the name of a folder begins before it gets its place: `unfinished-`, and what it is for. */
const unfinished = (purpose: string) => `unfinished-${purpose && `${purpose}-`}`;

/** Whether a folder is not finished, or on its way out, by its name. */
export const isUnfinished = (name: string, purpose = ""): boolean =>
  name.startsWith(unfinished(purpose));

/**
 * Makes an empty folder for what is not finished, in one that is there, and returns its path. `purpose`
 * is told in its name. Not a temporary folder of Deno's: nobody else may read those, and where one
 * cannot be made, its error names no path.
 */
export async function unfinishedIn(directory: string, purpose = ""): Promise<string> {
  const path = join(directory, unfinished(purpose) + crypto.randomUUID());
  await Deno.mkdir(path);
  return path;
}

/**
 * Removes what `unfinishedIn` made in a folder and interrupted calls left, for one purpose or for any; the
 * caller sees to it that nobody is at work there. What belongs to somebody else, and may not be removed, stays.
 */
export const removeUnfinished = (directory: string, purpose = ""): Promise<void> =>
  removeLeft(directory, (name) => isUnfinished(name, purpose));

/** Removes as `removeIfThere` does what may be removed; what may not, stays: it is of no use, and no harm. */
export async function removeIfMine(path: string): Promise<void> {
  await removeIfThere(path).catch((error) => {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
  });
}

/** Removes a file, or a folder with all that is in it. */
export async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Removes a file where it is there; after a loss of power it is gone all the same. */
export async function removeForGood(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  await syncFolder(dirname(path));
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
