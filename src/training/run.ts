/** What the job `fit` does. @module */
import { Buffer } from "node:buffer";
import type { Split } from "../data/split.ts";
import { foldsOf } from "../data/stratified.ts";
import { openEngine } from "../engine/open.ts";
import { decodeWeights, encodeWeights } from "../engine/weights.ts";
import { openNpy } from "../files/npy.ts";
import { initialWeights } from "../models/initialize.ts";
import type { JobContextOf } from "../pipeline/stage.ts";
import { seedFor } from "../random.ts";
import type { job } from "./job.ts";
import { trainFrom } from "./train.ts";

/**
 * Trains the network and writes its weights and probabilities. The test images are placed and looked
 * at once, after everything has been chosen.
 */
export async function run(
  { parameters, equipment, inputs, outputs, record, progress }: JobContextOf<typeof job>,
): Promise<void> {
  const { model, recipe, fold, subset, initialEpoch, evaluate } = parameters;
  const labels = await inputs.trainLabels.read();
  const split: Split = fold ? foldsOf(labels.data, fold)[fold.index] : {
    train: needed(await inputs.trainIndices.read(), "training").data,
    test: needed(await inputs.validationIndices.read(), "validation").data,
  };
  const learnt: Split = {
    train: split.train.subarray(0, subset?.train),
    test: split.test.subarray(0, subset?.validation),
  };
  const first = await inputs.weights.read();
  const after = await inputs.headWeights.read();
  const weights = first
    ? decodeWeights(Buffer.concat(after ? [first, after] : [first]), model)
    : initialWeights(model, seedFor(recipe.seed, "weights"));

  const engine = await openEngine(equipment, recipe.threads);
  record({ ...engine.description });
  const examples = {
    images: await openNpy(inputs.trainImages.file.path, "training images"),
    labels,
  };
  const { network, history, keptEpoch, ...kept } = await trainFrom(
    engine,
    model,
    weights,
    examples,
    learnt,
    recipe,
    progress,
    initialEpoch,
  );

  await outputs.summary.write({ history: [...history], keptEpoch });
  await outputs.weights.write(encodeWeights(kept.weights));
  await outputs.validationProbabilities.write(kept.validationProbabilities);
  if (evaluate.includes("train")) {
    await outputs.trainProbabilities.write(await network.predict(learnt.train));
  }
  if (evaluate.includes("test")) {
    const testLabels = needed(await inputs.testLabels.read(), "test");
    await network.place({
      images: await openNpy(inputs.testImages.file.path, "test images"),
      labels: testLabels,
    });
    const all = Int32Array.from(testLabels.data, (_, index) => index);
    await outputs.testProbabilities.write(await network.predict(all));
  }
  await network.close();
}

/** An input that the parameters ask for. */
function needed<T>(input: T | undefined, what: string): T {
  if (input === undefined) {
    throw new Error(`The job is asked for ${what} images and not given any.`);
  }
  return input;
}
