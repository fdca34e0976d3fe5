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
import { escapeXml, textWidth } from "./text.ts";

export { textWidth } from "./text.ts";

/**
 * How wide a figure is, in pixels: all are, unless they hold too much. A phone shows it at 358 of 390
 * pixels, which leaves its words, of 13 pixels, nearly 12 high; a page of 900 pixels has room for two
 * side by side.
 */
export const WIDTH = 420;

/** Between a drawing and its edges. */
export const PADDING = 8;

/** Every colour by its role. */
export const colors = {
  paper: "#ffffff",
  /** Text that carries the data. */
  ink: "#24292f",
  /** Text beside it. */
  muted: "#57606a",
  /** Axes, and lines to compare with. */
  line: "#8c959f",
  grid: "#e7eaee",
  blue: "#0072b2",
  vermilion: "#d55e00",
  green: "#009e73",
  purple: "#a6548a",
  orange: "#b57c00",
  sky: "#3f9bd1",
  black: "#000000",
} as const;

/** What each becomes in a drawing for readers whose screen is dark. */
export const darkColors: ReadonlyMap<string, string> = new Map([
  [colors.paper, "#0d1117"],
  [colors.ink, "#e6edf3"],
  [colors.muted, "#9198a1"],
  [colors.line, "#7d8590"],
  [colors.grid, "#262c36"],
  [colors.blue, "#58a6e0"],
  [colors.vermilion, "#f0883e"],
  [colors.green, "#3fb98b"],
  [colors.purple, "#dd93bd"],
  [colors.orange, "#e6ab2e"],
  [colors.sky, "#7cc4f0"],
  [colors.black, "#f0f6fc"],
]);

/**
 * Colours for categories that mean nothing else, told apart by readers with any common colour vision:
 * Okabe and Ito, "Color Universal Design" (2008), without its yellow, those too pale for lines on
 * white darkened.
 */
const categoryColors: readonly string[] = [
  colors.blue,
  colors.vermilion,
  colors.green,
  colors.purple,
  colors.orange,
  colors.sky,
  colors.black,
];

/** What colours mean wherever they are used for it, so that none means two things. */
export const meanings = {
  training: colors.line,
  validation: colors.blue,
  test: colors.green,
  /** What an original study reports. */
  published: colors.purple,
  /** The one that was chosen: an epoch, a trial. */
  chosen: colors.vermilion,
} as const;

/** Text on a filled mark, which stays as it is on a dark page. */
export const onFill = { pale: "#1b1f24", dark: "#fefefe" } as const;

/** The look that all charts share. */
const theme: Config = {
  background: colors.paper,
  padding: PADDING,
  font: "Helvetica, Arial, Liberation Sans, sans-serif",
  aria: false, // The <title> and <desc> of the whole drawing say it; the tables of the report hold the numbers.
  title: {
    anchor: "start",
    frame: "bounds",
    color: colors.ink,
    fontSize: 15,
    fontWeight: "bold",
    subtitleColor: colors.muted,
    subtitleFontSize: 13,
    subtitlePadding: 5,
    offset: 12,
  },
  axis: {
    labelColor: colors.ink,
    labelFontSize: 13,
    labelLimit: 180,
    labelPadding: 6,
    labelFlush: false, // A label stands at its tick at the ends of an axis too.
    titleColor: colors.muted,
    titleFontSize: 13,
    titleFontWeight: "normal",
    titlePadding: 8,
    domainColor: colors.line,
    gridColor: colors.grid,
    tickColor: colors.line,
    tickSize: 4,
  },
  header: {
    labelColor: colors.ink,
    labelFontSize: 13,
    titleColor: colors.muted,
    titleFontSize: 13,
    titleFontWeight: "normal",
  },
  legend: {
    labelColor: colors.ink,
    labelFontSize: 13,
    labelLimit: 320,
    titleColor: colors.muted,
    titleFontSize: 13,
    titleFontWeight: "normal",
    titlePadding: 6,
    columnPadding: 18,
    gradientStrokeColor: colors.line,
    symbolBaseStrokeColor: colors.line,
  },
  view: { stroke: null },
  mark: { color: colors.blue },
  rule: { color: colors.line },
  line: { strokeWidth: 2 },
  text: { color: colors.ink, fontSize: 13 },
  range: { category: [...categoryColors] },
};

/** What turns the colours of a drawing into those of a dark page, where its reader has one. */
function darkStyle(svg: string): string {
  const rules = [...darkColors].flatMap(([color, dark]) =>
    ["fill", "stroke"].flatMap((paint) => {
      const light = `${paint}="${color}"`;
      return svg.includes(light) ? [`[${light}]{${paint}:${dark}}`] : [];
    })
  );
  return `<style>@media (prefers-color-scheme:dark){${rules.join("")}}</style>`;
}

/** A drawing as wide as all are; one that is wider stays as it is. */
function widened(svg: string): string {
  const size = /^<svg [^>]*?width="([\d.]+)"/.exec(svg);
  const width = Number(size?.[1]);
  if (!size || !(width < WIDTH)) return svg;
  // The drawing's own size comes first, then that of its background.
  return svg
    .replace(`width="${size[1]}"`, `width="${WIDTH}"`)
    .replace(`viewBox="0 0 ${size[1]} `, `viewBox="0 0 ${WIDTH} `)
    .replace(`<rect width="${size[1]}"`, `<rect width="${WIDTH}"`);
}

/**
 * Words in lines that are no longer than there is room for: broken at spaces, after hyphens, slashes and
 * underscores. A word that is longer than a line has one for itself.
 *
 * @param room in pixels
 * @param item Size and weight of the text, as `textWidth` has them.
 * @param most As many lines at most; the last has all that is left, however long.
 */
export function wrapped(
  text: string,
  room: number,
  item: Parameters<typeof textWidth>[0] = { fontSize: 13 },
  most = Infinity,
): string[] {
  const lines = [""];
  for (const part of text.trim().match(/\s*(?:[^\s/_-]+[/_-]?|[/_-])/g) ?? []) {
    const line = lines[lines.length - 1] + part;
    if (line === part || lines.length === most || textWidth(item, line) <= room) {
      lines[lines.length - 1] = line;
    } else lines.push(part.trimStart());
  }
  return lines;
}

/** Words in as few lines as there have to be, about equally long. */
function balanced(text: string, room: number, item: Parameters<typeof textWidth>[0]): string[] {
  const lines = wrapped(text, room, item);
  for (let less = room; less > room / 2; less -= 10) {
    const others = wrapped(text, less - 10, item);
    if (others.length > lines.length) return wrapped(text, less, item);
  }
  return lines;
}

/** A specification whose title and subtitle are broken into lines that a figure has room for. */
function withLines(spec: TopLevelSpec): TopLevelSpec {
  const { title } = spec;
  if (title === undefined || title === null) return spec;
  const given = typeof title === "object" && "text" in title ? title : { text: title };
  const lines = <T>(text: T, fontSize: number, fontWeight: string): T | string[] =>
    typeof text === "string" || Array.isArray(text)
      ? [text].flat().flatMap((line) =>
        balanced(line, WIDTH - 2 * PADDING, { fontSize, fontWeight })
      )
      : text;
  return {
    ...spec,
    title: {
      ...given,
      text: lines(given.text, 15, "bold"),
      ...(given.subtitle === undefined ? {} : { subtitle: lines(given.subtitle, 13, "normal") }),
    },
  } as TopLevelSpec; // Vega-Lite's type of a title does not know those that it allows itself.
}

/**
 * A specification as Vega draws it, in the look that all charts share.
 *
 * @param more of that look
 */
export function toVega(
  spec: TopLevelSpec,
  more: Config = {},
  logger: vega.LoggerInterface = vega.logger(vega.None),
): vega.Spec {
  const config: Config = vega.mergeConfig(theme, more);
  return compile(withLines(spec), { logger, config }).spec;
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
    const compiled = toVega(spec, {}, logger);
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

  svg = widened(svg);
  // role="img" and <title> first: https://www.w3.org/TR/svg-aam-1.0/
  const start = svg.indexOf(">");
  return xmlText(
    `${svg.slice(0, start)} role="img"><title>${escapeXml(title)}</title>` +
      `<desc>${escapeXml(spec.description)}</desc>${darkStyle(svg)}${svg.slice(start + 1)}\n`,
  );
}
