/** The shape of images as networks read them. @module */

/** What `study.ts` says of it. */
interface Said {
  readonly size: number | readonly [number, number];
  readonly channels?: 1 | 3 | undefined;
}

/** `[height, width, channels]`. */
export function inputOf({ size, channels = 1 }: Said): [number, number, number] {
  return typeof size === "number" ? [size, size, channels] : [...size, channels];
}
