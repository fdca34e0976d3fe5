/**
 * Charts of a trained network: how it learnt, what it takes for what, how well it knows each class.
 *
 * Each function takes plain data and gives a Vega-Lite specification for `renderSvg`.
 *
 * @module
 */
import type { TopLevelSpec } from "vega-lite";
import { counted } from "../markdown.ts";
import { colors, meanings, PADDING, textWidth, WIDTH } from "../svg.ts";
import { lossScale, shareScale } from "./axes.ts";
import { checkClasses } from "./check.ts";
import { nameAxis } from "./names.ts";

/** One epoch of `learningCurves`. */
export interface CurvePoint {
  /** Counted from 1. */
  readonly epoch: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly validationLoss: number;
  readonly validationAccuracy: number;
}

/**
 * Loss above accuracy by epoch, training and validation. The kept epoch has a rule and, on the
 * validation images, a ring; both stand clear of the edges also where it is the first or the last.
 *
 * @throws {RangeError} where there are fewer than two epochs, which make no curve, or the kept one is
 * not among them
 */
export function learningCurves(
  title: string,
  history: readonly CurvePoint[],
  keptEpoch: number,
): TopLevelSpec {
  const kept = history.find(({ epoch }) => epoch === keptEpoch);
  if (!kept) {
    throw new RangeError(
      `Chart "${title}": epoch ${keptEpoch} is not among the ${history.length} given.`,
    );
  }
  if (history.length < 2) throw new RangeError(`Chart "${title}": one epoch makes no curve.`);
  const values = history.flatMap((
    { epoch, loss, accuracy, validationLoss, validationAccuracy },
  ) => [
    { epoch, images: "training", loss, accuracy },
    { epoch, images: "validation", loss: validationLoss, accuracy: validationAccuracy },
  ]);
  const epochs = history.map(({ epoch }) => epoch);
  const panel = (
    field: "loss" | "accuracy",
    heading: string,
    scale: typeof shareScale,
    below: string | null,
  ): Extract<TopLevelSpec, { layer: unknown }> => {
    const shown = values.map((value) => value[field]);
    const y = {
      field,
      type: "quantitative" as const,
      title: null,
      scale: scale(shown),
      axis: {
        tickCount: 5,
        // Both panels begin at the same place.
        minExtent: LABELS,
        labelLimit: LABELS - 10,
        // Losses of a training that went astray, as 20M.
        ...(Math.max(...shown) >= 1e4 ? { format: "~s" } : {}),
      },
    };
    return {
      title: { text: heading, color: colors.muted, fontSize: 13, fontWeight: "normal", offset: 8 },
      width: WIDTH - 2 * PADDING - LABELS - 2,
      height: 150,
      encoding: {
        x: {
          field: "epoch",
          type: "quantitative",
          title: below,
          scale: {
            domain: [Math.min(...epochs), Math.max(...epochs)],
            nice: false,
            padding: 14,
          },
          // Whole epochs only, at most about ten labels.
          axis: {
            values: epochs.filter((epoch) => epoch % Math.ceil(epochs.length / 10) === 0),
            // With a least step of 1, which goes with the format, Vega leaves out the second of three.
            tickMinStep: 0.1,
            format: "d",
            grid: false,
            labelOverlap: false,
          },
        },
      },
      layer: [
        {
          data: { values: [{ epoch: keptEpoch }] },
          mark: { type: "rule", color: meanings.chosen, strokeDash: [4, 4], strokeWidth: 1.5 },
        },
        {
          mark: { type: "line", point: epochs.length > 40 ? false : { size: 30 } },
          encoding: {
            y,
            color: {
              field: "images",
              type: "nominal",
              title: null,
              scale: {
                domain: ["training", "validation"],
                range: [meanings.training, meanings.validation],
              },
              legend: { orient: "top", direction: "horizontal" },
            },
          },
        },
        {
          data: {
            values: [{
              epoch: keptEpoch,
              loss: kept.validationLoss,
              accuracy: kept.validationAccuracy,
            }],
          },
          mark: { type: "point", size: 140, strokeWidth: 2.5, opacity: 1, color: meanings.chosen },
          encoding: { y },
        },
      ],
    };
  };
  const last = history[history.length - 1];
  return {
    title: { text: title, subtitle: `Ringed: epoch ${keptEpoch}, whose weights were kept` },
    description:
      `Loss and accuracy over ${
        counted(history.length, "epoch")
      }; at the end the training accuracy ` +
      `is ${last.accuracy.toFixed(4)} and the validation accuracy ${
        last.validationAccuracy.toFixed(4)
      }.`,
    data: { values },
    spacing: 14,
    vconcat: [
      panel("loss", "Cross-entropy", lossScale, null),
      panel("accuracy", "Accuracy", shareScale, "Epoch"),
    ],
  };
}

/** Room for the numbers beside an axis, in pixels. */
const LABELS = 56;

/** The largest side of a cell of a confusion matrix, in pixels. */
const CELL = 48;

/**
 * A confusion matrix: counts in cells, on the diagonal in the colour of test images, off it in another,
 * the stronger the larger their share of the row, so that classes of different sizes compare. Counts
 * that would be wider than their cell are in thousands.
 *
 * @param counts `[true][predicted]`, as many rows and columns as classes.
 * @throws {RangeError} where the two do not fit
 */
export function confusionMatrix(
  title: string,
  counts: readonly (readonly number[])[],
  classes: readonly string[],
): TopLevelSpec {
  checkClasses(title, classes);
  if (
    counts.length !== classes.length || counts.some((row) => row.length !== classes.length)
  ) {
    throw new RangeError(
      `Chart "${title}": ${classes.length} classes have ${classes.length} rows of as many counts; ` +
        `got rows of ${counts.map((row) => row.length).join(", ") || "nothing"}.`,
    );
  }
  const names = nameAxis(classes, 84, 6);
  const room = (WIDTH - 2 * PADDING - names.width - 2) / classes.length;
  const cell = Math.max(28, Math.min(CELL, Math.floor(room)));
  const largest = Math.max(...counts.flat());
  const thousands = textWidth({ fontSize: 13 }, String(largest)) > cell + 2;
  const values = counts.flatMap((row, i) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return row.map((count, j) => {
      const share = total === 0 ? 0 : count / total;
      return {
        actual: names.keys[i],
        predicted: classes[j],
        // Cells of 0 are left empty: the eye finds the mistakes.
        count: count === 0
          ? ""
          : thousands && count >= 1000
          ? `${Math.round(count / 1000)}k`
          : String(count),
        right: i === j,
        // Mistakes are a few per cent: their colour grows faster, and from a quarter on no more.
        strength: 0.6 * (i === j ? share : Math.sqrt(Math.min(1, 4 * share))),
      };
    });
  });
  const right = counts.reduce((sum, row, i) => sum + row[i], 0);
  const all = counts.flat().reduce((sum, count) => sum + count, 0);
  return {
    title: {
      text: title,
      subtitle: [
        "Rows: true classes; columns: what they are taken for.",
        "Green: right; amber: wrong; the stronger, the more of a row.",
        ...(thousands ? ["k: thousand images."] : []),
      ],
    },
    description: `${right} of ${all} images lie on the diagonal of a ${classes.length} by ` +
      `${classes.length} matrix of true and predicted classes.`,
    width: { step: cell },
    height: { step: Math.max(Math.min(34, cell), names.row) },
    data: { values },
    encoding: {
      x: {
        field: "predicted",
        type: "nominal",
        title: null,
        scale: { domain: [...classes] },
        axis: {
          orient: "top",
          labelAngle: -90,
          labelLimit: 110,
          domain: false,
          ticks: false,
          labelPadding: 6,
        },
      },
      y: {
        field: "actual",
        type: "nominal",
        title: null,
        scale: { domain: [...names.keys] },
        axis: names.axis,
      },
    },
    layer: [
      {
        mark: { type: "rect", stroke: colors.grid, strokeWidth: 1 },
        encoding: {
          color: {
            condition: { test: "datum.right", value: meanings.test },
            value: colors.orange,
          },
          fillOpacity: { field: "strength", type: "quantitative", scale: null },
        },
      },
      {
        transform: [{ filter: 'datum.count !== ""' }],
        mark: { type: "text" },
        encoding: { text: { field: "count", type: "nominal" } },
      },
    ],
  };
}

/** Scores of one class, 0 to 1; null where there is none. */
export interface ClassScore {
  readonly class: string;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
}

/**
 * Precision, recall and F1 of each class as dots on one line a class, as far as they are defined.
 *
 * @throws {RangeError} where there is no class with an F1, or a name comes twice
 */
export function perClass(title: string, scores: readonly ClassScore[]): TopLevelSpec {
  const classes = scores.map((score) => score.class);
  checkClasses(title, classes);
  const names = ["precision", "recall", "F1"];
  const all = scores.map(({ precision, recall, f1 }) => [precision, recall, f1]);
  // A dot at 0 lies on the axis.
  const { keys, axis, row } = nameAxis(classes, 110, all.flat().includes(0) ? 14 : 8);
  const values = all.flatMap((of, k) =>
    of.flatMap((value, i) => value === null ? [] : [{ class: keys[k], score: names[i], value }])
  );
  const [worst] = scores.flatMap(({ class: name, f1 }) => f1 === null ? [] : [{ name, f1 }])
    .sort((a, b) => a.f1 - b.f1);
  if (!worst) throw new RangeError(`Chart "${title}": no class has an F1.`);
  return {
    title,
    description: `Precision, recall and F1 of ${classes.length} classes; the least F1 is ` +
      `${worst.f1.toFixed(4)}, of ${worst.name}.`,
    width: WIDTH,
    height: Math.max(26, row) * classes.length,
    autosize: { type: "fit-x", contains: "padding" },
    data: { values },
    encoding: {
      y: {
        field: "class",
        type: "nominal",
        title: null,
        scale: { domain: [...keys] },
        axis: { ...axis, grid: true },
      },
      x: {
        field: "value",
        type: "quantitative",
        title: "Score",
        scale: { nice: true, ...shareScale(values.map(({ value }) => value), 0.1) },
        axis: { format: ".2f", tickCount: 5 },
      },
    },
    layer: [{
      mark: { type: "point", filled: true, size: 90, opacity: 0.85 },
      encoding: {
        color: {
          field: "score",
          type: "nominal",
          title: null,
          scale: { domain: names, range: [colors.sky, colors.orange, colors.ink] },
          legend: { orient: "top", direction: "horizontal" },
        },
        shape: {
          field: "score",
          type: "nominal",
          title: null,
          scale: { domain: names, range: ["triangle-up", "square", "circle"] },
        },
      },
    }],
  };
}
