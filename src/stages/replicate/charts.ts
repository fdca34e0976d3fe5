/** The accuracies of several trainings of each network. @module */
import type { TopLevelSpec } from "vega-lite";
import { shareScale } from "../../report/charts/axes.ts";
import { counted } from "../../report/markdown.ts";
import { categoryColors } from "../../report/svg.ts";

/** The accuracies of a network's trainings on one part of the images, 0 to 1. */
export interface SeedAccuracies {
  readonly network: string;
  readonly part: string;
  /** One a training, the first one first. */
  readonly accuracies: readonly number[];
  readonly mean: number;
}

/**
 * A dot a training and a tick at their mean, a line a network and part of the images; narrow enough for
 * its text to be read on a phone.
 *
 * @throws {RangeError} where there is nothing to draw
 */
export function seedAccuracies(title: string, rows: readonly SeedAccuracies[]): TopLevelSpec {
  if (rows.length === 0) throw new RangeError(`Chart "${title}": there is no network to draw.`);
  const networks = [...new Set(rows.map(({ network }) => network))];
  const parts = [...new Set(rows.map(({ part }) => part))];
  const values = rows.flatMap(({ network, part, accuracies }) =>
    accuracies.map((accuracy, i) => ({ network, part, accuracy, first: i === 0 }))
  );
  const x = {
    type: "quantitative" as const,
    title: "Accuracy",
    scale: shareScale(values.map(({ accuracy }) => accuracy)),
    axis: { format: ".3f", tickCount: 5 },
  };
  return {
    title: { text: title, subtitle: "A dot a seed, the first one's ringed; ticks: means" },
    description:
      rows.map(({ network, part, accuracies, mean }) =>
        `${network}, ${part}: ${counted(accuracies.length, "run")}, ` +
        `${Math.min(...accuracies).toFixed(4)} to ${Math.max(...accuracies).toFixed(4)}, mean ` +
        mean.toFixed(4)
      ).join("; ") + ".",
    width: 235,
    height: { step: 20 },
    encoding: {
      y: {
        field: "network",
        type: "nominal",
        title: null,
        scale: { domain: networks, paddingInner: 0.25 },
        // A dot at 0 lies on the axis.
        axis: { grid: false, domain: false, ticks: false, labelPadding: 12 },
      },
      yOffset: { field: "part", type: "nominal", scale: { domain: parts } },
    },
    layer: [
      {
        data: { values: rows.map(({ network, part, mean }) => ({ network, part, mean })) },
        mark: { type: "tick", thickness: 2, size: 18, color: "#24292f" },
        encoding: { x: { ...x, field: "mean" } },
      },
      {
        data: { values },
        mark: { type: "point", filled: true, size: 60, opacity: 0.8 },
        encoding: {
          x: { ...x, field: "accuracy" },
          color: {
            field: "part",
            type: "nominal",
            title: null,
            scale: { domain: parts, range: categoryColors.slice(0, parts.length) },
            legend: { orient: "top", direction: "horizontal" },
          },
        },
      },
      {
        data: { values: values.filter(({ first }) => first) },
        mark: { type: "point", filled: false, size: 170, opacity: 1, stroke: "#24292f" },
        encoding: { x: { ...x, field: "accuracy" } },
      },
    ],
  };
}
