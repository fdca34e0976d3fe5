/** Names of any length beside the rows of a chart. @module */
import { textWidth, wrapped } from "../svg.ts";

/** The height of a line of a name, in pixels. */
const LINE = 15;

/** So many lines has a name at most. */
const LINES = 3;

/** An axis of names, for a channel `y`. */
export interface NameAxis {
  /** What stands for each name in the data and in the domain of the scale, each once. */
  readonly keys: readonly string[];
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
 * An axis of names, broken into lines that have room, three at most; those that are still longer end in
 * an ellipsis.
 *
 * @param room for a line, in pixels
 * @param padding between names and what they name, in pixels
 */
export function nameAxis(names: readonly string[], room: number, padding = 10): NameAxis {
  const lines = names.map((name) => wrapped(name.replaceAll("\n", " "), room, undefined, LINES));
  const longest = Math.max(...lines.flat().map((line) => textWidth({ fontSize: 13 }, line)));
  const most = Math.max(...lines.map(({ length }) => length));
  return {
    // Lines and a number: expressions of Vega cannot hold every name, such as "constructor".
    keys: lines.map((of, i) => [...of, i].join("\n")),
    axis: {
      domain: false,
      ticks: false,
      labelExpr: 'slice(split(datum.value, "\\n"), 0, -1)',
      labelLimit: room,
      labelLineHeight: LINE,
      labelPadding: padding,
      // Lines hang from the place of the first.
      labelOffset: {
        condition: Array.from({ length: most - 1 }, (_, i) => ({
          test: `length(split(datum.value, "\\n")) == ${i + 3}`,
          value: -(i + 1) * LINE / 2,
        })),
        value: 0,
      },
    },
    width: Math.ceil(Math.min(longest, room)) + padding,
    row: LINE * most + 4,
  };
}
