/** What makes a figure of the report legible, on paper and on a phone, on white and on a dark page. */
import { assert, assertEquals } from "@std/assert";
import { colors, onFill, WIDTH } from "../../src/report/svg.ts";
import { malformed, outside, overlapping } from "./svg_text.ts";

/** The least size of text: a phone shows it at 358/420 of it, at 11 pixels. */
const LEAST_TEXT = 13;

/** What a figure may do that most may not. */
export interface Exceptions {
  /** It holds so much that it is wider than figures are. */
  readonly wide?: boolean;
  /** It has colours of a scale that Vega interpolates; they stay as they are on a dark page. */
  readonly interpolated?: boolean;
}

/** Every colour that something is filled or drawn with, each once, without those of a scale that Vega interpolates. */
export function flatColors(svg: string): string[] {
  return paints(svg).filter((paint) => !paint.startsWith("rgb("));
}

/** Every `fill` and `stroke` of the drawing, each once; not those that leave it unpainted, and not gradients. */
function paints(svg: string): string[] {
  const all = [...svg.matchAll(/ (?:fill|stroke)="([^"]*)"/g)].map(([, paint]) => paint);
  return [...new Set(all)].filter((paint) =>
    paint !== "none" && paint !== "transparent" && !paint.startsWith("url(")
  );
}

/**
 * Asserts of a drawing of `renderSvg`: it is well-formed and without numbers that are none, as wide as
 * figures are, has no text below 13 pixels, none beyond its edges, none over another, and no colours
 * but those of `colors`, which a dark page turns, and of `onFill`, which lie on a fill.
 */
export function assertLegible(svg: string, { wide, interpolated }: Exceptions = {}): void {
  assertEquals(malformed(svg), undefined);
  const drawing = svg.replaceAll(/"data:[^"]*"/g, '""');
  assertEquals(/="[^"]*?(NaN|undefined|Infinity)/.exec(drawing)?.[0], undefined);
  const width = Number(/^<svg [^>]*?width="([\d.]+)"/.exec(svg)![1]);
  assert(wide ? width >= WIDTH : width === WIDTH, `${width} wide instead of ${WIDTH}`);
  const small = [...svg.matchAll(/font-size="([\d.]+)(?:px)?"/g)].map(([, size]) => Number(size))
    .filter((size) => size < LEAST_TEXT);
  assertEquals(small, [], "text is too small");
  assertEquals(outside(svg), [], "text is cut off");
  assertEquals(overlapping(svg), [], "text lies over text");
  const known: readonly string[] = [...Object.values(colors), ...Object.values(onFill)];
  assertEquals(
    paints(svg).filter((paint) =>
      !known.includes(paint) && !(interpolated && paint.startsWith("rgb("))
    ),
    [],
    "colours that a dark page does not turn",
  );
}

/** How much two colours differ, 1 to 21, by the formula of the Web Content Accessibility Guidelines. */
export function contrast(a: string, b: string): number {
  const [low, high] = [a, b].map((color) => {
    const [red, green, blue] = [1, 3, 5].map((at) => {
      const share = parseInt(color.slice(at, at + 2), 16) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }).sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}
