/** The first `study.ts` of a data set that nobody has studied yet: what `deno task new` writes. @module */
import type { Recognized } from "../data/recognize.ts";

/** Sides of images that networks read, in pixels: smaller ones are padded, larger ones scaled down. */
const SIDES = { least: 32, most: 64 };

/** Shares of the images that are held out, for test and, of the others, for validation. */
const HELD_OUT = { test: 0.2, validation: 0.2 };

/** With fewer images of a class, not every part could have its share of it. */
const STRATIFIED = 20;

const FOLDS = 5;
const BATCH = 32;

/** Steps that a training should have, as far as `EPOCHS` allow: few images take more epochs. */
const STEPS = 3000;
const EPOCHS = { least: 10, most: 30 };

/** The size that networks read images in, and whether they are scaled to it. */
function sizeFor({ shape: [height, width], resize }: Recognized) {
  const scale = Math.min(1, SIDES.most / Math.max(height, width));
  const side = (length: number) => Math.max(SIDES.least, Math.round(length * scale));
  const scaled = scale < 1 || resize !== undefined;
  return { size: [side(height), side(width)], scaled };
}

/** As many epochs as make enough steps. */
function epochsFor(images: number): number {
  const epochs = Math.ceil(STEPS / Math.ceil(images / BATCH));
  return Math.min(EPOCHS.most, Math.max(EPOCHS.least, epochs));
}

/**
 * The text of a `study.ts` that runs: LeNet-5 fitted to the images, and a cross-validation of it.
 * Not formatted yet.
 *
 * @param plan the address of `src/stages/plan.ts`, as the study would import it; undefined where the
 * study lies outside the project, and so has no types
 */
export function beginStudy(found: Recognized, plan: string | undefined): string {
  const { data, classes, shape: [, , channels], train, test } = found;
  const { size, scaled } = sizeFor(found);
  const kept = train.images - found.duplicates;
  const learnt = kept * (test ? 1 : 1 - HELD_OUT.test) * (1 - HELD_OUT.validation);
  const stratified = Math.min(...train.counts) >= STRATIFIED;
  const stratify = stratified ? "stratify: true," : "";
  const [imported, declared] = plan === undefined
    ? ["", "export const study"]
    : [`import type { Study } from ${JSON.stringify(plan)};\n`, "export const study: Study"];
  return `/**
 * A study of ${
    comment(data.name)
  }, begun by \`deno task new\`. Change what you like: \`deno task status\`
 * says what a change makes stale, and a word that means nothing is refused.
 *
 * @module
 */
${imported}
/** How LeNet-5 is trained, here and in every fold: Keras's defaults. */
const recipe = {
  epochs: ${epochsFor(learnt)},
  batchSize: ${BATCH},
  learningRate: 1e-3,
  optimizer: { type: "adam", beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
  seed: 1,
  /** Threads of one operation. Other counts give other last bits, so this is a parameter. */
  threads: 1,
} as const;

/** The study. */
${declared} = {
  title: ${JSON.stringify(data.name)},
  /** What was found; the digests say which bytes it was. */
  data: ${source(data)},
  /** In the order of their labels${
    found.named ? "" : ", which are all that the data tell: name them"
  }. */
  classes: ${source(classes)},
  prepare: {
    /** ${
    scaled ? "Images are scaled to fit into" : "Images are padded with zeros to"
  } this height and width, in pixels. */
    size: ${source(size)},${scaled ? `resize: "fit",` : ""}${
    channels === 1 ? "" : `channels: ${channels},`
  }
    /** As scikit-learn's \`train_test_split\` splits${
    stratified ? ", each part with its share of every class" : ""
  }. */
    split: {
      testSize: ${HELD_OUT.validation},
      randomState: 1,${stratify}${
    test ? "" : `
      /** The data have no test part: this share of every class is split off first. */
      testPart: { testSize: ${HELD_OUT.test}, randomState: 1 },`
  }
    },
  },
  /** LeNet-5, trained once; the epoch with the best validation accuracy is kept. */
  baseline: { ...recipe, keep: "validationAccuracy" },
  /** The same on each of ${FOLDS} parts; takes ${FOLDS} times as long, and may be left out. */
  cv: {
    splits: ${FOLDS},
    randomState: 1,${stratify}
    recipe: { ...recipe, keep: "lastEpoch" },
  },
  /** How far probabilities can be believed, and the images that are mistaken; may be left out. */
  errors: { bins: 15 },
  /** The networks that can be used, for \`deno task predict\`, and the share that may be called unlike them. */
  models: { unlike: 0.01 },
  /**
   * Least values of figures, such as "baseline.test.accuracy": 0.9. Set them before the run that they
   * judge; the report and \`deno task verify\` say whether they hold.
   */
  thresholds: {},
};
`;
}

/** A value as TypeScript has it, an entry of an object a line; keys of descriptions need no quotes. */
function source(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(source).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, entry]) => `${key}: ${source(entry)},\n`);
  return `{\n${entries.join("")}}`;
}

/** Text that does not end the comment that it stands in. */
const comment = (text: string) => text.replaceAll("*/", "* /");
