/**
 * Stage `prepare`: reads the images, describes them, drops duplicate rows, pads to the network's
 * size and splits. Part I of the seed study.
 *
 * @module
 */
import { stringify } from "@std/csv";
import { correlationMatrix } from "../data/correlation.ts";
import { describe, labelCounts, missingValues } from "../data/describe.ts";
import { findDuplicates } from "../data/duplicates.ts";
import { oneHot, padImages, take } from "../data/prepare.ts";
import { type DataDescription, dataFolder, loadDataset } from "../data/source.ts";
import { trainTestSplit } from "../data/split.ts";
import type { PrepareSummary } from "../data/summary.ts";
import { locator } from "../files/locate.ts";
import { encodeNpy } from "../files/npy.ts";
import type { StageContext } from "../pipeline/stage.ts";

/** All that the prepared data depend on. */
export interface PrepareParameters {
  readonly data: DataDescription;
  readonly classes: readonly string[];
  /** Height and width of the padded images. */
  readonly size: number;
  /** Scikit-learn's `train_test_split`: `testSize` is a share, `randomState` a seed. */
  readonly split: { readonly testSize: number; readonly randomState: number };
}

/** How many rows the report shows. */
const HEAD = 5;
/** How many images of every class the grid shows. */
const GRID = 10;

/**
 * Writes `summary.json`, `head.csv`, `describe.csv`, `correlation.npy` `[P,P]`, `grid-images.npy`
 * `[100,28,28]` with `grid-labels.npy`, and, local, the arrays that networks learn from:
 * `train-images.npy` `[60000,32,32,1]`, `train-labels.npy` `[60000]`, `train-indices.npy`
 * `[45000]`, `validation-indices.npy` `[15000]`, `test-images.npy` `[10000,32,32,1]`,
 * `test-labels.npy` `[10000]`. Pixels stay bytes: networks divide by 255 in their first layer, which
 * gives the same numbers and a quarter of the file.
 */
export async function run({ parameters, surroundings, write, progress }: StageContext) {
  const { data, classes, size, split } = parameters as unknown as PrepareParameters;
  const folder = dataFolder(data, surroundings.cache, surroundings.dataDirectory);
  const files = locator({ data: folder });
  const { train: raw, test } = await loadDataset(data, classes.length, files, progress);

  // The table as the study saw it.
  const pixels = raw.images.data.length / raw.labels.data.length;
  const columns = ["label", ...Array.from({ length: pixels }, (_, i) => `pixel${i + 1}`)];
  const row = (i: number) => [
    raw.labels.data[i],
    ...raw.images.data.subarray(i * pixels, (i + 1) * pixels),
  ];
  await write(
    "head.csv",
    stringify([columns, ...Array.from({ length: HEAD }, (_, i) => row(i))]),
  );
  const description = describe(raw);
  await write(
    "describe.csv",
    stringify(description.map((column) => ({ ...column })), {
      columns: Object.keys(description[0]),
    }),
  );

  // Duplicates: the first of equal rows stays.
  const { kept, dropped } = findDuplicates(raw);
  const train = dropped.length === 0
    ? raw
    : { images: take(raw.images, kept), labels: take(raw.labels, kept) };

  const correlation = correlationMatrix(
    train.images,
    (done, total) => progress(done, total, "correlation of every pixel with every other"),
  );
  await write(
    "correlation.npy",
    encodeNpy({ shape: correlation.shape, data: singlePrecision(correlation.data) }),
  );

  const grid = firstOfEachClass(train.labels.data, classes.length, GRID);
  await write("grid-images.npy", encodeNpy(take(train.images, grid)));
  await write("grid-labels.npy", encodeNpy(take(train.labels, grid)));

  // What networks learn from.
  const images = padImages(train.images, size, size);
  const testImages = padImages(test.images, size, size);
  const { train: training, test: validation } = trainTestSplit(
    train.labels.data.length,
    split.testSize,
    split.randomState,
  );
  const local = { local: true };
  await write("train-images.npy", encodeNpy(images), local);
  await write("train-labels.npy", encodeNpy(train.labels), local);
  await write(
    "train-indices.npy",
    encodeNpy({ shape: [training.length], data: training }),
    local,
  );
  await write(
    "validation-indices.npy",
    encodeNpy({ shape: [validation.length], data: validation }),
    local,
  );
  await write("test-images.npy", encodeNpy(testImages), local);
  await write("test-labels.npy", encodeNpy(test.labels), local);

  const first = take(train.labels, Array.from({ length: HEAD }, (_, i) => i));
  const encoded = oneHot(first, classes.length);
  const summary: PrepareSummary = {
    shape: [raw.labels.data.length, columns.length],
    missingValues: missingValues(raw),
    duplicates: dropped.length,
    labelCounts: labelCounts(train.labels, classes.length),
    shapes: {
      train: [training.length, ...images.shape.slice(1)],
      validation: [validation.length, ...images.shape.slice(1)],
      test: testImages.shape,
    },
    labels: [...first.data],
    oneHot: Array.from(
      { length: HEAD },
      (_, i) => [...encoded.data.subarray(i * classes.length, (i + 1) * classes.length)],
    ),
  };
  await write("summary.json", JSON.stringify(summary, null, 2) + "\n");
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
