/**
 * Where a data set comes from: a folder the user named, the local cache, the public addresses, or
 * drawn on the spot. Whatever the source, a file's SHA-256 says whether it is the one that is studied.
 *
 * @module
 */
import { join } from "node:path";
import { readCsv } from "./csv.ts";
import type { Dataset } from "./dataset.ts";
import { digestOf, download, DownloadError } from "../files/download.ts";
import { readIdx } from "./idx.ts";
import { drawGarments } from "./synthetic.ts";

/** A file of a data set: its name, the same wherever it is kept, and the SHA-256 of its bytes in hexadecimal. */
export interface DataFile {
  readonly file: string;
  readonly sha256: string;
}

/** A data set as `study.ts` declares it. */
export type DataDescription =
  | {
    readonly name: string;
    /** MNIST's own format, plain or gzip; see `idx.ts`. */
    readonly format: "idx";
    /** Addresses that a file's name is appended to; tried in this order. May be empty. */
    readonly mirrors: readonly string[];
    readonly trainImages: DataFile;
    readonly trainLabels: DataFile;
    readonly testImages: DataFile;
    readonly testLabels: DataFile;
  }
  | {
    readonly name: string;
    /** Kaggle's format; see `csv.ts`. */
    readonly format: "csv";
    readonly mirrors: readonly string[];
    readonly train: DataFile;
    readonly test: DataFile;
  }
  | {
    readonly name: string;
    /** Drawn from a seed; see `synthetic.ts`. */
    readonly format: "synthetic";
    readonly seed: number;
    /** Numbers of images. */
    readonly train: number;
    readonly test: number;
  };

/** Folders of this machine. */
export interface DataFolders {
  /** For what can be had again; downloads go to `<cache>/data/<name of the data set>/`. */
  readonly cache: string;
  /** The folder that `FASHION_MNIST_DIR` names, if it is set. */
  readonly dataDirectory?: string;
}

/** Told the units done so far and in all, with a few words on what is done. */
type Progress = (done: number, total: number, note: string) => void;

/**
 * Finds, checks and reads a data set: `[N, rows, columns]` images with `[N]` labels below `classes`.
 *
 * @throws Error that names the three ways to give the data where there are none; the file, the digest
 * expected and the one found where a file is another one; the place and the rule where one is damaged
 */
export async function loadDataset(
  data: DataDescription,
  classes: number,
  folders: DataFolders,
  progress: Progress,
): Promise<Dataset> {
  switch (data.format) {
    case "synthetic":
      return {
        train: drawGarments(data.train, data.seed),
        test: drawGarments(data.test, data.seed + 1),
      };
    case "idx": {
      const { trainImages, trainLabels, testImages, testLabels } = data;
      const paths = await locate(
        data,
        [trainImages, trainLabels, testImages, testLabels],
        folders,
        progress,
      );
      return ofOneSize({
        train: await readIdx(paths[0], paths[1], classes),
        test: await readIdx(paths[2], paths[3], classes),
      });
    }
    case "csv": {
      const paths = await locate(data, [data.train, data.test], folders, progress);
      const read = (path: string, file: DataFile) =>
        readCsv(path, classes, (done, total) => progress(done, total, `reading ${file.file}`));
      return ofOneSize({
        train: await read(paths[0], data.train),
        test: await read(paths[1], data.test),
      });
    }
  }
}

function ofOneSize({ train, test }: Dataset): Dataset {
  const [a, b] = [train, test].map(({ images }) => images.shape.slice(1).join("x"));
  if (a !== b) {
    throw new Error(
      `The training images are ${a} pixels, the test images ${b}; one size is needed.`,
    );
  }
  return { train, test };
}

/**
 * The path of each file, downloaded to the cache where it is neither in the user's folder nor in the
 * cache yet.
 */
export async function locate(
  data: { readonly name: string; readonly mirrors: readonly string[] },
  files: readonly DataFile[],
  { cache, dataDirectory }: DataFolders,
  progress: Progress,
): Promise<string[]> {
  const kept = join(cache, "data", data.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-"));
  const folders = dataDirectory === undefined ? [kept] : [dataDirectory, kept];

  const locateOne = async (file: DataFile): Promise<string> => {
    for (const folder of folders) {
      const path = join(folder, file.file);
      const found = await digestOf(path, file.sha256);
      if (found === file.sha256) return path;
      if (found !== undefined) throw wrongFile(path, file, found, folder === kept);
    }
    const path = join(kept, file.file);
    const addresses = data.mirrors.map((mirror) => mirror + file.file);
    try {
      const note = `downloading ${file.file}`;
      await download(addresses, path, file.sha256, (done, total) => progress(done, total, note));
      return path;
    } catch (error) {
      if (!(error instanceof DownloadError)) throw error;
      throw notAvailable(data.name, file, files, dataDirectory, kept, error);
    }
  };

  const paths: string[] = [];
  for (const file of files) paths.push(await locateOne(file));
  return paths;
}

function wrongFile(path: string, { sha256 }: DataFile, found: string, cached: boolean): Error {
  return new Error(
    `${path} is not the file that study.ts declares.\n` +
      `  SHA-256 expected: ${sha256}\n` +
      `  SHA-256 found:    ${found}\n` +
      `If these are your own data, declare their SHA-256 in study.ts. Otherwise the file is damaged: ` +
      (cached ? "delete it, and it is fetched again." : "put the original in its place."),
  );
}

function notAvailable(
  name: string,
  missing: DataFile,
  files: readonly DataFile[],
  dataDirectory: string | undefined,
  kept: string,
  cause: DownloadError,
): Error {
  const looked = [
    dataDirectory === undefined
      ? "FASHION_MNIST_DIR: not set"
      : `FASHION_MNIST_DIR, ${dataDirectory}: not there`,
    `${kept}: not there`,
    ...cause.reasons,
  ];
  return new Error(
    `${name} cannot be had: ${missing.file} is in none of these places.\n` +
      looked.map((line) => `  ${line}\n`).join("") +
      `There are three ways to give it:\n` +
      `  1. set FASHION_MNIST_DIR to a folder that holds ${
        files.map(({ file }) => file).join(", ")
      };\n` +
      `  2. put these files into ${kept};\n` +
      `  3. run this where one of the addresses can be reached.\n` +
      `Without data, \`deno task demo\` runs the whole pipeline on drawn garments.`,
    { cause },
  );
}
