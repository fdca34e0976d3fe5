/**
 * Test images that networks get wrong, kept for whoever wants to look at them: which, and how they lie
 * in one picture.
 *
 * @module
 */
import { encode } from "fast-png";
import type { NdArray } from "../../ndarray.ts";
import { IN_A_ROW } from "./kept.ts";

/** Predictions of the test images by several networks. */
interface Tested {
  readonly labels: { readonly test: readonly number[] };
  readonly networks: readonly { readonly test: { readonly predicted: readonly number[] } }[];
}

/**
 * Images that networks get wrong, by their places: all of the first network, then all of the next, as
 * long as there are no more than `most`. Of the network whose images are too many, each pair of classes
 * gives its first one, then each its second, so that no pair is without an image while another has many.
 *
 * @param networks The most wanted first.
 */
export function mistakenBy({ labels: { test }, networks }: Tested, most: number): number[] {
  const chosen = new Set<number>();
  for (const { test: { predicted } } of networks) {
    const pairs = new Map<string, number[]>();
    predicted.forEach((of, image) => {
      if (of === test[image]) return;
      const pair = `${test[image]} ${of}`;
      pairs.set(pair, [...pairs.get(pair) ?? [], image]);
    });
    const longest = Math.max(0, ...[...pairs.values()].map(({ length }) => length));
    for (let turn = 0; turn < longest; turn++) {
      for (const images of pairs.values()) {
        if (turn < images.length && chosen.size < most) chosen.add(images[turn]);
      }
    }
  }
  return [...chosen].sort((a, b) => a - b);
}

/**
 * Images in rows of `IN_A_ROW`, black after the last, as one PNG file.
 *
 * @param images `[N, height, width, 1 or 3]`, at least one
 */
export function spriteOf({ shape, data }: NdArray<Uint8Array>): Uint8Array {
  const [count, height, width, channels] = shape;
  const line = IN_A_ROW * width * channels;
  const rows = Math.ceil(count / IN_A_ROW);
  const all = new Uint8Array(rows * height * line);
  for (let i = 0; i < count; i++) {
    const [top, left] = [Math.floor(i / IN_A_ROW) * height, i % IN_A_ROW * width * channels];
    for (let y = 0; y < height; y++) {
      const from = (i * height + y) * width * channels;
      all.set(data.subarray(from, from + width * channels), (top + y) * line + left);
    }
  }
  return encode(
    { width: IN_A_ROW * width, height: rows * height, data: all, channels },
    { zlib: { level: 9 } },
  );
}
