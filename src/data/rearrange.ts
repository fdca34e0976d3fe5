/** Images whose pixels stand elsewhere. @module */
import type { NdArray } from "../ndarray.ts";
import { permutation } from "../random.ts";

type Images = NdArray<Uint8Array>;

/**
 * Images with their pixels in another order, the same for all images and all places drawn from a seed:
 * everything that they hold is still there, and nothing is beside what it was beside. The colours of a
 * pixel stay together.
 *
 * @param images `[N, height, width, channels]`
 */
export function shufflePixels({ shape, data }: Images, seed: number): Images {
  const [count, height, width, channels] = shape;
  const order = permutation(seed, height * width);
  const shuffled = new Uint8Array(data.length);
  const size = height * width * channels;
  for (let image = 0; image < count; image++) {
    for (let to = 0; to < order.length; to++) {
      for (let c = 0; c < channels; c++) {
        shuffled[image * size + to * channels + c] = data[image * size + order[to] * channels + c];
      }
    }
  }
  return { shape, data: shuffled };
}

/**
 * Images moved by whole pixels: what leaves them is lost, and zeros come in.
 *
 * @param images `[N, height, width, channels]`
 * @param down pixels down, below 0 for up
 * @param right pixels to the right, below 0 to the left
 */
export function moveImages({ shape, data }: Images, down: number, right: number): Images {
  const [count, height, width, channels] = shape;
  const moved = new Uint8Array(data.length);
  const length = (width - Math.abs(right)) * channels;
  if (length <= 0) return { shape, data: moved };
  for (let image = 0; image < count; image++) {
    for (let row = Math.max(0, down); row < Math.min(height, height + down); row++) {
      const line = (of: number, column: number) =>
        ((image * height + of) * width + column) * channels;
      const from = line(row - down, Math.max(0, -right));
      moved.set(data.subarray(from, from + length), line(row, Math.max(0, right)));
    }
  }
  return { shape, data: moved };
}
