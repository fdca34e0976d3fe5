/**
 * Stage `baseline`: LeNet-5, trained once, an epoch chosen on the validation images and evaluated once on the test images.
 *
 * @module
 */
import { stringify } from "@std/csv";
import { encodeTfjsModel } from "../engine/layers/tfjs_model.ts";
import { decodeWeights } from "../engine/weights.ts";
import { classReport } from "../evaluation/classification.ts";
import { classify, confusionMatrix } from "../evaluation/confusion.ts";
import { accuracyMetric } from "../evaluation/metrics.ts";
import type { Recipe } from "../engine/fit.ts";
import type { FitParameters, FitSummary } from "../jobs/fit.ts";
import { lenet5 } from "../models/lenet5.ts";
import { resolveLayers } from "../models/shapes.ts";
import { decodeFloat32, decodeInt32, decodeUint8 } from "../npy.ts";
import type { Json } from "../pipeline/digest.ts";
import type { StageContext } from "../pipeline/stage.ts";

/**
 * Writes `metrics.json`, `history.csv` (a row an epoch), `layers.csv` (shapes and parameters),
 * `weights.bin` and `model.json` (a TensorFlow.js layers model), `test-probabilities.npy` and
 * `validation-probabilities.npy`, the predictions themselves as CSV, `confusion.csv` (a row a true
 * class) and `classes.csv` (precision, recall, F1 on the test images).
 */
export async function run({ parameters, inputs, read, write, job }: StageContext) {
  const { classes, recipe } = parameters as unknown as { classes: string[]; recipe: Recipe };
  const model = lenet5(classes.length);
  const layers = resolveLayers(model);
  const trained = await job({
    module: "src/jobs/fit.ts",
    label: model.name,
    parameters: { model, recipe, test: true } satisfies FitParameters as unknown as Json,
    inputs,
  });
  const { history, keptEpoch } = JSON.parse(
    new TextDecoder().decode(await trained.read("summary.json")),
  ) as FitSummary;

  await write(
    "history.csv",
    stringify(history.map((epoch) => ({ ...epoch, kept: epoch.epoch === keptEpoch })), {
      columns: [...Object.keys(history[0]), "kept"],
    }),
  );
  await write(
    "layers.csv",
    stringify([
      ["layer", "type", "output", "parameters"],
      ...layers.map(({ layer, outputShape, parameters }) => [
        layer.name,
        layer.type,
        outputShape.join(" x "),
        parameters,
      ]),
    ]),
  );
  const weights = decodeWeights(await trained.read("weights.bin"), model);
  const file = await write("weights.bin", encodeTfjsModel(model, weights, "").weights);
  await write("model.json", encodeTfjsModel(model, weights, file).json);

  // Accuracies, from predictions that are kept beside them.
  const labels = decodeUint8(await read("prepare/train-labels.npy")).data;
  const truth = {
    train: decodeInt32(await read("prepare/train-indices.npy")).data,
    validation: decodeInt32(await read("prepare/validation-indices.npy")).data,
  };
  const testLabels = decodeUint8(await read("prepare/test-labels.npy")).data;
  const parts = {
    train: Uint8Array.from(truth.train, (index) => labels[index]),
    validation: Uint8Array.from(truth.validation, (index) => labels[index]),
    test: testLabels,
  };
  const metrics = [];
  for (const [part, expected] of Object.entries(parts)) {
    const bytes = await trained.read(`${part}-probabilities.npy`);
    const predicted = classify(decodeFloat32(bytes));
    metrics.push(accuracyMetric(`baseline.${part}.accuracy`, predicted, expected));
    if (part === "train") continue;
    await write(`${part}-probabilities.npy`, bytes);
    await write(
      `${part}-predictions.csv`,
      stringify([
        ["label", "predicted"],
        ...Array.from(expected, (label, i) => [label, predicted[i]]),
      ]),
    );
    if (part !== "test") continue;
    const confusion = confusionMatrix(expected, predicted, classes.length);
    await write("confusion.csv", stringify(confusion));
    const scores = classReport(confusion).classes;
    await write(
      "classes.csv",
      stringify(classes.map((name, i) => ({ class: name, ...scores[i] })), {
        columns: ["class", "precision", "recall", "f1", "support"],
      }),
    );
  }
  await write("metrics.json", JSON.stringify(metrics, null, 2) + "\n");
}
