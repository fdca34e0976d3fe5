/**
 * Accuracies side by side: each with its interval, beside the figure of the original study.
 *
 * @module
 */
import type { TopLevelSpec } from "vega-lite";
import { categoryColors } from "../../report/svg.ts";
import { shareScale } from "../../report/charts/axes.ts";
import { checkClasses } from "../../report/charts/check.ts";

/** One accuracy, 0 to 1. */
export interface ComparedAccuracy {
  readonly name: string;
  /** The figure of the original study; null where it gives none. */
  readonly study: number | null;
  readonly value: number;
  /** Bounds of its 95% interval. */
  readonly low: number;
  readonly high: number;
}

/**
 * Dots with intervals, the original study's figures as diamonds; a line an accuracy, in the order given.
 *
 * @throws {RangeError} where two have one name, or an interval does not hold its value
 */
export function accuracyComparison(
  title: string,
  rows: readonly ComparedAccuracy[],
): TopLevelSpec {
  const names = rows.map(({ name }) => name);
  checkClasses(title, names);
  for (const { name, value, low, high } of rows) {
    if (!(low <= value && value <= high)) {
      throw new RangeError(
        `Chart "${title}": the interval of ${name}, ${low} to ${high}, does not hold ${value}.`,
      );
    }
  }
  const theirs = rows.filter(({ study }) => study !== null);
  const kinds = theirs.length > 0 ? ["here", "the original study"] : ["here"];
  const color = {
    type: "nominal" as const,
    title: null,
    scale: { domain: kinds, range: [categoryColors[0], categoryColors[1]].slice(0, kinds.length) },
    legend: theirs.length === 0
      ? null
      : { orient: "top" as const, direction: "horizontal" as const },
  };
  // A dot at 0 lies on the axis.
  const labelPadding = rows.some(({ value, study }) => value === 0 || study === 0) ? 12 : undefined;
  const y = {
    field: "name",
    type: "nominal" as const,
    title: null,
    scale: { domain: names },
    axis: { grid: true, domain: false, ticks: false, labelLimit: 300, labelPadding },
  };
  const x = {
    type: "quantitative" as const,
    title: "Accuracy",
    scale: shareScale(
      rows.flatMap(({ low, high, study }) => [low, high, ...(study === null ? [] : [study])]),
    ),
    axis: { format: ".3f", tickCount: 6 },
  };
  const shape = {
    field: "whose",
    type: "nominal" as const,
    title: null,
    scale: { domain: kinds, range: ["circle", "diamond"].slice(0, kinds.length) },
  };
  return {
    title: { text: title, subtitle: "Lines: 95% intervals" },
    description:
      rows.map(({ name, study, value }) =>
        `${name} ${value.toFixed(4)}${
          study === null ? "" : ` (the original study: ${study.toFixed(4)})`
        }`
      ).join(", ") + ".",
    width: 560,
    height: { step: 30 },
    data: { values: rows.map((row) => ({ ...row, whose: "here" })) },
    layer: [
      {
        mark: { type: "rule", strokeWidth: 2.5, color: categoryColors[0] },
        encoding: { y, x: { ...x, field: "low" }, x2: { field: "high" } },
      },
      {
        mark: { type: "point", filled: true, size: 110, opacity: 1 },
        encoding: { y, x: { ...x, field: "value" }, color: { ...color, field: "whose" }, shape },
      },
      ...(theirs.length === 0 ? [] : [{
        data: {
          values: theirs.map(({ name, study }) => ({ name, study, whose: "the original study" })),
        },
        mark: { type: "point" as const, filled: true, size: 110, opacity: 1 },
        encoding: { y, x: { ...x, field: "study" }, color: { ...color, field: "whose" }, shape },
      }]),
    ],
  };
}
