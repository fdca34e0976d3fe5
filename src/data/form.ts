/**
 * How the training images of a study look, measured on them: what a picture must be made to look like
 * before a network that learnt from them can tell what it shows.
 *
 * @module
 */
import { z } from "zod";
import type { NdArray } from "../ndarray.ts";
import { borderPlaces, boxOf, centrePlaces, medianOf, NEAR } from "./ground.ts";
import { RESIZES } from "./resize.ts";

const side = z.int().min(1);
const brightness = z.number().min(0).max(255);

/** What images show their object on, where it is a plain ground. */
const ground = z.strictObject({
  /** Its brightness, 0 (black) to 255 (white): the median of all border pixels. */
  shade: z.int().min(0).max(255),
  /** The share of border pixels that are within 8 steps of it. */
  plain: z.number().min(0).max(1),
  /** Mean brightness of the outermost pixels, and of the middle half of height and width. */
  border: brightness,
  centre: brightness,
  /** The share of height or width that an object takes, whichever is larger: the median. */
  extent: z.number().gt(0).max(1),
});

/** The schema of a form. */
export const imageForm = z.strictObject({
  /** Of an image as the data have it, or as it is scaled to while it is read: `[height, width]`. */
  image: z.tuple([side, side]),
  /** Of an image as networks read it; what is more than `image` is zeros around it. */
  size: z.tuple([side, side]),
  /** 1 for grey images, 3 for red, green and blue. */
  channels: z.literal([1, 3]),
  /** How pictures of any size are scaled to `image`, where the study does so while it reads them. */
  resize: z.enum(RESIZES).optional(),
  /** Null for images in colour, for those that are scaled as they are, and where borders are not plain. */
  ground: ground.nullable(),
});

/** See `imageForm`. */
export type ImageForm = z.infer<typeof imageForm>;

/** So many border pixels must be near the ground's shade for it to be a plain one. */
const PLAIN = 0.5;

/**
 * Measures images as read, `[N, height, width, channels]`, at least one.
 *
 * @param size `[height, width]` that they are padded to
 * @param resize how they were scaled while they were read, if they were
 */
export function formOf(
  images: NdArray<Uint8Array>,
  size: readonly [number, number],
  resize: ImageForm["resize"],
): ImageForm {
  const [, height, width, channels] = images.shape;
  return imageForm.parse({
    image: [height, width],
    size,
    channels,
    ...(resize ? { resize } : {}),
    ground: channels === 1 && resize === undefined ? groundOf(images) : null,
  });
}

function groundOf({ shape, data }: NdArray<Uint8Array>): ImageForm["ground"] {
  const [count, height, width] = shape;
  const pixels = height * width;
  const [border, centre] = [borderPlaces(height, width), centrePlaces(height, width)];
  const counts = new Float64Array(256);
  let middle = 0;
  for (let start = 0; start < data.length; start += pixels) {
    for (const place of border) counts[data[start + place]]++;
    for (const place of centre) middle += data[start + place];
  }
  const shade = medianOf(counts);
  const around = count * border.length;
  const plain = counts.reduce(
    (sum, n, value) => Math.abs(value - shade) <= NEAR ? sum + n : sum,
    0,
  ) / around;
  if (plain < PLAIN) return null;
  // Shares are counted in steps of one pixel of either side.
  const extents: number[] = [];
  for (let start = 0; start < data.length; start += pixels) {
    const found = boxOf(height, width, (place) => Math.abs(data[start + place] - shade) > NEAR);
    if (found) {
      extents.push(
        Math.max((found.bottom - found.top) / height, (found.right - found.left) / width),
      );
    }
  }
  if (extents.length === 0) return null;
  extents.sort((a, b) => a - b);
  return {
    shade,
    plain,
    border: counts.reduce((sum, n, value) => sum + n * value, 0) / around,
    centre: middle / (count * centre.length),
    extent: extents[Math.floor(extents.length / 2)],
  };
}
