/** What the job `train` does. @module */
import { take } from "../data/prepare.ts";
import { openTrainer } from "../engine/open_trainer.ts";
import { encodeWeights } from "../engine/weights.ts";
import { heWeights } from "../models/he.ts";
import type { NdArray } from "../ndarray.ts";
import type { JobContextOf } from "../pipeline/stage.ts";
import { seedFor } from "../random.ts";
import { decodeStanding, encodeStanding, type Standing } from "./checkpoint.ts";
import { evaluate, train } from "./course.ts";
import { lossOf } from "./loss.ts";
import type { job } from "./train_job.ts";

/**
 * Trains the network, from where an earlier run was cut short if one was, and writes its weights and
 * probabilities. The test images are looked at once, after all is done.
 */
export async function run(
  { parameters, equipment, inputs, outputs, record, progress, checkpoint }: JobContextOf<
    typeof job
  >,
): Promise<void> {
  const { model, regime, subset, test } = parameters;
  const images = await inputs.trainImages.read();
  const labels = await inputs.trainLabels.read();
  const part = ({ data }: NdArray<Int32Array>, count?: number) => {
    const rows = data.slice(0, count);
    return { rows, images: take(images, rows), labels: take(labels, rows) };
  };
  const training = part(await inputs.trainIndices.read(), subset?.train);
  const validation = part(await inputs.validationIndices.read(), subset?.validation);

  const trainer = await openTrainer(equipment, regime.threads);
  record({ ...trainer.description });
  const network = await trainer.train(model, {
    optimizer: regime.optimizer,
    loss: lossOf(regime),
    precision: regime.precision,
    seed: seedFor(regime.seed, "dropout"),
  }, heWeights(model, seedFor(regime.seed, "weights")));
  const trained = await train(
    network,
    { training, rows: training.rows, validation },
    regime,
    {
      begun: standingOf(await checkpoint.read()),
      offer: (make) => checkpoint.offer(async () => encodeStanding(await make())),
    },
    progress,
  );

  await outputs.summary.write({ history: [...trained.history] });
  await outputs.weights.write(encodeWeights(trained.weights));
  const { plain, mirrored } = trained.validation;
  await outputs.validationProbabilities.write(plain);
  if (mirrored) await outputs.validationMirrored.write(mirrored);
  if (test) {
    const testImages = await inputs.testImages.read();
    const testLabels = await inputs.testLabels.read();
    if (!testImages || !testLabels) {
      throw new Error("The job is asked for test images and not given any.");
    }
    const set = { images: testImages, labels: testLabels };
    const { plain, mirrored } = await evaluate(network, set, regime);
    await outputs.testProbabilities.write(plain);
    if (mirrored) await outputs.testMirrored.write(mirrored);
  }
  await network.close();
}

/** Where an earlier run was; undefined where there was none, or what it left cannot be read. */
function standingOf(bytes: Uint8Array | undefined): Standing | undefined {
  if (!bytes) return undefined;
  try {
    return decodeStanding(bytes);
  } catch {
    return undefined;
  }
}
