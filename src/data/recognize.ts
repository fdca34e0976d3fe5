/**
 * Looks at files of labelled images that nobody has described yet, and describes them: what `study.ts`
 * would say of them, and what is in them. Files are known by what they hold; their names only tell
 * training from test.
 *
 * @module
 */
import { basename, dirname, join, resolve } from "node:path";
import { sha256File } from "../files/digest.ts";
import { explained } from "../files/explain.ts";
import { foreignForm } from "../files/forms.ts";
import type { Progress } from "../files/locate.ts";
import { plainSize, readPlain, readPlainText } from "../files/plain.ts";
import { type CifarLabel, recordBytes } from "./cifar.ts";
import { fieldsOf } from "./csv.ts";
import type { LabelledImages } from "./dataset.ts";
import { labelCounts } from "./describe.ts";
import { type DataDescription, type DataFile, labelSettings } from "./description.ts";
import { findDuplicates, sharedImages } from "./duplicates.ts";
import { gunzip, isGzip } from "./gzip.ts";
import { fileInPieces, incoming } from "./incoming.ts";
import { checkAllShown, classesOf, countLabels, type ReadPart, settingsFor } from "./labels.ts";
import { type ArrayHeader, arraysIn } from "./numpy.ts";
import { decodePicture, isPicture, SeeThroughError } from "./picture.ts";
import { digestPictures, listPictures, namesIn, type PictureFolder } from "./pictures.ts";
import { readParts } from "./read.ts";
import type { Resizing } from "./resize.ts";

/** What is known of one part of a data set. */
export interface PartFacts {
  readonly images: number;
  /** Images of each class. */
  readonly counts: readonly number[];
}

/** What was found. */
export interface Recognized {
  /** What `study.ts` says of it; the name is made of the folder's or file's. */
  readonly data: DataDescription;
  /** Where its files lie, or its folder of pictures. */
  readonly folder: string;
  /** Names of the classes in their order: as the data have them, or else their labels. */
  readonly classes: readonly string[];
  /** Whether the names are more than labels. */
  readonly named: boolean;
  /** Of an image, `[height, width, channels]`, once it is resized. */
  readonly shape: readonly number[];
  /** What makes pictures of different sizes one: `size` and `resize` of prepare. */
  readonly resize?: Resizing;
  readonly train: PartFacts;
  readonly test?: PartFacts;
  /** Training images that repeat an earlier one with the same label. */
  readonly duplicates: number;
  /** Test images that are training images too, whatever their labels. */
  readonly shared: number;
  /** What else should be known, a sentence each. */
  readonly notes: readonly string[];
}

type Described = Exclude<DataDescription, { readonly format: "synthetic" }>;

/** What a look at the files gives, before their images are read. */
interface Found {
  /** Without settings for labels, which follow from the labels. */
  readonly data: Described;
  readonly folder: string;
  readonly classes?: readonly string[];
  readonly resize?: Resizing;
  readonly notes: readonly string[];
}

/**
 * Recognizes a file or a folder, and reads all images that it has.
 *
 * @throws {Error} where nothing is recognized, with what was looked at and what is expected
 * @throws {Error} where a file is damaged or cannot be read as it is
 */
export async function recognize(path: string, progress: Progress = () => {}): Promise<Recognized> {
  try {
    return await recognized(path, progress);
  } catch (error) {
    throw explained(error);
  }
}

async function recognized(path: string, progress: Progress): Promise<Recognized> {
  const found = await identify(resolve(path), progress);
  const { folder } = found;
  const { train, test } = await readParts(
    found.data,
    (file) => join(folder, file),
    undefined,
    found.resize,
    progress,
  );
  const labels = [...countLabels([...train.labels.data, ...test?.labels.data ?? []]).keys()];
  const fixed = labelSettings(found.data) === undefined;
  const settings = fixed ? {} : settingsFor(labels);
  if (!settings) {
    throw new Error(
      `${train.name}: there are ${labels.length} different labels, from ${labels[0]} to ` +
        `${labels[labels.length - 1]}; there can be 256 classes, so these do not look like labels.`,
    );
  }
  const classes = found.classes ?? labels.map(String);
  const data = withLabels(found.data, settings);
  const classed = (part: ReadPart): LabelledImages => ({
    images: part.images,
    labels: classesOf(part, fixed ? undefined : settings, classes.length),
  });
  const facts = ({ labels }: LabelledImages): PartFacts => ({
    images: labels.data.length,
    counts: labelCounts(labels, classes.length),
  });
  const [training, tested] = [classed(train), test && classed(test)];
  checkAllShown(train, fixed ? undefined : settings, classes.length);
  return {
    data,
    folder,
    classes,
    named: found.classes !== undefined,
    shape: training.images.shape.slice(1),
    ...(found.resize ? { resize: found.resize } : {}),
    train: facts(training),
    ...(tested ? { test: facts(tested) } : {}),
    duplicates: findDuplicates(training).dropped.length,
    shared: tested ? sharedImages(training.images, tested.images) : 0,
    notes: found.notes,
  };
}

/** A description with the settings that its labels need. */
function withLabels(
  data: Described,
  settings: { first?: number; skip?: readonly number[] },
): Described {
  switch (data.format) {
    case "idx":
    case "csv":
    case "numpy": {
      const labels = { ...data.labels, ...settings };
      return Object.keys(labels).length === 0 ? data : { ...data, labels };
    }
    default:
      return data;
  }
}

const EXPECTED =
  "expected IDX files, CSV tables, NumPy's .npz or .npy, CIFAR's binary files, or a " +
  "folder of pictures with a folder a class";

/** What a file is, by what it holds. */
type Kind =
  | { readonly kind: "idx"; readonly shape: readonly number[] }
  | { readonly kind: "numpy"; readonly arrays: ReadonlyMap<string, ArrayHeader> }
  | { readonly kind: "csv"; readonly size: number; readonly first: readonly string[] }
  | { readonly kind: "cifar"; readonly label: CifarLabel }
  | { readonly kind: "foreign"; readonly form: string }
  | { readonly kind: "picture" | "packed" | "other" };

type KindOf<K extends Kind["kind"]> = Extract<Kind, { readonly kind: K }>;
type Files = readonly (readonly [name: string, kind: Kind])[];

async function identify(path: string, progress: Progress): Promise<Found> {
  const info = await Deno.stat(path).catch((cause) => {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new Error(`There is nothing at ${path}; give the file or the folder of the data.`, {
      cause,
    });
  });
  const folder = info.isDirectory ? path : dirname(path);
  const name = basename(path).replace(/\.[^.]+$/, "") || "Data";
  if (info.isDirectory && await hasPictures(path)) return await ofPictures(path, name, progress);
  const names = info.isDirectory ? (await namesIn(path)).files : [basename(path)];
  const all: [string, Kind][] = [];
  for (const file of names) all.push([file, await kindOf(join(folder, file))]);
  const of = <K extends Kind["kind"]>(kind: K) =>
    all.filter((file): file is [string, KindOf<K>] => file[1].kind === kind);
  const makers = {
    idx: () => ofIdx(folder, name, of("idx")),
    numpy: () => ofNumpy(folder, name, of("numpy")),
    csv: () => ofCsv(folder, name, of("csv")),
    cifar: () => ofCifar(folder, name, of("cifar"), all),
  };
  const kinds = (Object.keys(makers) as (keyof typeof makers)[]).filter((kind) =>
    of(kind).length > 0
  );
  if (kinds.length > 1) {
    throw new Error(
      `${path}: there are files of several kinds, ${
        kinds.map((kind) => `${of(kind)[0][0]} (${kind})`).join(" and ")
      }; give those of one data set a folder of their own.`,
    );
  }
  if (kinds.length === 1) return await makers[kinds[0]]();
  if (!info.isDirectory && all[0][1].kind === "picture") {
    throw new Error(`${path} is one picture; give the folder that has a folder a class.`);
  }
  const packed = of("packed");
  if (packed.length > 0) {
    throw new Error(`${join(folder, packed[0][0])} is an archive; unpack it, and give the folder.`);
  }
  const [foreign] = of("foreign");
  if (foreign) throw new Error(`${join(folder, foreign[0])} is ${foreign[1].form}`);
  const seen = all.length === 0 ? "no files" : all.slice(0, 6).map(([name]) => name).join(", ");
  throw new Error(`${path}: nothing is recognized (${seen}); ${EXPECTED}.`);
}

/** How many bytes of a file are looked at; a first line of many columns goes on behind them. */
const LOOKED_AT = 1 << 22;

async function kindOf(path: string): Promise<Kind> {
  const size = await plainSize(path);
  const take = async (pieces: AsyncIterable<Uint8Array>, count: number) => {
    await using bytes = incoming(pieces, path);
    return await bytes.take(count);
  };
  let start = await take(fileInPieces(path), 512);
  const text = String.fromCharCode(...start.subarray(0, 8));
  if (isPicture(start)) return { kind: "picture" };
  const form = foreignForm(start);
  if (form !== undefined) return { kind: "foreign", form };
  if (text.startsWith("\x93NUMPY")) return { kind: "numpy", arrays: await arraysIn(path) };
  if (text.startsWith("PK")) {
    const arrays = await arraysIn(path).catch(() => undefined);
    return arrays ? { kind: "numpy", arrays } : { kind: "packed" };
  }
  if (isGzip(start)) {
    start = await take(gunzip(await readPlain(path), path), 512);
    if (new TextDecoder().decode(start.subarray(257, 262)) === "ustar") return { kind: "packed" };
  } else {
    const label = await cifarLabel(path, size);
    if (label) return { kind: "cifar", label };
  }
  const axes = start[3];
  if (start[0] === 0 && start[1] === 0 && start[2] === 8 && [1, 3, 4].includes(axes)) {
    const view = new DataView(start.buffer);
    if (start.length < 4 + 4 * axes) return { kind: "other" };
    return {
      kind: "idx",
      shape: Array.from({ length: axes }, (_, i) => view.getUint32(4 + 4 * i)),
    };
  }
  // Text has no zeros.
  if (isGzip(await take(fileInPieces(path), 2)) || start.includes(0)) return { kind: "other" };
  const lines = new TextDecoder().decode(await take(fileInPieces(path), LOOKED_AT)).split("\n");
  const [first, second = []] = lines.slice(0, 2).map((line) => fieldsOf(line));
  // A table of pixels: numbers below the header, but for a label that may be a word.
  const words = second.filter((field) => !isNumber(field)).length;
  const isTable = first.length > 1 && second.length === first.length && words <= 1;
  return isTable ? { kind: "csv", size, first } : { kind: "other" };
}

const isNumber = (field: string) => /^\uFEFF?-?\d+(\.\d*)?$/.test(field);

/** Which of CIFAR's two forms a file can be, by its size and by all its labels; undefined if neither. */
async function cifarLabel(path: string, size: number): Promise<CifarLabel | undefined> {
  const forms: [CifarLabel, number[]][] = [["only", [10]], ["fine", [20, 100]]];
  for (const [label, limits] of forms) {
    const record = recordBytes(label);
    if (size === 0 || size % record !== 0) continue;
    using file = await Deno.open(path);
    const own = new Uint8Array(limits.length);
    let fits = true;
    for (let at = 0; fits && at < size; at += record) {
      await file.seek(at, Deno.SeekMode.Start);
      await file.read(own);
      fits = limits.every((limit, i) => own[i] < limit);
    }
    if (fits) return label;
  }
}

const describeFile = async (folder: string, file: string): Promise<DataFile> => ({
  file,
  sha256: await sha256File(join(folder, file)),
});

/** Whether a name is that of a part, as words go: `t10k-images`, `x_test`, `val_labels`. */
const isTest = (name: string) => /(^|[^a-z])(t10k|test)/i.test(name);
const isValidation = (name: string) => /(^|[^a-z])val(id|idation)?([^a-z]|$)/i.test(name);

/**
 * Which of at most two files is for training: the one whose name does not say test, or else the larger.
 *
 * @throws {Error} where there are more
 */
function parts<T>(
  files: readonly T[],
  { of, folder, name, size }: {
    readonly of: string;
    readonly folder: string;
    name(file: T): string;
    size(file: T): number;
  },
): [train: T, test: T | undefined] {
  if (files.length > 2) {
    throw new Error(
      `${folder}: there are ${files.length} files of ${of}, ${
        files.slice(0, 6).map(name).join(", ")
      }; give those of one data set, for training and for test, a folder of their own.`,
    );
  }
  const [train, test] = files.toSorted((a, b) =>
    Number(isTest(name(a))) - Number(isTest(name(b))) || size(b) - size(a)
  );
  return [train, test];
}

async function ofIdx(
  folder: string,
  name: string,
  files: readonly [string, KindOf<"idx">][],
): Promise<Found> {
  const byAxes = (images: boolean) => files.filter(([, { shape }]) => shape.length > 1 === images);
  const [images, labels] = [byAxes(true), byAxes(false)];
  if (images.length === 0 || images.length !== labels.length) {
    throw new Error(
      `${folder}: of IDX there are ${images.length} files of images and ${labels.length} of labels ` +
        `(${files.map(([name]) => name).join(", ")}); each file of images needs one of labels.`,
    );
  }
  const told = { folder, name: ([name]: [string, Kind]) => name, size: sizeOfIdx };
  const [trainImages, testImages] = parts(images, { ...told, of: "images" });
  const [trainLabels, testLabels] = parts(labels, { ...told, of: "labels" });
  const describe = ([file]: [string, Kind]) => describeFile(folder, file);
  return {
    folder,
    notes: [],
    data: {
      name,
      format: "idx",
      mirrors: [],
      trainImages: await describe(trainImages),
      trainLabels: await describe(trainLabels),
      ...(testImages && testLabels
        ? { testImages: await describe(testImages), testLabels: await describe(testLabels) }
        : {}),
    },
  };
}

const sizeOfIdx = ([, { shape }]: [string, KindOf<"idx">]) => shape[0];

async function ofNumpy(
  folder: string,
  name: string,
  files: readonly [string, KindOf<"numpy">][],
): Promise<Found> {
  const all = files.flatMap(([file, { arrays }]) =>
    [...arrays].map(([array, header]) => ({
      file,
      header,
      array: arrays.size === 1 ? undefined : array,
      name: `${file} ${array}`,
    }))
  );
  type Candidate = (typeof all)[number];
  // Whatever their values are: reading says how to convert those that cannot be read.
  const isImages = ({ header: { shape } }: Candidate) => shape.length > 2;
  // The file's own name may say test of all its arrays, or of none: the array's goes first.
  const role = ({ file, array = "" }: Candidate) => /train|test|val/i.test(array) ? array : file;
  const left = all.filter((it) => isValidation(role(it)));
  const used = all.filter((it) => !left.includes(it));
  const images = used.filter(isImages);
  // Other arrays, such as one with names of classes, have other lengths.
  const labels = used.filter((it) =>
    !isImages(it) && images.some(({ header }) => header.shape[0] === it.header.shape[0])
  );
  if (images.length === 0 || images.length !== labels.length) {
    throw new Error(
      `${folder}: of NumPy's arrays, ${images.length} can be images (three or four axes) and ` +
        `${labels.length} labels: ${
          used.map(({ name, header: { shape } }) => `${name.trim()} [${shape.join(", ")}]`)
            .join(", ")
        }; each array of images needs one of labels.`,
    );
  }
  const told = { folder, name: role, size: ({ header: { shape } }: Candidate) => shape[0] };
  const [trainImages, testImages] = parts(images, { ...told, of: "images" });
  const [trainLabels, testLabels] = parts(labels, { ...told, of: "labels" });
  const described = new Map<string, DataFile>();
  for (const [file] of files) described.set(file, await describeFile(folder, file));
  const of = ({ file, array }: Candidate) => ({
    ...described.get(file)!,
    ...(array === undefined ? {} : { array }),
  });
  return {
    folder,
    notes: left.length === 0 ? [] : [
      `${
        left.map(({ name }) => name.trim()).join(" and ")
      } are not read: images for validation are ` +
      `split off the training images.`,
    ],
    data: {
      name,
      format: "numpy",
      mirrors: [],
      trainImages: of(trainImages),
      trainLabels: of(trainLabels),
      ...(testImages && testLabels
        ? { testImages: of(testImages), testLabels: of(testLabels) }
        : {}),
    },
  };
}

async function ofCsv(
  folder: string,
  name: string,
  files: readonly [string, KindOf<"csv">][],
): Promise<Found> {
  // Beside tables of images may lie others, such as a list of answers to hand in.
  const widest = Math.max(...files.map(([, { first }]) => first.length));
  const tables = files.filter(([, { first }]) => first.length >= widest - 1);
  const [train, second] = parts(tables, {
    of: "CSV",
    folder,
    name: ([name]) => name,
    size: ([, { size }]) => size,
  });
  const [file, { first }] = train;
  // Contests keep the labels of their test part to themselves.
  const labelled = second === undefined || second[1].first.length === first.length;
  const test = labelled ? second : undefined;
  const header = !first.every(isNumber);
  const { column, why } = labelColumn(first, header);
  const pixels = first.length - 1;
  const [side, sideInColour] = [Math.sqrt(pixels), Math.sqrt(pixels / 3)];
  if (!Number.isInteger(side) && !Number.isInteger(sideInColour)) {
    throw new Error(
      `${
        join(folder, file)
      }: ${pixels} columns beside the label make no square image, grey or in ` +
        `colour; describe it in study.ts with \`shape: [height, width]\`.`,
    );
  }
  return {
    folder,
    notes: [
      ...(why === undefined ? [] : [why]),
      ...(labelled ? [] : [`${second[0]} is not read: it has a column less, so it has no labels.`]),
    ],
    data: {
      name,
      format: "csv",
      mirrors: [],
      train: await describeFile(folder, file),
      ...(test ? { test: await describeFile(folder, test[0]) } : {}),
      ...(header ? {} : { header }),
      ...(column === undefined ? {} : { labels: { column } }),
      ...(Number.isInteger(side) ? {} : { shape: [sideInColour, sideInColour, 3] as const }),
    },
  };
}

/** Which column has the labels; undefined where the reader finds it by itself. `why` is a guess's reason. */
function labelColumn(
  titles: readonly string[],
  header: boolean,
): { readonly column?: string | number; readonly why?: string } {
  if (!header) {
    return {
      why:
        "The file has no header: its first column is taken for the label; if it is another, say " +
        "`labels: { column: ... }` in data, with its place counted from 0.",
    };
  }
  if (titles.includes("label")) return {};
  const known = titles.find((title) => /^(labels?|class(es)?|target|y|category)$/i.test(title));
  if (known !== undefined) return { column: known };
  const others = titles.filter((title) => !/\d$/.test(title));
  const column = others.length === 1 ? titles.indexOf(others[0]) : 0;
  return {
    column,
    why:
      `The column ${
        JSON.stringify(titles[column])
      } is taken for the label; if it is another, say ` +
      `\`labels: { column: "..." }\` in data.`,
  };
}

/** Where CIFAR's archives have the names of their classes, a line each. */
const NAMES = { only: "batches.meta.txt", fine: "fine_label_names.txt" };

async function ofCifar(
  folder: string,
  name: string,
  files: readonly [string, KindOf<"cifar">][],
  all: Files,
): Promise<Found> {
  const label = files[0][1].label === "only" ? "only" : "fine";
  const wrong = files.find(([, kind]) => kind.label !== label);
  if (wrong) {
    throw new Error(`${folder}: ${files[0][0]} is of CIFAR's one form, ${wrong[0]} of the other.`);
  }
  const describe = async (list: typeof files) => {
    const described: DataFile[] = [];
    for (const [file] of list) described.push(await describeFile(folder, file));
    return described;
  };
  const [test, train] = [true, false].map((test) => files.filter(([n]) => isTest(n) === test));
  const parts = train.length > 0
    ? { train: await describe(train), ...(test.length > 0 ? { test: await describe(test) } : {}) }
    : { train: await describe(test) };
  const names = all.some(([file]) => file === NAMES[label])
    ? (await readPlainText(join(folder, NAMES[label]))).split("\n")
      .map((line) => line.trim()).filter((line) => line !== "")
    : undefined;
  const count = label === "only" ? 10 : 100;
  return {
    folder,
    notes: [],
    classes: names?.length === count ? names : Array.from({ length: count }, (_, i) => String(i)),
    data: label === "only"
      ? { name, format: "cifar10", mirrors: [], ...parts }
      : { name, format: "cifar100", mirrors: [], labels: "fine", ...parts },
  };
}

/** Whether the first file in the folder of a class is a picture. */
async function hasPictures(folder: string): Promise<boolean> {
  const listed = await listPictures(folder).catch(() => undefined);
  if (!listed) return false;
  await using bytes = incoming(fileInPieces(join(folder, listed.train[0].path)), folder);
  return isPicture(await bytes.take(12));
}

async function ofPictures(path: string, name: string, progress: Progress): Promise<Found> {
  const listed = await listPictures(path);
  const { sizes, seeThrough } = await survey(path, listed, progress);
  const median = (values: readonly number[]) =>
    values.toSorted((a, b) => a - b)[values.length >> 1];
  const to = [0, 1].map((side) => median(sizes.map((size) => size[side])));
  const different = new Set(sizes.map((size) => size.join(" x ")));
  const [least, most] = [Math.min, Math.max].map((end) =>
    [0, 1].map((side) => end(...new Set(sizes.map((size) => size[side])))).join(" x ")
  );
  return {
    folder: dirname(path),
    classes: listed.classes,
    notes: [
      ...(listed.unused.length === 0 ? [] : [
        `${listed.unused.join(" and ")}/ is not read: images for validation are split off the ` +
        `training images.`,
      ]),
      ...(different.size === 1 ? [] : [
        `The pictures have ${different.size} sizes, ${least} to ${most} pixels; \`resize\` in prepare ` +
        `makes them ${to.join(" x ")}.`,
      ]),
      ...(seeThrough === 0 ? [] : [
        `One sees through parts of ${seeThrough} pictures; \`background\` in data lays them on white.`,
      ]),
    ],
    ...(different.size === 1 ? {} : { resize: { to: [to[0], to[1]], how: "fit" } }),
    data: {
      name,
      format: "pictures",
      folder: basename(path),
      sha256: await digestPictures(path),
      ...(seeThrough === 0 ? {} : { background: 255 }),
    },
  };
}

/** The size of every picture that can be read, and how many one sees through. */
async function survey(folder: string, { train, test = [] }: PictureFolder, progress: Progress) {
  const sizes: [height: number, width: number][] = [];
  let seeThrough = 0;
  const files = [...train, ...test];
  for (const [n, { path }] of files.entries()) {
    if (n % 100 === 0) progress(n, files.length, "looking at pictures");
    const bytes = await readPlain(join(folder, path));
    // Those that cannot be read are named when they are read.
    const picture = await decodePicture(bytes, undefined).catch((error) => {
      if (error instanceof SeeThroughError) seeThrough++;
      return decodePicture(bytes, 255).catch(() => undefined);
    });
    if (picture) sizes.push([picture.height, picture.width]);
  }
  return { sizes, seeThrough };
}
