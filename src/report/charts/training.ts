/**
 * Charts of a trained network: how it learnt, what it takes for what, how well it knows each class.
 *
 * Each function takes plain data and gives a Vega-Lite specification for `renderSvg`.
 *
 * @module
 */
import type { TopLevelSpec } from "vega-lite";
import { counted } from "../markdown.ts";
import { categoryColors } from "../svg.ts";
import { lossScale, shareScale } from "./axes.ts";
import { checkClasses } from "./check.ts";

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
 * Loss and accuracy by epoch side by side, training and validation, the kept epoch marked.
 *
 * @throws {RangeError} where there are fewer than two epochs, which make no curve, or the kept one is
 * not among them
 */
export function learningCurves(
  title: string,
  history: readonly CurvePoint[],
  keptEpoch: number,
): TopLevelSpec {
  if (!history.some(({ epoch }) => epoch === keptEpoch)) {
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
    axisTitle: string,
    scale: typeof shareScale,
  ): Extract<TopLevelSpec, { layer: unknown }> => ({
    width: 320,
    height: 220,
    encoding: {
      x: {
        field: "epoch",
        type: "quantitative",
        title: "Epoch",
        scale: { domain: [Math.min(...epochs), Math.max(...epochs)], nice: false },
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
        mark: { type: "rule", color: "#8c959f", strokeDash: [4, 4] },
      },
      {
        mark: { type: "line", point: { size: 40 } },
        encoding: {
          y: {
            field,
            type: "quantitative",
            title: axisTitle,
            scale: scale(values.map((value) => value[field])),
            axis: { tickCount: 6 },
          },
          color: {
            field: "images",
            type: "nominal",
            title: null,
            scale: { domain: ["training", "validation"], range: categoryColors.slice(0, 2) },
            legend: { orient: "top", direction: "horizontal" },
          },
        },
      },
    ],
  });
  const last = history[history.length - 1];
  return {
    title: { text: title, subtitle: `Dashed: epoch ${keptEpoch}, whose weights were kept` },
    description:
      `Loss and accuracy over ${
        counted(history.length, "epoch")
      }; at the end the training accuracy ` +
      `is ${last.accuracy.toFixed(4)} and the validation accuracy ${
        last.validationAccuracy.toFixed(4)
      }.`,
    data: { values },
    spacing: 40,
    hconcat: [
      panel("loss", "Cross-entropy", lossScale),
      panel("accuracy", "Accuracy", shareScale),
    ],
  };
}

/**
 * A confusion matrix: counts in cells, coloured by their share of the row, so that classes of
 * different sizes compare.
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
  const values = counts.flatMap((row, i) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return row.map((count, j) => ({
      actual: classes[i],
      predicted: classes[j],
      count,
      share: total === 0 ? 0 : count / total,
    }));
  });
  const right = counts.reduce((sum, row, i) => sum + row[i], 0);
  const all = values.reduce((sum, { count }) => sum + count, 0);
  return {
    title,
    description: `${right} of ${all} images lie on the diagonal of a ${classes.length} by ` +
      `${classes.length} matrix of true and predicted classes.`,
    width: { step: 56 },
    height: { step: 36 },
    data: { values },
    encoding: {
      x: {
        field: "predicted",
        type: "nominal",
        title: "Predicted",
        scale: { domain: [...classes] },
        axis: { orient: "top", labelAngle: -40, domain: false, ticks: false },
      },
      y: {
        field: "actual",
        type: "nominal",
        title: "True class",
        scale: { domain: [...classes] },
        axis: { domain: false, ticks: false },
      },
    },
    layer: [
      {
        mark: { type: "rect", stroke: "white", strokeWidth: 1 },
        encoding: {
          color: {
            field: "share",
            type: "quantitative",
            title: "Share of the class",
            scale: { range: ["#f6f9fc", "#6baed6", "#08519c"], domain: [0, 1] },
            // No longer than a small matrix is high, as far as its numbers have room.
            legend: {
              format: "%",
              gradientLength: Math.min(200, Math.max(80, 36 * classes.length)),
            },
          },
        },
      },
      {
        // Cells of 0 are left empty: the eye finds the mistakes.
        transform: [{ filter: "datum.count > 0" }],
        mark: { type: "text" },
        encoding: {
          text: { field: "count", type: "quantitative", format: ",d" },
          color: {
            condition: { test: "datum.share > 0.55", value: "white" },
            value: "#24292f",
          },
        },
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
  const values = scores.flatMap(({ class: name, precision, recall, f1 }) =>
    [precision, recall, f1].flatMap((value, i) =>
      value === null ? [] : [{ class: name, score: names[i], value }]
    )
  );
  const [worst] = scores.flatMap(({ class: name, f1 }) => f1 === null ? [] : [{ name, f1 }])
    .sort((a, b) => a.f1 - b.f1);
  if (!worst) throw new RangeError(`Chart "${title}": no class has an F1.`);
  return {
    title,
    description: `Precision, recall and F1 of ${classes.length} classes; the least F1 is ` +
      `${worst.f1.toFixed(4)}, of ${worst.name}.`,
    width: 560,
    height: { step: 28 },
    data: { values },
    encoding: {
      y: {
        field: "class",
        type: "nominal",
        title: null,
        scale: { domain: [...classes] },
        axis: {
          grid: true,
          domain: false,
          ticks: false,
          // A dot at 0 lies on the axis.
          labelPadding: values.some(({ value }) => value === 0) ? 12 : undefined,
        },
      },
      x: {
        field: "value",
        type: "quantitative",
        title: "Score",
        scale: { nice: true, ...shareScale(values.map(({ value }) => value), 0.1) },
        axis: { format: ".2f", tickCount: 6 },
      },
    },
    layer: [{
      mark: { type: "point", filled: true, size: 90, opacity: 0.85 },
      encoding: {
        color: {
          field: "score",
          type: "nominal",
          title: null,
          scale: { domain: names, range: categoryColors.slice(0, 3) },
          legend: { orient: "top", direction: "horizontal" },
        },
        shape: {
          field: "score",
          type: "nominal",
          title: null,
          scale: { domain: names, range: ["circle", "square", "diamond"] },
        },
      },
    }],
  };
}
