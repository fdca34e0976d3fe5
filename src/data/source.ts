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
import { resizedImages, type Resizing } from "./resize.ts";
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
 * @param resize the size that all images are given; they have one already, and keep it, if omitted
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
  resize?: Resizing,
): Promise<Dataset> {
  const inSize = <T extends { readonly images: LabelledImages["images"] }>(part: T): T =>
    resize ? { ...part, images: resizedImages(part.images, resize) } : part;
  if (data.format === "synthetic") {
    return {
      train: inSize(drawGarments(data.train, data.seed)),
      test: inSize(drawGarments(data.test, data.seed + 1)),
    };
  }
  const paths = await findAll(data, locator, progress);
  const read = await readParts(data, (file) => paths.get(file)!, classes, resize, progress);
  const [train, test] = [inSize(read.train), read.test && inSize(read.test)];
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
  const [a, b] = [train, test].map(({ images: { shape: [, height, width, channels] } }) => ({
    size: `${height}x${width} pixels`,
    channels: channels === 1 ? "grey" : "in colour",
  }));
  if (a.size !== b.size) {
    throw new Error(
      `The training images are ${a.size}, the test images ${b.size}; one size is needed: ` +
        `\`resize: "fit"\` in prepare, or "crop" or "stretch", scales them to its \`size\`.`,
    );
  }
  if (a.channels !== b.channels) {
    throw new Error(
      `The training images are ${a.channels}, the test images ${b.channels}; all must be alike.`,
    );
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
