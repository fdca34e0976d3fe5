/** The report's section on the data: part I of the seed study. @module */
import type { PrepareSummary } from "../data/summary.ts";
import { correlationHeatMap, imageGrid, labelCounts } from "./charts/data.ts";
import { count, NONE, table } from "./markdown.ts";
import type { Published } from "./published.ts";
import type { Sources } from "./sources.ts";

/** What the section says besides what the artifacts hold. */
export interface DataSection {
  readonly name: string;
  readonly classes: readonly string[];
  readonly split: { readonly testSize: number; readonly randomState: number };
  readonly published: Published | null;
}

/** Columns of the wide tables that are shown: the label and some pixels of the middle row. */
function shownColumns(columns: readonly string[]): string[] {
  const pixels = columns.length - 1;
  const side = Math.sqrt(pixels);
  const middle = Math.floor(side / 2) * side + 1;
  const shown = [0.15, 0.3, 0.45, 0.6, 0.75, 0.9].map((at) => middle + Math.floor(at * side));
  return ["label", "pixel1", ...shown.map((pixel) => `pixel${pixel}`), `pixel${pixels}`];
}

/** Writes the section. */
export async function dataSection(
  { name, classes, split, published }: DataSection,
  from: Sources,
): Promise<string[]> {
  const summary = await from.json<PrepareSummary>("prepare/summary.json");
  const head = await from.table("prepare/head.csv");
  const description = await from.table("prepare/describe.csv");
  const correlation = await from.floats("prepare/correlation.npy");
  const images = await from.bytes("prepare/grid-images.npy");
  const labels = (await from.bytes("prepare/grid-labels.npy")).data;
  const shown = shownColumns(Object.keys(head[0]));
  const [rows, columns] = summary.shape;
  const byColumn = new Map(description.map((row) => [row.column, row]));
  const statistics = ["count", "mean", "std", "min", "q25", "q50", "q75", "max"];
  const titles: Record<string, string> = { q25: "25%", q50: "50%", q75: "75%" };

  return [
    "## The data",
    `${name}: the training table has ${count(rows)} rows and ${
      count(columns)
    } columns, a label and ` +
    `${
      count(columns - 1)
    } pixels from 0 to 255. Its first rows, some columns of the middle of the image:`,
    table(shown, head.map((row) => shown.map((column) => row[column]))),
    `Every column described as \`pandas.DataFrame.describe()\` does it ` +
    `(${from.link("prepare/describe.csv", "all columns as CSV")}):`,
    table(
      ["", ...shown],
      statistics.map((statistic) => [
        titles[statistic] ?? statistic,
        ...shown.map((column) => number(byColumn.get(column)![statistic], statistic)),
      ]),
    ),
    `Missing and repeated rows; of equal rows the first stays.`,
    table(["", "here", ...(published ? [published.source] : [])], [
      ["Missing values", summary.missingValues, ...(published ? [NONE] : [])],
      ["Duplicate rows", summary.duplicates, ...(published ? [published.duplicates] : [])],
    ]),
    "### Labels and images",
    await from.figure(
      "label-counts",
      labelCounts("Training images of each class", classes, summary.labelCounts),
      "Number of training images of each class",
    ),
    await from.figure(
      "images",
      imageGrid("The first images of each class", images, labels, classes, 10),
      "A grid of images, ten of each class, with class names",
    ),
    "### How pixels go together",
    await from.figure(
      "correlation",
      correlationHeatMap(
        "Correlation of every pixel with every other",
        correlation.data,
        Math.sqrt(correlation.shape[0]),
      ),
      "Heat map of the correlations between all pixels",
    ),
    "### What networks learn from",
    `Images are padded with zeros, split as scikit-learn's \`train_test_split(test_size=${split.testSize}, ` +
    `random_state=${split.randomState})\` splits them, index for index, and divided by 255 in the first ` +
    `layer of every network.`,
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

/** Statistics to six significant digits, counts as whole numbers. */
function number(value: string, statistic: string): string {
  return statistic === "count"
    ? count(Number(value))
    : String(Number(Number(value).toPrecision(6)));
}
