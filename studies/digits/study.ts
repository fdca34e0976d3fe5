/**
 * A study of MNIST's 10,000 test digits, as if they had no test part, begun by `deno task new`: title,
 * addresses, thresholds, `errors`, `models` and credits were added, all else is as it was written. The digits were read
 * with `deno task new studies/digits --data=...`.
 *
 * @module
 */
import type { Credit } from "../../src/crate/credits.ts";
import type { Study } from "../../src/stages/plan.ts";

/** How LeNet-5 is trained, here and in every fold: Keras's defaults. */
const recipe = {
  epochs: 15,
  batchSize: 32,
  learningRate: 1e-3,
  optimizer: { type: "adam", beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
  seed: 1,
  /** Threads of one operation. Other counts give other last bits, so this is a parameter. */
  threads: 1,
} as const;

/** The study. */
export const study: Study = {
  title: "Ten thousand handwritten digits",
  /** What was found; the digests say which bytes it was. */
  data: {
    name: "mnist-10k",
    format: "idx",
    /** Where MNIST is had; both hold the same files. */
    mirrors: [
      "https://ossci-datasets.s3.amazonaws.com/mnist/",
      "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ],
    trainImages: {
      file: "t10k-images-idx3-ubyte.gz",
      sha256: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    },
    trainLabels: {
      file: "t10k-labels-idx1-ubyte.gz",
      sha256: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    },
  },
  /** In the order of their labels. */
  classes: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
  prepare: {
    /** Images are padded with zeros to this height and width, in pixels. */
    size: [32, 32],
    /** As scikit-learn's `train_test_split` splits, each part with its share of every class. */
    split: {
      testSize: 0.2,
      randomState: 1,
      stratify: true,
      /** The data have no test part: this share of every class is split off first. */
      testPart: { testSize: 0.2, randomState: 1 },
    },
  },
  /** LeNet-5, trained once; the epoch with the best validation accuracy is kept. */
  baseline: { ...recipe, keep: "validationAccuracy" },
  /** The same on each of 5 parts; takes 5 times as long, and may be left out. */
  cv: {
    splits: 5,
    randomState: 1,
    stratify: true,
    recipe: { ...recipe, keep: "lastEpoch" },
  },
  /** How far probabilities can be believed, and the images that are mistaken; may be left out. */
  errors: { bins: 15 },
  /** The networks that can be used, for `deno task predict`, and the share that may be called unlike them. */
  models: { unlike: 0.01 },
  /**
   * Least values of figures, such as "baseline.test.accuracy": 0.9. Set them before the run that they
   * judge; the report and `deno task verify` say whether they hold.
   */
  thresholds: {
    "baseline.test.accuracy": 0.98,
    "baseline.test.balancedAccuracy": 0.975,
    "cv.mean.accuracy": 0.975,
  },
};

/** Whose the data are and under which licence, for `deno task crate`; in no key. */
export const credits: readonly Credit[] = [
  {
    name: "MNIST",
    files: ["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"],
    by: "Yann LeCun, Corinna Cortes and Christopher J. C. Burges",
    licence: "CC-BY-SA-3.0",
    page: "http://yann.lecun.com/exdb/mnist/",
    cite:
      "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: Gradient-Based Learning Applied to Document " +
      "Recognition. Proceedings of the IEEE 86(11), 1998",
  },
];
