/**
 * Reads images and labels from IDX, the format of MNIST and Fashion-MNIST, plain or compressed with gzip:
 * a magic number (two zero bytes, type 8 for unsigned bytes, the number of dimensions), each
 * dimension as a big-endian uint32, then the bytes in C order. Images have three dimensions where they
 * are grey and four where they have channels, the last of which is then 1 or 3.
 * Format: https://github.com/zalandoresearch/fashion-mnist and http://yann.lecun.com/exdb/mnist/
 *
 * @module
 */
import { foreignForm, FORM_BYTES } from "../files/forms.ts";
import { readPlain } from "../files/plain.ts";
import type { NdArray } from "../ndarray.ts";
import type { ReadImages } from "./dataset.ts";
import { MOST_BYTES } from "./grow.ts";
import { gunzip, isGzip } from "./gzip.ts";
import { incoming } from "./incoming.ts";

/** Deflate packs at most 1032 bytes into one (RFC 1951: 258 bytes in two bits). */
const LARGEST_EXPANSION = 1032;

/** What the third byte says of the values, where it is not 8. */
const OTHER_TYPES: Readonly<Record<number, string>> = {
  9: "signed bytes",
  11: "16-bit integers",
  12: "32-bit integers",
  13: "32-bit floats",
  14: "64-bit floats",
};

/** What the dimensions of an image file may be called, by their number. */
const IMAGES = [["images", "rows", "columns"], ["images", "rows", "columns", "channels"]];

/**
 * Decodes the bytes of an image file to `[N, rows, columns, channels]`. `name` is what an error calls
 * the file.
 *
 * @throws {Error} where the file is damaged, or holds something else
 */
export async function decodeIdxImages(
  bytes: Uint8Array,
  name: string,
): Promise<NdArray<Uint8Array>> {
  const { shape, data } = await decode(bytes, name, IMAGES);
  const [count, rows, columns, channels = 1] = shape;
  if (channels !== 1 && channels !== 3) {
    throw new Error(
      `${name}: its images have ${channels} channels, expected 1 (grey) or 3 (red, green, blue), ` +
        `as the last of four dimensions.`,
    );
  }
  return { shape: [count, rows, columns, channels], data };
}

/**
 * Decodes the bytes of a label file to `[N]`. `name` is what an error calls the file.
 *
 * @throws {Error} where the file is damaged, or holds something else
 */
export async function decodeIdxLabels(
  bytes: Uint8Array,
  name: string,
): Promise<NdArray<Int32Array>> {
  const { shape, data } = await decode(bytes, name, [["labels"]]);
  return { shape, data: Int32Array.from(data) };
}

/**
 * Reads an image file and its label file from disk.
 *
 * @throws {Error} where one is damaged, or their counts do not agree
 */
export async function readIdx(imagesPath: string, labelsPath: string): Promise<ReadImages> {
  const images = await decodeIdxImages(await readPlain(imagesPath), imagesPath);
  const labels = await decodeIdxLabels(await readPlain(labelsPath), labelsPath);
  if (images.shape[0] !== labels.shape[0]) {
    throw new Error(
      `${imagesPath} holds ${images.shape[0]} images, but ${labelsPath} holds ` +
        `${labels.shape[0]} labels; they do not belong together.`,
    );
  }
  return { images, labels };
}

/** Decodes an array whose dimensions have one of the lists of names in errors. */
async function decode(
  bytes: Uint8Array,
  name: string,
  forms: readonly (readonly string[])[],
): Promise<NdArray<Uint8Array>> {
  const compressed = isGzip(bytes);
  const refuse = (why: string) => new Error(`${name}: ${why}.`);
  await using source = incoming(compressed ? gunzip(bytes, name) : onePiece(bytes), name);

  const magic = await source.take(4);
  const axes = forms.find(({ length }) => magic[3] === length) ?? forms[0];
  const headerLength = 4 + 4 * axes.length;
  const expected = forms.map(({ length }) => [0, 0, 8, length]);
  if (
    magic.length === 4 && !expected.some((bytes) => bytes.every((byte, i) => byte === magic[i]))
  ) {
    const foreign = foreignForm(compressed ? magic : bytes.subarray(0, FORM_BYTES));
    if (foreign !== undefined) throw new Error(`${name} is ${foreign}`);
    const type = magic[0] === 0 && magic[1] === 0 ? OTHER_TYPES[magic[2]] : undefined;
    if (type !== undefined) {
      throw refuse(`it holds ${type}, expected unsigned bytes; convert it to values from 0 to 255`);
    }
    throw refuse(
      `the magic number is [${magic.join(", ")}], expected ` +
        forms.map((axes) =>
          `[0, 0, 8, ${axes.length}] (unsigned bytes, ${axes.length} dimensions: ${
            axes.join(", ")
          })`
        ).join(" or "),
    );
  }
  const dimensions = await source.take(headerLength - 4);
  if (dimensions.length < headerLength - 4) {
    throw refuse(
      `it is truncated: ${magic.length + dimensions.length} of the header's ${headerLength} bytes`,
    );
  }
  const view = new DataView(dimensions.buffer);
  const shape = axes.map((_, i) => view.getUint32(4 * i));
  const described = shape.map((n, i) => `${n} ${axes[i]}`).join(" x ");
  const empty = shape.indexOf(0);
  if (empty >= 0) throw refuse(`the header says 0 ${axes[empty]}`);
  const size = shape.reduce((product, n) => product * n, 1);
  const limit = compressed ? bytes.length * LARGEST_EXPANSION : bytes.length - headerLength;
  if (size > limit) {
    const turned = axes.reduce((product, _, i) => product * view.getUint32(4 * i, true), 1);
    if (turned > 0 && (compressed ? turned <= limit : turned === limit)) {
      throw refuse("its sizes are little-endian, and IDX has them big-endian; write it again");
    }
    throw refuse(
      `it is truncated: the header says ${described}, that is ${size} bytes, ` +
        `but ${bytes.length} bytes${compressed ? " of gzip" : ""} cannot hold them`,
    );
  }
  if (size > MOST_BYTES) {
    throw refuse(
      `the header says ${described}, that is ${size} bytes; at most ${MOST_BYTES} are read`,
    );
  }

  const data = await source.take(size);
  if (data.length < size) {
    throw refuse(
      `it is truncated: the header says ${described}, that is ${size} bytes, ` +
        `but ${data.length} follow`,
    );
  }
  // Looks one byte further and no more, so that a small file cannot be made to fill the memory.
  if (!await source.ended()) {
    throw refuse(`bytes follow the ${size} that the header announces (${described})`);
  }
  return { shape, data };
}

async function* onePiece(bytes: Uint8Array) {
  yield bytes;
}
