/** Tables: what is wider than the page scrolls by keys, too, and some are sorted by their columns. @module */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { make } from "./dom.ts";

/** Lets the keyboard reach what has to be scrolled, and nothing else, whatever comes to be in it. */
export function boxesScroll(): void {
  const boxes = document.querySelectorAll<HTMLElement>(".scroll, .gallery");
  const fit = () => {
    for (const box of boxes) {
      const isCut = box.scrollWidth > box.clientWidth + 1 ||
        box.scrollHeight > box.clientHeight + 1;
      if (isCut) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  };
  const sizes = new ResizeObserver(fit);
  const contents = new MutationObserver(fit);
  for (const box of boxes) {
    sizes.observe(box);
    contents.observe(box, { childList: true, subtree: true, attributeFilter: ["hidden"] });
  }
}

/** A column: its heading, and what a row has in it, as is shown and as is compared. */
export interface Column<R> {
  readonly heading: string;
  readonly numbers: boolean;
  text(row: R): string;
  value(row: R): number | string;
}

/** A table that a reader sorts. */
export interface SortedTable<R> {
  readonly element: HTMLTableElement;
  /** The line of each row. */
  readonly lines: ReadonlyMap<R, HTMLTableRowElement>;
}

/**
 * A table whose headings are buttons: the first press sorts upwards, or downwards for numbers, the next
 * the other way. Equal rows stay as they were given; numbers that are none come last.
 */
export function sortedTable<R>(
  caption: string,
  columns: readonly Column<R>[],
  rows: readonly R[],
): SortedTable<R> {
  const lines = new Map(
    rows.map((row) => [
      row,
      make(
        "tr",
        {},
        ...columns.map((column) =>
          make("td", { class: column.numbers ? "number" : undefined }, column.text(row))
        ),
      ),
    ]),
  );
  const body = make("tbody", {}, ...lines.values());
  const sortBy = (column: Column<R>, heading: HTMLElement) => {
    const before = heading.getAttribute("aria-sort");
    const down = before === null ? column.numbers : before === "ascending";
    for (const other of headings) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    const compare = (a: R, b: R) => {
      const [x, y] = [column.value(a), column.value(b)];
      if (typeof x === "number" && typeof y === "number") {
        if (Number.isNaN(x) || Number.isNaN(y)) {
          return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
        }
        return down ? y - x : x - y;
      }
      return (down ? -1 : 1) * String(x).localeCompare(String(y), "en", { numeric: true });
    };
    body.append(...rows.toSorted(compare).map((row) => lines.get(row)!));
  };
  const headings: HTMLElement[] = columns.map((column) => {
    const heading = make(
      "th",
      { scope: "col", class: column.numbers ? "number" : undefined },
      make("button", { type: "button", onclick: () => sortBy(column, heading) }, column.heading),
    );
    return heading;
  });
  const element = make(
    "table",
    { class: "sorted" },
    // It stays where it is while the table is scrolled to the side.
    make("caption", {}, make("span", {}, caption)),
    make("thead", {}, make("tr", {}, ...headings)),
    body,
  );
  return { element, lines };
}
