/** Figures of the page: the picture that everybody sees, and what is drawn in its place where scripts run. @module */
import type { Spec } from "vega";
import type { Config, TopLevelSpec } from "vega-lite";
import { toVega } from "../report/svg.ts";

/** A chart of the report. */
export interface Figure {
  readonly name: string;
  readonly spec: TopLevelSpec;
  /** Its picture, as `renderSvg` draws it. */
  readonly svg: string;
}

/**
 * A picture as a part of the page: its ids are its own, its dark colours are the page's, and it has no
 * style that the page's policy would forbid.
 */
export function embedded({ name, svg }: Pick<Figure, "name" | "svg">): string {
  return svg.trimEnd()
    .replace(/<style>[^<]*<\/style>/, "")
    .replaceAll(/ style="[^"]*image-rendering: pixelated;?"/g, ' image-rendering="pixelated"')
    .replaceAll(/ id="([^"]+)"/g, (_, id) => ` id="${name}-${id}"`)
    .replaceAll(/url\(#([^)]+)\)/g, (_, id) => `url(#${name}-${id})`)
    .replace(/ xmlns="[^"]*" xmlns:xlink="[^"]*" version="1\.1" class="marks"/, "")
    .replaceAll("xlink:href=", "href=")
    // For readers who hear it, the figure is one picture with a name.
    .replaceAll(/ (role|aria-[a-z]+)="[^"]*"/g, "")
    .replace("<svg", '<svg class="picture" aria-hidden="true"')
    .replace(/<title>[^]*?<\/desc>/, "");
}

/**
 * What a mark says when the pointer is on it. A line is many rows, of which it would say the first: its
 * points say it, also where none are seen.
 */
const tooltips: Config = {
  mark: { tooltip: { content: "encoding" } },
  line: { tooltip: null, point: "transparent" },
  area: { tooltip: null },
  image: { tooltip: null },
  text: { tooltip: null },
};

/** What numbers are called that an axis has no name for, since they share it with others: by their field. */
const SAID: ReadonlyMap<string, string> = new Map([
  ["low", "from"],
  ["high", "to"],
  ["threshold", "at least"],
  ["mean", "mean"],
  ["best", "best so far"],
]);

/**
 * What a mark says, as an expression: numbers with four decimals in place of the two of an axis, whole
 * ones apart, and by the names above.
 */
const inFull = (said: string): string =>
  said
    .replaceAll(
      /"(?:[^"\\]|\\.)*": format\(datum\["(\w+)"\]/g,
      (whole, field) => SAID.has(field) ? `"${SAID.get(field)}": format(datum["${field}"]` : whole,
    )
    .replaceAll(/(format\(datum\["[^"]*"\], )"\.\d+f"\)/g, '$1".4f")')
    .replaceAll(/format\((datum\["[^"]*"\]), ""\)/g, 'format($1, $1 % 1 ? ".4f" : ",")');

/** A mark of Vega's, as far as it is changed here. */
interface Mark {
  readonly type: string;
  interactive?: boolean;
  readonly marks?: Mark[];
  readonly encode?: {
    readonly update?: { readonly tooltip?: { signal?: string }; smooth?: unknown };
  };
}

/**
 * What Vega draws in place of a picture: the same, with words for each mark. Undefined where no mark
 * has any, so that there would be nothing to gain.
 */
export function alive(spec: TopLevelSpec): Spec | undefined {
  const compiled = toVega(spec, tooltips);
  let speaking = 0;
  const visit = (marks: readonly Mark[]) => {
    for (const mark of marks) {
      if (mark.type === "group") {
        visit(mark.marks ?? []);
        continue;
      }
      const said = mark.encode?.update?.tooltip;
      if (said?.signal !== undefined) {
        said.signal = inFull(said.signal);
        speaking++;
      } // What is silent does not stand between the pointer and what speaks.
      else mark.interactive = false;
      // Said by an attribute that the page's policy forbids; its style says it.
      delete mark.encode?.update?.smooth;
    }
  };
  // Vega's own type of a mark is wider than what is looked at.
  visit((compiled.marks ?? []) as Mark[]);
  if (speaking === 0) return undefined;
  // The page's own paper is below, light or dark.
  const { background: _, ...bare } = compiled;
  return bare;
}
