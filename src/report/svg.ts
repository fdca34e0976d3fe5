/**
 * Charts to SVG: compiles a Vega-Lite specification and draws it without a browser.
 *
 * The same specification gives the same bytes on every run and machine: text is measured with a
 * table of widths instead of the fonts that happen to be installed, and generated ids start anew
 * with each chart. Nothing is read from files or the network.
 *
 * @module
 */
import * as vega from "vega";
import { compile, type Config, type TopLevelSpec } from "vega-lite";

/**
 * Colours for categories, told apart by readers with any common colour vision: Okabe and Ito, "Color
 * Universal Design" (2008), without its yellow, which is too pale on white.
 */
export const categoryColors: readonly string[] = [
  "#0072b2",
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#e69f00",
  "#56b4e9",
  "#000000",
];

/** Text that carries the data. */
const ink = "#24292f";
/** Text beside it. */
const muted = "#57606a";

/** The look that all charts share. The page is white on purpose: viewers with a dark mode do not invert images. */
const theme: Config = {
  background: "white",
  padding: 12,
  font: "Helvetica, Arial, Liberation Sans, sans-serif",
  aria: false, // The <title> and <desc> of the whole drawing say it; the tables of the report hold the numbers.
  title: {
    anchor: "start",
    color: ink,
    fontSize: 15,
    fontWeight: "bold",
    subtitleColor: muted,
    subtitleFontSize: 12,
    subtitlePadding: 5,
    offset: 14,
  },
  axis: {
    labelColor: ink,
    labelFontSize: 12,
    labelLimit: 240,
    labelPadding: 6,
    labelFlush: false, // A label stands at its tick at the ends of an axis too.
    titleColor: muted,
    titleFontSize: 12,
    titleFontWeight: "normal",
    titlePadding: 10,
    domainColor: "#8c959f",
    gridColor: "#e7eaee",
    tickColor: "#8c959f",
    tickSize: 4,
  },
  header: {
    labelColor: ink,
    labelFontSize: 12,
    titleColor: muted,
    titleFontSize: 12,
    titleFontWeight: "normal",
  },
  legend: {
    labelColor: ink,
    labelFontSize: 12,
    labelLimit: 320,
    titleColor: muted,
    titleFontSize: 12,
    titleFontWeight: "normal",
    titlePadding: 6,
    columnPadding: 18,
  },
  view: { stroke: null },
  line: { strokeWidth: 2 },
  text: { color: ink, fontSize: 12 },
  range: { category: [...categoryColors] },
};

/** Widths of Helvetica's characters in thousandths of the font size (Adobe's font metrics); Arial's are the same. */
const characterWidths = new Map<string, number>(
  ([
    [191, "'"],
    [222, "ijl"],
    [260, "|"],
    [278, " !,./:;I[\\]ft"],
    [333, "()-`r"],
    [334, "{}"],
    [355, '"'],
    [389, "*"],
    [469, "^"],
    [500, "Jcksvxyz"],
    [556, "#$0123456789?L_abdeghnopqu"],
    [584, "+<=>~"],
    [611, "FTZ"],
    [667, "&ABEKPSVXY"],
    [722, "CDHNRUw"],
    [778, "GOQ"],
    [833, "Mm"],
    [889, "%"],
    [944, "W"],
    [1015, "@"],
  ] as const).flatMap(([width, characters]) => [...characters].map((c) => [c, width] as const)),
);

/**
 * Width of a line of text in pixels, a tenth on the generous side: where Helvetica's metrics are
 * missing, a wider font takes its place.
 */
function textWidth(
  item: { fontSize?: number; fontWeight?: unknown; limit?: number },
  text: unknown,
): number {
  let width = 0;
  for (const character of String(text ?? "").trim()) {
    // Beyond ASCII, a full square for the wide scripts (Hangul, CJK, kana, full-width forms, emoji).
    width += characterWidths.get(character) ??
      (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]|[^\0-\uffff]/u
          .test(character)
        ? 1000
        : 667);
  }
  const bold = item.fontWeight === "bold" || Number(item.fontWeight) >= 600;
  const pixels = 1.1 * (bold ? 1.06 : 1) * (width / 1000) * (item.fontSize ?? 11);
  return item.limit !== undefined && item.limit > 0 ? Math.min(pixels, item.limit) : pixels;
}

/** A loader that loads nothing: images are data URLs, which stand in the drawing as they are. */
const loader: vega.Loader = {
  ...vega.loader(),
  load(url: string): Promise<never> {
    return Promise.reject(new Error(`A chart holds its data itself; it asked for ${url}.`));
  },
  sanitize(url: string): Promise<{ href: string }> {
    return url.startsWith("data:image/png;base64,")
      ? Promise.resolve({ href: url })
      : Promise.reject(new Error(`A chart may show PNG data URLs only; got ${url}.`));
  },
};

/** What a specification's `title` reads, or undefined. */
function titleOf(spec: TopLevelSpec): string | undefined {
  const title = spec.title;
  const text = title !== null && typeof title === "object" && "text" in title ? title.text : title;
  if (Array.isArray(text)) return text.join(" ");
  return typeof text === "string" && text !== "" ? text : undefined;
}

/** Text as XML 1.0 may hold it: control characters and halves of surrogate pairs become U+FFFD. */
function xmlText(text: string): string {
  // deno-lint-ignore no-control-regex -- these are the characters to be kept out
  return text.toWellFormed().replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, "\ufffd");
}

/** Escaped for the content of an XML element. */
function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** The chart that is being drawn, if any: Vega counts ids for the whole process, so charts wait for each other. */
let previous: Promise<unknown> = Promise.resolve();

/**
 * Draws a Vega-Lite specification with the report's theme.
 *
 * @param spec A specification that holds its data (`data.values`), with a `title` (a text, or an
 *   object with `text`), shown above the chart and spoken by screen readers, and a `description`,
 *   which says in a sentence what can be seen.
 * @returns The text of an SVG file, the same for the same specification.
 * @throws {Error} where title or description are missing, or Vega-Lite or Vega refuse the
 * specification or warn about it; the message begins with the chart's title
 */
export function renderSvg(spec: TopLevelSpec): Promise<string> {
  const drawing = previous.then(() => draw(spec));
  previous = drawing.catch(() => {});
  return drawing;
}

async function draw(spec: TopLevelSpec): Promise<string> {
  const title = titleOf(spec);
  if (title === undefined) {
    throw new Error('A chart has no title. Give its specification a "title".');
  }
  if (!spec.description) {
    throw new Error(
      `Chart "${title}" has no description. Give its specification a "description" for readers who cannot see it.`,
    );
  }

  const problems: string[] = [];
  const note = (...messages: unknown[]) => {
    problems.push(messages.map((m) => m instanceof Error ? m.message : String(m)).join(" "));
    return logger;
  };
  const logger: vega.LoggerInterface = {
    level: (() => logger) as vega.LoggerInterface["level"],
    error: note,
    warn: note,
    info: () => logger,
    debug: () => logger,
  };

  let svg = "";
  let cause: unknown;
  try {
    const compiled = compile(spec, { logger, config: theme }).spec;
    // `textMetrics` is exported by Vega and left out of its types.
    const { textMetrics } = vega as unknown as { textMetrics: { width: typeof textWidth } };
    textMetrics.width = textWidth;
    const view = new vega.View(vega.parse(compiled), { renderer: "none", logger, loader });
    vega.resetSVGDefIds();
    svg = await view.toSVG();
    view.finalize();
  } catch (error) {
    cause = error;
    note(error);
  }
  if (problems.length > 0) {
    throw new Error(`Chart "${title}" cannot be drawn: ${problems.join("; ")}`, { cause });
  }

  // role="img" and <title> first: https://www.w3.org/TR/svg-aam-1.0/
  const start = svg.indexOf(">");
  return xmlText(
    `${svg.slice(0, start)} role="img"><title>${escapeXml(title)}</title>` +
      `<desc>${escapeXml(spec.description)}</desc>${svg.slice(start + 1)}\n`,
  );
}
