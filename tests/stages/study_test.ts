/** What `checkStudy` refuses, and in which words. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { checkStudy, StudyError } from "../../src/stages/plan.ts";
import { study, transfer } from "../../study.ts";
import { mini } from "../support/mini.ts";

type Path = readonly (string | number)[];

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

/** A copy in which nothing is shared with the original, nor among its own parts. */
const copyOf = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(copyOf)
    : isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, copyOf(entry)]))
    : value;

/** A copy of a study with the object at a path changed. */
function changed(
  value: unknown,
  path: Path,
  change: (at: Record<string, unknown>) => void,
): unknown {
  const copy = copyOf(value);
  let at: unknown = copy;
  for (const key of path) at = isObject(at) ? at[key] : undefined;
  assert(isObject(at), `nothing is at ${path.join(".")}`);
  change(at);
  return copy;
}

/** The small study, or another one, with a key set to something else. */
const withKey = (path: Path, key: string, value: unknown, of: unknown = mini) =>
  changed(of, path, (at) => at[key] = value);

/** The small study with a key of another name. */
const renamed = (path: Path, from: string, to: string, of: unknown = mini) =>
  changed(of, path, (at) => {
    at[to] = at[from];
    delete at[from];
  });

const without = (path: Path, key: string, of: unknown = mini) =>
  changed(of, path, (at) => delete at[key]);

/** The lines of the message by which a study is refused. */
function refusal(value: unknown): string[] {
  const { message } = assertThrows(() => checkStudy(value), StudyError);
  const [first, ...lines] = message.split("\n");
  assertEquals(first, "study.ts is refused:");
  return lines.map((line) => {
    assert(line.startsWith("  "));
    return line.slice(2);
  });
}

const names =
  "CONV_1_FILTER, KERNEL_1_FILTER, CONV_2_FILTER, KERNEL_2_FILTER, DROPOUT_1, learning_rate";
const stages =
  "title, data, classes, thresholds, published, prepare, baseline, tune, replicate, cv, ablate, transfer and 3 more";
const tooWide =
  'Use a smaller window, "same" padding, or fewer layers that shrink the image before it.';
const space = (name: string, parameter: unknown) => withKey(["tune", "space"], name, parameter);

const refused: Record<string, [study: unknown, ...lines: string[]]> = {
  "an epoch to keep by another tool's word": [
    withKey(["baseline"], "keep", "val_accuracy"),
    'baseline.keep: "val_accuracy": expected "validationAccuracy" or "validationLoss" or ' +
    '"lastEpoch", got "val_accuracy"',
  ],
  "an epoch to keep, misspelt": [
    withKey(["cv", "recipe"], "keep", "lastepoch"),
    'cv.recipe.keep: "lastepoch": expected "validationAccuracy" or "validationLoss" or ' +
    '"lastEpoch", got "lastepoch"; did you mean "lastEpoch"?',
  ],
  "a format in capitals": [
    withKey(["data"], "format", "IDX"),
    'data.format: "IDX": expected the format "idx", "csv", "numpy", "cifar10", "cifar100", "pictures" or "synthetic"',
  ],
  "a batch size in lower case": [
    renamed(["baseline"], "batchSize", "batchsize"),
    "baseline.batchSize: is missing; expected a number",
    "baseline: there is no batchsize; did you mean batchSize?",
  ],
  "a learning rate in another tool's spelling": [
    renamed(["baseline"], "learningRate", "learning_rate"),
    "baseline.learningRate: is missing; expected a number",
    "baseline: there is no learning_rate; did you mean learningRate?",
  ],
  "no learning rate": [
    without(["cv", "recipe"], "learningRate"),
    "cv.recipe.learningRate: is missing; expected a number",
  ],
  "a learning rate that is a word": [
    withKey(["baseline"], "learningRate", "fast"),
    'baseline.learningRate: "fast": Invalid input: expected number, received string',
  ],
  "a negative learning rate": [
    withKey(["baseline"], "learningRate", -1e-3),
    "baseline.learningRate: -0.001: Too small: expected number to be >0",
  ],
  "a learning rate that is no number": [
    withKey(["baseline"], "learningRate", NaN),
    "baseline.learningRate: NaN: Invalid input: expected number, received NaN",
  ],
  "no epoch": [
    withKey(["baseline"], "epochs", 0),
    "baseline.epochs: 0: Too small: expected number to be >=1",
  ],
  "epochs in the singular": [
    renamed(["baseline"], "epochs", "epoch"),
    "baseline.epochs: is missing; expected a number",
    "baseline: there is no epoch; did you mean epochs?",
  ],
  "a number that JSON cannot hold": [
    withKey(["baseline"], "epochs", 2n),
    "baseline.epochs: 2n: Invalid input: expected number, received bigint",
  ],
  "a share above 1": [
    withKey(["baseline"], "labelSmoothing", 1.5),
    "baseline.labelSmoothing: 1.5: Too big: expected number to be <1",
  ],
  "no bin": [
    { ...mini, errors: { bins: 0 } },
    "errors.bins: 0: Too small: expected number to be >=1",
  ],
  "a hundred bins and one more": [
    { ...mini, errors: { bins: 101 } },
    "errors.bins: 101: Too big: expected number to be <=100",
  ],
  "a text that no file can hold": [
    withKey([], "title", "half \uD83D"),
    "title: half of a character (a lone surrogate) stands in it",
  ],
  "a thousand folds and one more, of images that are not counted": [
    withKey(["cv"], "splits", 1001, study),
    "cv.splits: 1001: Too big: expected number to be <=1000",
  ],
  "bytes in place of a list": [
    withKey(["data"], "mirrors", new Uint8Array(3), study),
    "the study: a value in it cannot be looked at: Cannot freeze array buffer views with elements",
  ],
  "an error in place of a number": [
    withKey(["baseline"], "epochs", new Error("no number")),
    "baseline.epochs: Error: no number: Invalid input: expected number, received Error",
  ],
  "a text of a million letters in place of a number": [
    withKey(["published", "winner"], "CONV_1_FILTER", "x".repeat(1_000_000)),
    `published.winner.CONV_1_FILTER: "${
      "x".repeat(59)
    }…: Invalid input: expected number, received string`,
  ],
  "an accuracy above 1": [
    withKey(["published", "figures", "baseline.train.accuracy"], "value", 94.39, study),
    "published.figures.baseline.train.accuracy.value: 94.39: Too big: expected number to be <=1",
  ],
  "an optimiser in capitals": [
    withKey(["baseline"], "optimizer", { type: "Adam" }),
    'baseline.optimizer.type: "Adam": expected the type "adam", "adamw" or "sgd"',
  ],
  "an optimiser's setting missing": [
    withKey(["baseline"], "optimizer", { type: "sgd" }),
    "baseline.optimizer.momentum: is missing; expected a number",
  ],
  "nine names for ten classes": [
    withKey([], "classes", mini.classes.slice(0, 9)),
    "classes: there are 9 names, and the drawn garments have 10 classes",
  ],
  "a published figure of no metric": [
    renamed(["published", "figures"], "cv.fold1.accuracy", "cv.fold1.acuracy", study),
    "published.figures.cv.fold1.acuracy: there is no cv.fold1.acuracy; did you mean cv.fold1.accuracy?",
  ],
  "published parameters of no layer": [
    renamed(["published", "lenet5Parameters"], "dense1", "dens1", study),
    "published.lenet5Parameters.dens1: there is no dens1; did you mean dense1?",
  ],
  "a network with random weights twice": [
    withKey(["transfer", "random"], "networks", ["vgg16", "vgg16"], study),
    'transfer.random.networks: "vgg16" is listed twice',
  ],
  "a seed of random weights twice": [
    withKey(["transfer", "random"], "seeds", [1, 2, 1], study),
    'transfer.random.seeds: "1" is listed twice',
  ],
  "random weights drawn once": [
    withKey(["transfer", "random"], "seeds", [1], study),
    "transfer.random.seeds: [ 1 ]: Too small: expected array to have >=2 items",
  ],
  "published transfer learning of no base": [
    renamed(["published", "transfer"], "vgg16", "vgg-16", study),
    "published.transfer.vgg-16: there is no vgg-16; did you mean vgg16?",
  ],
  "more folds than images": [
    withKey(["cv"], "splits", 1000),
    "cv.splits: 240 images cannot be split into 1000 folds",
  ],
  "more folds than anybody trains": [
    withKey(["cv"], "splits", 2_000_000_000),
    "cv.splits: 2000000000: Too big: expected number to be <=1000",
  ],
  "a split that leaves nothing to learn from": [
    withKey(["prepare", "split"], "testSize", 0.999),
    "prepare.split.testSize: a share of 0.999 leaves none of 240 images to learn from",
  ],
  "a kind of stratification": [
    withKey(["prepare", "split"], "stratify", "labels"),
    'prepare.split.stratify: "labels": Invalid input: expected boolean, received string',
  ],
  "stratification misspelt": [
    withKey(["cv"], "stratified", true),
    "cv: there is no stratified; did you mean stratify?",
  ],
  "no test part, and none to be split off": [
    without(["data"], "testImages", without(["data"], "testLabels", study)),
    "prepare.split.testPart: is missing; the data have no test part, so say what is split off as " +
    "one, such as { testSize: 0.2, randomState: 43 }",
  ],
  "a test part to be split off beside one that is there": [
    withKey(["prepare", "split"], "testPart", { testSize: 0.2, randomState: 43 }),
    "prepare.split.testPart: the data have a test part of their own; leave this out",
  ],
  "test images without labels": [
    without(["data"], "testLabels", study),
    "data.testLabels: is missing; a test part has images and labels",
  ],
  "test labels without images": [
    without(["data"], "testImages", study),
    "data.testImages: is missing; a test part has images and labels",
  ],
  "a test part of everything": [
    withKey(["prepare", "split"], "testPart", { testSize: 1, randomState: 43 }),
    "prepare.split.testPart.testSize: 1: Too big: expected number to be <1",
  ],
  "one name for two classes": [
    withKey([], "classes", [...mini.classes.slice(0, 9), "Dress"]),
    'classes: [ "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sa…: "Dress" is listed twice',
  ],
  "a hyperparameter missing": [
    without(["tune", "space"], "KERNEL_2_FILTER"),
    "tune.space.KERNEL_2_FILTER: is missing: the network and its training take it",
  ],
  "the learning rate not searched": [
    without(["tune", "space"], "learning_rate"),
    "tune.space.learning_rate: is missing: the network and its training take it",
  ],
  "whole numbers on a logarithmic scale": [
    space("CONV_1_FILTER", { type: "int", minValue: 1, maxValue: 64, sampling: "log" }),
    "tune.space.CONV_1_FILTER: there is no sampling; there are type, minValue, maxValue, step",
  ],
  "a truth value more": [
    space("augment", { type: "choice", values: [true, false] }),
    `tune.space.augment: there is no augment; there are ${names}`,
  ],
  "a word more": [
    space("activation", { type: "choice", values: ["relu", "gelu"] }),
    `tune.space.activation: there is no activation; there are ${names}`,
  ],
  "a word among numbers": [
    space("CONV_1_FILTER", { type: "choice", values: [2, "4"] }),
    'tune.space.CONV_1_FILTER: "4": Invalid input: expected number, received string',
  ],
  "a hyperparameter of an unknown type": [
    space("CONV_1_FILTER", { type: "integer", minValue: 1, maxValue: 2 }),
    'tune.space.CONV_1_FILTER.type: "integer": expected the type "int", "float" or "choice"',
  ],
  "half a filter": [
    space("CONV_1_FILTER", { type: "float", minValue: 1.5, maxValue: 2 }),
    "tune.space.CONV_1_FILTER: 1.5: Invalid input: expected int, received number",
  ],
  "windows of which none fits": [
    space("KERNEL_2_FILTER", { type: "choice", values: [13, 15] }),
    "tune.space: no values make a network: Model tuned-lenet, layer conv3 (conv2d): a window of " +
    `13 x 13 is larger than its input of 12 x 12. ${tooWide}`,
  ],
  "a winner that makes no network": [
    withKey(["published", "winner"], "DROPOUT_1", 1),
    "published.winner: Model tuned-lenet, layer dropout (dropout): rate is at least 0 and " +
    "below 1; got 1.",
  ],
  "a winner's hyperparameter misspelt": [
    withKey(["published", "winner"], "CONV_1_FILTERS", 3),
    "published.winner.CONV_1_FILTERS: there is no CONV_1_FILTERS; did you mean CONV_1_FILTER?",
  ],
  "an oracle of an unknown type": [
    withKey(["tune"], "oracle", { type: "random", maxTrials: 3, epochs: 1 }),
    'tune.oracle.type: "random": expected the type "hyperband", "randomSearch" or ' +
    '"bayesianOptimization"',
  ],
  "a single fold": [
    withKey(["cv"], "splits", 1),
    "cv.splits: 1: Too small: expected number to be >=2",
  ],
  "a threshold misspelt": [
    withKey([], "thresholds", { "baseline.tset.accuracy": 0.9 }),
    "thresholds.baseline.tset.accuracy: no stage reports such a metric; there is no " +
    "baseline.tset.accuracy; did you mean baseline.test.accuracy?",
  ],
  "a threshold of a stage that is left out": [
    changed(mini, [], (at) => {
      at.cv = undefined;
      at.thresholds = { "cv.mean.accuracy": 0.9 };
    }),
    "thresholds.cv.mean.accuracy: no stage reports such a metric; there is no cv.mean.accuracy; " +
    "there are baseline.train.accuracy, baseline.validation.accuracy, baseline.test.accuracy, " +
    "baseline.validation.balancedAccuracy, baseline.validation.macroF1, " +
    "baseline.validation.logLoss, baseline.test.balancedAccuracy, baseline.test.macroF1, " +
    "baseline.test.logLoss, baseline.test.recall.T-shirt/top, baseline.test.recall.Trouser, " +
    "baseline.test.recall.Pullover and 70 more",
  ],
  "a threshold on the recall of a class misspelt": [
    withKey([], "thresholds", {
      "baseline.test.recall.T-Shirt": 0.8,
      "cv.pooled.recall.Ankel boot": 0.8,
      "tune.winner.test.recall.Umbrella": 0.8,
    }),
    "thresholds.baseline.test.recall.T-Shirt: no stage reports such a metric; there is no T-Shirt; " +
    "did you mean Shirt?",
    "thresholds.cv.pooled.recall.Ankel boot: no stage reports such a metric; there is no Ankel boot; " +
    "did you mean Ankle boot?",
    "thresholds.tune.winner.test.recall.Umbrella: no stage reports such a metric; there is no " +
    `Umbrella; there are ${study.classes.join(", ")}`,
  ],
  "a threshold on a figure of another part, network or spelling": [
    withKey([], "thresholds", {
      "baseline.validation.recall.Bag": 0.8,
      "baseline.test.logloss": 0.8,
      "cv.pooled.logLoss": 0.8,
      "basline.test.recall.Bag": 0.8,
    }),
    "thresholds.baseline.validation.recall.Bag: no stage reports such a metric; there is no " +
    "baseline.validation.recall.Bag; did you mean baseline.validation.accuracy?",
    "thresholds.baseline.test.logloss: no stage reports such a metric; there is no " +
    "baseline.test.logloss; did you mean baseline.test.logLoss?",
    "thresholds.cv.pooled.logLoss: no stage reports such a metric; there is no cv.pooled.logLoss; " +
    "there are cv.fold1.accuracy, cv.fold2.accuracy, cv.mean.accuracy, cv.pooled.balancedAccuracy, " +
    "cv.pooled.macroF1, cv.pooled.recall.T-shirt/top, cv.pooled.recall.Trouser, " +
    "cv.pooled.recall.Pullover, cv.pooled.recall.Dress, cv.pooled.recall.Coat, " +
    "cv.pooled.recall.Sandal, cv.pooled.recall.Shirt and 3 more",
    "thresholds.basline.test.recall.Bag: no stage reports such a metric; there is no " +
    "basline.test.recall.Bag; did you mean baseline.test.recall.Bag?",
  ],
  "no training but the first, and seeds of a network that is none": [
    withKey(["replicate"], "seeds", { lenet5: 0, winner: 1, studys: 1 }),
    "replicate.seeds.lenet5: 0: Too small: expected number to be >=1",
    "replicate.seeds.study: is missing; expected a number",
    "replicate.seeds: there is no studys; did you mean study?",
  ],
  "seeds as a list": [
    withKey(["replicate", "seeds"], "lenet5", [44, 45]),
    "replicate.seeds.lenet5: [ 44, 45 ]: Invalid input: expected number, received array",
  ],
  "more trainings than anybody means": [
    withKey(["replicate", "seeds"], "winner", 1001),
    "replicate.seeds.winner: 1001: Too big: expected number to be <=1000",
  ],
  "a threshold on what is trained again, of a network that the study does not have": [
    changed(mini, [], (at) => {
      at.tune = undefined;
      at.thresholds = {
        "replicate.lenet5.test.accuracy": 0.5,
        "replicate.winner.test.accuracy": 0.5,
      };
    }),
    "thresholds.replicate.winner.test.accuracy: no stage reports such a metric; there is no " +
    "replicate.winner.test.accuracy; did you mean replicate.lenet5.test.accuracy?",
  ],
  "a threshold on the original study's winner trained again, where there is none": [
    changed(mini, [], (at) => {
      at.published = undefined;
      at.thresholds = { "replicate.study.test.accuracy": 0.5 };
    }),
    "thresholds.replicate.study.test.accuracy: no stage reports such a metric; there is no " +
    "replicate.study.test.accuracy; did you mean replicate.lenet5.test.accuracy?",
  ],
  "a stage misspelt": [
    renamed([], "tune", "tunes"),
    "the study: there is no tunes; did you mean tune?",
  ],
  "a stage that is none": [
    withKey([], "ensemble", {}),
    `the study: there is no ensemble; there are ${stages}`,
  ],
  "a digest cut short": [
    withKey(["data", "trainImages"], "sha256", "3aede38d", study),
    'data.trainImages.sha256: "3aede38d": expected the 64 hexadecimal digits of a SHA-256, in ' +
    "lower case",
  ],
  "a weight file's digest of another kind": [
    withKey(["transfer", "bases", 0, "weights"], "digest", "0".repeat(40), study),
    'transfer.bases[0].weights.digest: "0000000000000000000000000000000000000000": expected the ' +
    "hexadecimal digits of a SHA-256 or of an MD5, in lower case",
  ],
  "images too small for LeNet-5": [
    changed(mini, [], (at) => {
      at.prepare = { ...mini.prepare, size: 8 };
      at.tune = undefined;
    }),
    "prepare.size: Model lenet5, layer conv2 (conv2d): a window of 5 x 5 is larger than its input " +
    `of 4 x 4. ${tooWide}`,
  ],
  "images in colour whose height alone is too small": [
    changed(mini, [], (at) => {
      at.prepare = { ...mini.prepare, size: [8, 40], channels: 3 };
      at.tune = undefined;
    }),
    "prepare.size: Model lenet5, layer conv2 (conv2d): a window of 5 x 5 is larger than its input " +
    `of 4 x 20. ${tooWide}`,
  ],
  "a number of channels that no image has": [
    withKey(["prepare"], "channels", 2),
    "prepare.channels: 2: Invalid option: expected one of 1|3",
  ],
  "images too small for the tuned network alone": [
    withKey(["prepare"], "size", 15),
    "tune.space: no values make a network: Model tuned-lenet, layer pool2 (maxPooling2d): a " +
    `window of 2 x 2 is larger than its input of 1 x 1. ${tooWide}`,
  ],
  "a base that ends in no layer": [
    withKey(["transfer", "bases", 1], "output", "conv5_block1_preact_rel", study),
    "transfer.bases[1].output: there is no conv5_block1_preact_rel; did you mean " +
    "conv5_block1_preact_relu?",
  ],
  "a base that ends in a layer like no other": [
    withKey(["transfer", "bases", 0], "output", "global_average", study),
    "transfer.bases[0].output: there is no global_average; there are preprocessing, " +
    "block1_conv1, block1_conv2, block1_pool, block2_conv1, block2_conv2, block2_pool, " +
    "block3_conv1, block3_conv2, block3_conv3, block3_pool, block4_conv1 and 7 more",
  ],
  "a base trained from a layer above its end": [
    withKey(["transfer", "bases", 0], "trainedFrom", "block5_conv1", study),
    "transfer.bases[0].trainedFrom: there is no block5_conv1; did you mean block1_conv1?",
  ],
  "an experiment trained from no layer": [
    withKey(["transfer", "causes", "reference"], "trainedFrom", "block1_conv", study),
    "transfer.causes.reference.trainedFrom: there is no block1_conv; did you mean block1_conv1?",
  ],
  "a change trained from no layer": [
    withKey(["transfer", "causes", "changes", 1], "trainedFrom", "heads_norm", study),
    "transfer.causes.changes[1].trainedFrom: there is no heads_norm; did you mean head_norm?",
  ],
  "an experiment on no base": [
    withKey(["transfer", "causes"], "base", "vgg", study),
    "transfer.causes.base: there is no vgg; did you mean vgg16?",
  ],
  "two bases of one name": [
    withKey(["transfer"], "bases", [...transfer.bases, transfer.bases[2]], study),
    'transfer.bases: the name "vgg16" is listed twice',
  ],
  "two trainings of one name": [
    withKey(["transfer", "causes", "changes", 1], "name", "no preprocessing", study),
    'transfer.causes.changes: the name "no preprocessing" is listed twice',
  ],
  "an unknown network": [
    withKey(["transfer", "bases", 0], "network", "vgg19", study),
    'transfer.bases[0].network: "vgg19": expected "vgg16" or "resnet101v2" or "resnet152v2", got ' +
    '"vgg19"; did you mean "vgg16"?',
  ],
  "as many images twice": [
    withKey(["ablate"], "curve", [{ train: 8, epochs: 1 }, { train: 8, epochs: 2 }]),
    "ablate.curve[1].train: 8 images are learnt from already",
  ],
  "as many images as all variants have": [
    withKey(["ablate", "curve", 0], "train", 32),
    "ablate.curve[0].train: 32 images are learnt from already, as subset.train says",
  ],
  "images moved by as far twice": [
    withKey(["ablate"], "moves", [1, 2, 1]),
    "ablate.moves[2]: 1 is listed twice",
  ],
  "images moved out of sight": [
    withKey(["ablate"], "moves", [31, 32]),
    "ablate.moves[1]: moved by 32 pixels, nothing is left of images of 32x32",
  ],
  "one seed, which has no spread": [
    withKey(["ablate"], "seeds", 1),
    "ablate.seeds: 1: Too small: expected number to be >=2",
  ],
  "a seed after the last one": [
    withKey(["ablate", "recipe"], "seed", 0xffffffff),
    "ablate.seeds: the last seed would be 4294967296",
  ],
  "nothing at all": [undefined, "the study: is missing; expected an object"],
  "null": [null, "the study: null: Invalid input: expected object, received null"],
  "several faults at once, a line each": [
    changed(mini, [], (at) => {
      at.prepare = { ...mini.prepare, size: 1.5 };
      at.baseline = { ...mini.baseline, epochs: 0, keep: "best" };
      at.cvs = at.cv;
    }),
    "prepare.size: 1.5: expected a whole number of pixels, or [height, width]",
    "baseline.epochs: 0: Too small: expected number to be >=1",
    'baseline.keep: "best": expected "validationAccuracy" or "validationLoss" or "lastEpoch", got ' +
    '"best"',
    "the study: there is no cvs; did you mean cv?",
  ],
  "what several stages say, once": [
    changed(mini, [], (at) => {
      at.classes = mini.classes.slice(0, 9);
      at.prepare = { ...mini.prepare, size: 8 };
      at.tune = undefined;
      at.thresholds = { "cv.fold3.accuracy": 0.5 };
    }),
    "classes: there are 9 names, and the drawn garments have 10 classes",
    "prepare.size: Model lenet5, layer conv2 (conv2d): a window of 5 x 5 is larger than its input " +
    `of 4 x 4. ${tooWide}`,
    "thresholds.cv.fold3.accuracy: no stage reports such a metric; there is no " +
    "cv.fold3.accuracy; did you mean cv.fold1.accuracy?",
  ],
};

for (const [name, [value, ...lines]] of Object.entries(refused)) {
  Deno.test(`refused: ${name}`, () => assertEquals(refusal(value), lines));
}

Deno.test("the studies of the project and the small one of the tests are accepted", () => {
  for (const value of [study, mini]) assertEquals(checkStudy(value).study, value);
});

Deno.test("a calibration error has a threshold where its network is trained, and nowhere else", () => {
  const gated = (network: string, rest: object = {}) => ({
    ...mini,
    ...rest,
    thresholds: { [`${network}.test.ece`]: 0.05 },
  });
  for (const network of ["baseline", "tune.winner", "tune.study"]) checkStudy(gated(network));
  for (
    const value of [
      gated("tune.study", { published: undefined }),
      gated("tune.winner", { tune: undefined, published: undefined }),
      gated("baseline", { errors: undefined }),
    ]
  ) {
    const [line] = refusal(value);
    assert(/^thresholds\.\S+\.test\.ece: no stage reports such a metric; /.test(line), line);
  }
});

/** Everything about a study that may be left out. */
const optional = new Set([
  "tune",
  "replicate",
  "cv",
  "ablate",
  "transfer",
  "champion",
  "errors",
  "models",
  "prepare.correlations",
  "published",
  "published.winner",
  ...Object.keys(mini.published.winner).map((name) => `published.winner.${name}`),
]);

/** Every key of the small study, by its path. */
function keysOf(value: unknown, path: Path = []): { path: Path; key: string }[] {
  if (!isObject(value)) return [];
  return Object.keys(value).flatMap((key) => [
    ...(Array.isArray(value) ? [] : value[key] === undefined ? [] : [{ path, key }]),
    ...keysOf(value[key], [...path, Array.isArray(value) ? Number(key) : key]),
  ]);
}

const pathText = (path: Path) =>
  path.map((key, i) => typeof key === "number" ? `[${key}]` : i === 0 ? key : `.${key}`).join("") ||
  "the study";
const someKey = fc.constantFrom(...keysOf(mini));

Deno.test("a key left out is missed by its path, unless it may be left out", () => {
  fc.assert(
    fc.property(someKey, ({ path, key }) => {
      const value = without(path, key);
      const name = pathText([...path, key]);
      if (optional.has(name)) checkStudy(value);
      else assert(refusal(value).some((line) => line.startsWith(`${name}: is missing`)), name);
    }),
    { numRuns: 400 },
  );
});

/** A key with a letter more, a letter less, or two that have changed places. */
const misspelling = (key: string) =>
  fc.tuple(fc.nat({ max: key.length - 1 }), fc.constantFrom("more", "less", "turned")).map(
    ([at, how]) => {
      if (how === "more") return `${key.slice(0, at)}x${key.slice(at)}`;
      if (how === "less") return key.slice(0, at) + key.slice(at + 1);
      return key.slice(0, at) + key.slice(at, at + 2).split("").reverse().join("") +
        key.slice(at + 2);
    },
  ).filter((name) => name !== key && name !== "");

Deno.test("a key misspelt is refused by its path, with the right one as the nearest", () => {
  fc.assert(
    fc.property(
      someKey.chain(({ path, key }) => misspelling(key).map((name) => ({ path, key, name }))),
      ({ path, key, name }) => {
        const siblings = Object.keys(
          path.reduce<unknown>((at, key) => isObject(at) ? at[key] : at, mini) ?? {},
        );
        if (siblings.includes(name)) return;
        const lines = refusal(renamed(path, key, name)).filter((line) =>
          line.includes(`there is no ${name};`)
        );
        // What tells settings apart says of all else nothing.
        if (key === "type" || key === "format") {
          assert(
            refusal(renamed(path, key, name))
              .some((line) => line.startsWith(`${pathText([...path, key])}: is missing`)),
          );
          return;
        }
        assertEquals(lines.length, 1);
        const [line] = lines;
        assert(
          line.startsWith(`${pathText(path)}: `) ||
            line.startsWith(`${pathText([...path, name])}:`),
          line,
        );
        if (name.length > 5) assertStringIncludes(line, "did you mean");
      },
    ),
    { numRuns: 400 },
  );
});

Deno.test("a value of any other kind anywhere is refused or accepted, never a TypeError", () => {
  const anything = fc.oneof(
    fc.constantFrom<unknown>(null, undefined, NaN, Infinity, -1, 0.5, "", "word", true, [], {}),
    fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true }),
  );
  fc.assert(
    fc.property(someKey, anything, ({ path, key }, value) => {
      try {
        checkStudy(withKey(path, key, value));
      } catch (error) {
        assert(error instanceof StudyError, String(error));
        assertStringIncludes(error.message, String(path[0] ?? key));
      }
    }),
    { numRuns: 1000 },
  );
});
