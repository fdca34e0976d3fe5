/** What the job `judge` does. @module */
import { take } from "../../data/prepare.ts";
import { openClassifier } from "../../engine/classifier.ts";
import { openEngine } from "../../engine/open.ts";
import { decodeTfjsWeights } from "../../engine/tfjs_weights.ts";
import {
  coarse,
  type Known,
  type Limits,
  type Measured,
  measured,
  spaceOf,
  unlikeness,
  usualOf,
} from "../../evaluation/likeness.ts";
import type { JobContextOf } from "../../pipeline/stage.ts";
import type { job } from "./judge_job.ts";

/** Predicts the validation and the test images, and measures how far they lie from training images. */
export async function run(
  { parameters, equipment, inputs, outputs, record, progress }: JobContextOf<typeof job>,
): Promise<void> {
  const { model, unlike, most, threads } = parameters;
  const json: unknown = JSON.parse(await inputs.model.read());
  const weights = decodeTfjsWeights(json, await inputs.weights.read(), model);
  const engine = await openEngine(equipment, threads);
  record({ ...engine.description });
  const network = await openClassifier(engine, model, weights);

  const learnt = await inputs.trainImages.read();
  const test = await inputs.testImages.read();
  const training = (await inputs.trainIndices.read()).data.slice(0, most);
  const validation = (await inputs.validationIndices.read()).data;
  const total = training.length + validation.length + test.shape[0];
  progress(0, total, "training images");
  await network.place(learnt);
  const ofTraining = await network.classify(training);
  progress(training.length, total, "validation images");
  const ofValidation = await network.classify(validation);
  progress(training.length + validation.length, total, "test images");
  const all = Int32Array.from({ length: test.shape[0] }, (_, i) => i);
  await network.place(test);
  const ofTest = await network.classify(all);
  await network.close();
  progress(total, total, "test images");

  const labels = (await inputs.trainLabels.read()).data;
  const one = new Uint8Array(training.length);
  const { features } = ofTraining;
  const known: Known = {
    picture: spaceOf(coarse(take(learnt, training)), one),
    ...(features
      ? {
        classes: spaceOf(features, Uint8Array.from(training, (index) => labels[index])),
        all: spaceOf(features, one),
      }
      : {}),
  };
  const far = {
    validation: measured(known, take(learnt, validation), ofValidation.features),
    test: measured(known, test, ofTest.features),
  };
  // Each of two distances may call half of the share unlike, so that together they call no more.
  const each = far.validation.features ? unlike / 2 : unlike;
  const limits: Limits = {
    picture: usualOf(far.validation.picture, each),
    ...(far.validation.features ? { features: usualOf(far.validation.features, each) } : {}),
  };
  const shareOf = (of: Measured) => {
    const found = unlikeness(of, limits);
    return found.filter((value) => value > 1).length / found.length;
  };
  // Dropout passes on what it is given.
  const seen = model.layers.slice(0, -1).findLast(({ type }) => type !== "dropout");
  await outputs.likeness.write({
    ...(features && seen ? { layer: seen.name } : {}),
    ...limits,
    unlike: { validation: shareOf(far.validation), test: shareOf(far.test) },
  });
  await outputs.picture.write(known.picture);
  if (known.classes) await outputs.classes.write(known.classes);
  if (known.all) await outputs.all.write(known.all);
  await outputs.validationProbabilities.write(ofValidation.probabilities);
  await outputs.testProbabilities.write(ofTest.probabilities);
}
