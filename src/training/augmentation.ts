/**
 * Images changed a little from epoch to epoch, so that a network sees each of them in many forms. On bytes,
 * and drawn from nothing but the seed, the epoch and the image's row: every engine and every run that takes
 * a training up again sees the same.
 *
 * @module
 */
import { z } from "zod";
import { mix } from "../engine/dropout.ts";
import { seedFor } from "../random.ts";
import { count, oneOf, settings } from "../schema.ts";

/** What is done to an image, in this order; what is omitted is not done. */
export interface Augmentation {
  /**
   * Left and right changed over: in half of all cases, drawn anew in each epoch (`random`), or in every
   * second epoch of each image, whose first time is drawn (`alternating`; Jordan, 2024).
   */
  readonly mirror?: "random" | "alternating";
  /** Most pixels that the image is moved by, up or down and to a side; what becomes free is 0. */
  readonly translation?: number;
  /** A rectangle is painted over (Zhong et al., 2020; DeVries and Taylor, 2017). */
  readonly erasing?: {
    /** How often. */
    readonly probability: number;
    /** Least and most pixels of its height, and of its width. */
    readonly size: readonly [number, number];
    /** The byte that it is painted with. */
    readonly fill: number;
  };
}

/** The schema of augmentations. */
export const augmentation: z.ZodType<Augmentation> = settings({
  mirror: oneOf(["random", "alternating"]).optional(),
  translation: count.optional(),
  erasing: settings({
    probability: z.number().gt(0).max(1),
    size: z.tuple([count, count]).readonly().refine(([least, most]) => least <= most, {
      error: "the least size is more than the most",
    }),
    fill: z.int().min(0).max(255),
  }).optional(),
});

/** `[height, width, channels]`. */
export type ImageShape = readonly [number, number, number];

/** What is drawn for one image in one epoch. */
export interface Change {
  /** Whether left and right change over. */
  readonly mirrored: boolean;
  /** Pixels that it moves down and to the right; negative ones up and to the left. */
  readonly down: number;
  readonly right: number;
  /** The rectangle that is painted over, after all that; undefined where none is. */
  readonly erased?: {
    readonly top: number;
    readonly left: number;
    readonly height: number;
    readonly width: number;
  };
}

/** Numbers of 32 bits by their place, out of a key: the same place, the same number. */
const drawn = (key: number, place: number) => mix(mix(place + 1) ^ key) >>> 0;

/** A whole number in [0, below) from one of 32 bits. */
const scaled = (number: number, below: number) => Math.floor(number / 2 ** 32 * below);

/** The keys of an epoch, from which what is done to each image is drawn: see `changeOf`. */
export interface EpochKeys {
  readonly epoch: number;
  /** Of what is drawn anew in each epoch. */
  readonly own: number;
  /** Of what is drawn once. */
  readonly all: number;
}

/** The keys of an epoch, which is counted from 1. */
export const keysOf = (seed: number, epoch: number): EpochKeys => ({
  epoch,
  own: seedFor(seed, `augmentation/${epoch}`),
  all: seedFor(seed, "augmentation"),
});

/**
 * What is done to the image of a row in an epoch.
 *
 * @param row its row among all images, whichever of them are trained on
 */
export function changeOf(
  { mirror, translation = 0, erasing }: Augmentation,
  [height, width]: ImageShape,
  keys: EpochKeys,
  row: number,
): Change {
  const key = mix(row ^ keys.own);
  const first = drawn(mix(row ^ keys.all), 0) >>> 31;
  const moved = (place: number) =>
    translation === 0 ? 0 : scaled(drawn(key, place), 2 * translation + 1) - translation;
  const change = {
    mirrored: mirror === "alternating"
      ? (first + keys.epoch) % 2 === 1
      : mirror === "random" && drawn(key, 0) >>> 31 === 1,
    down: moved(1),
    right: moved(2),
  };
  if (!erasing || drawn(key, 3) / 2 ** 32 >= erasing.probability) return change;
  const [least, most] = erasing.size;
  const sizes = [height, width].map((size, i) =>
    Math.min(size, least + scaled(drawn(key, 4 + i), most - least + 1))
  );
  return {
    ...change,
    erased: {
      height: sizes[0],
      width: sizes[1],
      top: scaled(drawn(key, 6), height - sizes[0] + 1),
      left: scaled(drawn(key, 7), width - sizes[1] + 1),
    },
  };
}

/**
 * Writes an image, changed, to another place.
 *
 * @param image its bytes, `[height, width, channels]`
 * @param target as many bytes, in other memory
 * @param fill what an erased rectangle is painted with
 */
export function changeImage(
  image: Uint8Array,
  target: Uint8Array,
  [height, width, channels]: ImageShape,
  { mirrored, down, right, erased }: Change,
  fill: number,
): void {
  const line = width * channels;
  // Columns of the target that get any of the image's.
  const [begin, end] = [Math.max(0, right), Math.min(width, width + right)];
  for (let y = 0; y < height; y++) {
    const from = y - down;
    const row = target.subarray(y * line, (y + 1) * line);
    if (from < 0 || from >= height || begin >= end) {
      row.fill(0);
      continue;
    }
    const source = from * line;
    row.fill(0, 0, begin * channels);
    row.fill(0, end * channels);
    if (!mirrored) {
      const [first, last] = [(begin - right) * channels, (end - right) * channels];
      row.set(image.subarray(source + first, source + last), begin * channels);
      continue;
    }
    for (let x = begin; x < end; x++) {
      const pixel = source + (width - 1 - (x - right)) * channels;
      for (let c = 0; c < channels; c++) row[x * channels + c] = image[pixel + c];
    }
  }
  if (!erased) return;
  for (let y = erased.top; y < erased.top + erased.height; y++) {
    const start = y * line + erased.left * channels;
    target.fill(fill, start, start + erased.width * channels);
  }
}

/**
 * Writes all images of an epoch, changed, to other memory.
 *
 * @param images their bytes one after another
 * @param rows the row of each among all images
 * @param epoch counted from 1
 */
export function changeImages(
  images: Uint8Array,
  target: Uint8Array,
  { shape, rows, augmentation, seed }: AugmentedSet,
  epoch: number,
): void {
  const size = shape[0] * shape[1] * shape[2];
  const keys = keysOf(seed, epoch);
  const fill = augmentation.erasing?.fill ?? 0;
  for (let i = 0; i < rows.length; i++) {
    const [start, end] = [i * size, (i + 1) * size];
    const change = changeOf(augmentation, shape, keys, rows[i]);
    changeImage(images.subarray(start, end), target.subarray(start, end), shape, change, fill);
  }
}

/** Images that are changed from epoch to epoch, without their bytes. */
export interface AugmentedSet {
  /** Of one image. */
  readonly shape: ImageShape;
  /** The row of each image among all. */
  readonly rows: Int32Array;
  readonly augmentation: Augmentation;
  readonly seed: number;
}

/** Images with left and right changed over, one after another. */
export function mirroredImages(images: Uint8Array, shape: ImageShape): Uint8Array<ArrayBuffer> {
  const size = shape[0] * shape[1] * shape[2];
  const target = new Uint8Array(images.length);
  const change = { mirrored: true, down: 0, right: 0 };
  for (let start = 0; start < images.length; start += size) {
    const end = start + size;
    changeImage(images.subarray(start, end), target.subarray(start, end), shape, change, 0);
  }
  return target;
}
