/**
 * The job that trains one network: the baseline, a fold of a cross-validation, or a trial.
 *
 * @module
 */
import { kFold, type Split } from "../data/split.ts";
import { type EpochRecord, fit, type Recipe } from "../engine/fit.ts";
import { openEngine } from "../engine/open.ts";
import { decodeWeights, encodeWeights } from "../engine/weights.ts";
import { initialWeights } from "../models/initialize.ts";
import type { ModelSpec } from "../models/spec.ts";
import { decodeInt32, decodeUint8, encodeNpy } from "../npy.ts";
import type { JobContext } from "../pipeline/stage.ts";
import { seedFor } from "../random.ts";

/** All that the result depends on, besides the prepared images and their split. */
export interface FitParameters {
  readonly model: ModelSpec;
  readonly recipe: Recipe;
  /** One fold of `kFold` over all training images, in place of the prepared split. */
  readonly fold?: { readonly splits: number; readonly randomState: number; readonly index: number };
  /** Continues from the weights of the job `parent`, which trained for so many epochs. */
  readonly initialEpoch?: number;
  /** Whether to look at the test images, once, with the kept weights; and at those learnt from. */
  readonly test: boolean;
}

/** The file `summary.json`. */
export interface FitSummary {
  readonly history: readonly EpochRecord[];
  readonly keptEpoch: number;
}

/**
 * Writes `summary.json` (`FitSummary`), `weights.bin` (float32, in the order of the model's
 * variables), and the class probabilities of the kept epoch, `[n, classes]`:
 * `validation-probabilities.npy` and, with `test`, `train-probabilities.npy` and
 * `test-probabilities.npy`.
 */
export async function run(context: JobContext): Promise<void> {
  const { model, recipe, fold, initialEpoch = 0, test } = context
    .parameters as unknown as FitParameters;
  const uint8 = async (name: string) => decodeUint8(await context.read(`prepare/${name}`), name);
  const indices = async (name: string) =>
    decodeInt32(await context.read(`prepare/${name}`), name).data;

  const images = await uint8("train-images.npy");
  const labels = await uint8("train-labels.npy");
  const split: Split = fold
    ? kFold(labels.data.length, fold.splits, fold.randomState)[fold.index]
    : { train: await indices("train-indices.npy"), test: await indices("validation-indices.npy") };
  const weights = initialEpoch > 0
    ? decodeWeights(await context.read("parent/weights.bin"), model)
    : initialWeights(model, seedFor(recipe.seed, "weights"));

  const engine = await openEngine({ backend: context.backend, threads: recipe.threads });
  context.record({ ...engine.description });
  const network = await engine.open(model, {
    optimizer: recipe.optimizer,
    loss: { labelSmoothing: 0, l2: 0 },
    seed: seedFor(recipe.seed, `dropout from epoch ${initialEpoch}`),
  }, weights);
  await network.place({ images, labels });
  const trained = await fit(network, {
    training: split.train,
    validation: split.test,
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
  if (test) {
    await context.write("train-probabilities.npy", encodeNpy(await network.predict(split.train)));
    // The test images are placed and looked at here, once, after everything has been chosen.
    const testLabels = await uint8("test-labels.npy");
    await network.place({ images: await uint8("test-images.npy"), labels: testLabels });
    const all = Int32Array.from(testLabels.data, (_, index) => index);
    await context.write("test-probabilities.npy", encodeNpy(await network.predict(all)));
  }
  await network.close();
}
