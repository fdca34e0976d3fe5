/** The report's section on the data. @module */
import type { Resize } from "../../data/resize.ts";
import { take } from "../../data/prepare.ts";
import type { NdArray } from "../../ndarray.ts";
import { ranking } from "../../report/charts/ranking.ts";
import { limits } from "../../report/limits.ts";
import { meanings } from "../../report/svg.ts";
import { count, counted, listed, NONE, plain, table } from "../../report/markdown.ts";
import type { SectionContextOf } from "../room.ts";
import { correlationHeatMap, imageGrid, type ImageSize, labelCounts } from "./charts.ts";
import { sampled } from "./kept.ts";
import type { prepare } from "./stage.ts";
import { together, togetherText } from "./together.ts";

type Context = SectionContextOf<typeof prepare>;

/** Values of an image that the wide tables show: the first and the last, and some of the middle row. */
function shownValues({ height, width, channels }: ImageSize): number[] {
  const middle = Math.floor(height / 2) * width;
  const some = [0.3, 0.45, 0.6, 0.75].map((at) => (middle + Math.floor(at * width)) * channels);
  return [...new Set([0, ...some, height * width * channels - 1])];
}

/** What each way to scale does with an image that has other proportions. */
const HOW: { readonly [resize in Resize]: string } = {
  fit: "each until it fits in, and padded with zeros",
  crop: "each until it covers them, and what stands over is cut off, on both sides the same",
  stretch: "height and width each by itself",
};

/** So many columns of a sample are shown. */
const SHOWN_OF_SAMPLE = 6;

const statistics = ["count", "mean", "std", "min", "q25", "q50", "q75", "max"] as const;
const titles: { readonly [statistic: string]: string } = { q25: "25%", q50: "50%", q75: "75%" };

/** Writes the section. */
export async function section(context: Context): Promise<string[]> {
  const { settings: { split, resize, correlations }, study, inputs, link } = context;
  const { data: { name }, published } = study;
  const theirs = published?.duplicates === undefined
    ? undefined
    : { source: published.source, duplicates: published.duplicates };
  const summary = await inputs.summary.read();
  const shared = await inputs.shared.read();
  const head = await inputs.head.read();
  const [label, ...described] = await inputs.describe.read();
  const images = await inputs.gridImages.read();
  const [, gridHeight, gridWidth, channels = 1] = images.shape;
  const [height, width] = summary.image ?? [gridHeight, gridWidth];
  const size = { height, width, channels };
  const all = described.length === height * width * channels;
  const values = all
    ? shownValues(size).map((at) => described[at])
    : sampled(described, SHOWN_OF_SAMPLE);
  const shown = [label, ...values];
  const [rows, columns] = summary.shape;
  const [, paddedHeight, paddedWidth] = summary.shapes.train;
  const padded = paddedHeight > height || paddedWidth > width;
  const { testPart } = split;
  const [tested] = summary.shapes.test;

  return [
    "## The data",
    ...(resize
      ? [
        `Images are scaled to ${height} x ${width} pixels while they are read, ${
          HOW[resize]
        }. All that ` +
        `follows is of the scaled images.`,
      ]
      : []),
    `${plain(name)}: the ${testPart ? "" : "training "}table has ${counted(rows, "row")} and ${
      counted(columns, "column")
    }, a label and ` +
    `${
      channels === 1
        ? counted(columns - 1, "pixel")
        : `${count(columns - 1)} values, ${count(height * width)} pixels in ${channels} colours,`
    } from 0 to 255. ${head.length === 1 ? "Its row" : "Its first rows"}, ` +
    `${all ? "some columns of the middle of the image" : "some columns"}:`,
    table(
      shown.map(({ column }) => column),
      head.map((row) => [
        String(row.label),
        ...values.map(({ column }) => String(row.pixels[column])),
      ]),
    ),
    `${all ? "Every column" : "Columns"} described as \`pandas.DataFrame.describe()\` does it ` +
    `(${
      all
        ? link(inputs.describe, "all columns as CSV")
        : `the label and ${count(described.length)} of the ${
          count(columns - 1)
        } values, spread evenly ` +
          `over them, ${link(inputs.describe, "as CSV")}`
    }):`,
    table(
      ["", ...shown.map(({ column }) => column)],
      statistics.map((statistic) => [
        titles[statistic] ?? statistic,
        ...shown.map((column) => number(column[statistic], statistic)),
      ]),
    ),
    `Missing and repeated rows; of equal rows the first stays.`,
    table(["", "here", ...(theirs ? [theirs.source] : [])], [
      ["Missing values", summary.missingValues, ...(theirs ? [NONE] : [])],
      ["Duplicate rows", summary.duplicates, ...(theirs ? [theirs.duplicates] : [])],
    ]),
    ...(theirs && theirs.duplicates !== summary.duplicates
      ? [
        `As many rows with other duplicates cannot be the same rows: the original study's copy of the ` +
        `data is composed otherwise than this one.`,
      ]
      : []),
    ...(shared ? [sharedText(shared.images, tested, testPart !== undefined)] : []),
    "### Labels and images",
    ...await labelsPart(summary.labelCounts, context),
    ...await imagesPart(images, size, summary.labelCounts, context),
    ...(correlations
      ? ["### How pixels go together", ...await correlationPart(size, context)]
      : []),
    "### Prepared images",
    ...(testPart
      ? [
        `The data have no test part: one was split off first, from the table without duplicate ` +
        `rows, as scikit-learn's \`train_test_split(test_size=${testPart.testSize}, ` +
        `random_state=${testPart.randomState}, stratify=y)\` splits it off, index for index. So it ` +
        `has of every class its share of images.`,
      ]
      : []),
    `${testPart ? "The other images" : "Images"} are ${
      resize ? "scaled as said above, " : padded ? "padded with zeros, " : ""
    }split as scikit-learn's ` +
    `\`train_test_split(test_size=${split.testSize}, random_state=${split.randomState}` +
    `${split.stratify ? ", stratify=y" : ""})\` splits them, ` +
    `index for index, and divided by 255 in the first layer of every network that is trained from ` +
    `scratch.`,
    table(
      ["Part", "Shape"],
      Object.entries(summary.shapes).map(([part, shape]) => [part, `[${shape.join(", ")}]`]),
    ),
    ...oneHotPart(summary, study.classes),
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

/** Statistics to five significant digits, counts as whole numbers; one row has no deviation. */
const number = (value: number, statistic: string): string =>
  Number.isNaN(value)
    ? NONE
    : statistic === "count"
    ? count(value)
    : String(Number(value.toPrecision(5)));

/** How many images each class has: class by class where they differ, or their sizes and the largest and smallest by name. */
async function labelsPart(
  counts: readonly number[],
  { study: { classes }, inputs, figure, link }: Context,
): Promise<string[]> {
  const name = "label-counts";
  const title = "Training images of each class";
  const alt = "Number of training images of each class";
  const [most, least] = [Math.max(...counts), Math.min(...counts)];
  if (most === least) {
    return [`Each of the ${count(classes.length)} classes has ${counted(most, "training image")}.`];
  }
  if (classes.length <= limits.list) {
    return [await figure(name, labelCounts(title, classes, counts), alt)];
  }
  const all = link(inputs.summary, "all counts");
  const ranked = classes.map((name, of) => ({ name, images: counts[of] }))
    .sort((a, b) => b.images - a.images);
  const named = (of: typeof ranked) =>
    listed(
      of.map(({ name, images }) => `${plain(name)} (${count(images)})`),
    );
  return [
    `The ${count(classes.length)} classes have ${count(least)} to ${counted(most, "image")} each ` +
    `(${all}). The most have ${named(ranked.slice(0, 5))}; the fewest ${named(ranked.slice(-5))}.`,
    await figure(
      name,
      ranking(
        {
          title,
          of: ["class", "classes"],
          values: "Images",
          kind: "count",
          color: meanings.training,
        },
        ranked.map(({ images }) => images),
      ),
      alt,
    ),
  ];
}

/** What the images look like; of many classes, a sample of them. */
async function imagesPart(
  images: NdArray<Uint8Array>,
  { height, width }: ImageSize,
  counts: readonly number[],
  { study: { classes }, inputs, figure }: Context,
): Promise<string[]> {
  const labels = [...(await inputs.gridLabels.read()).data];
  const [, shownHeight, shownWidth] = images.shape;
  const classesShown = new Set(labels).size;
  const present = counts.filter((images) => images > 0).length;
  // The first of each class, as many as stand in a row.
  const rows = Map.groupBy(labels.keys(), (at) => labels[at]);
  const shown = [...rows.values()].flatMap((of) => of.slice(0, COLUMNS));
  return [
    ...(classesShown < present
      ? [
        `A sample of ${classesShown} of the ${
          count(present)
        } classes, spread evenly over their numbers:`,
      ]
      : []),
    ...(shownHeight < height || shownWidth < width
      ? [
        `Images of ${height} x ${width} pixels are shown scaled down to ${shownHeight} x ${shownWidth}.`,
      ]
      : []),
    await figure(
      "images",
      imageGrid(
        "The first images of each class",
        take(images, shown),
        shown.map((at) => labels[at]),
        classes,
        COLUMNS,
      ),
      "A grid of images, the first of each class, with class names",
    ),
  ];
}

/** Images in a row of the grid. */
const COLUMNS = 5;

/** The correlations of all values, as far as there are not too many of them. */
async function correlationPart(
  size: ImageSize,
  { inputs, figure }: Context,
): Promise<string[]> {
  const values = size.height * size.width * size.channels;
  const matrix = await inputs.correlation.read();
  if (!matrix) {
    return [
      `The map of the correlations of every value of an image with every other is left out: ` +
      `${count(values)} values make ${count(values ** 2)} pairs.`,
    ];
  }
  if (matrix.data.every(Number.isNaN)) {
    return ["No pixel differs from image to image, so none has a correlation with another."];
  }
  return [
    togetherText(together(matrix.data, size), size),
    await figure(
      "correlation",
      correlationHeatMap("Correlation of every pixel with every other", matrix.data, size),
      "Heat map of the correlations between all pixels",
    ),
  ];
}

/** The first labels as vectors; long ones as the place of their 1. */
function oneHotPart(
  { labels, oneHot }: { readonly labels: readonly number[]; readonly oneHot: readonly number[][] },
  classes: readonly string[],
): string[] {
  const long = classes.length > limits.oneHot;
  const [first, all] = labels.length === 1 ? ["label", "it"] : ["labels", "them"];
  return [
    `The first ${first} one-hot, as a softmax is compared with ${all}` +
    (long
      ? `: 1 in one of ${count(classes.length)} places, counted from 0, and 0 in all others.`
      : ":"),
    table(
      ["label", "class", long ? "place of the 1" : "one-hot"],
      labels.map((label, i) => [
        String(label),
        plain(classes[label]),
        long ? String(oneHot[i].indexOf(1)) : `[${oneHot[i].join(", ")}]`,
      ]),
    ),
  ];
}
