/** What tests ask of the text of an SVG file. */
import { textWidth } from "../../src/report/svg.ts";

/** How many marks of a kind (`rect`, `text`, `symbol`, `image`, ...) stand for data, by Vega's role. */
export function marks(svg: string, kind: string): number {
  return svg.match(new RegExp(`<g class="mark-${kind} role-mark[^>]*>.*?</g>`, "gs"))
    ?.flatMap((group) => group.match(/<(path|text|line|image) /g) ?? []).length ?? 0;
}

/** Every line of text, with entities resolved. */
export function texts(svg: string): string[] {
  return [...svg.matchAll(/<(?:text|tspan)[^>]*>([^<]*)<\/(?:text|tspan)>/g)]
    .map(([, text]) => unescaped(text));
}

const entities: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"' };

const unescaped = (text: string) => text.replace(/&(\w+);/g, (_, name) => entities[name]);

/** The data URLs of all images, in order. */
export function images(svg: string): string[] {
  return [...svg.matchAll(/<image [^>]*xlink:href="([^"]*)"/g)].map(([, url]) => url);
}

/**
 * What keeps a text from being well-formed XML, or undefined. Knows elements, attributes, the five
 * named entities, references to white space, and the characters that XML 1.0 allows: all that a
 * drawing needs.
 */
export function malformed(xml: string): string | undefined {
  // deno-lint-ignore no-control-regex -- these are the characters that XML 1.0 leaves out
  const forbidden = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.exec(xml);
  if (forbidden || !xml.isWellFormed()) return "a character that XML does not allow";
  const open: string[] = [];
  const token = /<(\/?)([\w:]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy;
  let read = 0;
  for (const [text, closing, name, attributes, empty, content] of xml.matchAll(token)) {
    read += text.length;
    if (/&(?!(?:lt|gt|amp|quot|apos|#x[9AD]);)/.test(content ?? attributes)) return `"${text}"`;
    if (content !== undefined) {
      if (open.length === 0 && content.trim() !== "") return `text outside: "${content}"`;
      continue;
    }
    const keys = [...attributes.matchAll(/([\w:-]+)="/g)].map(([, key]) => key);
    if (new Set(keys).size < keys.length) return `an attribute twice: ${text}`;
    if (closing && open.pop() !== name) return `${text} closes nothing`;
    if (!closing && !empty) open.push(name);
  }
  if (read < xml.length) return `"${xml.slice(read, read + 40)}"`;
  return open.length > 0 ? `<${open.at(-1)}> stays open` : undefined;
}

/** A line of text where it stands. */
interface Placed {
  readonly text: string;
  readonly size: number;
  /** Both ends of its base line, in pixels of the drawing. */
  readonly ends: readonly (readonly [x: number, y: number])[];
  /** By how much it is turned, in radians. */
  readonly angle: number;
}

/**
 * Every line of text of a drawing by its place, as long as it is in Helvetica. Knows the transforms that
 * Vega writes: shifts and turns.
 */
function placed(svg: string): Placed[] {
  type Place = readonly [x: number, y: number, angle: number];
  const moved = (place: Place, transform = ""): Place =>
    [...transform.matchAll(/(translate|rotate)\(([-\d.e]+)(?:,\s*([-\d.e]+))?\)/g)].reduce(
      ([x, y, angle]: Place, [, kind, first, second = "0"]): Place => {
        const [a, b] = [Number(first), Number(second)];
        if (kind === "rotate") return [x, y, angle + a * Math.PI / 180];
        const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
        return [x + a * cos - b * sin, y + a * sin + b * cos, angle];
      },
      place,
    );
  const open: Place[] = [[0, 0, 0]];
  const found: Placed[] = [];
  // Of a text, also for its lines; and how far down they have come.
  let [size, weight, anchor, down] = [0, "normal", "start", 0];
  for (const [, closing, name, attributes, empty, text] of svg.matchAll(TAG)) {
    const of = (name: string) => new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(attributes)?.[1];
    if (closing) open.pop();
    else if (!empty) open.push(moved(open[open.length - 1], of("transform")));
    if (closing || name !== "text" && name !== "tspan") continue;
    if (name === "text") {
      size = parseFloat(of("font-size")!);
      weight = of("font-weight") ?? "normal";
      anchor = of("text-anchor") ?? "start";
      down = 0;
    } else down += Number(of("dy") ?? 0);
    if (text === "") continue;
    const [x, y, angle] = open[open.length - 1];
    // Drawings leave a tenth more than there is.
    const length = textWidth({ fontSize: size, fontWeight: weight }, unescaped(text)) / 1.1;
    const before = length * ({ start: 0, middle: 0.5, end: 1 }[anchor] ?? 0);
    const ends = [-before, length - before].map((along) =>
      [
        x + along * Math.cos(angle) - down * Math.sin(angle),
        y + along * Math.sin(angle) + down * Math.cos(angle),
      ] as const
    );
    found.push({ text, size, ends, angle });
  }
  return found;
}

/** Texts of a drawing that reach beyond its edges; none where all stay inside. */
export function outside(svg: string): string[] {
  const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg)!.map(Number);
  return placed(svg)
    .filter(({ ends }) =>
      !ends.every(([x, y]) => x >= -1 && x <= width + 1 && y >= -1 && y <= height + 1)
    )
    .map(({ text }) => text);
}

/** Pairs of level texts that lie over each other. */
export function overlapping(svg: string): string[] {
  const level = placed(svg).filter(({ angle }) => Math.abs(angle) < 1e-6);
  return level.flatMap(({ text, size, ends: [[left, y], [right]] }, i) =>
    level.slice(0, i)
      .filter((other) =>
        Math.abs(other.ends[0][1] - y) < 0.6 * Math.max(size, other.size) &&
        other.ends[0][0] < right && other.ends[1][0] > left
      )
      .map((other) => `${other.text} / ${text}`)
  );
}

/** A tag with what follows it. */
const TAG = /<(\/?)([\w:]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>([^<]*)/g;
