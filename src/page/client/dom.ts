/** Elements of the page, made without markup, so that no text can become any. @module */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/** What an element may be given: attributes, and listeners by `on` and the name of their event. */
interface Given {
  readonly [name: string]: string | number | boolean | ((event: never) => void) | undefined;
}

const SVG = "http://www.w3.org/2000/svg";

function filled<E extends Element>(
  element: E,
  given: Given,
  children: readonly (Node | string)[],
): E {
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === false) continue;
    if (typeof value === "function") {
      element.addEventListener(name.slice(2), value as EventListener);
    } else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children);
  return element;
}

/** An element of HTML: `make("p", { class: "note" }, "Some words")`. */
export const make = <K extends keyof HTMLElementTagNameMap>(
  name: K,
  given: Given = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] => filled(document.createElement(name), given, children);

/** An element of SVG. */
export const draw = <K extends keyof SVGElementTagNameMap>(
  name: K,
  given: Given = {},
  ...children: readonly (Node | string)[]
): SVGElementTagNameMap[K] => filled(document.createElementNS(SVG, name), given, children);

/** A choice with its label; `change` is given the place of what is chosen. */
export function choice(
  label: string,
  options: readonly string[],
  chosen: number,
  change: (at: number) => void,
): HTMLLabelElement {
  const select = make(
    "select",
    { onchange: () => change(select.selectedIndex) },
    ...options.map((text, i) => make("option", { selected: i === chosen }, text)),
  );
  return make("label", {}, make("span", {}, label), select);
}
