/** Names of any length beside the rows of a chart. @module */
import { textWidth, wrapped } from "../svg.ts";

/** The height of a line of a name, in pixels. */
const LINE = 15;

/** The axis of names, for a channel `y`, and what it takes. */
export interface NameAxis {
  /** Properties of the axis: `axis: {...axis, grid: true}`. */
  readonly axis: {
    readonly domain: false;
    readonly ticks: false;
    readonly labelExpr: string;
    readonly labelLimit: number;
    readonly labelLineHeight: number;
    readonly labelPadding: number;
    readonly labelOffset: {
      readonly condition: { readonly test: string; readonly value: number }[];
      readonly value: number;
    };
  };
  /** How wide names and the space beside them are, in pixels. */
  readonly width: number;
  /** How high a row has to be for its name, in pixels. */
  readonly row: number;
}

/**
 * An axis of names, broken into lines that have room; words that are longer than a line end in an
 * ellipsis.
 *
 * @param names each once
 * @param room for a line, in pixels
 * @param padding between names and what they name, in pixels
 */
export function nameAxis(names: readonly string[], room: number, padding = 10): NameAxis {
  const lines = names.map((name) => wrapped(name, room));
  const longest = Math.max(...lines.flat().map((line) => textWidth({ fontSize: 13 }, line)));
  const most = Math.max(...lines.map(({ length }) => length));
  const all = JSON.stringify(names);
  return {
    axis: {
      domain: false,
      ticks: false,
      labelExpr: `${JSON.stringify(lines)}[indexof(${all}, datum.value)]`,
      labelLimit: room,
      labelLineHeight: LINE,
      labelPadding: padding,
      // Lines hang from the place of the first.
      labelOffset: {
        condition: Array.from({ length: most - 1 }, (_, i) => ({
          test: `indexof(${
            JSON.stringify(names.filter((_, n) => lines[n].length === i + 2))
          }, datum.value) >= 0`,
          value: -(i + 1) * LINE / 2,
        })),
        value: 0,
      },
    },
    width: Math.ceil(Math.min(longest, room)) + padding,
    row: LINE * most + 4,
  };
}
