/**
 * The charts of ablations: accuracy by variant, by number of training
 * images, and by how far test images are moved.
 *
 * @module
 */
import type { TopLevelSpec } from "vega-lite";
import { shareScale } from "../../report/charts/axes.ts";
import { counted } from "../../report/markdown.ts";
import { colors, meanings, WIDTH } from "../../report/svg.ts";

/** A mean over seeds with its 95% interval, 0 to 1. */
interface Mean {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** A variant by what it is called; each entry of `lines` is a line. */
export interface VariantMean extends Mean {
  readonly lines: readonly string[];
}

const text = (value: number) => value.toFixed(4);

/**
 * Dots with intervals, the best first; a dashed line through the reference.
 *
 * @throws {RangeError} where there is no variant
 */
export function variantAccuracies(
  title: string,
  variants: readonly VariantMean[],
  reference: VariantMean,
): TopLevelSpec {
  if (variants.length === 0) throw new RangeError(`Chart "${title}": there is no variant to draw.`);
  const sorted = variants.toSorted((a, b) => b.mean - a.mean).map((variant) => ({
    ...variant,
    name: variant.lines.join("\n"),
  }));
  const y = {
    field: "name",
    type: "nominal" as const,
    title: null,
    scale: { domain: sorted.map(({ name }) => name) },
    axis: {
      grid: true,
      domain: false,
      ticks: false,
      labelExpr: 'split(datum.value, "\\n")',
      // Two lines hang from the place of one.
      labelOffset: { condition: { test: 'indexof(datum.value, "\\n") >= 0', value: -7 }, value: 0 },
      labelPadding: 10,
      labelLimit: 170,
    },
  };
  const x = {
    type: "quantitative" as const,
    title: "Test accuracy",
    scale: shareScale(sorted.flatMap(({ low, high }) => [low, high])),
    axis: { format: ".2f", tickCount: 4 },
  };
  return {
    title: {
      text: title,
      subtitle: [
        "Lines: 95% intervals of means over seeds.",
        `Dashed: ${reference.lines.join(" ")}`,
      ],
    },
    description: sorted.map(({ lines, mean }) => `${lines.join(" ")} ${text(mean)}`).join("; ") +
      ".",
    width: WIDTH,
    height: 36 * sorted.length,
    autosize: { type: "fit-x", contains: "padding" },
    data: { values: sorted },
    layer: [
      {
        data: { values: [{ mean: reference.mean }] },
        mark: { type: "rule", color: colors.line, strokeDash: [4, 4] },
        encoding: { x: { ...x, field: "mean" } },
      },
      {
        mark: { type: "rule", strokeWidth: 2.5, color: meanings.test },
        encoding: { y, x: { ...x, field: "low" }, x2: { field: "high" } },
      },
      {
        mark: { type: "point", filled: true, size: 90, opacity: 1, color: meanings.test },
        encoding: { y, x: { ...x, field: "mean" } },
      },
    ],
  };
}

/** What two networks come to at one place of an axis. */
export interface RivalMeans {
  readonly at: number;
  readonly lenet5: Mean;
  readonly mlp: Mean;
}

/** What an axis is of. */
interface Axis {
  readonly title: string;
  readonly unit: string;
  /** Whether equal factors are equally far apart. */
  readonly log: boolean;
}

const byImages: Axis = { title: "Training images", unit: "training image", log: true };
const byPixels: Axis = { title: "Pixels moved", unit: "pixel", log: false };

/** Both networks over an axis, as lines with intervals. */
function rivalCurves(title: string, axis: Axis, points: readonly RivalMeans[]): TopLevelSpec {
  if (points.length < 2) throw new RangeError(`Chart "${title}": one point makes no curve.`);
  const names = ["LeNet-5", "perceptron"];
  const values = points.flatMap(({ at, lenet5, mlp }) =>
    [lenet5, mlp].map((mean, i) => ({ at, network: names[i], ...mean }))
  );
  const color = {
    field: "network",
    type: "nominal" as const,
    title: null,
    scale: { domain: names, range: [colors.sky, colors.orange] },
    legend: { orient: "top" as const, direction: "horizontal" as const },
  };
  const shape = { ...color, scale: { domain: names, range: ["circle", "square"] } };
  const y = {
    type: "quantitative" as const,
    title: "Test accuracy",
    scale: shareScale(values.flatMap(({ low, high }) => [low, high])),
    axis: { format: ".2f", tickCount: 6 },
  };
  const places = points.map(({ at }) => at);
  return {
    title: { text: title, subtitle: "Lines: 95% intervals of means over seeds" },
    description:
      points.map(({ at, lenet5, mlp }) =>
        `${counted(at, axis.unit)}: LeNet-5 ${text(lenet5.mean)}, perceptron ${text(mlp.mean)}`
      ).join("; ") + ".",
    width: WIDTH,
    height: 210,
    autosize: { type: "fit-x", contains: "padding" },
    data: { values },
    encoding: {
      x: {
        field: "at",
        type: "quantitative",
        title: axis.title,
        scale: {
          type: axis.log ? "log" : "linear",
          domain: [Math.min(...places), Math.max(...places)],
          nice: false,
          padding: 10,
        },
        axis: { values: places, format: ",d", tickMinStep: 0.1, grid: false, labelOverlap: true },
      },
      color,
    },
    layer: [
      { mark: { type: "line" }, encoding: { y: { ...y, field: "mean" } } },
      {
        mark: { type: "rule", strokeWidth: 2 },
        encoding: { y: { ...y, field: "low" }, y2: { field: "high" } },
      },
      {
        mark: { type: "point", filled: true, size: 70, opacity: 1 },
        encoding: { y: { ...y, field: "mean" }, shape },
      },
    ],
  };
}

/**
 * Accuracy by number of training images, on a logarithmic axis.
 *
 * @throws {RangeError} where there is only one number of them
 */
export const accuracyByImages = (title: string, points: readonly RivalMeans[]): TopLevelSpec =>
  rivalCurves(title, byImages, points);

/**
 * Accuracy by how many pixels test images are moved.
 *
 * @throws {RangeError} where they are moved nowhere
 */
export const accuracyByPixels = (title: string, points: readonly RivalMeans[]): TopLevelSpec =>
  rivalCurves(title, byPixels, points);
