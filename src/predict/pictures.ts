/** What `deno task predict` is given: pictures, folders of them, arrays of images, and standard input. @module */
import { join } from "node:path";
import { MOST_BYTES } from "../data/grow.ts";
import { decodePixels, isPicture } from "../data/picture.ts";
import { namesIn } from "../data/pictures.ts";
import type { Pixels } from "../data/preprocess.ts";
import { messageOf } from "../files/explain.ts";
import { decodeNpy } from "../files/npy.ts";
import { readPlain } from "../files/plain.ts";
import { typeOf } from "../ndarray.ts";

/** A picture and what it is called, or why there is none. */
export type Given =
  & { readonly name: string }
  & ({ readonly pixels: Pixels } | { readonly fault: string });

/** What standard input is called. */
export const STDIN = "-";

/**
 * The pictures behind names, one after the other: of a folder all that lie in it and below, in the order
 * of their names; of an array every image. What cannot be read is among them, with the reason.
 *
 * @param names paths as they are to be shown, or `-` for standard input
 * @param pathOf where a name leads
 * @param stdin all bytes of standard input
 */
export async function* pictures(
  names: readonly string[],
  pathOf: (name: string) => string,
  stdin: () => Promise<Uint8Array>,
): AsyncGenerator<Given> {
  for (const name of names) {
    if (name === STDIN) {
      const bytes = await stdin();
      if (bytes.length === 0) yield { name, fault: "nothing came from standard input" };
      else yield* inBytes(name, bytes);
      continue;
    }
    try {
      const { isDirectory } = await Deno.stat(pathOf(name));
      if (isDirectory) yield* inFolder(name, pathOf(name));
      else yield* inBytes(name, await readPlain(pathOf(name)));
    } catch (error) {
      const fault = error instanceof Deno.errors.NotFound ? "it is not there" : messageOf(error);
      yield { name, fault };
    }
  }
}

/** Pictures of a folder; what is none is passed over, and there must be one. */
async function* inFolder(name: string, path: string): AsyncGenerator<Given> {
  let some = false;
  for await (const file of filesBelow(path, "")) {
    const bytes = await readPlain(join(path, file));
    if (!isPicture(bytes)) continue;
    some = true;
    yield* inBytes(`${name.replace(/\/+$/, "")}/${file}`, bytes);
  }
  if (!some) yield { name, fault: "there is no PNG, JPEG or WebP picture in this folder" };
}

/** Paths from a folder on, with `/`. */
async function* filesBelow(folder: string, below: string): AsyncGenerator<string> {
  const { files, folders } = await namesIn(join(folder, below));
  const inside = (name: string) => below === "" ? name : `${below}/${name}`;
  for (const file of files) yield inside(file);
  for (const name of folders) yield* filesBelow(folder, inside(name));
}

/** What a file's bytes hold. */
async function* inBytes(name: string, bytes: Uint8Array): AsyncGenerator<Given> {
  try {
    if (bytes[0] === 0x93 && bytes[1] === 0x4e) {
      yield* inArray(name, bytes);
    } else if (isPicture(bytes)) {
      yield { name, pixels: await decodePixels(bytes) };
    } else {
      yield { name, fault: "it is no PNG, JPEG or WebP picture, and no array of NumPy's (.npy)" };
    }
  } catch (error) {
    yield { name, fault: messageOf(error) };
  }
}

/** Images of an array of bytes: `[height, width]` or `[N, height, width]`, and a last axis of 1, 3 or 4 in colour. */
function* inArray(name: string, bytes: Uint8Array): Generator<Given> {
  const { shape, data } = decodeNpy(bytes, name);
  const refused = (why: string) => ({
    name,
    fault:
      `${why}; expected bytes (uint8) of shape [height, width] or [N, height, width], with a ` +
      `last axis of 3 where they are in colour`,
  });
  if (!(data instanceof Uint8Array)) return yield refused(`it holds ${typeOf(data)}`);
  const coloured = shape.length > 2 && [1, 3, 4].includes(shape[shape.length - 1]);
  const sizes = coloured ? shape.slice(0, -1) : shape;
  if (sizes.length !== 2 && sizes.length !== 3 || sizes.includes(0)) {
    return yield refused(`its shape is [${shape}]`);
  }
  const [height, width] = sizes.slice(-2);
  const last = coloured ? shape[shape.length - 1] : 1;
  const channels = last === 4 ? 4 : last === 3 ? 3 : 1;
  const size = height * width * channels;
  const of = (start: number): Pixels => ({
    height,
    width,
    channels,
    data: data.subarray(start, start + size),
  });
  if (sizes.length === 2) return yield { name, pixels: of(0) };
  for (let n = 0; n < sizes[0]; n++) yield { name: `${name}[${n}]`, pixels: of(n * size) };
}

/**
 * All bytes of standard input.
 *
 * @throws {Error} where there are more than the images of any data may have
 */
export async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of stream) {
    parts.push(part);
    length += part.length;
    if (length > MOST_BYTES) throw new Error(`standard input has more than ${MOST_BYTES} bytes.`);
  }
  const all = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}
