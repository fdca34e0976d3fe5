/** How it is told what pictures show: as a table, and as data. @module */
import type { Step } from "../data/preprocess.ts";
import { nameOf } from "../stages/network.ts";
import type { Usable } from "./networks.ts";
import type { Predicted } from "./predict.ts";

/** What a network says of one picture. */
export interface Row {
  readonly picture: string;
  /** The most probable class, and its probability. */
  readonly class: string;
  readonly probability: number;
  /** Whether the picture is unlike the training images, and how much: above 1 it is. */
  readonly unlike: boolean;
  readonly unlikeness: number;
  /** What was done to it; nothing but padding to an image of the study's own form. */
  readonly steps: readonly Step["name"][];
  /** Of every class. */
  readonly probabilities: Readonly<Record<string, number>>;
}

/** What a network says of pictures, one by one. */
export function predictedRows(
  { metadata: { classes } }: Usable,
  names: readonly string[],
  steps: readonly (readonly Step["name"][])[],
  { probabilities, unlikeness }: Predicted,
): Row[] {
  return names.map((picture, n) => {
    const row = probabilities.data.subarray(n * classes.length, (n + 1) * classes.length);
    const best = row.indexOf(Math.max(...row));
    return {
      picture,
      class: classes[best],
      probability: row[best],
      unlike: unlikeness[n] > 1,
      unlikeness: unlikeness[n],
      steps: steps[n],
      probabilities: Object.fromEntries(classes.map((name, i) => [name, row[i]])),
    };
  });
}

/** As data: the network, and every picture. */
export const predictedData = ({ listed }: Usable, rows: readonly Row[]) => ({
  model: listed.name,
  accuracy: listed.accuracy,
  temperature: listed.temperature,
  pictures: rows,
});

/** As a table, and below it what to believe of it. */
export function predictedTable({ listed }: Usable, rows: readonly Row[]): string {
  const cells = [
    ["picture", "class", "probability", ""],
    ...rows.map(({ picture, class: name, probability, unlike, unlikeness }) => [
      picture,
      name,
      probability.toFixed(2),
      unlike ? `unlike the training images (${unlikeness.toFixed(1)})` : "",
    ]),
  ];
  const widths = [0, 1, 2].map((column) =>
    cells.reduce((most, row) => Math.max(most, row[column].length), 0)
  );
  const lines = cells.map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd()
  );
  const { value, interval } = listed.accuracy.test;
  const range = interval ? ` [${interval.map((bound) => bound.toFixed(3)).join(", ")}]` : "";
  const unlike = rows.filter((row) => row.unlike).length;
  return [
    ...lines,
    "",
    `By ${nameOf(listed.name)}, which is right on ${value.toFixed(3)}${range} of the test images.`,
    `Probabilities are calibrated: temperature ${
      listed.temperature.toFixed(2)
    }, fitted on validation ` +
    `images.`,
    ...(unlike === 0 ? [] : [
      `${
        unlike === 1 ? "One picture is" : `${unlike} pictures are`
      } unlike what the network learnt from: of such a picture its answer says little.`,
    ]),
  ].join("\n");
}
