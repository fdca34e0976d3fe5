/** What is said of a mark that the pointer is on. @module */
/// <reference lib="dom" />
import { make } from "./dom.ts";

let box: HTMLElement | undefined;

/** A number as it is formatted; all else are words, which say whose numbers these are. */
const isNumber = (text: string) => /^[-\u2212]?[\d.,]+(e[-+]?\d+)?[kMG]?$/.test(text);

/** A name that an axis has broken into lines and numbered (`nameAxis` in `report/charts/names.ts`). */
const inOneLine = (text: string): string =>
  text.replace(/\n\d+$/, "").replaceAll(/(?<=[-/_])\n/g, "").replaceAll("\n", " ");

/** Pixels between the pointer and the box, and between the box and the edge of the window. */
const [AWAY, EDGE] = [14, 6];

/** Vega's handler: shows the fields of `value` beside the pointer; hides the box where there is none. */
export function tooltip(_: unknown, event: MouseEvent, __: unknown, value: unknown): void {
  const rows = value !== null && typeof value === "object"
    ? Object.entries(value).map(([name, text]) => [name, inOneLine(String(text))])
    : [];
  const words = rows.filter(([, text]) => !isNumber(text)).map(([, text]) => text);
  if (rows.length === 0) {
    box?.remove();
    return;
  }
  box ??= make("div", { id: "tooltip", "aria-hidden": "true" });
  box.replaceChildren(
    ...(words.length > 0 ? [make("p", {}, words.join(" · "))] : []),
    ...rows.filter(([, text]) => isNumber(text)).map(([name, text]) =>
      make("p", {}, make("span", {}, name), make("b", {}, text))
    ),
  );
  document.body.append(box);
  const { width, height } = box.getBoundingClientRect();
  const left = Math.min(event.clientX + AWAY, innerWidth - width - EDGE);
  const below = event.clientY + AWAY;
  const top = below + height > innerHeight - EDGE ? event.clientY - height - AWAY : below;
  box.style.left = `${Math.max(EDGE, left)}px`;
  box.style.top = `${Math.max(EDGE, top)}px`;
}
