/** The report's section on the data: part I of the original study. @module */
import { count, NONE, table } from "../../report/markdown.ts";
import type { SectionContextOf } from "../room.ts";
import { correlationHeatMap, imageGrid, labelCounts } from "./charts.ts";
import type { prepare } from "./stage.ts";

/** Columns of the wide tables that are shown: the first and the last pixel, and some of the middle row. */
function shownPixels(rows: number, columns: number): number[] {
  const middle = Math.floor(rows / 2) * columns + 1;
  const some = [0.15, 0.3, 0.45, 0.6, 0.75, 0.9].map((at) => middle + Math.floor(at * columns));
  return [...new Set([1, ...some, rows * columns])];
}

const statistics = ["count", "mean", "std", "min", "q25", "q50", "q75", "max"] as const;
const titles: { readonly [statistic: string]: string } = { q25: "25%", q50: "50%", q75: "75%" };

/** Writes the section. */
export async function section(
  { settings: { size, split }, study, inputs, figure, link }: SectionContextOf<typeof prepare>,
): Promise<string[]> {
  const { data: { name }, classes, published } = study;
  const summary = await inputs.summary.read();
  const shared = await inputs.shared.read();
  const head = await inputs.head.read();
  const description = new Map((await inputs.describe.read()).map((row) => [row.column, row]));
  const correlation = await inputs.correlation.read();
  const images = await inputs.gridImages.read();
  const labels = (await inputs.gridLabels.read()).data;
  const [, height, width] = images.shape;
  const pixels = shownPixels(height, width).map((pixel) => `pixel${pixel}`);
  const shown = ["label", ...pixels];
  const [rows, columns] = summary.shape;
  const padded = size > height || size > width;
  const { testPart } = split;
  const [tested] = summary.shapes.test;

  return [
    "## The data",
    `${name}: the ${testPart ? "" : "training "}table has ${count(rows)} rows and ${
      count(columns)
    } columns, a label and ` +
    `${
      count(columns - 1)
    } pixels from 0 to 255. Its first rows, some columns of the middle of the image:`,
    table(
      shown,
      head.map(({ label, pixels: row }) => [
        String(label),
        ...pixels.map((column) => String(row[column])),
      ]),
    ),
    `Every column described as \`pandas.DataFrame.describe()\` does it ` +
    `(${link(inputs.describe, "all columns as CSV")}):`,
    table(
      ["", ...shown],
      statistics.map((statistic) => [
        titles[statistic] ?? statistic,
        ...shown.map((column) => number(description.get(column)![statistic], statistic)),
      ]),
    ),
    `Missing and repeated rows; of equal rows the first stays.`,
    table(["", "here", ...(published ? [published.source] : [])], [
      ["Missing values", summary.missingValues, ...(published ? [NONE] : [])],
      ["Duplicate rows", summary.duplicates, ...(published ? [published.duplicates] : [])],
    ]),
    ...(shared ? [sharedText(shared.images, tested, testPart !== undefined)] : []),
    "### Labels and images",
    await figure(
      "label-counts",
      labelCounts("Training images of each class", classes, summary.labelCounts),
      "Number of training images of each class",
    ),
    await figure(
      "images",
      imageGrid("The first images of each class", images, labels, classes, 10),
      "A grid of images, ten of each class, with class names",
    ),
    "### How pixels go together",
    await figure(
      "correlation",
      correlationHeatMap("Correlation of every pixel with every other", correlation.data, width),
      "Heat map of the correlations between all pixels",
    ),
    "### What networks learn from",
    ...(testPart
      ? [
        `The data have no test part: one was split off first, from the table without duplicate ` +
        `rows, as scikit-learn's \`train_test_split(test_size=${testPart.testSize}, ` +
        `random_state=${testPart.randomState}, stratify=y)\` splits it off, index for index. So it ` +
        `has of every class its share of images.`,
      ]
      : []),
    `${testPart ? "The other images" : "Images"} are ${
      padded ? "padded with zeros, " : ""
    }split as scikit-learn's ` +
    `\`train_test_split(test_size=${split.testSize}, random_state=${split.randomState}` +
    `${split.stratify ? ", stratify=y" : ""})\` splits them, ` +
    `index for index, and divided by 255 in the first layer of every network that is trained from ` +
    `scratch.`,
    table(
      ["Part", "Shape"],
      Object.entries(summary.shapes).map(([part, shape]) => [part, `[${shape.join(", ")}]`]),
    ),
    `The first labels one-hot, as a softmax is compared with them:`,
    table(
      ["label", "class", "one-hot"],
      summary.labels.map((label, i) => [
        String(label),
        classes[label],
        `[${summary.oneHot[i].join(", ")}]`,
      ]),
    ),
  ];
}

/** What is said of test images that are not kept from networks. */
function sharedText(shared: number, tested: number, splitOff: boolean): string {
  return `**${count(shared)} of ${count(tested)} test images ${shared === 1 ? "is" : "are"} also ` +
    `among the images that networks learn from or are validated on**, ` +
    (splitOff
      ? `with other labels, since equal rows are dropped: not all of these labels can be right.`
      : `so accuracies on test images may be a little too good. Where \`data\` names no test part, ` +
        `\`prepare.split.testPart\` splits one off that has no row in common with the others.`);
}

/** Statistics to six significant digits, counts as whole numbers. */
const number = (value: number, statistic: string): string =>
  statistic === "count" ? count(value) : String(Number(value.toPrecision(6)));
