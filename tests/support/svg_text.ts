/** What tests ask of the text of an SVG file. */

/** How many marks of a kind (`rect`, `text`, `symbol`, `image`, ...) stand for data, by Vega's role. */
export function marks(svg: string, kind: string): number {
  return svg.match(new RegExp(`<g class="mark-${kind} role-mark[^>]*>.*?</g>`, "gs"))
    ?.flatMap((group) => group.match(/<(path|text|line|image) /g) ?? []).length ?? 0;
}

/** The content of each `<text>`, with entities resolved. */
export function texts(svg: string): string[] {
  const entities: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"' };
  return [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)]
    .map(([, text]) => text.replace(/&(\w+);/g, (_, name) => entities[name]));
}

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

/**
 * Texts of a drawing that reach beyond its edges, as far as 0.4 times the font size a character tells; none
 * where all stay inside. Knows the transforms that Vega writes: shifts and turns.
 */
export function outside(svg: string): string[] {
  const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg)!.map(Number);
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
  const found: string[] = [];
  for (const [, closing, name, attributes, empty, text] of svg.matchAll(TAG)) {
    const of = (name: string) => new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(attributes)?.[1];
    if (closing) open.pop();
    else if (!empty) open.push(moved(open[open.length - 1], of("transform")));
    if (name !== "text" || closing) continue;
    const [x, y, angle] = open[open.length - 1];
    const length = text.length * parseFloat(of("font-size")!) * 0.4;
    const before = length * ({ start: 0, middle: 0.5, end: 1 }[of("text-anchor") ?? "start"] ?? 0);
    const inside = [-before, length - before].every((along) => {
      const [atX, atY] = [x + along * Math.cos(angle), y + along * Math.sin(angle)];
      return atX >= -1 && atX <= width + 1 && atY >= -1 && atY <= height + 1;
    });
    if (!inside) found.push(text);
  }
  return found;
}

/** A tag with what follows it. */
const TAG = /<(\/?)([\w:]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>([^<]*)/g;
