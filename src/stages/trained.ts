/** What stages keep of a trained network: model files, curves, predictions and what follows from them. @module */
import { stringify } from "@std/csv";
import { encodeTfjsModel } from "../engine/layers/tfjs_model.ts";
import { decodeWeights } from "../engine/weights.ts";
import { classReport } from "../evaluation/classification.ts";
import { classify, confusionMatrix } from "../evaluation/confusion.ts";
import { accuracyMetric, type Metric } from "../evaluation/metrics.ts";
import type { FitSummary } from "../jobs/fit.ts";
import { resolveLayers } from "../models/shapes.ts";
import type { ModelSpec } from "../models/spec.ts";
import { decodeFloat32, decodeInt32, decodeUint8 } from "../files/npy.ts";
import type { JobResult, StageContext } from "../pipeline/stage.ts";

/** A network that the job `fit` trained on the prepared split and evaluated on the test images. */
export interface Trained {
  readonly model: ModelSpec;
  readonly job: JobResult;
  /** What its artifacts' names begin with; empty, or ending in `-`. */
  readonly prefix: string;
}

/** Writes `weights.bin` and `model.json`, together a TensorFlow.js layers model. */
export async function writeModel(
  { write }: StageContext,
  { model, job, prefix }: Trained,
): Promise<void> {
  const weights = decodeWeights(await job.read("weights.bin"), model);
  const file = await write(`${prefix}weights.bin`, encodeTfjsModel(model, weights, "").weights);
  await write(`${prefix}model.json`, encodeTfjsModel(model, weights, file).json);
}

/**
 * Writes `layers.csv` (shapes and parameters), `history.csv` (a row an epoch), for validation and
 * test images `predictions.csv` and `probabilities.npy` `[n, classes]`, and for the test images
 * `confusion.csv` (a row a true class) and `classes.csv` (precision, recall, F1).
 * Gives back the accuracies `<metric>.train|validation|test.accuracy`.
 */
export async function writeEvaluation(
  { read, write }: StageContext,
  { model, job, prefix }: Trained,
  classes: readonly string[],
  metric: string,
): Promise<Metric[]> {
  await write(
    `${prefix}layers.csv`,
    stringify([
      ["layer", "type", "output", "parameters"],
      ...resolveLayers(model).map(({ layer, outputShape, parameters }) => [
        layer.name,
        layer.type,
        outputShape.join(" x "),
        parameters,
      ]),
    ]),
  );
  const { history, keptEpoch } = JSON.parse(
    new TextDecoder().decode(await job.read("summary.json")),
  ) as FitSummary;
  await write(
    `${prefix}history.csv`,
    stringify(history.map((epoch) => ({ ...epoch, kept: epoch.epoch === keptEpoch })), {
      columns: [...Object.keys(history[0]), "kept"],
    }),
  );

  const labels = decodeUint8(await read("prepare/train-labels.npy")).data;
  const labelsAt = async (input: string) =>
    Uint8Array.from(decodeInt32(await read(input)).data, (index) => labels[index]);
  const truth = {
    train: await labelsAt("prepare/train-indices.npy"),
    validation: await labelsAt("prepare/validation-indices.npy"),
    test: decodeUint8(await read("prepare/test-labels.npy")).data,
  };
  const metrics: Metric[] = [];
  for (const [part, expected] of Object.entries(truth)) {
    const bytes = await job.read(`${part}-probabilities.npy`);
    const predicted = classify(decodeFloat32(bytes));
    metrics.push(accuracyMetric(`${metric}.${part}.accuracy`, predicted, expected));
    if (part === "train") continue;
    await write(`${prefix}${part}-probabilities.npy`, bytes);
    await write(
      `${prefix}${part}-predictions.csv`,
      stringify([
        ["label", "predicted"],
        ...Array.from(expected, (label, i) => [label, predicted[i]]),
      ]),
    );
    if (part === "validation") continue;
    const confusion = confusionMatrix(expected, predicted, classes.length);
    await write(`${prefix}confusion.csv`, stringify(confusion));
    const scores = classReport(confusion).classes;
    await write(
      `${prefix}classes.csv`,
      stringify(classes.map((name, i) => ({ class: name, ...scores[i] })), {
        columns: ["class", "precision", "recall", "f1", "support"],
      }),
    );
  }
  return metrics;
}
