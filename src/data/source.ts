/**
 * Where a data set comes from: files that are found by their digests, or drawn on the spot.
 *
 * @module
 */
import {
  type Locator,
  type OutsideFile,
  type Progress,
  UnavailableError,
  variableOf,
} from "../files/locate.ts";
import type { Dataset, LabelledImages } from "./dataset.ts";
import { type DataDescription, dataFiles, labelSettings } from "./description.ts";
import { checkAllShown, classesOf, type ReadPart } from "./labels.ts";
import { digestPictures } from "./pictures.ts";
import { readParts } from "./read.ts";
import { drawGarments } from "./synthetic.ts";

/** What a data set consists of, as a locator looks for it. */
export function outsideFiles(data: DataDescription): OutsideFile[] {
  const mirrors = "mirrors" in data ? data.mirrors : [];
  return dataFiles(data).map(({ file, sha256 }) => ({
    kind: "data",
    name: file,
    digest: sha256,
    addresses: mirrors.map((mirror) => mirror + file),
    ...(data.format === "pictures" ? { digestOf: digestPictures } : {}),
  }));
}

/**
 * Finds, checks and reads a data set: images `[N, height, width, channels]` of one size, with labels
 * `[N]` below `classes`, and no test part where it has none.
 *
 * @param locator finds files of the kind `data`
 * @throws {Error} where there are none, with the three ways to give them
 * @throws {Error} where a file is another one, with its name, the digest expected and the one found
 * @throws {Error} where a file is damaged, with the place and the rule
 * @throws {Error} where labels and classes do not fit each other, with the setting that helps
 */
export async function loadDataset(
  data: DataDescription,
  classes: number,
  locator: Locator,
  progress: Progress,
): Promise<Dataset> {
  if (data.format === "synthetic") {
    return {
      train: drawGarments(data.train, data.seed),
      test: drawGarments(data.test, data.seed + 1),
    };
  }
  const paths = await findAll(data, locator, progress);
  const { train, test } = await readParts(data, (file) => paths.get(file)!, classes, progress);
  checkSizes(train, test);
  const settings = labelSettings(data);
  const withClasses = (part: ReadPart): LabelledImages => ({
    images: part.images,
    labels: classesOf(part, settings, classes),
  });
  const dataset = { train: withClasses(train), ...(test ? { test: withClasses(test) } : {}) };
  checkAllShown(train, settings, classes);
  return dataset;
}

function checkSizes(train: ReadPart, test: ReadPart | undefined): void {
  if (!test) return;
  const [a, b] = [train, test].map(({ images }) => {
    const [, height, width, channels] = images.shape;
    return `${height}x${width} pixels${channels === 1 ? "" : ` of ${channels} channels`}`;
  });
  if (a !== b) {
    throw new Error(`The training images are ${a}, the test images ${b}; one size is needed.`);
  }
}

/** The path of each file by its name, found one after the other. */
async function findAll(
  data: DataDescription,
  locator: Locator,
  progress: Progress,
): Promise<Map<string, string>> {
  const paths = new Map<string, string>();
  const files = outsideFiles(data);
  for (const file of files) {
    try {
      paths.set(file.name, await locator.find(file, progress));
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      throw notAvailable(data.name, files, error);
    }
  }
  return paths;
}

function notAvailable(
  name: string,
  files: readonly OutsideFile[],
  cause: UnavailableError,
): Error {
  const { file, reasons, folder } = cause;
  return new Error(
    `${name} cannot be had: ${file} is in none of these places.\n` +
      reasons.map((line) => `  ${line}\n`).join("") +
      `There are three ways to give it:\n` +
      `  1. set ${variableOf(folder)} to a folder that holds ${
        files.map(({ name }) => name).join(", ")
      };\n` +
      `  2. put these files into ${folder.cache};\n` +
      `  3. run this where one of the addresses can be reached.\n` +
      `Without data, \`deno task demo\` runs the whole pipeline on drawn garments.`,
    { cause },
  );
}
