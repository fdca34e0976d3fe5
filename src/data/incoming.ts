/** Bytes that come in pieces, from a file or out of an archive, taken in order. @module */
import { plainSize } from "../files/plain.ts";
import { enlarged } from "./grow.ts";

/** Takes bytes in order; dispose of it to let go of where they come from. */
export interface Incoming extends AsyncDisposable {
  /** The next `count` bytes, or what is left where that is less. Room is made for what has come, not for `count`. */
  take(count: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Whether all have been taken. */
  ended(): Promise<boolean>;
}

/**
 * @param pieces may be overwritten once the next is asked for
 * @param name what an error calls the file
 */
export function incoming(pieces: AsyncIterable<Uint8Array>, name: string): Incoming {
  const iterator = pieces[Symbol.asyncIterator]();
  let piece = new Uint8Array(0) as Uint8Array;
  /** Whether there is a byte in `piece`, which is fetched where it is empty. */
  async function more(): Promise<boolean> {
    while (piece.length === 0) {
      const next = await iterator.next();
      if (next.done) return false;
      piece = next.value;
    }
    return true;
  }
  return {
    async take(count) {
      let taken = new Uint8Array(0);
      let length = 0;
      while (length < count && await more()) {
        const part = piece.subarray(0, count - length);
        if (length + part.length > taken.length) {
          taken = enlarged(taken, length + part.length, name, count);
        }
        taken.set(part, length);
        length += part.length;
        piece = piece.subarray(part.length);
      }
      return length === taken.length ? taken : new Uint8Array(taken.buffer.transfer(length));
    },
    ended: async () => !await more(),
    async [Symbol.asyncDispose]() {
      await iterator.return?.();
    },
  };
}
const PIECE_BYTES = 1 << 16;

/**
 * The bytes of a plain file; each piece is overwritten by the next.
 *
 * @throws {Error} where it is no plain file or cannot be read
 */
export async function* fileInPieces(path: string): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  await plainSize(path);
  using file = await Deno.open(path);
  const piece = new Uint8Array(PIECE_BYTES);
  for (let count; (count = await file.read(piece)) !== null;) yield piece.subarray(0, count);
}
