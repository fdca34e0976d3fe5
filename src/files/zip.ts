/** Reads ZIP archives from disk piece by piece, so that they need not fit into memory. @module */
import { configure, type FileEntry, Reader, ZipReader } from "@zip.js/zip.js";
import { pipeline, Readable } from "node:stream";
import { crc32, createInflateRaw } from "node:zlib";
import { plainSize } from "./plain.ts";

/** Packed bytes that are unpacked at once; a hostile archive can make 16 MiB of them, no more. */
const PIECE_BYTES = 1 << 14;

/** An archive that is open; dispose of it to close it. */
export interface Archive extends AsyncDisposable {
  readonly entries: readonly FileEntry[];
}

/**
 * Opens the archive at `path`. Entries are unpacked in this process.
 *
 * @throws {Error} where it is no plain file, cannot be read, or is no archive
 */
export async function openZip(path: string): Promise<Archive> {
  configure({ useWebWorkers: false });
  await plainSize(path);
  const file = await Deno.open(path);
  try {
    const reader = new ZipReader(new FileReader(file));
    const entries = await Array.fromAsync(reader.getEntriesGenerator());
    return {
      entries: entries.filter((entry) => !entry.directory),
      async [Symbol.asyncDispose]() {
        await reader.close();
        file.close();
      },
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

class FileReader extends Reader<Deno.FsFile> {
  #file: Deno.FsFile;
  constructor(file: Deno.FsFile) {
    super(file);
    this.#file = file;
  }
  override async init(): Promise<void> {
    await super.init?.();
    this.size = (await this.#file.stat()).size;
  }
  override async readUint8Array(offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.size - offset)));
    await this.#file.seek(offset, Deno.SeekMode.Start);
    let filled = 0;
    while (filled < bytes.length) {
      const count = await this.#file.read(bytes.subarray(filled));
      if (count === null) break;
      filled += count;
    }
    return bytes.subarray(0, filled);
  }
}

/** How an entry may be packed. */
const STORED = 0;
const DEFLATED = 8;

/**
 * What an entry holds, piece by piece. Who stops asking stops the unpacking, which zip.js itself would
 * not: it has hundreds of megabytes ready by then.
 *
 * @throws {Error} where the archive is damaged
 */
export async function* unpacked(entry: FileEntry): AsyncGenerator<Uint8Array> {
  const { compressionMethod, encrypted, signature, uncompressedSize } = entry;
  if (encrypted || (compressionMethod !== STORED && compressionMethod !== DEFLATED)) {
    throw new Error("it is encrypted, or packed in another way than deflate");
  }
  let pieces: AsyncIterable<Uint8Array> = packed(entry);
  if (compressionMethod === DEFLATED) {
    const inflating = createInflateRaw();
    // What goes wrong is told by the last of them.
    pipeline(Readable.from(pieces), inflating, () => {});
    pieces = inflating;
  }
  let [length, sum] = [0, 0];
  for await (const piece of pieces) {
    length += piece.length;
    sum = crc32(piece, sum);
    yield piece;
  }
  if (length !== uncompressedSize || sum !== signature) {
    throw new Error("its checksum is another one");
  }
}

/** An entry's bytes as they lie in the archive. */
async function* packed(entry: FileEntry): AsyncGenerator<Uint8Array> {
  const stop = new AbortController();
  let controller!: TransformStreamDefaultController<Uint8Array>;
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>({
    start: (own) => void (controller = own),
  });
  // What goes wrong before the first piece is told to nobody else.
  const written = entry.getData(writable, { passThrough: true, signal: stop.signal })
    .catch((error) => controller.error(error));
  try {
    for await (const piece of readable) {
      for (let at = 0; at < piece.length; at += PIECE_BYTES) {
        yield piece.subarray(at, at + PIECE_BYTES);
      }
    }
    await written;
  } finally {
    stop.abort();
  }
}
