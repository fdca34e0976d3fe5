/** A data set as `study.ts` declares it. @module */
import { z } from "zod";
import { type LabelSettings, LARGEST_LABEL } from "./labels.ts";
import { count, seed, settings, sha256Text } from "../schema.ts";

/** A file of a data set: its name, the same wherever it is kept, and the SHA-256 of its bytes. */
const dataFile = settings({ file: z.string().min(1), sha256: sha256Text });

/** See `dataFile`. */
export type DataFile = Readonly<z.infer<typeof dataFile>>;

/** A file of NumPy's; `array` is one's name in an archive that has several. */
const arrayFile = settings({ ...dataFile.shape, array: z.string().min(1).optional() });

const name = z.string().min(1);
/** Addresses that a file's name is appended to; tried in this order. May be empty. */
const mirrors = z.array(z.url()).readonly();

const label = z.int().min(0).max(LARGEST_LABEL);
/** Which labels stand for classes, where they do not count from 0; see `labels.ts`. */
const numbering = { first: label.optional(), skip: z.array(label).max(256).readonly().optional() };
const labels = settings(numbering).optional();

const channels = z.union([z.literal(1), z.literal(3)]);
/** Of an image: `[height, width]`, or `[height, width, channels]`. */
const shape = z.union([z.tuple([count, count]), z.tuple([count, count, channels])], {
  error: "expected [height, width], or [height, width, 3] for colour",
}).readonly();

const BY_HALVES = "is missing; a test part has images and labels";

/** A test part has images and labels, or there is none. */
function bothOrNone({ value, issues }: z.core.ParsePayload): void {
  const { testImages, testLabels } = z.object({
    testImages: z.unknown().optional(),
    testLabels: z.unknown().optional(),
  }).parse(value);
  if ((testImages === undefined) === (testLabels === undefined)) return;
  const path = [testImages === undefined ? "testImages" : "testLabels"];
  issues.push({ code: "custom", path, input: value, message: BY_HALVES });
}

/** The formats that can be read. Where there is no test part, some of the images are set apart for it. */
export const dataDescription = z.discriminatedUnion("format", [
  settings({
    name,
    /** MNIST's own format, plain or gzip; see `idx.ts`. */
    format: z.literal("idx"),
    mirrors,
    trainImages: dataFile,
    trainLabels: dataFile,
    testImages: dataFile.optional(),
    testLabels: dataFile.optional(),
    labels,
  }).check(bothOrNone),
  settings({
    name,
    /** A line an image; see `csv.ts`. */
    format: z.literal("csv"),
    mirrors,
    train: dataFile,
    test: dataFile.optional(),
    /** Whether the first line names the columns; it does if omitted. */
    header: z.boolean().optional(),
    /** `column` is the one with the labels, its name or its place from 0; see `csv.ts`. */
    labels: settings({
      column: z.union([z.string().min(1), z.int().min(0)]).optional(),
      ...numbering,
    }).optional(),
    /** Grey and square if omitted. */
    shape: shape.optional(),
  }),
  settings({
    name,
    /** Arrays of NumPy's; see `numpy.ts`. */
    format: z.literal("numpy"),
    mirrors,
    trainImages: arrayFile,
    trainLabels: arrayFile,
    testImages: arrayFile.optional(),
    testLabels: arrayFile.optional(),
    labels,
  }).check(bothOrNone),
  settings({
    name,
    /** CIFAR-10's binary form; see `cifar.ts`. */
    format: z.literal("cifar10"),
    mirrors,
    train: z.array(dataFile).min(1).readonly(),
    test: z.array(dataFile).min(1).readonly().optional(),
  }),
  settings({
    name,
    /** CIFAR-100's binary form; see `cifar.ts`. */
    format: z.literal("cifar100"),
    mirrors,
    train: z.array(dataFile).min(1).readonly(),
    test: z.array(dataFile).min(1).readonly().optional(),
    /** Of 100 classes or of 20. */
    labels: z.enum(["fine", "coarse"]),
  }),
  settings({
    name,
    /** A folder of pictures; see `pictures.ts`. */
    format: z.literal("pictures"),
    folder: z.string().min(1),
    /** Of all pictures with their paths; see `digestPictures`. */
    sha256: sha256Text,
    /** What see-through pictures are laid on, from 0 (black) to 255 (white). */
    background: z.int().min(0).max(255).optional(),
  }),
  settings({
    name,
    /** Drawn from a seed; see `synthetic.ts`. */
    format: z.literal("synthetic"),
    seed,
    /** Numbers of images. */
    train: count,
    test: count,
  }),
], {
  error: ({ code }) =>
    code === "invalid_union"
      ? 'expected the format "idx", "csv", "numpy", "cifar10", "cifar100", "pictures" or "synthetic"'
      : undefined,
});

/** See `dataDescription`. */
export type DataDescription = Readonly<z.infer<typeof dataDescription>>;

/** How many training images a data set has, where its description tells; duplicates may go. */
export const knownRows = (data: DataDescription): number | undefined =>
  data.format === "synthetic" ? data.train : undefined;

const present = (files: readonly (DataFile | undefined)[]): DataFile[] =>
  files.filter((file) => file !== undefined);

/** Each file once, however many arrays of it are read. */
const different = (files: readonly DataFile[]): DataFile[] => [
  ...new Map(
    files.map(({ file, sha256 }) => [`${sha256} ${file}`, { file, sha256 }]),
  ).values(),
];

/** Whether a data set has a test part of its own; undefined where only its folder tells. */
export function hasTestPart(data: DataDescription): boolean | undefined {
  switch (data.format) {
    case "idx":
    case "numpy":
      return data.testImages !== undefined;
    case "pictures":
      return undefined;
    default:
      return data.test !== undefined;
  }
}

/** The files of a data set, those of its test part last, or its folder; none where it is drawn. */
export function dataFiles(data: DataDescription): DataFile[] {
  switch (data.format) {
    case "idx":
      return present([data.trainImages, data.trainLabels, data.testImages, data.testLabels]);
    case "numpy":
      return different(
        present([data.trainImages, data.trainLabels, data.testImages, data.testLabels]),
      );
    case "csv":
      return present([data.train, data.test]);
    case "cifar10":
    case "cifar100":
      return [...data.train, ...data.test ?? []];
    case "pictures":
      return [{ file: data.folder, sha256: data.sha256 }];
    case "synthetic":
      return [];
  }
}

/** Names and places, of which nothing that is read depends. */
const SAID_OF_PLACES = new Set(["name", "mirrors", "file", "folder"]);

/** What decides which images and labels are read: all of the description but names and places. */
export const whatIsRead = (data: DataDescription): unknown =>
  JSON.parse(
    JSON.stringify(data, (key, value) => SAID_OF_PLACES.has(key) ? undefined : value),
  );

/** The settings of labels, where the format lets labels be anything. */
export function labelSettings(data: DataDescription): LabelSettings | undefined {
  switch (data.format) {
    case "idx":
    case "csv":
    case "numpy":
      return data.labels ?? {};
    default:
      return undefined;
  }
}
