/** What stage `prepare` does: reads the images, describes them, drops duplicate rows, pads and splits. @module */
import { correlationMatrix } from "../../data/correlation.ts";
import type { Dataset, LabelledImages } from "../../data/dataset.ts";
import { describe, labelCounts, missingValues } from "../../data/describe.ts";
import { findDuplicates, sharedImages } from "../../data/duplicates.ts";
import { formOf } from "../../data/form.ts";
import { oneHot, padImages, take } from "../../data/prepare.ts";
import { resizedImages } from "../../data/resize.ts";
import { loadDataset } from "../../data/source.ts";
import { trainTestSplit } from "../../data/split.ts";
import { stratifiedTrainTestSplit } from "../../data/stratified.ts";
import type { ContextOf } from "../../pipeline/stage.ts";
import { asked } from "../asked.ts";
import { inputOf } from "../input.ts";
import { CORRELATED, GRID_CLASSES, GRID_IMAGES, inGrid, inTables, sampled } from "./kept.ts";
import type { prepare } from "./stage.ts";
import { NO_TEST_PART, TWO_TEST_PARTS } from "./test_part.ts";

/** How many rows the report shows. */
const HEAD = 5;

/** Writes what the stage declares. */
export async function run(
  { parameters, outputs, locator, progress }: ContextOf<typeof prepare>,
): Promise<void> {
  const { data, classes: names, split } = parameters;
  const classes = names.length;
  const [height, width] = inputOf(parameters);
  const how = parameters.resize;
  const resize = how && { to: [height, width], how } as const;
  const { train: raw, test: given } = await loadDataset(data, classes, locator, progress, resize);
  checkInput(raw, parameters);

  // Duplicates: the first of equal rows stays.
  const { kept, dropped } = findDuplicates(raw);
  const different = dropped.length === 0 ? raw : rowsOf(raw, kept);

  // Splits come before anything that takes long, since a class may be too small for them.
  const { testSize, randomState, stratify, testPart } = split;
  const { train, test } = withTestPart(
    { train: different, ...(given ? { test: given } : {}) },
    testPart,
    names,
  );
  const labels = train.labels.data;
  const { train: training, test: validation } = stratify
    ? asked(
      "prepare.split.stratify",
      () => stratifiedTrainTestSplit(labels, testSize, randomState, names),
    )
    : trainTestSplit(labels.length, testSize, randomState);

  // The table as the original study saw it.
  const pixels = raw.images.data.length / raw.labels.data.length;
  const places = inTables(pixels);
  const rows = Math.min(HEAD, raw.labels.data.length);
  await outputs.head.write(
    Array.from({ length: rows }, (_, i) => ({
      label: raw.labels.data[i],
      pixels: Object.fromEntries(
        places.map((place) => [`pixel${place + 1}`, raw.images.data[i * pixels + place]]),
      ),
    })),
  );
  await outputs.describe.write(describe(raw, places));

  if (parameters.correlations && pixels <= CORRELATED) {
    const correlation = correlationMatrix(
      train.images,
      (done, total) => progress(done, total, "correlation of every pixel with every other"),
    );
    await outputs.correlation.write({
      shape: correlation.shape,
      data: singlePrecision(correlation.data),
    });
  }
  const shown = shownInGrid(labels);
  const [, rawHeight, rawWidth] = raw.images.shape;
  const gridSize = inGrid(rawHeight, rawWidth);
  const grid = resizedImages(take(train.images, shown), { to: gridSize, how: "stretch" });
  await outputs.gridImages.write(ofGrey(grid));
  await outputs.gridLabels.write(take(train.labels, shown));

  // What networks learn from.
  const images = padImages(train.images, height, width);
  const testImages = padImages(test.images, height, width);
  await outputs.trainImages.write(images);
  await outputs.trainLabels.write(train.labels);
  await outputs.trainIndices.write({ shape: [training.length], data: training });
  await outputs.validationIndices.write({ shape: [validation.length], data: validation });
  await outputs.testImages.write(testImages);
  await outputs.testLabels.write(test.labels);

  await outputs.form.write(formOf(train.images, [height, width], how));

  const shared = sharedImages(train.images, test.images);
  if (shared > 0) await outputs.shared.write({ images: shared });

  const first = take(train.labels, Array.from({ length: rows }, (_, i) => i));
  const encoded = oneHot(first, classes);
  await outputs.summary.write({
    shape: [raw.labels.data.length, 1 + pixels],
    ...(gridSize[0] === rawHeight && gridSize[1] === rawWidth
      ? {}
      : { image: [rawHeight, rawWidth] as [number, number] }),
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

/** @throws {Error} where images do not fit into what networks read, with the setting and the value to write */
function checkInput(
  { images }: LabelledImages,
  said: ContextOf<typeof prepare>["parameters"],
): void {
  const [height, width, channels] = inputOf(said);
  const [, rows, columns, colours] = images.shape;
  if (colours !== channels) {
    throw new Error(
      `prepare.channels: the images ${
        colours === 1 ? "are grey" : `have ${colours} channels`
      }; write channels: ${colours}.`,
    );
  }
  if (rows > height || columns > width) {
    throw new Error(
      `prepare.size: images of ${rows}x${columns} do not fit into ${height}x${width}; write size: ` +
        `[${Math.max(rows, height)}, ${Math.max(columns, width)}], or resize: "fit" ("crop", ` +
        `"stretch"), and they are scaled.`,
    );
  }
}

/** Images and labels of some rows. */
const rowsOf = ({ images, labels }: LabelledImages, rows: Int32Array): LabelledImages => ({
  images: take(images, rows),
  labels: take(labels, rows),
});

/** Both parts of a data set: its own test part, or one split off, in the order that scikit-learn gives it. */
function withTestPart(
  { train, test }: Dataset,
  testPart: ContextOf<typeof prepare>["parameters"]["split"]["testPart"],
  names: readonly string[],
): Required<Dataset> {
  return asked("prepare.split.testPart", () => {
    if (test) {
      if (testPart) throw new Error(TWO_TEST_PARTS);
      return { train, test };
    }
    if (!testPart) throw new Error(NO_TEST_PART);
    const { testSize, randomState } = testPart;
    const rows = stratifiedTrainTestSplit(train.labels.data, testSize, randomState, names);
    return { train: rowsOf(train, rows.train), test: rowsOf(train, rows.test) };
  });
}

/** Indices of the first images of each class, or of a sample of the classes, class after class. */
function shownInGrid(labels: Uint8Array): number[] {
  const present = [...new Set(labels)].sort((a, b) => a - b);
  const found = new Map(sampled(present, GRID_CLASSES).map((label) => [label, [] as number[]]));
  labels.forEach((label, index) => {
    const indices = found.get(label);
    if (indices && indices.length < GRID_IMAGES) indices.push(index);
  });
  return [...found.values()].flat();
}

/** Images in grey without an axis for channels; others as they are. */
const ofGrey = ({ shape, data }: LabelledImages["images"]): LabelledImages["images"] => ({
  shape: shape[3] === 1 ? shape.slice(0, 3) : shape,
  data,
});

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
