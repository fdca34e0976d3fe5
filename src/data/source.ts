/**
 * Where a data set comes from: files that are found by their digests, or drawn on the spot.
 *
 * @module
 */
import { join } from "node:path";
import { readCsv } from "./csv.ts";
import type { Dataset } from "./dataset.ts";
import type { DataDescription, DataFile } from "./description.ts";
import { type Folder, type Locator, type Progress, UnavailableError } from "../files/locate.ts";
import { readIdx } from "./idx.ts";
import { drawGarments } from "./synthetic.ts";

/**
 * Where a data set's files are on this machine: the folder that `FASHION_MNIST_DIR` names, if it is
 * set, and one of the set's own below the cache.
 */
export function dataFolder(
  data: { readonly name: string },
  cache: string,
  directory?: string,
): Folder {
  const name = data.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  return { variable: "FASHION_MNIST_DIR", directory, cache: join(cache, "data", name) };
}

/**
 * Finds, checks and reads a data set: `[N, rows, columns]` images with `[N]` labels below `classes`,
 * and no test part where it has none.
 *
 * @param locator finds files of the kind `data`
 * @throws {Error} where there are none, with the three ways to give them
 * @throws {Error} where a file is another one, with its name, the digest expected and the one found
 * @throws {Error} where a file is damaged, with the place and the rule
 */
export async function loadDataset(
  data: DataDescription,
  classes: number,
  locator: Locator,
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
      const test = testImages && testLabels ? [testImages, testLabels] : [];
      const files = [trainImages, trainLabels, ...test];
      const paths = await findAll(data, files, locator, progress);
      return ofOneSize({
        train: await readIdx(paths[0], paths[1], classes),
        ...(paths.length > 2 ? { test: await readIdx(paths[2], paths[3], classes) } : {}),
      });
    }
    case "csv": {
      const files = data.test ? [data.train, data.test] : [data.train];
      const paths = await findAll(data, files, locator, progress);
      const read = (path: string, file: DataFile) =>
        readCsv(path, classes, (done, total) => progress(done, total, `reading ${file.file}`));
      return ofOneSize({
        train: await read(paths[0], data.train),
        ...(data.test ? { test: await read(paths[1], data.test) } : {}),
      });
    }
  }
}

function ofOneSize(data: Dataset): Dataset {
  const [a, b = a] = [data.train, data.test ?? []].flat()
    .map(({ images }) => images.shape.slice(1).join("x"));
  if (a !== b) {
    throw new Error(
      `The training images are ${a} pixels, the test images ${b}; one size is needed.`,
    );
  }
  return data;
}

/** The path of each file, one after the other. */
async function findAll(
  data: { readonly name: string; readonly mirrors: readonly string[] },
  files: readonly DataFile[],
  locator: Locator,
  progress: Progress,
): Promise<string[]> {
  const paths: string[] = [];
  for (const { file, sha256 } of files) {
    const addresses = data.mirrors.map((mirror) => mirror + file);
    try {
      const path = await locator.find(
        { kind: "data", name: file, digest: sha256, addresses },
        progress,
      );
      paths.push(path);
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      throw notAvailable(data.name, files, error);
    }
  }
  return paths;
}

function notAvailable(
  name: string,
  files: readonly DataFile[],
  cause: UnavailableError,
): Error {
  const { file, reasons, folder } = cause;
  return new Error(
    `${name} cannot be had: ${file} is in none of these places.\n` +
      reasons.map((line) => `  ${line}\n`).join("") +
      `There are three ways to give it:\n` +
      `  1. set ${folder.variable} to a folder that holds ${
        files.map(({ file }) => file).join(", ")
      };\n` +
      `  2. put these files into ${folder.cache};\n` +
      `  3. run this where one of the addresses can be reached.\n` +
      `Without data, \`deno task demo\` runs the whole pipeline on drawn garments.`,
    { cause },
  );
}
