/**
 * Reads images and labels from IDX, the format of MNIST and Fashion-MNIST, plain or compressed with gzip:
 * a magic number (two zero bytes, type 8 for unsigned bytes, the number of dimensions), each
 * dimension as a big-endian uint32, then the bytes in C order.
 * Format: https://github.com/zalandoresearch/fashion-mnist and http://yann.lecun.com/exdb/mnist/
 *
 * @module
 */
import type { NdArray } from "../ndarray.ts";
import type { LabelledImages } from "./dataset.ts";
import { enlarged, MOST_BYTES } from "./grow.ts";

/** Deflate packs at most 1032 bytes into one (RFC 1951: 258 bytes in two bits). */
const LARGEST_EXPANSION = 1032;
/** Compressed bytes given to the decompressor at once; a hostile file can make 16 MiB of them, no more. */
const PIECE_BYTES = 1 << 14;

/** Decodes the bytes of an image file to `[N, rows, columns]`. `name` is what an error calls the file. */
export function decodeIdxImages(bytes: Uint8Array, name: string): Promise<NdArray<Uint8Array>> {
  return decode(bytes, name, ["images", "rows", "columns"]);
}

/**
 * Decodes the bytes of a label file to `[N]`. `name` is what an error calls the file.
 *
 * @param classes labels must be below this
 */
export async function decodeIdxLabels(
  bytes: Uint8Array,
  name: string,
  classes: number,
): Promise<NdArray<Uint8Array>> {
  const labels = await decode(bytes, name, ["labels"]);
  const wrong = labels.data.findIndex((label) => label >= classes);
  if (wrong >= 0) {
    throw new Error(
      `${name}, label ${wrong + 1}: ${labels.data[wrong]} is no class, expected 0 to ${
        classes - 1
      }.`,
    );
  }
  return labels;
}

/** Reads an image file and its label file from disk; their counts must agree. */
export async function readIdx(
  imagesPath: string,
  labelsPath: string,
  classes: number,
): Promise<LabelledImages> {
  const images = await decodeIdxImages(await Deno.readFile(imagesPath), imagesPath);
  const labels = await decodeIdxLabels(await Deno.readFile(labelsPath), labelsPath, classes);
  if (images.shape[0] !== labels.shape[0]) {
    throw new Error(
      `${imagesPath} holds ${images.shape[0]} images, but ${labelsPath} holds ` +
        `${labels.shape[0]} labels; they do not belong together.`,
    );
  }
  return { images, labels };
}

/** Decodes an array whose dimensions are called `axes` in errors. */
async function decode(
  bytes: Uint8Array,
  name: string,
  axes: readonly string[],
): Promise<NdArray<Uint8Array>> {
  const compressed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const refuse = (why: string) => new Error(`${name}: ${why}.`);
  const header = new Uint8Array(4 + 4 * axes.length);
  let headerLength = 0;
  let shape: number[] = [];
  // Grows with what has been decompressed, whatever the header announces: `size` bytes.
  let data = new Uint8Array(0);
  let size = -1;
  let length = 0;

  /** The number of bytes that the header announces. */
  function readHeader(): number {
    const magic = [0, 0, 8, axes.length];
    if (magic.some((byte, i) => header[i] !== byte)) {
      throw refuse(
        `the magic number is [${header.subarray(0, 4).join(", ")}], expected ` +
          `[${magic.join(", ")}] (unsigned bytes, ${axes.length} dimensions: ${axes.join(", ")})`,
      );
    }
    const view = new DataView(header.buffer);
    shape = axes.map((_, i) => view.getUint32(4 + 4 * i));
    const empty = shape.indexOf(0);
    if (empty >= 0) throw refuse(`the header says 0 ${axes[empty]}`);
    const announced = shape.reduce((product, n) => product * n, 1);
    const limit = compressed ? bytes.length * LARGEST_EXPANSION : bytes.length - header.length;
    if (announced > limit) {
      throw refuse(
        `it is truncated: the header says ${
          describeShape(shape, axes)
        }, that is ${announced} bytes, ` +
          `but ${bytes.length} bytes${compressed ? " of gzip" : ""} cannot hold them`,
      );
    }
    if (announced > MOST_BYTES) {
      throw refuse(
        `the header says ${describeShape(shape, axes)}, that is ${announced} bytes; ` +
          `at most ${MOST_BYTES} are read`,
      );
    }
    return announced;
  }

  for await (let piece of compressed ? decompress(bytes, name) : [bytes]) {
    if (size < 0) {
      const taken = piece.subarray(0, header.length - headerLength);
      header.set(taken, headerLength);
      headerLength += taken.length;
      piece = piece.subarray(taken.length);
      if (headerLength < header.length) continue;
      size = readHeader();
    }
    // Stops here, so that a small file cannot be made to fill the memory.
    if (length + piece.length > size) {
      throw refuse(
        `bytes follow the ${size} that the header announces ` +
          `(${describeShape(shape, axes)})`,
      );
    }
    if (length + piece.length > data.length) {
      data = enlarged(data, length + piece.length, name, size);
    }
    data.set(piece, length);
    length += piece.length;
  }
  if (size < 0) {
    throw refuse(`it is truncated: ${headerLength} of the header's ${header.length} bytes`);
  }
  if (length < size) {
    throw refuse(
      `it is truncated: the header says ${describeShape(shape, axes)}, that is ${size} ` +
        `bytes, but ${length} follow`,
    );
  }
  return { shape, data };
}

function describeShape(shape: readonly number[], axes: readonly string[]): string {
  return shape.map((n, i) => `${n} ${axes[i]}`).join(" x ");
}

async function* decompress(bytes: Uint8Array, name: string): AsyncGenerator<Uint8Array> {
  let at = 0;
  const pieces = new ReadableStream<BufferSource>({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at += PIECE_BYTES));
    },
  });
  const reader = pieces.pipeThrough(new DecompressionStream("gzip")).getReader();
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (cause) {
    // The decompressor's own words ("failed to write whole buffer") would not help anyone.
    throw new Error(
      `${name}: the gzip data is damaged, truncated, or followed by other bytes; ` +
        `fetch the file again.`,
      { cause },
    );
  } finally {
    await reader.cancel().catch(() => {});
  }
}
