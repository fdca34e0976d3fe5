/**
 * What was tried in a search: parallel coordinates whose axes take ranges, and a table that shows what
 * lies in all of them.
 *
 * @module
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { Trial, Trials } from "../explored.ts";
import { draw, make } from "./dom.ts";
import { type Column, sortedTable } from "./tables.ts";

/** In pixels of the drawing: its width, between rows, room at the left, at the right and above. */
const [WIDTH, ROW, LEFT, RIGHT, TOP] = [420, 50, 14, 14, 30];
/** The length of an axis. */
const LENGTH = WIDTH - LEFT - RIGHT;
/** A range that is drawn shorter than this is none, but a press on the axis. */
const SHORTEST = 0.02;
/** How far an arrow key moves the end of a range. */
const STEP = 0.05;
/** A place counts as within a range that ends so near. */
const NEAR = 1e-9;

/** A row of the drawing. */
interface Axis {
  readonly name: string;
  readonly ticks: readonly { readonly place: number; readonly label: string }[];
}

/** `0.9123`, or a number as short as it can be told. */
const shortly = (value: Trial["values"][number]): string =>
  typeof value === "number" && !Number.isInteger(value)
    ? String(Number(value.toPrecision(3)))
    : String(value);

const epochsText = (n: number) => `${n} ${n === 1 ? "epoch" : "epochs"}`;

/** Fills the place with the drawing and the table. */
export function searchTrials(place: HTMLElement, { axes, score, rows }: Trials): void {
  const digits = (value: number) => value.toFixed(4);
  const all: readonly Axis[] = [...axes, {
    name: `score after ${epochsText(score.epochs)}`,
    ticks: [
      { place: 0, label: digits(score.low) },
      ...(score.high > score.low ? [{ place: 1, label: digits(score.high) }] : []),
    ],
  }];
  const ranges = all.map((): [number, number] => [0, 1]);
  const x = (place: number) => LEFT + place * LENGTH;
  const y = (axis: number) => TOP + axis * ROW;
  const isOpen = ([from, to]: readonly [number, number]) => from <= 0 && to >= 1;
  const isIn = ({ places }: Trial) =>
    ranges.every((range, i) =>
      isOpen(range) ||
      places[i] !== undefined && places[i] >= range[0] - NEAR && places[i] <= range[1] + NEAR
    );

  const lines = new Map(
    rows.toReversed().map((row) => [
      row,
      draw("polyline", {
        class: row === rows[0] ? "best" : row.places.length < all.length ? "fewer" : "compared",
        points: row.places.map((place, i) => `${x(place)},${y(i)}`).join(" "),
      }),
    ]),
  );

  const columns: Column<Trial>[] = [
    {
      heading: "score",
      numbers: true,
      text: ({ score }) => score === null ? "failed" : digits(score),
      value: ({ score }) => score ?? NaN,
    },
    { heading: "trial", numbers: true, text: ({ id }) => String(id), value: ({ id }) => id },
    {
      heading: "epochs",
      numbers: true,
      text: ({ epochs }) => String(epochs),
      value: ({ epochs }) => epochs,
    },
    ...axes.map(({ name }, i): Column<Trial> => {
      const numbers = rows.every(({ values }) => typeof values[i] === "number");
      return {
        heading: name.replaceAll("_", " "),
        numbers,
        text: ({ values }) => shortly(values[i]),
        value: ({ values }) => numbers ? Number(values[i]) : String(values[i]),
      };
    }),
  ];
  const table = sortedTable(
    "Each by its trial with the most epochs. Press a heading to sort by it.",
    columns,
    rows,
  );
  const kinds = [
    { kind: "best", words: "the best" },
    { kind: "compared", words: `after ${epochsText(score.epochs)}, which compare` },
    { kind: "fewer", words: "after fewer epochs, or failed" },
  ].filter(({ kind }) => [...lines.values()].some((line) => line.classList.contains(kind)));
  const legend = make(
    "figcaption",
    {},
    ...kinds.map(({ kind, words }) =>
      make(
        "span",
        {},
        draw(
          "svg",
          { viewBox: "0 0 26 10", "aria-hidden": "true" },
          draw("polyline", { class: kind, points: "1,5 25,5" }),
        ),
        words,
      )
    ),
  );
  const said = make("p", { class: "quiet", role: "status" });
  const open = make("button", {
    type: "button",
    onclick: () => {
      ranges.forEach((range) => range.splice(0, 2, 0, 1));
      show();
    },
  }, "Show all");

  /** What a place on an axis is called: the nearest label, or a share of the way. */
  const spoken = (axis: number, place: number) => {
    const near = all[axis].ticks.find((tick) => Math.abs(tick.place - place) < STEP / 2);
    return near?.label ?? `${Math.round(100 * place)}% of the axis`;
  };
  const set = (axis: number, from: number, to: number) => {
    const bound = (place: number) => Math.max(0, Math.min(1, place));
    ranges[axis] = [bound(Math.min(from, to)), bound(Math.max(from, to))];
    show();
  };

  const drawing = draw("svg", { viewBox: `0 0 ${WIDTH} ${TOP + (all.length - 1) * ROW + 34}` });
  const placeOf = (event: PointerEvent) => {
    const box = drawing.getBoundingClientRect();
    return ((event.clientX - box.left) * WIDTH / box.width - LEFT) / LENGTH;
  };
  const parts = all.map(({ name, ticks }, axis) => {
    const band = draw("rect", { class: "band", y: y(axis) - 9, height: 18 });
    const handle = (end: 0 | 1) => {
      const move = (to: number) => {
        const [from, until] = ranges[axis];
        if (end === 0) set(axis, Math.min(to, until), until);
        else set(axis, from, Math.max(to, from));
      };
      const element = draw("rect", {
        class: "handle",
        role: "slider",
        tabindex: 0,
        "aria-label": `${name}, ${end === 0 ? "from" : "to"}`,
        "aria-valuemin": 0,
        "aria-valuemax": 100,
        y: y(axis) - 10,
        width: 7,
        height: 20,
        rx: 2,
        onpointerdown: (event: PointerEvent) => {
          event.stopPropagation();
          element.setPointerCapture(event.pointerId);
        },
        onpointermove: (event: PointerEvent) => {
          if (element.hasPointerCapture(event.pointerId)) move(placeOf(event));
        },
        onkeydown: (event: KeyboardEvent) => {
          const at = ranges[axis][end];
          const to = {
            ArrowLeft: at - STEP,
            ArrowDown: at - STEP,
            ArrowRight: at + STEP,
            ArrowUp: at + STEP,
            Home: 0,
            End: 1,
          }[event.key];
          if (to === undefined) return;
          event.preventDefault();
          move(to);
        },
      });
      return element;
    };
    const handles = [handle(0), handle(1)];
    let from: number | undefined;
    const brush = draw("rect", {
      class: "brush",
      x: 0,
      y: y(axis) - 16,
      width: WIDTH,
      height: 32,
      onpointerdown: (event: PointerEvent) => {
        from = placeOf(event);
        brush.setPointerCapture(event.pointerId);
      },
      onpointermove: (event: PointerEvent) => {
        if (from !== undefined) set(axis, from, placeOf(event));
      },
      onpointerup: (event: PointerEvent) => {
        if (from !== undefined && Math.abs(placeOf(event) - from) < SHORTEST) set(axis, 0, 1);
        from = undefined;
      },
      onpointercancel: () => from = undefined,
    });
    const below = axis === all.length - 1 ? 26 : 24;
    const ends = ticks.filter((_, i) => i === 0 || i === ticks.length - 1);
    return {
      handles,
      band,
      under: draw(
        "g",
        {},
        draw("line", { class: "axis", x1: x(0), x2: x(1), y1: y(axis), y2: y(axis) }),
        ...ticks.map(({ place }) =>
          draw("line", {
            class: "axis",
            x1: x(place),
            x2: x(place),
            y1: y(axis) - 4,
            y2: y(axis) + 4,
          })
        ),
      ),
      words: draw(
        "g",
        { class: "words" },
        draw("text", { class: "name", x: x(0), y: y(axis) - 14 }, name),
        ...ends.map(({ place, label }, i) =>
          draw("text", {
            class: "tick",
            x: x(place),
            y: y(axis) + below - 8,
            "text-anchor": place < 0.3 ? "start" : i === 1 || place > 0.7 ? "end" : "middle",
          }, label)
        ),
      ),
      over: draw("g", {}, band, brush, ...handles),
    };
  });
  drawing.append(
    ...parts.map(({ under }) => under),
    draw("g", { class: "lines" }, ...lines.values()),
    ...parts.map(({ words }) => words),
    ...parts.map(({ over }) => over),
  );

  const mark = (row: Trial, marked: boolean) => {
    lines.get(row)?.classList.toggle("marked", marked);
    table.lines.get(row)?.classList.toggle("marked", marked);
    if (marked) lines.get(row)?.parentElement?.append(lines.get(row)!);
  };
  for (const row of rows) {
    for (const element of [lines.get(row)!, table.lines.get(row)!]) {
      element.addEventListener("pointerenter", () => mark(row, true));
      element.addEventListener("pointerleave", () => mark(row, false));
    }
  }

  function show(): void {
    parts.forEach(({ band, handles }, axis) => {
      const [from, to] = ranges[axis];
      band.setAttribute("x", String(x(from)));
      band.setAttribute("width", String(x(to) - x(from)));
      band.classList.toggle("open", isOpen(ranges[axis]));
      handles.forEach((handle, end) => {
        const at = ranges[axis][end];
        handle.setAttribute("x", String(x(at) + (end === 0 ? -7 : 0)));
        handle.setAttribute("aria-valuenow", String(Math.round(100 * at)));
        handle.setAttribute("aria-valuetext", spoken(axis, at));
      });
    });
    let shown = 0;
    for (const row of rows) {
      const within = isIn(row);
      shown += Number(within);
      lines.get(row)!.classList.toggle("out", !within);
      table.lines.get(row)!.hidden = !within;
    }
    said.textContent = shown === rows.length
      ? `All ${rows.length} configurations.`
      : `${shown} of ${rows.length} configurations lie in the ranges.`;
    open.disabled = ranges.every(isOpen);
  }
  show();
  place.append(
    make("p", { class: "title" }, "Every configuration"),
    make(
      "p",
      { class: "quiet" },
      "A line is a configuration. Drag along an axis, or move its ends by arrow keys, and the table below " +
        "shows those in the range; a press on an axis opens it again.",
    ),
    make("figure", { class: "parallel" }, legend, drawing),
    make("div", { class: "choices" }, open, said),
    make("div", { class: "scroll tall" }, table.element),
  );
}
