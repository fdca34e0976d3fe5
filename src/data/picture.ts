/**
 * Decodes one PNG, JPEG or WebP picture to bytes of red, green and blue, as Pillow does it. ImageMagick
 * does the decoding, compiled to WebAssembly: no native code runs, and every machine gets the same bytes.
 *
 * @module
 */
import type { IMagickImage, MagickFormat } from "@imagemagick/magick-wasm";

/** Bytes of red, green and blue of each pixel, row by row. */
export interface Picture {
  readonly height: number;
  readonly width: number;
  readonly data: Uint8Array;
}

/** The kinds of files by how they begin; any byte will do in place of a dot. */
const FORMATS = [
  { format: "PNG", starts: "\x89PNG\r\n\x1a\n" },
  { format: "JPEG", starts: "\xff\xd8\xff" },
  { format: "WEBP", starts: "RIFF....WEBP" },
] as const;

/** Larger pictures are refused before room is made for them. */
const LONGEST_SIDE = 16384;
const MOST_PIXELS = 2 ** 26;

/** Whether a file begins as a PNG, JPEG or WebP picture does; 12 bytes are enough. */
export const isPicture = (bytes: Uint8Array): boolean => formatOf(bytes) !== undefined;

function formatOf(bytes: Uint8Array): (typeof FORMATS)[number]["format"] | undefined {
  const matches = (starts: string) =>
    [...starts].every((letter, i) => letter === "." || letter.charCodeAt(0) === bytes[i]);
  return FORMATS.find(({ starts }) => matches(starts))?.format;
}

let loading: Promise<typeof import("@imagemagick/magick-wasm")> | undefined;

/** ImageMagick, loaded when the first picture comes. */
function imageMagick() {
  return loading ??= (async () => {
    const library = await import("@imagemagick/magick-wasm");
    const code = import.meta.resolve("@imagemagick/magick-wasm/magick.wasm");
    await library.initializeImageMagick(await Deno.readFile(new URL(code)));
    const { ResourceLimits } = library;
    ResourceLimits.width = ResourceLimits.height = BigInt(LONGEST_SIDE);
    ResourceLimits.area = BigInt(MOST_PIXELS);
    ResourceLimits.disk = 0n;
    return library;
  })();
}

/** A picture cannot be read; the message says why, without the file's name. */
export class PictureError extends Error {
  override name = "PictureError";
}

/** One sees through parts of a picture, and nothing is said of what is behind. */
export class SeeThroughError extends PictureError {
  override name = "SeeThroughError";
}

/**
 * Decodes a file's bytes as `decodePixels` does. What is see-through is laid on `background`.
 *
 * @param background a shade of grey, 0 (black) to 255 (white); refused if undefined
 * @throws {PictureError} where the bytes are damaged, or no picture of 8 bits in grey or colour
 */
export async function decodePicture(
  bytes: Uint8Array,
  background: number | undefined,
): Promise<Picture> {
  const { height, width, channels, data } = await decodePixels(bytes);
  return { height, width, data: channels === 4 ? opaque(data, background) : data };
}

/**
 * Decodes a file's bytes, to four of each pixel where it says how opaque it is. A picture that its camera
 * held askew (EXIF) is turned upright. Of an animation nothing is read.
 *
 * @throws {PictureError} where the bytes are damaged, or no picture of 8 bits in grey or colour
 */
export async function decodePixels(
  bytes: Uint8Array,
): Promise<Picture & { readonly channels: 3 | 4 }> {
  const format = formatOf(bytes);
  if (format === undefined) throw new PictureError("it is no PNG, JPEG or WebP picture");
  // The extended header's second bit: https://developers.google.com/speed/webp/docs/riff_container
  if (format === "WEBP" && bytes[15] === 0x58 && (bytes[20] & 2) !== 0) {
    throw new PictureError("it is an animation");
  }
  const { ColorSpace, MagickImage, MagickReadSettings } = await imageMagick();
  const image = MagickImage.create();
  try {
    const warnings: string[] = [];
    image.onWarning = ({ error }) => void warnings.push(error.message);
    read(image, bytes, new MagickReadSettings({ format: format as MagickFormat }));
    // Others are of no consequence, such as a colour profile that is not quite one.
    const serious = format === "JPEG" &&
      warnings.find((text) => !text.startsWith("Warning: unknown JFIF"));
    if (serious) throw new PictureError(damagedText(serious));
    if (image.depth > 8) {
      throw new PictureError(
        `it has ${image.depth} bits a channel, and 8 are read; save it with 8`,
      );
    }
    if (image.colorSpace === ColorSpace.CMYK) {
      throw new PictureError("its colours are for print (CMYK); save it as RGB");
    }
    image.autoOrient();
    const { width, height } = image;
    const channels = image.hasAlpha ? "RGBA" : "RGB";
    const pixels = image.getPixels((all) => all.toByteArray(0, 0, width, height, channels));
    if (pixels?.length !== width * height * channels.length) {
      throw new PictureError("its pixels cannot be had");
    }
    return { width, height, channels: image.hasAlpha ? 4 : 3, data: pixels };
  } finally {
    image.dispose();
  }
}

function read(
  image: IMagickImage,
  bytes: Uint8Array,
  settings: Parameters<IMagickImage["read"]>[1],
): void {
  try {
    image.read(bytes, settings);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    if (/ExceedsLimit|CacheResourcesExhausted/.test(why)) {
      throw new PictureError(
        `it is larger than ${LONGEST_SIDE} pixels a side or ${MOST_PIXELS} pixels in all`,
        { cause },
      );
    }
    throw new PictureError(damagedText(why), { cause });
  }
}

/** ImageMagick's words end in where they come from: "Premature end of JPEG file `' @ warning/jpeg.c/...". */
const damagedText = (words: string) => `it is damaged: ${words.replace(/ `.*$/s, "")}`;

/** Pixels without how much can be seen through them. */
function opaque(rgba: Uint8Array, background: number | undefined): Uint8Array {
  const data = new Uint8Array(rgba.length / 4 * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4) {
    const alpha = rgba[from + 3];
    if (alpha < 255 && background === undefined) {
      throw new SeeThroughError(
        "one sees through parts of it; say `background: 255` in data to lay such pictures on white, " +
          "or 0 for black",
      );
    }
    for (let channel = 0; channel < 3; channel++) {
      const behind = (255 - alpha) * (background ?? 0);
      data[to++] = Math.round((alpha * rgba[from + channel] + behind) / 255);
    }
  }
  return data;
}
