/** The accuracies of several trainings of each network. @module */
import type { TopLevelSpec } from "vega-lite";
import { shareScale } from "../../report/charts/axes.ts";
import { counted } from "../../report/markdown.ts";
import { nameAxis } from "../../report/charts/names.ts";
import { colors, meanings, WIDTH } from "../../report/svg.ts";

/** The parts of the images that accuracies are of. */
const PARTS = ["validation", "test"] as const;

/** The accuracies of a network's trainings on one part of the images, 0 to 1. */
export interface SeedAccuracies {
  readonly network: string;
  readonly part: typeof PARTS[number];
  /** One a training, the first one first. */
  readonly accuracies: readonly number[];
  readonly mean: number;
}

/**
 * A dot a training and a tick at their mean, a line a network and part of the images.
 *
 * @throws {RangeError} where there is nothing to draw
 */
export function seedAccuracies(title: string, rows: readonly SeedAccuracies[]): TopLevelSpec {
  if (rows.length === 0) throw new RangeError(`Chart "${title}": there is no network to draw.`);
  const networks = [...new Set(rows.map(({ network }) => network))];
  const parts = PARTS.filter((part) => rows.some((row) => row.part === part));
  // A dot at 0 lies on the axis.
  const { keys, axis, row } = nameAxis(networks, 120, 14);
  const keyOf = (network: string) => keys[networks.indexOf(network)];
  const values = rows.flatMap(({ network, part, accuracies }) =>
    accuracies.map((accuracy, i) => ({ network: keyOf(network), part, accuracy, first: i === 0 }))
  );
  const x = {
    type: "quantitative" as const,
    title: "Accuracy",
    scale: shareScale(values.map(({ accuracy }) => accuracy)),
    axis: { format: ".3f", tickCount: 3 },
  };
  return {
    title: { text: title, subtitle: "A dot a seed, the first one's ringed; ticks: means" },
    description:
      rows.map(({ network, part, accuracies, mean }) =>
        `${network}, ${part}: ${counted(accuracies.length, "run")}, ` +
        `${Math.min(...accuracies).toFixed(4)} to ${Math.max(...accuracies).toFixed(4)}, mean ` +
        mean.toFixed(4)
      ).join("; ") + ".",
    width: WIDTH,
    height: Math.max(row, 26 * parts.length) * networks.length,
    autosize: { type: "fit-x", contains: "padding" },
    encoding: {
      y: {
        field: "network",
        type: "nominal",
        title: null,
        scale: { domain: [...keys], paddingInner: 0.25 },
        axis: { ...axis, grid: false },
      },
      yOffset: { field: "part", type: "nominal", scale: { domain: [...parts] } },
    },
    layer: [
      {
        data: {
          values: rows.map(({ network, part, mean }) => ({ network: keyOf(network), part, mean })),
        },
        mark: { type: "tick", thickness: 2, size: 18, color: colors.ink },
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
            scale: { domain: parts, range: parts.map((part) => meanings[part]) },
            legend: { orient: "top", direction: "horizontal" },
          },
        },
      },
      {
        data: { values: values.filter(({ first }) => first) },
        mark: { type: "point", filled: false, size: 170, opacity: 1, stroke: colors.ink },
        encoding: { x: { ...x, field: "accuracy" } },
      },
    ],
  };
}
