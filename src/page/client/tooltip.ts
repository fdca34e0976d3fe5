/** What is said of a mark that the pointer is on. @module */
/// <reference lib="dom" />
import { make } from "./dom.ts";

let box: HTMLElement | undefined;

/** A number as text with more than four decimals in fewer. */
const shortly = (text: string): string =>
  /^[-−]?\d+\.\d{5,}$/.test(text)
    ? String(Number(Number(text.replace("−", "-")).toPrecision(4)))
    : text;

/** Pixels between the pointer and the box, and between the box and the edge of the window. */
const [AWAY, EDGE] = [14, 6];

/** Vega's handler: shows the fields of `value` beside the pointer; hides the box where there is none. */
export function tooltip(_: unknown, event: MouseEvent, __: unknown, value: unknown): void {
  const rows = value !== null && typeof value === "object"
    ? Object.entries(value).filter(([, text]) => !String(text).startsWith("data:"))
    : [];
  if (rows.length === 0) {
    box?.remove();
    return;
  }
  box ??= make("dl", { id: "tooltip", "aria-hidden": "true" });
  box.replaceChildren(
    ...rows.map(([name, text]) =>
      make("div", {}, make("dt", {}, name), make("dd", {}, shortly(String(text))))
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
