/** Reads the files of a data set by its description, wherever they are. @module */
import type { Progress } from "../files/locate.ts";
import { readCifar } from "./cifar.ts";
import { readCsv } from "./csv.ts";
import type { DataDescription, DataFile } from "./description.ts";
import { readIdx } from "./idx.ts";
import type { ReadPart } from "./labels.ts";
import { readNumpy } from "./numpy.ts";
import { listPictures, readPictures } from "./pictures.ts";
import type { Resizing } from "./resize.ts";

/** A data set as its files have it. */
export interface ReadParts {
  readonly train: ReadPart;
  readonly test?: ReadPart;
}

/**
 * Reads the parts of a data set.
 *
 * @param pathOf where a file of this name is
 * @param classes how many \`study.ts\` names; any number if undefined
 * @param resize the size that pictures are given, which have one already if undefined; images of other
 *   formats come as they are
 * @throws {Error} where a file is damaged, with the place and the rule
 */
export async function readParts(
  data: Exclude<DataDescription, { readonly format: "synthetic" }>,
  pathOf: (file: string) => string,
  classes: number | undefined,
  resize: Resizing | undefined,
  progress: Progress,
): Promise<ReadParts> {
  switch (data.format) {
    case "idx": {
      const read = async (images: DataFile, labels: DataFile) => {
        const name = pathOf(labels.file);
        return { ...await readIdx(pathOf(images.file), name), name };
      };
      const { trainImages, trainLabels, testImages, testLabels } = data;
      return {
        train: await read(trainImages, trainLabels),
        ...(testImages && testLabels ? { test: await read(testImages, testLabels) } : {}),
      };
    }
    case "numpy": {
      type ArrayOf = DataFile & { readonly array?: string | undefined };
      const fileOf = ({ file, array }: ArrayOf) => ({ path: pathOf(file), array });
      const read = async (images: ArrayOf, labels: ArrayOf) => ({
        ...await readNumpy(fileOf(images), fileOf(labels)),
        name: pathOf(labels.file),
      });
      const { trainImages, trainLabels, testImages, testLabels } = data;
      return {
        train: await read(trainImages, trainLabels),
        ...(testImages && testLabels ? { test: await read(testImages, testLabels) } : {}),
      };
    }
    case "cifar10":
    case "cifar100": {
      const label = data.format === "cifar10" ? "only" : data.labels;
      const read = async (files: readonly DataFile[]) => {
        const paths = files.map(({ file }) => pathOf(file));
        return { ...await readCifar(paths, label), name: paths.join(", ") };
      };
      return {
        train: await read(data.train),
        ...(data.test ? { test: await read(data.test) } : {}),
      };
    }
    case "pictures": {
      const name = pathOf(data.folder);
      const listed = await listPictures(name);
      const expected = classes ?? listed.classes.length;
      if (listed.classes.length !== expected) {
        throw new Error(
          `${name}: there are ${listed.classes.length} folders of classes, ` +
            `${listed.classes.slice(0, 12).join(", ")}${
              listed.classes.length > 12 ? ", ..." : ""
            }, ` +
            `and study.ts names ${expected} classes; name each, in this order.`,
        );
      }
      const form = { resize, background: data.background };
      const { train, test } = await readPictures(name, listed, form, progress);
      return { train: { ...train, name }, ...(test ? { test: { ...test, name } } : {}) };
    }
    case "csv": {
      const form = { header: data.header, column: data.labels?.column, shape: data.shape };
      const read = async ({ file }: DataFile) => {
        const name = pathOf(file);
        const told = (done: number, total: number) => progress(done, total, `reading ${file}`);
        return { ...await readCsv(name, form, told), name };
      };
      return {
        train: await read(data.train),
        ...(data.test ? { test: await read(data.test) } : {}),
      };
    }
  }
}
