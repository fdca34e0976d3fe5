/** Colours of values from below 0 to above, for pictures. @module */
import type { Rgb } from "../png.ts";

/** ColorBrewer's RdBu in 11 classes (Brewer 2002), from blue for -1 to red for 1. */
const redBlue: readonly Rgb[] = [
  [5, 48, 97],
  [33, 102, 172],
  [67, 147, 195],
  [146, 197, 222],
  [209, 229, 240],
  [247, 247, 247],
  [253, 219, 199],
  [244, 165, 130],
  [214, 96, 77],
  [178, 24, 43],
  [103, 0, 31],
];

/** The colour of a value from -1, blue, over 0, nearly white, to 1, red; interpolated linearly in RGB. */
export function diverging(value: number): Rgb {
  const position = (value + 1) / 2 * (redBlue.length - 1);
  const from = Math.max(0, Math.min(Math.floor(position), redBlue.length - 2));
  const mix = (channel: 0 | 1 | 2) =>
    Math.round(
      redBlue[from][channel] +
        (position - from) * (redBlue[from + 1][channel] - redBlue[from][channel]),
    );
  return [mix(0), mix(1), mix(2)];
}
