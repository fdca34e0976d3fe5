/** How much room files take. @module */
import { join } from "node:path";

/**
 * How many bytes are free once a file, or a folder with all in it, is gone: what has a second name
 * elsewhere stays, and does not count. None where nothing is there.
 */
export async function bytesOf(path: string): Promise<number> {
  const info = await Deno.lstat(path).catch(() => undefined);
  if (!info) return 0;
  if (!info.isDirectory) return (info.nlink ?? 1) > 1 ? 0 : info.size;
  let bytes = 0;
  // Where a folder may not be read, nothing is known of what is in it.
  for (const { name } of await Array.fromAsync(Deno.readDir(path)).catch(() => [])) {
    bytes += await bytesOf(join(path, name));
  }
  return bytes;
}
