/** What lies in a folder, to be put back after an attack, and compared with what is there later. @module */
import { dirname, join } from "node:path";
import { sha256 } from "../../src/files/digest.ts";

/** Files by path from the folder, with `/`. */
export type Snapshot = ReadonlyMap<string, Uint8Array>;

/** Every plain file below a folder, and what links to one hold. */
export async function snapshot(folder: string, below = ""): Promise<Snapshot> {
  const files = new Map<string, Uint8Array>();
  for await (const { name, isDirectory } of Deno.readDir(join(folder, below))) {
    const path = below ? `${below}/${name}` : name;
    if (await Deno.stat(join(folder, path)).then(({ isFile }) => isFile, () => false)) {
      files.set(path, await Deno.readFile(join(folder, path)));
    }
    if (isDirectory) {
      for (const [more, bytes] of await snapshot(folder, path)) files.set(more, bytes);
    }
  }
  return files;
}

/** Makes a folder what it was, whatever is in it. */
export async function restore(folder: string, files: Snapshot): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    await Deno.remove(join(folder, name), { recursive: true });
  }
  for (const [path, bytes] of files) {
    await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
    await Deno.writeFile(join(folder, path), bytes);
  }
}

/** Digests by path of what is compared: results and published files, without manifests, which tell times. */
export const artifactsOf = (files: Snapshot): Record<string, string> =>
  Object.fromEntries(
    [...files].filter(([path]) => !path.startsWith(".cache/") && !path.endsWith("manifest.json"))
      .map(([path, bytes]): [string, string] => [path, sha256(bytes)]).sort(),
  );
