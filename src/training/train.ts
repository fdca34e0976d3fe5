/** Trains a network on arrays in memory, for who has no use for stages and jobs. @module */
import type { Split } from "../data/split.ts";
import type { Engine, ImageSet, TrainableNetwork, Weights } from "../engine/engine.ts";
import { openEngine } from "../engine/open.ts";
import { initialWeights } from "../models/initialize.ts";
import type { ModelSpec } from "../models/spec.ts";
import type { NdArray } from "../ndarray.ts";
import { seedFor } from "../random.ts";
import { type Fit, fit } from "./loop.ts";
import { lossOf } from "./loss.ts";
import { type Recipe, recipe as recipeSchema } from "./recipe.ts";

/** Images and their classes, to be learnt from. */
export interface Examples {
  /** `[N, height, width, channels]`: bytes, or floats where the model's `inputType` says so. */
  readonly images: NdArray<Uint8Array | Float32Array>;
  /** `[N]`, 0 to classes - 1. */
  readonly labels: NdArray<Uint8Array>;
}

/** How a training went, and what came of it. */
export interface Trained extends Fit {
  /** Holds the kept weights and the examples, until it is closed. Other images may be placed in it. */
  readonly network: TrainableNetwork;
}

/**
 * Trains a network from weights that are drawn, on the rows `split.train`, and validates it after each
 * epoch on the rows `split.test`. The same recipe, model and data give the same bits as the job `fit` of
 * the pipeline.
 *
 * @param variant the engine: `graph`, which needs libtensorflow (`deno task setup`), or `layers`, which
 * runs anywhere, at about a seventh of the speed
 * @param progress told images, training and validation together
 * @throws {Error} where the recipe, the model or the data are wrong, with what is wrong; or where the
 * engine cannot be opened
 * @throws {DivergenceError} where the loss is no finite number any more
 */
export async function train(
  model: ModelSpec,
  examples: Examples,
  split: Split,
  recipe: Recipe,
  variant: "graph" | "layers" = "graph",
  progress: (done: number, total: number, note?: string) => void = () => {},
): Promise<Trained> {
  const { seed, threads } = checked(recipe);
  const engine = await openEngine({ variant }, threads);
  const weights = initialWeights(model, seedFor(seed, "weights"));
  return await trainFrom(engine, model, weights, examples, split, recipe, progress);
}

/**
 * Trains a network from given weights, as `train` does from drawn ones.
 *
 * @param initialEpoch epochs that the weights have been trained for already; 0 if omitted
 * @throws {DivergenceError} where the loss is no finite number any more
 */
export async function trainFrom(
  engine: Engine,
  model: ModelSpec,
  weights: Weights,
  examples: Required<ImageSet>,
  split: Split,
  recipe: Recipe,
  progress: (done: number, total: number, note?: string) => void,
  initialEpoch = 0,
): Promise<Trained> {
  const { epochs, batchSize, learningRate, keep, optimizer, seed } = recipe;
  const network = await engine.train(model, {
    optimizer,
    loss: lossOf(recipe),
    seed: seedFor(seed, `dropout from epoch ${initialEpoch}`),
  }, weights);
  try {
    await network.place(examples);
    const trained = await fit(network, {
      training: split.train,
      validation: split.test,
      labels: examples.labels,
      epochs,
      initialEpoch,
      batchSize,
      learningRate,
      keep,
      seed: seedFor(seed, "batches"),
    }, progress);
    return { ...trained, network };
  } catch (error) {
    await network.close();
    throw error;
  }
}

function checked(recipe: Recipe): Recipe {
  const { success, error, data } = recipeSchema.safeParse(recipe);
  if (success) return data;
  const [{ path, message }] = error.issues;
  throw new Error(`The recipe is refused: ${[...path, message].join(": ")}.`);
}
