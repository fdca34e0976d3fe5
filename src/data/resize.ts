/** Makes pictures of one size. @module */
import type { Picture } from "./picture.ts";

/**
 * How a picture gets a size that is not its own: `pad` makes it fit in and fills the rest with black,
 * `crop` makes it cover and cuts off what stands over, on both sides the same, `stretch` makes it as
 * high and as wide, whatever becomes of what it shows.
 */
export type Fit = "pad" | "crop" | "stretch";

/** The same picture with this size. One that has it already is returned as it is. */
export function resized(picture: Picture, height: number, width: number, how: Fit): Picture {
  if (picture.height === height && picture.width === width) return picture;
  const [down, across] = [height / picture.height, width / picture.width];
  if (how === "stretch") return scaled(picture, height, width);
  const factor = how === "pad" ? Math.min(down, across) : Math.max(down, across);
  const side = (length: number) => Math.max(1, Math.round(length * factor));
  const fitted = scaled(picture, side(picture.height), side(picture.width));
  return centred(fitted, height, width);
}

/** The middle of a picture, or the picture in the middle of black. */
function centred(from: Picture, height: number, width: number): Picture {
  const data = new Uint8Array(3 * height * width);
  const [top, left] = [(height - from.height) >> 1, (width - from.width) >> 1];
  const wide = Math.min(width, from.width);
  const [fromLeft, toLeft] = [Math.max(0, -left), Math.max(0, left)];
  for (let y = Math.max(0, top); y < Math.min(height, top + from.height); y++) {
    const start = ((y - top) * from.width + fromLeft) * 3;
    data.set(from.data.subarray(start, start + 3 * wide), (y * width + toLeft) * 3);
  }
  return { height, width, data };
}

/**
 * A picture scaled, first its rows and then its columns, each value a mean of those nearby that weighs
 * less with distance (a triangle as wide as two new pixels): Pillow's `resize(..., BILINEAR)`, to one
 * step of 255.
 */
function scaled({ height, width, data }: Picture, toHeight: number, toWidth: number): Picture {
  const narrow = new Uint8Array(3 * height * toWidth);
  weights(width, toWidth).forEach(({ first, shares }, x) => {
    for (let y = 0; y < height; y++) {
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (let i = 0; i < shares.length; i++) {
          sum += shares[i] * data[(y * width + first + i) * 3 + channel];
        }
        narrow[(y * toWidth + x) * 3 + channel] = Math.round(sum);
      }
    }
  });
  const row = 3 * toWidth;
  const small = new Uint8Array(toHeight * row);
  weights(height, toHeight).forEach(({ first, shares }, y) => {
    for (let x = 0; x < row; x++) {
      let sum = 0;
      for (let i = 0; i < shares.length; i++) sum += shares[i] * narrow[(first + i) * row + x];
      small[y * row + x] = Math.round(sum);
    }
  });
  return { height: toHeight, width: toWidth, data: small };
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
