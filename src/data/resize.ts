/** Scales images to another size. @module */
import type { NdArray } from "../ndarray.ts";
import { MOST_BYTES } from "./grow.ts";
import { centre } from "./prepare.ts";

/**
 * How an image gets a size that is not its own: `fit` scales it until it just fits in and fills the rest
 * with zeros, `crop` scales it until it just covers and cuts off what stands over, on both sides the
 * same, `stretch` makes it as high and as wide, whatever becomes of what it shows.
 */
export const RESIZES = ["fit", "crop", "stretch"] as const;

/** See `RESIZES`. */
export type Resize = (typeof RESIZES)[number];

/** The size that images are given, `[height, width]` in pixels, and how. */
export interface Resizing {
  readonly to: readonly [number, number];
  readonly how: Resize;
}

/** One image: bytes of each pixel, row by row; one where it is grey, three in colour. */
interface Image {
  readonly height: number;
  readonly width: number;
  readonly data: Uint8Array;
}

/**
 * Images `[N, rows, columns, channels]` of another size, `[N, height, width, channels]`. Those that have
 * it already are returned as they are.
 *
 * @throws {Error} where they would take more bytes than are read of any data
 */
export function resizedImages(
  images: NdArray<Uint8Array>,
  { to: [height, width], how }: Resizing,
): NdArray<Uint8Array> {
  const [count, rows, columns, channels] = images.shape;
  if (rows === height && columns === width) return images;
  const [from, to] = [rows * columns * channels, height * width * channels];
  if (count * to > MOST_BYTES) {
    throw new Error(
      `${count} images of ${height} x ${width} pixels take ${count * to} bytes; at most ` +
        `${MOST_BYTES} are kept.`,
    );
  }
  const data = new Uint8Array(count * to);
  const resize = resizer(rows, columns, { to: [height, width], how });
  for (let n = 0; n < count; n++) {
    data.set(resize(images.data.subarray(n * from, (n + 1) * from)), n * to);
  }
  return { shape: [count, height, width, channels], data };
}

/** The same image with another size. One that has it already is returned as it is. */
export function resized(image: Image, resizing: Resizing): Image {
  const [height, width] = resizing.to;
  if (image.height === height && image.width === width) return image;
  return { height, width, data: resizer(image.height, image.width, resizing)(image.data) };
}

/** What gives images of one size another one, `[height, width, channels]` in C order to the same. */
function resizer(
  rows: number,
  columns: number,
  { to: [height, width], how }: Resizing,
): (data: Uint8Array) => Uint8Array {
  if (how === "stretch") return scaler(rows, columns, height, width);
  const [down, across] = [height / rows, width / columns];
  const factor = how === "fit" ? Math.min(down, across) : Math.max(down, across);
  const [high, wide] = [rows, columns].map((side) => Math.max(1, Math.round(side * factor)));
  const scale = scaler(rows, columns, high, wide);
  return (data) => {
    const channels = data.length / (rows * columns);
    const whole = new Uint8Array(height * width * channels);
    centre(scale(data), [high, wide, channels], whole, height, width);
    return whole;
  };
}

/**
 * What scales images, first their rows and then their columns, each value a mean of those nearby that
 * weighs less with distance (a triangle as wide as two new pixels): Pillow's `resize(..., BILINEAR)`, to
 * one step of 255.
 */
function scaler(
  height: number,
  width: number,
  toHeight: number,
  toWidth: number,
): (data: Uint8Array) => Uint8Array {
  const [across, down] = [weights(width, toWidth), weights(height, toHeight)];
  return (data) => {
    const channels = data.length / (height * width);
    const row = channels * toWidth;
    const narrow = new Uint8Array(height * row);
    across.forEach(({ first, shares }, x) => {
      for (let y = 0; y < height; y++) {
        for (let channel = 0; channel < channels; channel++) {
          let sum = 0;
          for (let i = 0; i < shares.length; i++) {
            sum += shares[i] * data[(y * width + first + i) * channels + channel];
          }
          narrow[y * row + x * channels + channel] = Math.round(sum);
        }
      }
    });
    const small = new Uint8Array(toHeight * row);
    down.forEach(({ first, shares }, y) => {
      for (let x = 0; x < row; x++) {
        let sum = 0;
        for (let i = 0; i < shares.length; i++) sum += shares[i] * narrow[(first + i) * row + x];
        small[y * row + x] = Math.round(sum);
      }
    });
    return small;
  };
}

/** For each of `to` places the shares that the old places from `first` on have in it. */
function weights(from: number, to: number): { first: number; shares: number[] }[] {
  const scale = from / to;
  const reach = Math.max(1, scale);
  return Array.from({ length: to }, (_, place) => {
    const centre = (place + 0.5) * scale;
    const first = Math.max(0, Math.round(centre - reach));
    const end = Math.min(from, Math.round(centre + reach));
    const shares = Array.from(
      { length: end - first },
      (_, i) => Math.max(0, 1 - Math.abs(first + i + 0.5 - centre) / reach),
    );
    const all = shares.reduce((sum, share) => sum + share, 0);
    return { first, shares: shares.map((share) => share / all) };
  });
}
