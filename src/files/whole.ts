/** Files that appear under their name whole or not at all. @module */
import { dirname, join } from "node:path";

/** What a file is to hold: bytes, text, or bytes part after part. */
export type Content = Uint8Array | string | AsyncIterable<Uint8Array>;

/**
 * Writes a file whole: in `folder`, which is made if it is not there, then synced and renamed. The
 * folder is on the disk of the file's place, which is itself where nothing else is named.
 */
export async function writeWhole(
  path: string,
  content: Content,
  folder: string = dirname(path),
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const part = join(folder, `${crypto.randomUUID()}.part`);
  try {
    const file = await Deno.open(part, { write: true, createNew: true });
    try {
      const whole = typeof content === "string" || content instanceof Uint8Array;
      for await (const part of whole ? [content] : content) {
        const bytes = typeof part === "string" ? new TextEncoder().encode(part) : part;
        for (let written = 0; written < bytes.length;) {
          written += await file.write(bytes.subarray(written));
        }
      }
      await file.sync();
    } finally {
      file.close();
    }
    await Deno.rename(part, path);
  } catch (error) {
    await Deno.remove(part).catch(() => {});
    throw error;
  }
}
