/**
 * A badge for the head of a page: what is told, and what it is. Written by hand, since a chart's library
 * knows no badges, and no address of somebody else's has to be asked for one.
 *
 * @module
 */
import { escapeXml, textWidth } from "./text.ts";

/** What a badge says. */
export interface Badge {
  /** What is told, on the left: `test accuracy`. */
  readonly label: string;
  /** What it is, on the right. */
  readonly message: string;
  /** Green, red, or blue where nothing was asked for. */
  readonly state: "good" | "bad" | "neutral";
  /** All of it in a sentence, for those who point at it or have it read to them. */
  readonly title: string;
}

/** Grounds of white letters, the same on a white page and on a dark one: each stands out from both. */
export const grounds = {
  label: "#5c6570",
  good: "#1a7f37",
  bad: "#c4320a",
  neutral: "#0969da",
} as const;

const FONT = 11;
const HEIGHT = 20;
/** Between the letters and the edges, in pixels. */
const SPACE = 7;

/** Escaped for an attribute as well. */
const escaped = (text: string) => escapeXml(text).replaceAll('"', "&quot;");

/** Draws a badge: an SVG file that is as wide as its words. The same words give the same bytes. */
export function badgeSvg({ label, message, state, title }: Badge): string {
  const widthOf = (text: string) => Math.ceil(textWidth({ fontSize: FONT }, text)) + 2 * SPACE;
  const [left, right] = [widthOf(label), widthOf(message)];
  const width = left + right;
  const words = (text: string, middle: number) =>
    `<text transform="translate(${middle},14)" text-anchor="middle" font-size="${FONT}">` +
    `${escaped(text)}</text>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${HEIGHT}" ` +
    `viewBox="0 0 ${width} ${HEIGHT}" role="img" aria-label="${escaped(title)}">`,
    `<title>${escaped(title)}</title>`,
    `<clipPath id="round"><rect width="${width}" height="${HEIGHT}" rx="3"/></clipPath>`,
    `<g clip-path="url(#round)">`,
    `<rect width="${left}" height="${HEIGHT}" fill="${grounds.label}"/>`,
    `<rect x="${left}" width="${right}" height="${HEIGHT}" fill="${grounds[state]}"/>`,
    "</g>",
    `<g fill="#ffffff" font-family="Helvetica, Arial, Liberation Sans, sans-serif">`,
    words(label, left / 2),
    words(message, left + right / 2),
    "</g>",
    "</svg>",
  ].join("\n") + "\n";
}
