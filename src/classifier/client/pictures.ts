/** Pictures of a browser as bytes, and bytes as pictures. @module */
/// <reference lib="dom" />
import type { Pixels } from "../../data/preprocess.ts";
import { make } from "../../page/client/dom.ts";

/** Pixels of the largest picture that every browser can lay on a canvas. */
const MOST_PIXELS = 2 ** 24;

/** Height and width, in whole pixels, of so much of a side. */
const side = (length: number, share: number) => Math.max(1, Math.floor(length * share));

/**
 * Decodes a picture, upright and without colour management, as `deno task predict` does; one that is too
 * large for a canvas is made smaller.
 *
 * @throws {Error} where the browser knows no such picture, in words that its name may begin
 */
export async function decoded(file: Blob): Promise<Pixels> {
  let bitmap = await createImageBitmap(file, {
    colorSpaceConversion: "none",
    premultiplyAlpha: "none",
  }).catch((cause) => {
    throw new Error("is no picture that this browser can show: PNG, JPEG and WebP are.", { cause });
  });
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
  return pixelsOf(canvas);
}

/** What is on a canvas. */
export function pixelsOf(canvas: HTMLCanvasElement): Pixels {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d")!.getImageData(0, 0, width, height);
  return { width, height, channels: 4, data: new Uint8Array(data.buffer) };
}

/** A canvas of so many pixels at most a side that shows a picture. */
export function shown(picture: Pixels, most: number): HTMLCanvasElement {
  const { width, height, channels, data } = picture;
  const rgba = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let channel = 0; channel < 3; channel++) {
      rgba.data[4 * i + channel] = data[channels * i + (channels === 1 ? 0 : channel)];
    }
    rgba.data[4 * i + 3] = channels === 4 ? data[4 * i + 3] : 255;
  }
  const canvas = make("canvas", { width, height });
  canvas.getContext("2d")!.putImageData(rgba, 0, 0);
  const share = Math.min(1, most / Math.max(width, height));
  if (share === 1) return canvas;
  const small = make("canvas", { width: side(width, share), height: side(height, share) });
  const context = small.getContext("2d")!;
  context.imageSmoothingQuality = "high";
  context.drawImage(canvas, 0, 0, small.width, small.height);
  return small;
}
