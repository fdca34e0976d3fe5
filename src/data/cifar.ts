/**
 * Reads CIFAR's binary form: images of 32 x 32 pixels in colour, one after the other, each its label in a
 * byte, then its red, its green and its blue values. CIFAR-100 has two labels, the coarse one first.
 * Format: https://www.cs.toronto.edu/~kriz/cifar.html
 *
 * @module
 */
import { readPlain } from "../files/plain.ts";
import type { ReadImages } from "./dataset.ts";

const SIDE = 32;
const PIXELS = SIDE * SIDE;

/** Which label is read: the only one of CIFAR-10, or one of CIFAR-100's two. */
export type CifarLabel = "only" | "coarse" | "fine";

/** Bytes of one image with its labels. */
export const recordBytes = (label: CifarLabel): number => (label === "only" ? 1 : 2) + 3 * PIXELS;

/**
 * Reads several files as one, in their order: images `[N, 32, 32, 3]`, labels `[N]`.
 *
 * @throws {Error} where a file is not made of whole images
 */
export async function readCifar(paths: readonly string[], label: CifarLabel): Promise<ReadImages> {
  const record = recordBytes(label);
  const files: Uint8Array[] = [];
  for (const path of paths) {
    const bytes = await readPlain(path);
    if (bytes.length === 0 || bytes.length % record !== 0) {
      const other = recordBytes(label === "only" ? "fine" : "only");
      const hint = bytes.length > 0 && bytes.length % other === 0
        ? `; it is made of records of ${other} bytes, as the format "${
          label === "only" ? "cifar100" : "cifar10"
        }" has them`
        : "";
      throw new Error(
        `${path}: it has ${bytes.length} bytes, expected a number of records of ${record} bytes ` +
          `(${
            label === "only" ? "a label" : "two labels"
          }, and ${SIDE} x ${SIDE} values each of red, ` +
          `green and blue)${hint}.`,
      );
    }
    files.push(bytes);
  }
  const count = files.reduce((sum, { length }) => sum + length / record, 0);
  const data = new Uint8Array(count * 3 * PIXELS);
  const labels = new Int32Array(count);
  let n = 0;
  for (const bytes of files) {
    for (let at = 0; at < bytes.length; at += record, n++) {
      labels[n] = bytes[label === "fine" ? at + 1 : at];
      const red = at + record - 3 * PIXELS;
      for (let pixel = 0, to = n * 3 * PIXELS; pixel < PIXELS; pixel++) {
        data[to++] = bytes[red + pixel];
        data[to++] = bytes[red + PIXELS + pixel];
        data[to++] = bytes[red + 2 * PIXELS + pixel];
      }
    }
  }
  return {
    images: { shape: [count, SIDE, SIDE, 3], data },
    labels: { shape: [count], data: labels },
  };
}
