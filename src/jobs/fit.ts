/**
 * The job that trains one network: the baseline, a fold of a cross-validation, a trial, or a head on
 * features of another network.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { kFold, type Split } from "../data/split.ts";
import { type EpochRecord, fit, type Recipe } from "../training/loop.ts";
import { openEngine } from "../engine/open.ts";
import { decodeWeights, encodeWeights } from "../engine/weights.ts";
import { initialWeights } from "../models/initialize.ts";
import type { ModelSpec } from "../models/spec.ts";
import { decodeInt32, decodeUint8, encodeNpy, openNpy } from "../files/npy.ts";
import type { JobContext } from "../pipeline/stage.ts";
import { seedFor } from "../random.ts";

/** All that the result depends on, besides the prepared images and their split. */
export interface FitParameters {
  readonly model: ModelSpec;
  readonly recipe: Recipe;
  /** What the network learns from and is tested on; the prepared images where left out. */
  readonly examples?: { readonly train: string; readonly test: string };
  /** One fold of `kFold` over all training images, in place of the prepared split. */
  readonly fold?: { readonly splits: number; readonly randomState: number; readonly index: number };
  /** How many images of the split, its first ones, are trained on and validated; all where left out. */
  readonly subset?: { readonly train: number; readonly validation: number };
  /**
   * Files with the first weights, which together, one after another, are all of the model's; drawn
   * from the recipe's seed where left out.
   */
  readonly start?: readonly string[];
  /** Epochs that the weights of `start` have been trained for already. */
  readonly initialEpoch?: number;
  /** What is evaluated once with the kept weights, besides the validation images. */
  readonly evaluate: readonly ("train" | "test")[];
}

/** The file `summary.json`. */
export interface FitSummary {
  readonly history: readonly EpochRecord[];
  readonly keptEpoch: number;
}

/**
 * Writes `summary.json` (`FitSummary`), `weights.bin` (float32, in the order of the model's
 * variables), and the class probabilities of the kept epoch, `[n, classes]`:
 * `validation-probabilities.npy` and those of `evaluate`, `train-probabilities.npy` and
 * `test-probabilities.npy`.
 */
export async function run(context: JobContext): Promise<void> {
  const { model, recipe, fold, subset, start, initialEpoch = 0, evaluate, examples } = context
    .parameters as unknown as FitParameters;
  const images = examples ??
    { train: "prepare/train-images.npy", test: "prepare/test-images.npy" };
  const open = (input: string) => openNpy(context.path(input), input);
  const labelsOf = async (part: string) => {
    const input = `prepare/${part}-labels.npy`;
    return decodeUint8(await context.read(input), input);
  };
  const indices = async (part: string) => {
    const input = `prepare/${part}-indices.npy`;
    return decodeInt32(await context.read(input), input).data;
  };

  const labels = await labelsOf("train");
  const split: Split = fold
    ? kFold(labels.data.length, fold.splits, fold.randomState)[fold.index]
    : { train: await indices("train"), test: await indices("validation") };
  const training = split.train.subarray(0, subset?.train);
  const validation = split.test.subarray(0, subset?.validation);
  const weights = start
    ? decodeWeights(Buffer.concat(await Promise.all(start.map(context.read))), model)
    : initialWeights(model, seedFor(recipe.seed, "weights"));

  const engine = await openEngine({ backend: context.backend, threads: recipe.threads });
  context.record({ ...engine.description });
  const network = await engine.train(model, {
    optimizer: recipe.optimizer,
    loss: { labelSmoothing: 0, l2: 0 },
    seed: seedFor(recipe.seed, `dropout from epoch ${initialEpoch}`),
  }, weights);
  await network.place({ images: await open(images.train), labels });
  const trained = await fit(network, {
    training,
    validation,
    labels,
    epochs: recipe.epochs,
    initialEpoch,
    batchSize: recipe.batchSize,
    learningRate: recipe.learningRate,
    keep: recipe.keep,
    seed: seedFor(recipe.seed, "batches"),
  }, context.progress);

  const { history, keptEpoch } = trained;
  await context.write("summary.json", JSON.stringify({ history, keptEpoch } satisfies FitSummary));
  await context.write("weights.bin", encodeWeights(trained.weights));
  await context.write("validation-probabilities.npy", encodeNpy(trained.validationProbabilities));
  if (evaluate.includes("train")) {
    await context.write("train-probabilities.npy", encodeNpy(await network.predict(training)));
  }
  if (evaluate.includes("test")) {
    // The test images are placed and looked at here, once, after everything has been chosen.
    const testLabels = await labelsOf("test");
    await network.place({ images: await open(images.test), labels: testLabels });
    const all = Int32Array.from(testLabels.data, (_, index) => index);
    await context.write("test-probabilities.npy", encodeNpy(await network.predict(all)));
  }
  await network.close();
}
