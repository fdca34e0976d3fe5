/** The folds of a cross-validation, one small chart each. @module */
import type { TopLevelSpec } from "vega-lite";
import { shareScale } from "../../report/charts/axes.ts";
import { counted } from "../../report/markdown.ts";
import { meanings, PADDING, WIDTH } from "../../report/svg.ts";

/** Between panels, in pixels. */
const SPACE = 20;

/** Room for the numbers beside the panels, in pixels. */
const LABELS = 50;

/** One epoch of one fold. */
export interface FoldPoint {
  /** Counted from 1, both. */
  readonly fold: number;
  readonly epoch: number;
  readonly accuracy: number;
  readonly validationAccuracy: number;
}

/**
 * Accuracy by epoch, one panel a fold on a common scale: training and held-out images.
 *
 * @throws {RangeError} where there is no point, or none beyond the first epoch: they make no curve
 */
export function foldCurves(title: string, points: readonly FoldPoint[]): TopLevelSpec {
  if (points.length === 0) throw new RangeError(`Chart "${title}": there is no fold to draw.`);
  const kinds = ["training", "held out"];
  const epochs = Math.max(...points.map(({ epoch }) => epoch));
  if (epochs < 2) throw new RangeError(`Chart "${title}": one epoch makes no curve.`);
  const folds = [...new Set(points.map(({ fold }) => fold))].sort((a, b) => a - b);
  const columns = Math.min(2, folds.length);
  return {
    title: { text: title, subtitle: "Accuracy by epoch" },
    description:
      `Accuracy over ${counted(epochs, "epoch")} in each of ${
        counted(folds.length, "fold")
      }, on the images learnt ` +
      `from and on those held out.`,
    data: {
      values: points.flatMap(({ fold, epoch, accuracy, validationAccuracy }) => [
        { fold: `Fold ${fold}`, epoch, images: kinds[0], accuracy },
        { fold: `Fold ${fold}`, epoch, images: kinds[1], accuracy: validationAccuracy },
      ]),
    },
    facet: {
      field: "fold",
      type: "nominal",
      title: null,
      sort: folds.map((fold) => `Fold ${fold}`),
    },
    columns,
    // A last row that is not full has no axis below an empty place.
    resolve: { axis: { x: "independent" } },
    spacing: SPACE,
    spec: {
      width: Math.floor((WIDTH - 2 * PADDING - LABELS - SPACE * (columns - 1)) / columns) - 14,
      height: 90,
      mark: { type: "line" },
      encoding: {
        x: {
          field: "epoch",
          type: "quantitative",
          title: null,
          scale: { domain: [1, epochs], nice: false },
          axis: {
            values: [...new Set([1, Math.ceil(epochs / 2), epochs])],
            tickMinStep: 0.1, // See `learningCurves`.
            format: "d",
            grid: false,
          },
        },
        y: {
          field: "accuracy",
          type: "quantitative",
          title: null,
          scale: shareScale(
            points.flatMap(({ accuracy, validationAccuracy }) => [accuracy, validationAccuracy]),
          ),
          axis: { tickCount: 3, minExtent: LABELS, labelLimit: LABELS - 10 },
        },
        color: {
          field: "images",
          type: "nominal",
          title: null,
          scale: { domain: kinds, range: [meanings.training, meanings.validation] },
          legend: { orient: "top", direction: "horizontal" },
        },
      },
    },
  };
}
