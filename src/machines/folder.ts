/** A folder that machines share, as a place for a store. @module */
import { join } from "node:path";
import { explained } from "../files/explain.ts";
import { plainSize } from "../files/plain.ts";
import { isPart, removeIfThere, writeNew, writeWhole } from "../files/whole.ts";
import { type Entry, type Patience, persistently, type Place, Unreachable } from "./place.ts";

/**
 * The place that a folder is. Several machines may write to it at once.
 *
 * @param name its address, for messages
 * @param root its path
 */
export function folderPlace(name: string, root: string, patience: Patience): Place {
  const pathOf = (of: string) => join(root, ...of.split("/"));
  /** A share that is not mounted looks like an empty folder, and is none. */
  const requireRoot = async () => {
    const info = await Deno.stat(root).catch(() => undefined);
    if (!info?.isDirectory) throw new Unreachable(`the folder ${root} is not there`);
  };
  const patiently = <T>(attempt: () => Promise<T>) =>
    persistently(name, patience, async () => {
      await requireRoot();
      return await attempt();
    });
  const isThere = (path: string) =>
    plainSize(path).then(() => true, (error) => {
      if (error instanceof Deno.errors.NotFound) return false;
      throw explained(error);
    });
  return {
    name,
    async read(of) {
      await requireRoot();
      const path = pathOf(of);
      if (!await isThere(path)) return undefined;
      return bytesOf(path);
    },
    put: (of, content, replace = false) =>
      patiently(async () => {
        const path = pathOf(of);
        if (!replace) return !await isThere(path) && await writeNew(path, content());
        await writeWhole(path, content());
        return true;
      }),
    async *list(prefix) {
      await persistently(name, patience, requireRoot);
      // Names have one folder at most.
      const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1);
      const names = await Array.fromAsync(Deno.readDir(pathOf(folder))).catch((error) => {
        if (error instanceof Deno.errors.NotFound) return [];
        throw explained(error);
      });
      for (const entry of names) {
        const of = folder + entry.name;
        if (!entry.isFile || !of.startsWith(prefix)) continue;
        // Somebody else may have removed it in between.
        const info = await Deno.stat(pathOf(of)).catch(() => undefined);
        if (info) {
          yield { name: of, bytes: info.size, put: info.mtime ?? new Date() } satisfies Entry;
        }
      }
    },
    remove: (of) => patiently(() => removeIfThere(pathOf(of))),
  };
}

/** Whether a file is what somebody has begun to write, or had when it was killed. */
export const isUnfinished = (name: string): boolean => isPart(name.slice(name.indexOf("/") + 1));

/** The bytes of a file, part after part. */
export async function* bytesOf(path: string): AsyncIterable<Uint8Array> {
  await plainSize(path);
  using file = await Deno.open(path);
  for (;;) {
    const buffer = new Uint8Array(1 << 18);
    const count = await file.read(buffer);
    if (count === null) return;
    yield buffer.subarray(0, count);
  }
}
