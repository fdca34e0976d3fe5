/**
 * Reads images and labels from NumPy's files: an array a file (`.npy`), or several packed into a ZIP
 * archive (`.npz`), as Keras, KMNIST and MedMNIST are published.
 * Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 *
 * @module
 */
import type { NdArray } from "../ndarray.ts";
import { quoted } from "../files/npy.ts";
import { openZip, unpacked } from "../files/zip.ts";
import type { ReadImages } from "./dataset.ts";
import { MOST_BYTES } from "./grow.ts";
import { fileInPieces, type Incoming, incoming } from "./incoming.ts";
import { LARGEST_LABEL } from "./labels.ts";

/** An array in a file. */
export interface ArrayFile {
  readonly path: string;
  /** Its name in an archive; the only one there if omitted. */
  readonly array?: string | undefined;
}

/** What stands before an array's values. */
export interface ArrayHeader {
  /** What the values are, such as `|u1` for bytes and `<i8` for 64-bit integers; `fields` if records. */
  readonly descr: string;
  readonly fortran: boolean;
  readonly shape: readonly number[];
}

/**
 * Reads images of bytes, `[N, height, width]` or with channels behind, and their labels, `[N]` or
 * `[N, 1]` whole numbers.
 *
 * @throws {Error} where a file is damaged or holds something else, with how to convert it
 */
export async function readNumpy(images: ArrayFile, labels: ArrayFile): Promise<ReadImages> {
  const read = {
    images: await readArray(images, imagesOf),
    labels: await readArray(labels, labelsOf),
  };
  const [ofImages, ofLabels] = [read.images.shape[0], read.labels.shape[0]];
  if (ofImages !== ofLabels) {
    throw new Error(
      `${called(images)} holds ${ofImages} images, but ${
        called(labels)
      } holds ${ofLabels} labels; ` +
        `they do not belong together.`,
    );
  }
  return read;
}

/** The headers of the arrays in a file by their names; the name is empty where the file is an array. */
export async function arraysIn(path: string): Promise<Map<string, ArrayHeader>> {
  if (!await isArchive(path)) return new Map([["", await readArray({ path }, headerOnly)]]);
  await using archive = await opened(path);
  const headers = new Map<string, ArrayHeader>();
  for (const { filename } of archive.entries) {
    const array = arrayName(filename);
    headers.set(array, await readArray({ path, array }, headerOnly));
  }
  return headers;
}

const headerOnly: Decode<ArrayHeader> = (header) => Promise.resolve(header);

const called = ({ path, array }: ArrayFile) => array === undefined ? path : `${path}, ${array}`;
const arrayName = (entry: string) => entry.replace(/\.npy$/, "");

/** Makes something of an array whose values are still to be taken; `refuse` makes an error of a reason. */
type Decode<T> = (header: ArrayHeader, bytes: Incoming, refuse: Refuse) => Promise<T>;
type Refuse = (why: string) => Error;

async function readArray<T>(file: ArrayFile, decode: Decode<T>): Promise<T> {
  const { path, array } = file;
  const refuse = (why: string) => new Error(`${called(file)}: ${why}.`);
  const from = async (pieces: AsyncIterable<Uint8Array>) => {
    await using bytes = incoming(pieces, called(file));
    return await decode(await readHeader(bytes, refuse), bytes, refuse);
  };
  if (!await isArchive(path)) return await from(fileInPieces(path));
  await using archive = await opened(path);
  const names = archive.entries.map(({ filename }) => arrayName(filename));
  const wanted = array ?? (names.length === 1 ? names[0] : undefined);
  const entry = archive.entries[names.findIndex((name) => name === wanted)];
  if (!entry) {
    throw refuse(
      array === undefined
        ? `there are the arrays ${names.join(", ")}; say which with \`array\``
        : `there is no such array; there are ${names.join(", ")}`,
    );
  }
  return await from(explained(unpacked(entry), called(file)));
}

/** Whether a file is an archive and not an array. */
async function isArchive(path: string): Promise<boolean> {
  await using bytes = incoming(fileInPieces(path), path);
  const start = String.fromCharCode(...await bytes.take(6));
  if (start === "\x93NUMPY") return false;
  if (start.startsWith("PK\x03\x04") || start.startsWith("PK\x05\x06")) return true;
  throw new Error(
    `${path}: it is neither an array of NumPy's nor an archive of such: it does not begin with the ` +
      `bytes of \\x93NUMPY or PK.`,
  );
}

const damaged = (name: string, cause: unknown) =>
  new Error(`${name}: the archive is damaged or truncated; fetch the file again.`, { cause });

const opened = (path: string) =>
  openZip(path).catch((cause) => {
    throw damaged(path, cause);
  });

/** The same pieces; the archive's own words ("Invalid signature") would not help anyone. */
async function* explained(pieces: AsyncIterable<Uint8Array>, name: string) {
  try {
    yield* pieces;
  } catch (cause) {
    throw damaged(name, cause);
  }
}

/** A header of more bytes than this is none. */
const LONGEST_HEADER = 1 << 16;

async function readHeader(bytes: Incoming, refuse: Refuse): Promise<ArrayHeader> {
  const magic = await bytes.take(8);
  if (String.fromCharCode(...magic.subarray(0, 6)) !== "\x93NUMPY") {
    throw refuse("it is no array of NumPy's: it does not begin with the bytes of \\x93NUMPY");
  }
  const version = magic[6];
  if (version !== 1 && version !== 2 && version !== 3) {
    throw refuse(`the version of its format is ${version}, expected 1, 2 or 3`);
  }
  // Little-endian, 16 bits in version 1 and 32 in the others.
  const length = (await bytes.take(version === 1 ? 2 : 4))
    .reduce((sum, byte, i) => sum + byte * 256 ** i, 0);
  if (length > LONGEST_HEADER) throw refuse(`its header says that it has ${length} bytes`);
  const taken = await bytes.take(length);
  if (length === 0 || taken.length < length) throw refuse("it ends within its header");
  const text = new TextDecoder().decode(taken);
  // A dictionary of Python's, in any order.
  const descr = /['"]descr['"]\s*:\s*['"]([^'"]+)['"]/.exec(text)?.[1] ?? "fields";
  const fortran = /['"]fortran_order['"]\s*:\s*(True|False)/.exec(text)?.[1];
  const tuple = /['"]shape['"]\s*:\s*\(([\d\sL,]*)\)/.exec(text)?.[1];
  if (fortran === undefined || tuple === undefined || !text.trimEnd().endsWith("}")) {
    throw refuse(`its header cannot be read: ${quoted(text)}`);
  }
  const shape = tuple.split(",").filter((n) => n.trim() !== "").map((n) => Number.parseInt(n));
  return { descr, fortran: fortran === "True", shape };
}

/** The bytes of an array's values, `itemBytes` each, and nothing behind them. */
async function valuesOf(
  { shape }: ArrayHeader,
  itemBytes: number,
  bytes: Incoming,
  refuse: Refuse,
): Promise<Uint8Array<ArrayBuffer>> {
  const size = shape.reduce((product, n) => product * n, itemBytes);
  const said = `the header says the shape [${shape.join(", ")}], that is ${size} bytes`;
  if (size === 0) throw refuse(`its shape is [${shape.join(", ")}]: there is nothing in it`);
  if (!(size <= MOST_BYTES)) throw refuse(`${said}; at most ${MOST_BYTES} are read`);
  const values = await bytes.take(size);
  if (values.length < size) {
    throw refuse(`it is truncated: ${said}, but ${values.length} follow`);
  }
  if (!await bytes.ended()) throw refuse(`${said}, but more follow`);
  return values;
}

const imagesOf: Decode<NdArray<Uint8Array>> = async (header, bytes, refuse) => {
  const { descr, fortran, shape } = header;
  if (!/^[|<>=]?u1$/.test(descr)) {
    throw refuse(
      `its values are ${JSON.stringify(descr)}, and those of images are bytes ("|u1"); ` +
        (/^[|<>=]?f/.test(descr)
          ? 'where they go from 0 to 1, convert them in Python: np.round(255 * x).astype("uint8")'
          : /^[|<>=]?[iu]/.test(descr)
          ? 'where they go from 0 to 255, convert them in Python: x.astype("uint8")'
          : "save them in Python as an array of numpy.uint8"),
    );
  }
  const [count, height, width, channels = 1] = shape;
  const known = (shape.length === 3 || shape.length === 4) && (channels === 1 || channels === 3);
  if (!known) {
    throw refuse(
      `its shape is [${
        shape.join(", ")
      }], and that of images is [N, height, width] or [N, height, ` +
        `width, channels] with 1 channel or 3; in Python, ` +
        (shape.length === 4 && (height === 1 || height === 3)
          ? "np.moveaxis(x, 1, -1) puts channels last"
          : "x.reshape(...) gives another shape"),
    );
  }
  const values = await valuesOf(header, 1, bytes, refuse);
  return {
    shape: [count, height, width, channels],
    data: fortran ? inCOrder(values, count, height, width, channels) : values,
  };
};

/** Values of which the first index varies fastest, as C has them: the last varies fastest. */
function inCOrder(
  values: Uint8Array,
  count: number,
  height: number,
  width: number,
  channels: number,
): Uint8Array {
  const data = new Uint8Array(values.length);
  let from = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (let x = 0; x < width; x++) {
      for (let y = 0; y < height; y++) {
        for (let n = 0; n < count; n++) {
          data[((n * height + y) * width + x) * channels + channel] = values[from++];
        }
      }
    }
  }
  return data;
}

const labelsOf: Decode<NdArray<Int32Array>> = async (header, bytes, refuse) => {
  const { descr, shape } = header;
  const [, order, kind, size] = /^([|<>=]?)([iu])([1248])$/.exec(descr) ?? [];
  if (kind === undefined) {
    throw refuse(
      `its values are ${JSON.stringify(descr)}, and labels are whole numbers, such as "<i8"; ` +
        (/^[|<>=]?[fb]/.test(descr)
          ? 'convert them in Python: y.astype("int64")'
          : "number the classes from 0 in Python: np.unique(y, return_inverse=True)[1]"),
    );
  }
  if (!(shape.length === 1 || (shape.length === 2 && shape[1] === 1))) {
    throw refuse(
      `its shape is [${shape.join(", ")}], and that of labels is [N]` +
        (shape.length === 2 ? "; where they are one-hot, in Python: y.argmax(axis=1)" : ""),
    );
  }
  const itemBytes = Number(size);
  const values = await valuesOf(header, itemBytes, bytes, refuse);
  const data = new Int32Array(shape[0]);
  for (let i = 0; i < data.length; i++) {
    const item = values.subarray(i * itemBytes, (i + 1) * itemBytes);
    if (order !== ">") item.reverse();
    let value = item.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
    if (kind === "i") value = BigInt.asIntN(8 * itemBytes, value);
    if (value < 0n || value > BigInt(LARGEST_LABEL)) {
      throw refuse(
        `label ${i + 1} is ${value}; labels are whole numbers from 0 to ${LARGEST_LABEL}`,
      );
    }
    data[i] = Number(value);
  }
  return { shape: [shape[0]], data };
};
