/** The report as one page: `report.html`, beside `report.md` and from the same words. @module */
import { clientScript } from "./bundle.ts";
import { twoCurves } from "./curves_chart.ts";
import { htmlDocument } from "./document.ts";
import type { Carried, Curve, Mistakes, Trials } from "./explored.ts";
import { alive, embedded, type Figure } from "./figures.ts";
import { listed } from "../report/markdown.ts";
import { escapeHtml, type Heading, pageWriter } from "./markdown.ts";
import { style } from "./style.ts";

/** A drawing made of characters. */
export interface Drawing {
  readonly lines: readonly string[];
  /** What it shows, for readers who hear it. */
  readonly description: string;
  /** How it is read. */
  readonly caption: string;
}

/** What a page is made of. */
export interface Page {
  readonly title: string;
  /** Markdown, in order, and between its parts drawings and the place where curves are compared. */
  readonly parts: readonly (string | Drawing | typeof CURVES)[];
  /** By the address that Markdown shows them by. */
  readonly figures: ReadonlyMap<string, Figure>;
  /** Two or more, or none. */
  readonly curves: readonly Curve[];
  /** In place of the figure of that name. */
  readonly trials?: Trials & { readonly figure: string };
  /** In place of the figure of that name. */
  readonly mistakes?: Mistakes & { readonly figure: string };
}

/** Where the curves of two trainings are compared. */
export const CURVES = Symbol("curves");

/** Where scripts fill something in; nothing without them. */
const tool = (name: string, heading = "") =>
  `<section class="tool" id="tool-${name}" hidden>${heading}</section>\n`;

/** What the page can do where scripts run, and where. */
const about = (tools: readonly (readonly [name: string, words: string])[]) =>
  tool(
    "about",
    `<p>Charts answer: the pointer on a mark shows its figures.${
      tools.length > 0
        ? ` And there is more to try: ${
          listed(tools.map(([name, words]) => `<a href="#tool-${name}">${words}</a>`))
        }.`
        : ""
    }</p>`,
  );

const drawing = ({ lines, description, caption }: Drawing) =>
  `<figure class="drawing"><div class="scroll"><pre role="img" aria-label="${
    escapeHtml(description)
  }">${escapeHtml(lines.join("\n"))}</pre></div>` +
  `<figcaption class="quiet">${escapeHtml(caption)}</figcaption></figure>\n`;

/** Sections, and what is in them. */
function contentsOf(headings: readonly Heading[]): string {
  const shown = headings.filter(({ level }) => level === 2 || level === 3);
  // Links do not go into links.
  const words = (text: string) => text.replaceAll(/<\/?a\b[^>]*>/g, "");
  return `<nav aria-label="Contents"><details open><summary>Contents</summary><ul>\n${
    shown.map(({ level, anchor, text }) =>
      `<li class="level${level}"><a href="#${escapeHtml(anchor)}">${words(text)}</a></li>`
    ).join("\n")
  }\n</ul></details></nav>`;
}

/**
 * Writes the page: HTML, the same for the same results.
 *
 * @throws {Error} where a chart cannot be compiled, or the page's script cannot be bundled
 */
export async function htmlPage(page: Page): Promise<string> {
  const { title, parts, figures, curves } = page;
  const isShown = (figure: string) => [...figures.values()].some(({ name }) => name === figure);
  const [trials, mistakes] = [page.trials, page.mistakes]
    .map((it) => it && isShown(it.figure) ? it : undefined) as [Page["trials"], Page["mistakes"]];
  const live: Record<string, unknown> = {};
  const writer = pageWriter((address, description) => {
    const figure = figures.get(address);
    if (!figure) return undefined;
    const { name, spec } = figure;
    // The tool that stands in place of a figure where scripts run.
    const own = name === trials?.figure
      ? "trials"
      : name === mistakes?.figure
      ? "mistakes"
      : undefined;
    const drawn = own ? undefined : alive(spec);
    if (drawn) live[name] = drawn;
    return `<figure role="img" aria-label="${escapeHtml(described(figure, description))}"` +
      ` data-figure="${escapeHtml(name)}"${own ? ' class="replaced"' : ""}>` +
      `${embedded(figure)}</figure>${own ? tool(own) : ""}`;
  });
  const compares = curves.length > 1;
  const before = parts.findIndex((part) => typeof part === "string" && part.startsWith("## "));
  const written = parts.map((part) =>
    part === CURVES
      ? compares ? tool("curves", "<h3>Curves of any two trainings</h3>") : ""
      : typeof part === "string"
      ? writer.write(part)
      : drawing(part)
  );
  const tools = [
    ...(compares
      ? [["curves", "the curves of any two trainings, one over the other"] as const]
      : []),
    ...(mistakes ? [["mistakes", "the images that a network gets wrong"] as const] : []),
    ...(trials ? [["trials", "what the search tried, to filter and to sort"] as const] : []),
  ];
  const content = written.toSpliced(before, 0, about(tools)).join("");
  const { figure: _, ...searched } = trials ?? { figure: "" };
  const carried: Carried = {
    figures: live,
    ...(compares ? { curves, twoCurves: alive(twoCurves()) } : {}),
    ...(trials ? { trials: searched as Trials } : {}),
    ...(mistakes ? { mistakes } : {}),
  };
  return await htmlDocument({
    title,
    style,
    body: `<a class="skip" href="#content">To the content</a>
${contentsOf(writer.headings)}
<main id="content">
${content}</main>`,
    carried,
    script: await clientScript(import.meta.resolve("./client/main.ts")),
  });
}

/** What a figure shows, in words: what the Markdown says of it, and what its chart does. */
function described({ spec }: Figure, description: string): string {
  return typeof spec.description === "string" ? `${description}. ${spec.description}` : description;
}
