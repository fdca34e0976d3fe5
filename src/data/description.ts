/** A data set as `study.ts` declares it. @module */
import { z } from "zod";
import { count, seed, settings, sha256Text } from "../schema.ts";

/** A file of a data set: its name, the same wherever it is kept, and the SHA-256 of its bytes. */
const dataFile = settings({ file: z.string().min(1), sha256: sha256Text });

/** See `dataFile`. */
export type DataFile = Readonly<z.infer<typeof dataFile>>;

const name = z.string().min(1);
/** Addresses that a file's name is appended to; tried in this order. May be empty. */
const mirrors = z.array(z.url()).readonly();

/** The formats that can be read. */
export const dataDescription = z.discriminatedUnion("format", [
  settings({
    name,
    /** MNIST's own format, plain or gzip; see `idx.ts`. */
    format: z.literal("idx"),
    mirrors,
    trainImages: dataFile,
    trainLabels: dataFile,
    /** Both, or neither where there is no test part. */
    testImages: dataFile.optional(),
    testLabels: dataFile.optional(),
  }),
  settings({
    name,
    /** Kaggle's format; see `csv.ts`. */
    format: z.literal("csv"),
    mirrors,
    train: dataFile,
    /** Left out where there is no test part. */
    test: dataFile.optional(),
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
    code === "invalid_union" ? 'expected the format "idx", "csv" or "synthetic"' : undefined,
});

/** See `dataDescription`. */
export type DataDescription = Readonly<z.infer<typeof dataDescription>>;

/** How many training images a data set has, where its description tells; duplicates may go. */
export const knownRows = (data: DataDescription): number | undefined =>
  data.format === "synthetic" ? data.train : undefined;

/** Whether a data set has a test part of its own. */
export const hasTestPart = (data: DataDescription): boolean =>
  (data.format === "idx" ? data.testImages : data.test) !== undefined;

/** The files of a data set, those of its test part last; none where it is drawn. */
export function dataFiles(data: DataDescription): DataFile[] {
  switch (data.format) {
    case "idx":
      return [
        data.trainImages,
        data.trainLabels,
        ...(data.testImages && data.testLabels ? [data.testImages, data.testLabels] : []),
      ];
    case "csv":
      return data.test ? [data.train, data.test] : [data.train];
    case "synthetic":
      return [];
  }
}
