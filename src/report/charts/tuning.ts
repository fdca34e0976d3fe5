/**
 * Charts of a hyperparameter search.
 *
 * Each function takes plain data and gives a Vega-Lite specification for `renderSvg`.
 *
 * @module
 */
import type { TopLevelSpec } from "vega-lite";
import { categoryColors } from "../svg.ts";

/** One trial: its numbers by hyperparameter, and how it scored. */
export interface ChartedTrial {
  readonly id: number;
  readonly parent: number | null;
  readonly bracket: number;
  readonly epochs: number;
  readonly values: { readonly [name: string]: number };
  readonly score: number;
}

/** Light to dark by score. */
const scoreColor = {
  field: "score",
  type: "quantitative" as const,
  title: "Validation accuracy",
  scale: { scheme: "viridis" as const, reverse: true },
  legend: { format: ".2f", gradientLength: 160 },
};

function checkTrials(title: string, trials: readonly ChartedTrial[]): string[] {
  if (trials.length === 0) throw new RangeError(`Chart "${title}": there is no trial to draw.`);
  return Object.keys(trials[0].values);
}

/** Least and greatest value of a hyperparameter, as the chart says them. */
function range(trials: readonly ChartedTrial[], name: string): [number, number] {
  const values = trials.map((trial) => trial.values[name]);
  return [Math.min(...values), Math.max(...values)];
}

/**
 * Every trial as a line across its hyperparameters to its score, each axis from its least to its
 * greatest value; those named in `logarithmic` by their logarithm.
 *
 * @throws {RangeError} Where there is no trial.
 */
export function parallelCoordinates(
  title: string,
  trials: readonly ChartedTrial[],
  logarithmic: readonly string[],
): TopLevelSpec {
  const names = checkTrials(title, trials);
  const axes = [...names, "score"];
  const valueOf = (trial: ChartedTrial, axis: string) =>
    axis === "score" ? trial.score : trial.values[axis];
  const bounds = axes.map((axis) => {
    const values = trials.map((trial) => valueOf(trial, axis));
    return [Math.min(...values), Math.max(...values)];
  });
  const place = (value: number, axis: number) => {
    const [low, high] = bounds[axis];
    if (low === high) return 0.5;
    return logarithmic.includes(axes[axis])
      ? Math.log(value / low) / Math.log(high / low)
      : (value - low) / (high - low);
  };
  const text = (value: number) => String(Number(value.toPrecision(3)));
  const x = {
    field: "axis",
    type: "nominal" as const,
    title: null,
    scale: { domain: axes, padding: 0.4 },
    axis: { labelAngle: 0, domain: false, ticks: false, labelPadding: 24, grid: true },
  };
  const hidden = { axis: null, scale: { domain: [0, 1] } };
  return {
    title: {
      text: title,
      subtitle: "A line is a trial; axes go from the least to the greatest value tried",
    },
    description: `${trials.length} trials across ${names.join(", ")}; the best scored ` +
      `${Math.max(...trials.map(({ score }) => score)).toFixed(4)}.`,
    width: 720,
    height: 260,
    layer: [
      {
        data: {
          values: trials.flatMap((trial) =>
            axes.map((axis, i) => ({
              trial: trial.id,
              axis,
              place: place(valueOf(trial, axis), i),
              score: trial.score,
            }))
          ),
        },
        mark: { type: "line", opacity: 0.8, strokeWidth: 1.8 },
        encoding: {
          x,
          y: { field: "place", type: "quantitative", ...hidden },
          detail: { field: "trial" },
          color: scoreColor,
        },
      },
      ...([0, 1] as const).map((end) => ({
        data: { values: axes.map((axis, i) => ({ axis, at: end, text: text(bounds[i][end]) })) },
        mark: { type: "text" as const, dy: end === 0 ? 12 : -10 },
        encoding: {
          x,
          y: { field: "at", type: "quantitative" as const, ...hidden },
          text: { field: "text" },
        },
      })),
    ],
  };
}

/**
 * Score against each hyperparameter, a panel each; larger dots trained longer.
 *
 * @throws {RangeError} Where there is no trial.
 */
export function scoreByHyperparameter(
  title: string,
  trials: readonly ChartedTrial[],
  logarithmic: readonly string[],
): TopLevelSpec {
  const names = checkTrials(title, trials);
  return {
    title: { text: title, subtitle: "Larger dots trained for more epochs" },
    description: `${trials.length} trials: validation accuracy against ${names.join(", ")}.`,
    columns: 3,
    spacing: 24,
    data: { values: trials.map(({ values, epochs, score }) => ({ ...values, epochs, score })) },
    concat: names.map((name) => ({
      width: 200,
      height: 130,
      mark: { type: "point" as const, filled: true, opacity: 0.7, color: categoryColors[0] },
      encoding: {
        x: {
          field: name,
          type: "quantitative" as const,
          title: name,
          scale: logarithmic.includes(name)
            ? { type: "log" as const, domain: range(trials, name) }
            : { zero: false },
          axis: { tickCount: 4, grid: false, format: logarithmic.includes(name) ? ".0e" : "~g" },
        },
        y: {
          field: "score",
          type: "quantitative" as const,
          title: null,
          scale: { zero: false },
          axis: { tickCount: 5, format: ".2f" },
        },
        size: {
          field: "epochs",
          type: "quantitative" as const,
          scale: { range: [20, 120] },
          legend: null,
        },
      },
    })),
  };
}

/**
 * The brackets of Hyperband, a panel each: scores by epochs, a line from a trial to the one that
 * went on from it.
 *
 * @throws {RangeError} Where there is no trial.
 */
export function hyperbandRungs(title: string, trials: readonly ChartedTrial[]): TopLevelSpec {
  checkTrials(title, trials);
  const byId = new Map(trials.map((trial) => [trial.id, trial]));
  const origin = ({ id, parent }: ChartedTrial): number =>
    parent === null ? id : origin(byId.get(parent)!);
  const epochs = [...new Set(trials.map((trial) => trial.epochs))].sort((a, b) => a - b);
  return {
    title: { text: title, subtitle: "A line is a trial that went on to the next rung" },
    description: `${trials.length} trials in ${new Set(trials.map((t) => t.bracket)).size} ` +
      `brackets, trained for ${epochs.join(", ")} epochs.`,
    data: {
      values: trials.map((trial) => ({
        bracket: `Bracket ${trial.bracket}`,
        epochs: trial.epochs,
        score: trial.score,
        origin: origin(trial),
      })),
    },
    facet: { column: { field: "bracket", type: "nominal", title: null, sort: "descending" } },
    spacing: 20,
    spec: {
      width: 210,
      height: 190,
      encoding: {
        x: {
          field: "epochs",
          type: "quantitative",
          title: "Epochs",
          scale: { domain: [0, epochs[epochs.length - 1]], nice: false },
          axis: { values: epochs, format: "d", grid: false, labelFlush: false },
        },
        y: {
          field: "score",
          type: "quantitative",
          title: "Validation accuracy",
          scale: { zero: false },
          axis: { tickCount: 6, format: ".2f" },
        },
      },
      layer: [
        {
          mark: { type: "line", color: "#8c959f", strokeWidth: 1.2 },
          encoding: { detail: { field: "origin" } },
        },
        { mark: { type: "point", filled: true, size: 50, opacity: 0.8, color: categoryColors[0] } },
      ],
    },
  };
}

/** How much each hyperparameter matters, the most important on top. */
export function importanceBars(
  title: string,
  shares: { readonly [name: string]: number },
): TopLevelSpec {
  const rows = Object.entries(shares).map(([name, share]) => ({ name, share }))
    .sort((a, b) => b.share - a.share);
  if (rows.length === 0) throw new RangeError(`Chart "${title}": there is nothing to draw.`);
  return {
    title,
    description: rows.map(({ name, share }) => `${name} ${share.toFixed(3)}`).join(", ") + ".",
    width: 520,
    height: { step: 26 },
    data: { values: rows },
    encoding: {
      y: { field: "name", type: "nominal", sort: null, title: null },
      x: {
        field: "share",
        type: "quantitative",
        title: "Share of the predicted variance",
        axis: { tickCount: 6, format: "%" },
      },
    },
    layer: [
      { mark: { type: "bar", color: categoryColors[0], height: { band: 0.7 } } },
      {
        mark: { type: "text", align: "left", dx: 5 },
        encoding: { text: { field: "share", type: "quantitative", format: ".0%" } },
      },
    ],
  };
}
