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
