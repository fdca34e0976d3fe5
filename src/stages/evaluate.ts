/** How stages evaluate a trained network, and write what they keep of it. @module */
import type { ImageForm } from "../data/form.ts";
import { encodeTfjsModel } from "../engine/layers/tfjs_model.ts";
import { decodeWeights } from "../engine/weights.ts";
import { accuracyMetric } from "../evaluation/accuracy.ts";
import { classReport } from "../evaluation/classification.ts";
import { classify, confusionMatrix } from "../evaluation/confusion.ts";
import { crossEntropy } from "../evaluation/loss.ts";
import type { Metric, Score } from "../evaluation/metrics.ts";
import { overallScores, recalls } from "../evaluation/scores.ts";
import { resolveLayers } from "../models/shapes.ts";
import type { ModelSpec } from "../models/spec.ts";
import type { Readers, Writers } from "../pipeline/stage.ts";
import type { job as fit } from "../training/job.ts";
import { parts } from "./accuracies.ts";
import type { evaluated, modelFiles } from "./evaluated.ts";
import { metadataOf } from "./model_metadata.ts";
import type { preparedImages } from "./prepare/stage.ts";

/** A network that the job `fit` trained on the prepared split and evaluated on all its parts. */
export interface Trained {
  readonly model: ModelSpec;
  readonly job: Readers<typeof fit["writes"]>;
}

/**
 * Writes the model files.
 *
 * @param network what its metrics' names begin with
 * @param preprocessing how a picture is made what it reads
 */
export async function writeModel(
  outputs: Writers<typeof modelFiles>,
  { model, job }: Trained,
  network: string,
  classes: readonly string[],
  preprocessing: ImageForm,
): Promise<void> {
  const weights = decodeWeights(await job.weights.read(), model);
  const metadata = metadataOf(network, model, classes, preprocessing);
  const file = await outputs.weights.write(encodeTfjsModel(model, weights, "").weights);
  await outputs.model.write(encodeTfjsModel(model, weights, file, { metadata }).json);
}

/** What a network is worth, as metrics. */
export interface Worth {
  /** The accuracies `<network>.train|validation|test.accuracy`. */
  readonly metrics: Metric[];
  /** What `scoresOf` names, in its order. */
  readonly scores: Score[];
}

/**
 * Writes what a network is worth.
 *
 * @param classes names of the classes
 * @param network what its metrics' names begin with
 */
export async function writeEvaluation(
  outputs: Writers<typeof evaluated>,
  images: Readers<typeof preparedImages>,
  { model, job }: Trained,
  classes: readonly string[],
  network: string,
): Promise<Worth> {
  await outputs.layers.write(
    resolveLayers(model).map(({ layer, outputShape, parameters }) => ({
      layer: layer.name,
      type: layer.type,
      output: outputShape.join(" x "),
      parameters,
    })),
  );
  const { history, keptEpoch } = await job.summary.read();
  await outputs.history.write(
    history.map((epoch) => ({ ...epoch, kept: epoch.epoch === keptEpoch })),
  );

  const labels = (await images.trainLabels.read()).data;
  const labelsAt = (indices: Int32Array) => Uint8Array.from(indices, (index) => labels[index]);
  const truth = {
    train: labelsAt((await images.trainIndices.read()).data),
    validation: labelsAt((await images.validationIndices.read()).data),
    test: (await images.testLabels.read()).data,
  };
  const given = {
    train: await job.trainProbabilities.read(),
    validation: await job.validationProbabilities.read(),
    test: await job.testProbabilities.read(),
  };
  const kept = {
    train: undefined,
    validation: {
      probabilities: outputs.validationProbabilities,
      predictions: outputs.validationPredictions,
    },
    test: { probabilities: outputs.testProbabilities, predictions: outputs.testPredictions },
  };
  const metrics: Metric[] = [];
  const scores: Score[] = [];
  for (const part of parts) {
    const probabilities = given[part];
    if (!probabilities) throw new Error(`${model.name} was not evaluated on the ${part} images`);
    const predicted = classify(probabilities);
    metrics.push(accuracyMetric(`${network}.${part}.accuracy`, predicted, truth[part]));
    await kept[part]?.probabilities.write(probabilities);
    await kept[part]?.predictions.write(
      Array.from(truth[part], (label, i) => ({ label, predicted: predicted[i] })),
    );
    if (part === "train") continue;
    const confusion = confusionMatrix(truth[part], predicted, classes.length);
    const loss = crossEntropy(probabilities, truth[part]);
    scores.push(...overallScores(`${network}.${part}`, confusion, loss));
    if (part === "validation") continue;
    scores.push(...recalls(`${network}.${part}`, confusion, classes));
    await outputs.confusion.write(confusion);
    const report = classReport(confusion).classes;
    await outputs.classes.write(classes.map((name, i) => ({ class: name, ...report[i] })));
  }
  return { metrics, scores };
}
