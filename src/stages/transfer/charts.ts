/** Accuracies of several trainings in one chart, to see which of them do no better than guessing. @module */
import type { TopLevelSpec } from "vega-lite";
import { wilson } from "../../evaluation/intervals.ts";
import { checkClasses } from "../../report/charts/check.ts";
import { counted } from "../../report/markdown.ts";
import { colors, meanings, WIDTH } from "../../report/svg.ts";

/** What one training came to. */
export interface Cause {
  readonly name: string;
  /** Share of the images that it gets right, 0 to 1; NaN where it broke. */
  readonly accuracy: number;
}

/**
 * Accuracy by training, the best first, with Wilson's 95% interval, and the share that guessing gets
 * right as a line. A training that broke has its row, and says so.
 *
 * @param images How many images each accuracy is of.
 * @param classes How many classes there are, from 2.
 * @throws {RangeError} where there is no training, two have one name, or an accuracy is outside 0 to 1
 */
export function accuracyByCause(
  title: string,
  causes: readonly Cause[],
  images: number,
  classes: number,
): TopLevelSpec {
  checkClasses(title, causes.map(({ name }) => name));
  const wrong = causes.find(({ accuracy }) => accuracy < 0 || accuracy > 1);
  if (wrong) {
    throw new RangeError(
      `Chart "${title}": the accuracy of "${wrong.name}" is ${wrong.accuracy}; ` +
        "a share is within 0 and 1.",
    );
  }
  const broken = causes.filter(({ accuracy }) => Number.isNaN(accuracy));
  const done = causes.filter(({ accuracy }) => !Number.isNaN(accuracy))
    .sort((a, b) => b.accuracy - a.accuracy)
    .map(({ name, accuracy }) => ({ name, accuracy, ...wilson(accuracy * images, images) }));
  const guess = 1 / classes;
  const y = {
    field: "name",
    type: "nominal" as const,
    title: null,
    scale: { domain: [...done, ...broken].map(({ name }) => name) },
    axis: { ticks: false, domain: false, labelLimit: 180, labelPadding: 10 },
  };
  const x = {
    field: "accuracy",
    type: "quantitative" as const,
    title: "Validation accuracy",
    scale: { domain: [0, 1] },
    axis: { tickCount: 5, format: ".1f" },
  };
  return {
    title: {
      text: title,
      subtitle: [
        `Dashed: guessing one of ${classes} classes, ${Number(guess.toPrecision(2))}`,
        `Lines: 95% intervals, where wider than a point; ${counted(images, "image")}`,
      ],
    },
    description: [
      ...done.map(({ name, accuracy }) => `${name} ${accuracy.toFixed(4)}`),
      ...broken.map(({ name }) => `${name} diverged`),
    ].join(", ") + `. Guessing gives ${guess.toFixed(4)}.`,
    width: WIDTH,
    height: causes.length * 28,
    autosize: { type: "fit-x", contains: "padding" },
    layer: [
      {
        data: { values: [{ accuracy: guess }] },
        mark: { type: "rule", color: colors.ink, strokeDash: [5, 4], strokeWidth: 1.5 },
        encoding: { x },
      },
      {
        data: { values: done },
        mark: { type: "rule", color: meanings.validation, strokeWidth: 2 },
        encoding: { y, x: { ...x, field: "low" }, x2: { field: "high" } },
      },
      {
        data: { values: done },
        mark: { type: "point", filled: true, size: 80, color: meanings.validation, opacity: 1 },
        encoding: { y, x },
      },
      {
        data: { values: broken.map(({ name }) => ({ name, accuracy: guess })) },
        mark: { type: "text", align: "left", dx: 8, text: "diverged", color: colors.muted },
        encoding: { y, x },
      },
    ],
  };
}
