/**
 * The chart of all networks: accuracies side by side, the best first.
 *
 * @module
 */
import type { TopLevelSpec } from "vega-lite";
import { shareScale } from "../../report/charts/axes.ts";
import { checkClasses } from "../../report/charts/check.ts";
import { nameAxis } from "../../report/charts/names.ts";
import { colors, meanings, WIDTH } from "../../report/svg.ts";

/** One network's accuracy on test images, 0 to 1, and what it is compared with. */
export interface TestedNetwork {
  readonly title: string;
  readonly value: number;
  /** Bounds of its 95% interval; null where there is none. */
  readonly interval: readonly [low: number, high: number] | null;
  /** Of how many trainings it is the mean. */
  readonly runs: number;
  /** What the original study reports for validation images; null where it gives none. */
  readonly published: number | null;
  /** The least that `study.ts` lets pass; null where it sets none. */
  readonly threshold: number | null;
}

/** Room for a line of a name, in pixels. */
const NAME = 125;

/**
 * Dots with intervals, a line a network, in the order given; the original study's figures as diamonds,
 * thresholds as short strokes.
 *
 * @throws {RangeError} where two have one name, or an interval does not hold its value
 */
export function networksChart(title: string, networks: readonly TestedNetwork[]): TopLevelSpec {
  checkClasses(title, networks.map(({ title }) => title));
  const names = nameAxis(networks.map(({ title }) => title), NAME);
  const rows = networks.map(({ title: name, interval, value, ...network }, i) => {
    const [low, high] = interval ?? [value, value];
    if (!(low <= value && value <= high)) {
      throw new RangeError(
        `Chart "${title}": the interval of ${name}, ${low} to ${high}, does not hold ${value}.`,
      );
    }
    return { ...network, title: name, name: names.keys[i], value, low, high };
  });
  const theirs = rows.filter(({ published }) => published !== null);
  const gated = rows.filter(({ threshold }) => threshold !== null);
  const shown = rows.flatMap(({ low, high, published, threshold }) =>
    [low, high, published, threshold].filter((value) => value !== null)
  );
  const kinds = [
    { kind: "here", color: colors.blue, shape: "circle", some: true },
    {
      kind: "original study, validation",
      color: meanings.published,
      shape: "diamond",
      some: theirs.length > 0,
    },
  ].filter(({ some }) => some);
  const y = {
    field: "name",
    type: "nominal" as const,
    title: null,
    scale: { domain: [...names.keys] },
    // A dot at 0 lies on the axis.
    axis: { ...names.axis, grid: true },
  };
  const x = {
    type: "quantitative" as const,
    title: "Accuracy",
    scale: shareScale(shown),
    axis: { format: ".2f", tickCount: 4 },
  };
  const dot = {
    color: {
      field: "kind",
      type: "nominal" as const,
      title: null,
      scale: { domain: kinds.map(({ kind }) => kind), range: kinds.map(({ color }) => color) },
      legend: kinds.length === 1
        ? null
        : { orient: "top" as const, direction: "horizontal" as const },
    },
    shape: {
      field: "kind",
      type: "nominal" as const,
      title: null,
      scale: { domain: kinds.map(({ kind }) => kind), range: kinds.map(({ shape }) => shape) },
    },
  };
  const point = { type: "point" as const, filled: true, size: 90, opacity: 1 };
  return {
    title: {
      text: title,
      subtitle: [
        "Lines: 95% intervals" +
        (rows.some(({ runs }) => runs > 1) ? " (of means over seeds, where several)" : ""),
        ...(gated.length > 0 ? ["Strokes: what study.ts asks for at least"] : []),
      ],
    },
    description:
      rows.map(({ name, value, published }) =>
        `${name.replace("\n", " ")} ${value.toFixed(4)}` +
        (published === null ? "" : ` (original study, validation: ${published.toFixed(4)})`)
      ).join(", ") + ".",
    width: WIDTH,
    autosize: { type: "fit-x", contains: "padding" },
    height: Math.max(28, names.row) * rows.length,
    data: { values: rows.map((row) => ({ ...row, kind: "here" })) },
    layer: [
      {
        mark: { type: "rule", strokeWidth: 2.5, color: colors.blue },
        encoding: { y, x: { ...x, field: "low" }, x2: { field: "high" } },
      },
      ...(gated.length === 0 ? [] : [{
        data: { values: gated.map(({ name, threshold }) => ({ name, threshold })) },
        mark: { type: "tick" as const, thickness: 2, size: 18, color: colors.ink },
        encoding: { y, x: { ...x, field: "threshold" } },
      }]),
      { mark: point, encoding: { y, x: { ...x, field: "value" }, ...dot } },
      ...(theirs.length === 0 ? [] : [{
        data: {
          values: theirs.map(({ name, published }) => ({ name, published, kind: kinds[1].kind })),
        },
        mark: point,
        encoding: { y, x: { ...x, field: "published" }, ...dot },
      }]),
    ],
  };
}
