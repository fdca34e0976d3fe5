/** How stages evaluate a trained network, and write what they keep of it. @module */
import { encodeTfjsModel } from "../engine/layers/tfjs_model.ts";
import { decodeWeights } from "../engine/weights.ts";
import { accuracyMetric } from "../evaluation/accuracy.ts";
import { classReport } from "../evaluation/classification.ts";
import { classify, confusionMatrix } from "../evaluation/confusion.ts";
import type { Metric } from "../evaluation/metrics.ts";
import { resolveLayers } from "../models/shapes.ts";
import type { ModelSpec } from "../models/spec.ts";
import type { Readers, Writers } from "../pipeline/stage.ts";
import type { job as fit } from "../training/job.ts";
import { parts } from "./accuracies.ts";
import type { evaluated, modelFiles } from "./evaluated.ts";
import type { preparedImages } from "./prepare/stage.ts";

/** A network that the job `fit` trained on the prepared split and evaluated on all its parts. */
export interface Trained {
  readonly model: ModelSpec;
  readonly job: Readers<typeof fit["writes"]>;
}

/** Writes the model files. */
export async function writeModel(
  outputs: Writers<typeof modelFiles>,
  { model, job }: Trained,
): Promise<void> {
  const weights = decodeWeights(await job.weights.read(), model);
  const file = await outputs.weights.write(encodeTfjsModel(model, weights, "").weights);
  await outputs.model.write(encodeTfjsModel(model, weights, file).json);
}

/**
 * Writes what a network is worth.
 *
 * @param classes names of the classes
 * @param metric what its metrics' names begin with
 * @returns the accuracies `<metric>.train|validation|test.accuracy`
 */
export async function writeEvaluation(
  outputs: Writers<typeof evaluated>,
  images: Readers<typeof preparedImages>,
  { model, job }: Trained,
  classes: readonly string[],
  metric: string,
): Promise<Metric[]> {
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
  for (const part of parts) {
    const probabilities = given[part];
    if (!probabilities) throw new Error(`${model.name} was not evaluated on the ${part} images`);
    const predicted = classify(probabilities);
    metrics.push(accuracyMetric(`${metric}.${part}.accuracy`, predicted, truth[part]));
    await kept[part]?.probabilities.write(probabilities);
    await kept[part]?.predictions.write(
      Array.from(truth[part], (label, i) => ({ label, predicted: predicted[i] })),
    );
    if (part !== "test") continue;
    const confusion = confusionMatrix(truth.test, predicted, classes.length);
    await outputs.confusion.write(confusion);
    const scores = classReport(confusion).classes;
    await outputs.classes.write(classes.map((name, i) => ({ class: name, ...scores[i] })));
  }
  return metrics;
}
