/** Unpacks gzip (RFC 1952), one member or several, piece by piece. @module */
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";

/** Compressed bytes given to the decompressor at once; a hostile file can make 16 MiB of them, no more. */
const PIECE_BYTES = 1 << 14;

/** Whether bytes begin as gzip does. */
export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/**
 * What is packed in `bytes`, all members one after the other.
 *
 * @throws {Error} where one is damaged or truncated, or something else follows
 */
export async function* gunzip(bytes: Uint8Array, name: string): AsyncGenerator<Uint8Array> {
  function* pieces() {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      yield bytes.subarray(at, at + PIECE_BYTES);
    }
  }
  const unpacking = createGunzip();
  const refuse = (cause?: unknown) =>
    new Error(
      `${name}: the gzip data is damaged, truncated, or followed by other bytes; ` +
        `fetch the file again.`,
      { cause },
    );
  try {
    // Zlib stops at zeros behind the last member, and says nothing of them.
    for await (const piece of Readable.from(pieces()).pipe(unpacking)) yield piece;
  } catch (cause) {
    // Zlib's own words ("incorrect header check") would not help anyone.
    throw refuse(cause);
  } finally {
    unpacking.destroy();
  }
  if (unpacking.bytesWritten !== bytes.length) throw refuse();
}
