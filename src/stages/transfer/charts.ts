/** Losses of several trainings in one chart, to compare what makes them fail. @module */
import type { TopLevelSpec } from "vega-lite";
import { categoryColors } from "../../report/svg.ts";
import { checkClasses } from "../../report/charts/check.ts";

/** The course of one training. */
export interface NamedLosses {
  readonly name: string;
  /** Cross-entropy after each epoch, from the first; above 0, or not finite where the training broke. */
  readonly losses: readonly number[];
}

/** Dashes beside colours, for readers and printers without colours. */
const dashes = [[1, 0], [8, 3], [2, 2], [8, 3, 2, 3], [12, 4], [4, 4], [1, 3]];

/** How many curves colours can tell apart. */
export const MOST_CURVES = categoryColors.length;

/**
 * Cross-entropy by epoch on a logarithmic axis, a line a training, and the loss of guessing as a
 * rule. A loss that is not finite, or is 0, which such an axis does not have, leaves a gap.
 *
 * @param classes How many classes there are, from 2: guessing costs `ln(classes)`.
 * @throws {RangeError} where there is no curve, or more than colours can tell apart, two have one name,
 * a loss is below 0, or none has a second epoch: they make no curve
 */
export function lossCurvesByCause(
  title: string,
  curves: readonly NamedLosses[],
  classes: number,
): TopLevelSpec {
  const curveNames = curves.map(({ name }) => name);
  checkClasses(title, curveNames);
  if (curves.length > MOST_CURVES) {
    throw new RangeError(
      `Chart "${title}": ${curves.length} curves are too many to tell apart; ` +
        `draw at most ${MOST_CURVES}.`,
    );
  }
  const values = curves.flatMap(({ name, losses }) =>
    losses.map((loss, i) => {
      if (loss < 0) {
        throw new RangeError(
          `Chart "${title}": the loss of "${name}" in epoch ${i + 1} is ${loss}; ` +
            "a cross-entropy is not below 0.",
        );
      }
      return { name, epoch: i + 1, loss: Number.isFinite(loss) && loss > 0 ? loss : null };
    })
  );
  const epochs = Math.max(...curves.map(({ losses }) => losses.length));
  if (epochs < 2) throw new RangeError(`Chart "${title}": one epoch makes no curve.`);
  const chance = Math.log(classes);
  const shown = [chance, ...values.flatMap(({ loss }) => loss ?? [])];
  const [low, high] = [Math.min(...shown), Math.max(...shown)];
  return {
    title: { text: title, subtitle: `Dotted: guessing one of ${classes} classes` },
    description:
      curves.map(({ name, losses }) =>
        losses.length === 0
          ? `${name}: no epoch`
          : `${name} ends at a loss of ${losses[losses.length - 1].toFixed(3)}`
      ).join("; ") + `. Guessing gives ${chance.toFixed(3)}.`,
    width: 520,
    height: 280,
    encoding: {
      x: {
        field: "epoch",
        type: "quantitative",
        title: "Epoch",
        scale: { domain: [1, epochs], nice: false },
        axis: { format: "d", tickMinStep: 1, tickCount: 10, grid: false },
      },
    },
    layer: [
      {
        data: { values: [{ loss: chance }] },
        mark: { type: "rule", color: "#57606a", strokeDash: [1, 4], strokeWidth: 1.5 },
        encoding: {
          x: { value: 0 },
          x2: { value: "width" },
          y: { field: "loss", type: "quantitative" },
        },
      },
      {
        data: { values },
        mark: { type: "line", point: { size: 30 } },
        encoding: {
          y: {
            field: "loss",
            type: "quantitative",
            title: "Cross-entropy",
            // Losses that are nearly equal would leave an axis without a length.
            scale: {
              type: "log",
              nice: false,
              padding: 8,
              ...(high / low < 1.05 ? { domain: [low / 1.05, high * 1.05] } : {}),
            },
            axis: { tickCount: 6, format: "~g" },
          },
          color: {
            field: "name",
            type: "nominal",
            title: null,
            scale: { domain: curveNames, range: categoryColors.slice(0, curves.length) },
            legend: { symbolType: "stroke", symbolSize: 400 },
          },
          strokeDash: {
            field: "name",
            type: "nominal",
            title: null,
            scale: { domain: curveNames, range: dashes.slice(0, curves.length) },
          },
        },
      },
    ],
  };
}
