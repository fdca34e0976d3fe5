/** A figure of every one of many, from the largest to the smallest. @module */
import type { TopLevelSpec } from "vega-lite";
import { counted } from "../markdown.ts";
import { WIDTH } from "../svg.ts";

/** What a `ranking` is called and shows. */
export interface Ranking {
  readonly title: string;
  /** What there is a value of, in the singular and the plural: `["class", "classes"]`. */
  readonly of: readonly [one: string, many: string];
  /** What the values are. */
  readonly values: string;
  /** Whether they are shares, on an axis from 0 to 1, or counts. */
  readonly kind: "share" | "count";
  /** Of what they are measured on, by `meanings`. */
  readonly color: string;
}

/**
 * A step a value from the largest to the smallest, without names: how many there are of which
 * size, where a row each would be too long.
 *
 * @param values From 0; those that are not finite are left out.
 * @throws {RangeError} where none is left
 */
export function ranking(
  { title, of: [one, many], values: called, kind, color }: Ranking,
  values: readonly number[],
): TopLevelSpec {
  const sorted = values.filter(Number.isFinite).sort((a, b) => b - a);
  if (sorted.length === 0) throw new RangeError(`Chart "${title}": there is no value to draw.`);
  const text = (value: number) => kind === "share" ? value.toFixed(4) : String(value);
  return {
    title,
    description: `${called} of ${counted(sorted.length, one, many)} as steps, from ` +
      `${text(sorted[0])} down to ${text(sorted[sorted.length - 1])}.`,
    width: WIDTH,
    autosize: { type: "fit-x", contains: "padding" },
    height: 150,
    // Steps: bars that touch each other would have rims, which hide them.
    data: {
      values: [...sorted, sorted[sorted.length - 1]].map((value, rank) => ({ rank, value })),
    },
    mark: { type: "area", interpolate: "step-after", color },
    encoding: {
      x: {
        field: "rank",
        type: "quantitative",
        title: `${counted(sorted.length, one, many)}, the largest value first`,
        scale: { domain: [0, sorted.length], nice: false },
        axis: { labels: false, ticks: false, grid: false },
      },
      y: {
        field: "value",
        type: "quantitative",
        title: called,
        scale: kind === "share" ? { domain: [0, 1] } : { zero: true },
        axis: { tickCount: 5, ...(kind === "share" ? { format: ".1f" } : { tickMinStep: 1 }) },
      },
    },
  };
}
