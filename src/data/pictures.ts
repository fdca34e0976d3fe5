/**
 * Reads a folder of pictures: `train/<class>/` and `test/<class>/`, or `<class>/` alone where there is no
 * test part. Classes count in the order of their names, by code points. Names that begin with a dot are
 * passed over, and so are files beside the folders of classes.
 *
 * @module
 */
import { join } from "node:path";
import { sha256, sha256File } from "../files/digest.ts";
import type { Progress } from "../files/locate.ts";
import { readPlain } from "../files/plain.ts";
import type { ReadImages } from "./dataset.ts";
import { MOST_BYTES } from "./grow.ts";
import { decodePicture, type Picture, PictureError } from "./picture.ts";
import { resized, type Resizing } from "./resize.ts";

/** A picture: where it lies, from the folder on, with `/`, and the place of its class. */
export interface PictureFile {
  readonly path: string;
  readonly label: number;
}

/** What a folder holds. */
export interface PictureFolder {
  /** Names of the classes, in their order. */
  readonly classes: readonly string[];
  readonly train: readonly PictureFile[];
  readonly test?: readonly PictureFile[];
  /** Folders beside `train` and `test` that are not read, such as `val`. */
  readonly unused: readonly string[];
}

/** What may be done to pictures. */
export interface PictureForm {
  /** The size that they are given; all have one already if omitted. */
  readonly resize?: Resizing | undefined;
  /** See `decodePicture`. */
  readonly background?: number | undefined;
}

/** Folders that are no classes where they stand beside `train`. */
const PARTS = ["train", "test", "val", "valid", "validation"];
/** Files that systems leave behind. */
const LEFT_BEHIND = ["Thumbs.db", "desktop.ini", "__MACOSX"];

/**
 * Names of what is in a folder, links followed, in the order of their code points.
 *
 * @throws {Error} where a link leads nowhere
 */
export async function namesIn(folder: string): Promise<{ files: string[]; folders: string[] }> {
  const found = { files: [] as string[], folders: [] as string[] };
  for await (const { name } of Deno.readDir(folder)) {
    if (name.startsWith(".") || LEFT_BEHIND.includes(name)) continue;
    const path = join(folder, name);
    const { isDirectory } = await Deno.stat(path).catch((cause) => {
      if (!(cause instanceof Deno.errors.NotFound)) throw cause;
      throw new Error(`${path} is a link that leads nowhere; remove it.`, { cause });
    });
    (isDirectory ? found.folders : found.files).push(name);
  }
  found.files.sort(byCodePoints);
  found.folders.sort(byCodePoints);
  return found;
}

/** The order of two texts by code points, which is also that of their bytes in UTF-8. */
function byCodePoints(a: string, b: string): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const [left, right] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (left !== right) return place(left) - place(right);
  }
  return a.length - b.length;
}

/** Surrogates, of which code points above 0xffff are made, come before 0xe000 by number. */
const place = (unit: number) =>
  unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit;

/**
 * Lists the pictures of a folder without opening them.
 *
 * @throws {Error} where it is not arranged by classes, or a class has no pictures
 */
export async function listPictures(folder: string): Promise<PictureFolder> {
  const { files, folders } = await namesIn(folder);
  const inParts = folders.includes("train") && folders.every((name) => PARTS.includes(name)) &&
    (await namesIn(join(folder, "train"))).folders.length > 0;
  const expected = "expected a folder a class, with its pictures, or train/ and test/ with such";
  const classes = inParts ? (await namesIn(join(folder, "train"))).folders : folders;
  if (classes.length === 0) {
    throw new Error(
      `${folder}: there are ${files.length} files and no folders; ${expected}.`,
    );
  }
  const list = async (part: string): Promise<PictureFile[]> => {
    const pictures: PictureFile[] = [];
    for (const name of (await namesIn(join(folder, part))).folders) {
      const label = classes.indexOf(name);
      const path = part === "" ? name : `${part}/${name}`;
      if (label < 0) {
        throw new Error(
          `${join(folder, path)}: there is no such class in train/, which has others.`,
        );
      }
      const inside = await namesIn(join(folder, path));
      if (inside.folders.length > 0) {
        throw new Error(
          `${join(folder, path)}: there is a folder ${
            inside.folders[0]
          } within a class; ${expected}.`,
        );
      }
      if (inside.files.length === 0 && part !== "test") {
        throw new Error(`${join(folder, path)}: there are no pictures of this class.`);
      }
      pictures.push(...inside.files.map((file) => ({ path: `${path}/${file}`, label })));
    }
    return pictures;
  };
  if (!inParts) return { classes, train: await list(""), unused: [] };
  const train = await list("train");
  const test = folders.includes("test") ? await list("test") : [];
  const unused = folders.filter((name) => name !== "train" && name !== "test");
  return { classes, train, unused, ...(test.length > 0 ? { test } : {}) };
}

/**
 * The digest of all pictures that a folder has: SHA-256 of a line for each, its own SHA-256, two spaces
 * and its path, in the order of the paths, as `sha256sum` prints them.
 *
 * @throws {Error} as `listPictures`
 */
export async function digestPictures(folder: string): Promise<string> {
  const { train, test = [] } = await listPictures(folder);
  const lines: string[] = [];
  for (const path of [...train, ...test].map(({ path }) => path).sort(byCodePoints)) {
    lines.push(`${await sha256File(join(folder, path))}  ${path}\n`);
  }
  return sha256(lines.join(""));
}

/** How many faults a message lists. */
const LISTED = 5;

/**
 * Reads all pictures of a folder; grey ones where red, green and blue are the same in every pixel of all.
 *
 * @throws {Error} where some are damaged or of no kind that is read, with which
 * @throws {Error} where two differ in size and nothing is said of what to do, with both
 */
export async function readPictures(
  folder: string,
  { train, test = [] }: PictureFolder,
  { resize, background }: PictureForm,
  progress: Progress,
): Promise<{ readonly train: ReadImages; readonly test?: ReadImages }> {
  const files = [...train, ...test];
  const faults: string[] = [];
  let data = new Uint8Array(0);
  let first: { readonly path: string; readonly picture: Picture } | undefined;
  let grey = true;
  for (const [n, { path }] of files.entries()) {
    if (n % 100 === 0) progress(n, files.length, "decoding pictures");
    let picture: Picture;
    try {
      picture = await decodePicture(await readPlain(join(folder, path)), background);
    } catch (error) {
      if (!(error instanceof PictureError)) throw error;
      faults.push(`${join(folder, path)}: ${error.message}`);
      continue;
    }
    if (resize) picture = resized(picture, resize);
    if (!first) {
      first = { path, picture };
      const size = files.length * picture.data.length;
      if (size > MOST_BYTES) {
        throw new Error(
          `${folder}: ${files.length} pictures of ${sizeOf(picture)} take ${size} bytes; at most ` +
            `${MOST_BYTES} are read. ${
              resize ? "Make `size` in prepare smaller." : "`resize` in prepare makes them smaller."
            }`,
        );
      }
      data = new Uint8Array(size);
    }
    if (picture.height !== first.picture.height || picture.width !== first.picture.width) {
      throw new Error(
        `${join(folder, first.path)} is ${sizeOf(first.picture)}, and ${path} ${
          sizeOf(picture)
        }; ` +
          `one size is needed: say \`resize: "fit"\` in prepare, or "crop" or "stretch", and they ` +
          `are scaled to its \`size\`.`,
      );
    }
    data.set(picture.data, n * picture.data.length);
    for (let i = 0; grey && i < picture.data.length; i += 3) {
      grey = picture.data[i] === picture.data[i + 1] && picture.data[i] === picture.data[i + 2];
    }
  }
  progress(files.length, files.length, "decoding pictures");
  if (faults.length > 0) {
    const more = faults.length - LISTED;
    throw new Error(
      [
        `${faults.length} of ${files.length} pictures cannot be read; mend them, or take them out:`,
        ...faults.slice(0, LISTED).map((fault) => `  ${fault}`),
        ...(more > 0 ? [`  and ${more} more`] : []),
      ].join("\n"),
    );
  }
  const { height, width } = first!.picture;
  const channels = grey ? 1 : 3;
  if (grey) {
    for (let i = 0; i < data.length / 3; i++) data[i] = data[3 * i];
    data = new Uint8Array(data.buffer.transfer(data.length / 3));
  }
  const part = (list: readonly PictureFile[], from: number): ReadImages => {
    const size = height * width * channels;
    return {
      images: {
        shape: [list.length, height, width, channels],
        data: data.subarray(from * size, (from + list.length) * size),
      },
      labels: { shape: [list.length], data: Int32Array.from(list, ({ label }) => label) },
    };
  };
  return {
    train: part(train, 0),
    ...(test.length > 0 ? { test: part(test, train.length) } : {}),
  };
}

const sizeOf = ({ height, width }: Picture) => `${height} x ${width} pixels`;
