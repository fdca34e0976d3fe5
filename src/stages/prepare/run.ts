/** What stage `prepare` does: reads the images, describes them, drops duplicate rows, pads and splits. @module */
import { correlationMatrix } from "../../data/correlation.ts";
import { describe, labelCounts, missingValues } from "../../data/describe.ts";
import { findDuplicates } from "../../data/duplicates.ts";
import { oneHot, padImages, take } from "../../data/prepare.ts";
import { loadDataset } from "../../data/source.ts";
import { trainTestSplit } from "../../data/split.ts";
import { stratifiedTrainTestSplit } from "../../data/stratified.ts";
import type { ContextOf } from "../../pipeline/stage.ts";
import { asked } from "../asked.ts";
import type { prepare } from "./stage.ts";

/** How many rows the report shows. */
const HEAD = 5;
/** How many images of every class the grid shows. */
const GRID = 10;

/** Writes what the stage declares. */
export async function run(
  { parameters, outputs, locator, progress }: ContextOf<typeof prepare>,
): Promise<void> {
  const { data, classes: names, size, split } = parameters;
  const classes = names.length;
  const { train: raw, test } = await loadDataset(data, classes, locator, progress);

  // Duplicates: the first of equal rows stays.
  const { kept, dropped } = findDuplicates(raw);
  const train = dropped.length === 0
    ? raw
    : { images: take(raw.images, kept), labels: take(raw.labels, kept) };

  // Before anything that takes long, since a class may be too small for it.
  const { testSize, randomState, stratify } = split;
  const labels = train.labels.data;
  const { train: training, test: validation } = stratify
    ? asked(
      "prepare.split.stratify",
      () => stratifiedTrainTestSplit(labels, testSize, randomState, names),
    )
    : trainTestSplit(labels.length, testSize, randomState);

  // The table as the original study saw it.
  const pixels = raw.images.data.length / raw.labels.data.length;
  const rows = Math.min(HEAD, raw.labels.data.length);
  await outputs.head.write(
    Array.from({ length: rows }, (_, i) => ({
      label: raw.labels.data[i],
      pixels: Object.fromEntries(
        Array.from(
          raw.images.data.subarray(i * pixels, (i + 1) * pixels),
          (pixel, column) => [`pixel${column + 1}`, pixel],
        ),
      ),
    })),
  );
  await outputs.describe.write(describe(raw));

  const correlation = correlationMatrix(
    train.images,
    (done, total) => progress(done, total, "correlation of every pixel with every other"),
  );
  await outputs.correlation.write({
    shape: correlation.shape,
    data: singlePrecision(correlation.data),
  });
  const shown = firstOfEachClass(labels, classes, GRID);
  await outputs.gridImages.write(take(train.images, shown));
  await outputs.gridLabels.write(take(train.labels, shown));

  // What networks learn from.
  const images = padImages(train.images, size, size);
  const testImages = padImages(test.images, size, size);
  await outputs.trainImages.write(images);
  await outputs.trainLabels.write(train.labels);
  await outputs.trainIndices.write({ shape: [training.length], data: training });
  await outputs.validationIndices.write({ shape: [validation.length], data: validation });
  await outputs.testImages.write(testImages);
  await outputs.testLabels.write(test.labels);

  const first = take(train.labels, Array.from({ length: rows }, (_, i) => i));
  const encoded = oneHot(first, classes);
  await outputs.summary.write({
    shape: [raw.labels.data.length, 1 + pixels],
    missingValues: missingValues(raw),
    duplicates: dropped.length,
    labelCounts: [...labelCounts(train.labels, classes)],
    shapes: {
      train: [training.length, ...images.shape.slice(1)],
      validation: [validation.length, ...images.shape.slice(1)],
      test: [...testImages.shape],
    },
    labels: [...first.data],
    oneHot: Array.from(
      { length: rows },
      (_, i) => [...encoded.data.subarray(i * classes, (i + 1) * classes)],
    ),
  });
}

/** Indices of the first `count` images of every class, class after class. */
function firstOfEachClass(labels: Uint8Array, classes: number, count: number): number[] {
  const found = Array.from({ length: classes }, (): number[] => []);
  labels.forEach((label, index) => {
    if (found[label].length < count) found[label].push(index);
  });
  return found.flat();
}

/**
 * Single precision: the heat map shows no more, and the file is committed. Every NaN gets the same
 * bits; a processor's own differ from a compiler's.
 */
function singlePrecision(values: Float64Array): Float32Array {
  const single = Float32Array.from(values);
  const bits = new Uint32Array(single.buffer);
  values.forEach((value, i) => {
    if (Number.isNaN(value)) bits[i] = 0x7fc00000;
  });
  return single;
}
