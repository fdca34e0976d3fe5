/** Stage `prepare`: the images as networks read them. Part I of the original study. @module */
import { z } from "zod";
import {
  type DataDescription,
  hasTestPart,
  knownRows,
  whatIsRead,
} from "../../data/description.ts";
import { imageForm } from "../../data/form.ts";
import { RESIZES } from "../../data/resize.ts";
import { int, numberOrNaN, spread, word } from "../../files/table.ts";
import { array, json, local, optional, table } from "../../pipeline/artifacts.ts";
import { count, oneOf, seed, settings } from "../../schema.ts";
import { defineRoom, type Fault } from "../room.ts";
import { inputOf } from "../input.ts";
import { NO_TEST_PART, TWO_TEST_PARTS } from "./test_part.ts";

export { CORRELATED, inTables } from "./kept.ts";

const counts = z.array(z.int().min(0));

const summary = z.strictObject({
  /** Rows and columns of the training table as read, label included. */
  shape: z.tuple([z.int(), z.int()]),
  /** Of an image in pixels, `[height, width]`, where the grid of images shows it smaller. */
  image: z.tuple([count, count]).optional(),
  missingValues: z.int().min(0),
  duplicates: z.int().min(0),
  /** Number of training images of every class, duplicates dropped. */
  labelCounts: counts,
  /** Shape of every prepared array, by name. */
  shapes: z.record(z.string(), counts),
  labels: counts,
  /** The first labels one-hot, `[5, classes]`. */
  oneHot: z.array(counts),
});

/** One column's row of `DataFrame.describe()`. All but `count` are NaN where there are no rows. */
const description = {
  column: word,
  count: int,
  mean: numberOrNaN,
  std: numberOrNaN,
  min: numberOrNaN,
  q25: numberOrNaN,
  q50: numberOrNaN,
  q75: numberOrNaN,
  max: numberOrNaN,
};

/** As `train_test_split` is told it: the share that is held out, and a seed. */
const heldOut = { testSize: z.number().gt(0).lt(1), randomState: seed };

const images = local(array("uint8", [null, null, null, null]));
const labels = local(array("uint8", [null]));
const indices = local(array("int32", [null]));

/** The fault of a test part that is asked for beside one that is there, or of none at all. */
function testPartFaults(data: DataDescription, asked: boolean): Fault[] {
  if (asked !== hasTestPart(data)) return [];
  return [{
    path: ["prepare", "split", "testPart"],
    message: asked ? TWO_TEST_PARTS : NO_TEST_PART,
  }];
}

/** The stage. */
export const prepare = defineRoom({
  name: "prepare",
  about: "Read, describe, clean, pad and split the images",
  optional: false,
  settings: settings({
    /**
     * Of the images that networks read, in pixels: `[height, width]`, or one number for both. Smaller
     * images are padded with zeros to it.
     */
    size: z.union([count, z.tuple([count, count]).readonly()], {
      error: "expected a whole number of pixels, or [height, width]",
    }),
    /**
     * How images are scaled to `size` while they are read, before anything else is done: until they
     * fit in, the rest zeros (`fit`), until they cover it, the rest cut off (`crop`), or each side by
     * itself (`stretch`). They keep their scale if omitted.
     */
    resize: oneOf(RESIZES).optional(),
    /** 1 for grey images, 3 for red, green and blue; 1 if omitted. The data have as many. */
    channels: z.literal([1, 3]).optional(),
    /** Whether it is computed how the values of images go together, which takes their square of space; not if omitted. */
    correlations: z.boolean().optional(),
    /** Scikit-learn's `train_test_split`, by which images to validate with are held out. */
    split: settings({
      ...heldOut,
      /** Whether both parts have their share of every class (`stratify=y`); not if omitted. */
      stratify: z.boolean().optional(),
      /** What is split off first, with its share of every class, where the data have no test part. */
      testPart: settings(heldOut).optional(),
    }),
  }),
  module: import.meta.resolve("./run.ts"),
  section: import.meta.resolve("./section.ts"),
  parameters: (prepare, { data, classes }) => ({ data, classes, ...prepare }),
  // What a file is called and where it lies says nothing about what is in it, nor do names of classes.
  keyed: ({ data, classes, size, channels, ...rest }) => ({
    data: whatIsRead(data),
    classes: classes.length,
    input: inputOf({ size, channels }),
    ...rest,
  }),
  faults: ({ split: { testSize, testPart } }, { data, classes }): Fault[] => {
    const drawn = 10;
    const rows = knownRows(data);
    return [
      ...testPartFaults(data, testPart !== undefined),
      ...(data.format !== "synthetic" || classes.length === drawn ? [] : [{
        path: ["classes"],
        message: `there are ${classes.length} names, and the drawn garments have ${drawn} classes`,
      }]),
      ...(rows === undefined || Math.ceil(testSize * rows) < rows ? [] : [{
        path: ["prepare", "split", "testSize"],
        message: `a share of ${testSize} leaves none of ${rows} images to learn from`,
      }]),
    ];
  },
  reads: {},
  writes: {
    summary: json(summary),
    /** How many test images are training images too; left out where none is. */
    shared: optional(json(z.strictObject({ images: count }))),
    /** The first rows of the training table as read: label and pixels, or a sample of many pixels. */
    head: table({ label: int, pixels: spread(int) }),
    /** Every column of the table described, or a sample of many. */
    describe: table(description),
    /**
     * Of every value of an image with every other, `[P, P]`, NaN where one does not vary. Left out
     * where it is not asked for, or there are too many of them.
     */
    correlation: optional(array("float32", [null, null])),
    /**
     * Some images of some classes as read, large ones smaller, `[N, height, width]`, or
     * `[N, height, width, 3]` in colour.
     */
    gridImages: array("uint8", [null, null, null], [null, null, null, 3]),
    gridLabels: array("uint8", [null]),
    /** How the training images look: what a picture must be made to look like. */
    form: json(imageForm),
    // What networks learn from. Pixels stay bytes: networks divide by 255 in their first layer, which
    // gives the same numbers and a quarter of the file.
    trainImages: images,
    trainLabels: labels,
    trainIndices: indices,
    validationIndices: indices,
    testImages: images,
    testLabels: labels,
  },
  jobs: {},
  shows: {},
});

const { writes } = prepare;

/** The training images with their labels. */
export const trainingImages = {
  trainImages: writes.trainImages,
  trainLabels: writes.trainLabels,
};

/** Everything that a network which is validated and tested on the prepared split reads. */
export const preparedImages = {
  ...trainingImages,
  trainIndices: writes.trainIndices,
  validationIndices: writes.validationIndices,
  testImages: writes.testImages,
  testLabels: writes.testLabels,
};
