/** Figures that answer to the pointer: drawn by Vega in place of the pictures that the page comes with. @module */
/// <reference lib="dom" />
import * as vega from "vega";
import { expressionInterpreter } from "vega-interpreter";
import { textWidth } from "../../report/text.ts";
import { tooltip } from "./tooltip.ts";

// Text is measured as it was for the picture, so that nothing moves when it is replaced.
// `textMetrics` is exported by Vega and left out of its types.
(vega as unknown as { textMetrics: { width: typeof textWidth } }).textMetrics.width = textWidth;

/** Loads nothing; images are data URLs. */
const loader: vega.Loader = {
  ...vega.loader(),
  load: (url: string) => Promise.reject(new Error(`a chart asked for ${url}`)),
  sanitize: (url: string) =>
    url.startsWith("data:image/png;base64,")
      ? Promise.resolve({ href: url })
      : Promise.reject(new Error("a chart may show PNG data URLs only")),
};

/**
 * Draws a specification of Vega's into an element, without code made of text: the page forbids it.
 */
export async function drawInto(place: HTMLElement, spec: unknown): Promise<vega.View> {
  // The page was built from specifications that Vega-Lite has made.
  const flow = vega.parse(spec as vega.Spec, undefined, { ast: true });
  const view = new vega.View(flow, {
    expr: expressionInterpreter,
    renderer: "svg",
    hover: true,
    loader,
    logLevel: vega.Error,
  });
  view.tooltip(tooltip).initialize(place);
  await view.runAsync();
  // Its figure is one picture with a name, and not a tree of marks.
  for (const name of ["role", "aria-roledescription", "aria-label"]) place.removeAttribute(name);
  place.querySelector("svg")?.setAttribute("aria-hidden", "true");
  return view;
}

/** Replaces the picture of a figure, in the same size. */
async function replace(figure: HTMLElement, spec: unknown): Promise<void> {
  const picture = figure.querySelector("svg");
  const live = document.createElement("div");
  live.className = "live";
  figure.append(live);
  try {
    await drawInto(live, spec);
    const drawing = live.querySelector("svg");
    for (const name of ["width", "height", "viewBox"]) {
      const value = picture?.getAttribute(name);
      if (value) drawing?.setAttribute(name, value);
    }
    figure.classList.add("drawn");
  } catch (error) {
    live.remove(); // The picture stays.
    throw error;
  }
}

/** Replaces pictures as soon as they come near what is seen. */
export function figuresComeAlive(specs: { readonly [name: string]: unknown }): void {
  const seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting || !(target instanceof HTMLElement)) continue;
      seen.unobserve(target);
      void replace(target, specs[target.dataset.figure!]);
    }
  }, { rootMargin: "400px" });
  for (const figure of document.querySelectorAll<HTMLElement>("figure[data-figure]")) {
    if (figure.dataset.figure! in specs) seen.observe(figure);
  }
}
