/** Pictures of a browser as bytes, and bytes as pictures. @module */
/// <reference lib="dom" />
import type { Pixels } from "../../data/preprocess.ts";
import { make } from "../../page/client/dom.ts";

/** Pixels of the largest picture that every browser can lay on a canvas. */
const MOST_PIXELS = 2 ** 24;

/** A picture from a file. */
export interface Decoded extends Pixels {
  /** Height and width in the file, where these are more than a canvas takes. */
  readonly before?: readonly [height: number, width: number];
}

/** A share of a side, in whole pixels. */
const side = (length: number, share: number) => Math.max(1, Math.floor(length * share));

/**
 * Decodes a picture, upright and without colour management, as `deno task predict` does; one that is too
 * large for a canvas is made smaller.
 *
 * @throws {Error} where the browser knows no such picture, in words that its name may begin
 */
export async function decoded(file: Blob): Promise<Decoded> {
  let bitmap = await createImageBitmap(file, {
    colorSpaceConversion: "none",
    premultiplyAlpha: "none",
  }).catch((cause) => {
    throw new Error("is no picture that this browser can show: PNG, JPEG and WebP are.", { cause });
  });
  const before = [bitmap.height, bitmap.width] as const;
  const share = Math.sqrt(MOST_PIXELS / (bitmap.width * bitmap.height));
  if (share < 1) {
    bitmap = await createImageBitmap(bitmap, {
      resizeWidth: side(bitmap.width, share),
      resizeHeight: side(bitmap.height, share),
      resizeQuality: "high",
    });
  }
  const { width, height } = bitmap;
  const canvas = make("canvas", { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return { ...pixelsOf(canvas), ...(share < 1 ? { before } : {}) };
}

/** What is on a canvas. */
export function pixelsOf(canvas: HTMLCanvasElement): Pixels {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d")!.getImageData(0, 0, width, height);
  return { width, height, channels: 4, data: new Uint8Array(data.buffer) };
}

/** A canvas of so many pixels a side at most that shows a picture. */
export function shown({ width, height, channels, data }: Pixels, most: number): HTMLCanvasElement {
  // Of a large picture every so many-th pixel will do: twice as many as are shown.
  const step = Math.max(1, Math.floor(Math.max(width, height) / (2 * most)));
  const [across, down] = [Math.ceil(width / step), Math.ceil(height / step)];
  const rgba = new ImageData(across, down);
  for (let y = 0, to = 0; y < down; y++) {
    for (let x = 0; x < across; x++, to += 4) {
      const from = (y * width + x) * step * channels;
      for (let channel = 0; channel < 3; channel++) {
        rgba.data[to + channel] = data[from + (channels === 1 ? 0 : channel)];
      }
      rgba.data[to + 3] = channels === 4 ? data[from + 3] : 255;
    }
  }
  const canvas = make("canvas", { width: across, height: down });
  canvas.getContext("2d")!.putImageData(rgba, 0, 0);
  const share = Math.min(1, most / Math.max(across, down));
  if (share === 1) return canvas;
  const small = make("canvas", { width: side(across, share), height: side(down, share) });
  const context = small.getContext("2d")!;
  context.imageSmoothingQuality = "high";
  context.drawImage(canvas, 0, 0, small.width, small.height);
  return small;
}
