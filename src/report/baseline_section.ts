/** The report's section on the LeNet-5 baseline. @module */
import type { Recipe } from "../engine/fit.ts";
import { confusionMatrix, learningCurves, perClass } from "./charts/training.ts";
import { count, decimal, NONE, table } from "./markdown.ts";
import type { Published } from "./published.ts";
import type { Sources } from "./sources.ts";

/** What the section says besides what the artifacts hold. */
export interface BaselineSection {
  readonly classes: readonly string[];
  readonly recipe: Recipe;
  readonly published: Published | null;
}

/** Writes the section. */
export async function baselineSection(
  { classes, recipe, published }: BaselineSection,
  from: Sources,
): Promise<string[]> {
  const layers = await from.table("baseline/layers.csv");
  const epochs = await from.table("baseline/history.csv");
  const confusion = (await from.rows("baseline/confusion.csv")).map((row) => row.map(Number));
  const scores = await from.table("baseline/classes.csv");
  const parameters = layers.map((layer) => Number(layer.parameters));
  const total = parameters.reduce((sum, n) => sum + n, 0);
  const history = epochs.map((row) => ({
    epoch: Number(row.epoch),
    loss: Number(row.loss),
    accuracy: Number(row.accuracy),
    validationLoss: Number(row.validationLoss),
    validationAccuracy: Number(row.validationAccuracy),
  }));
  const keptEpoch = Number(epochs.find((row) => row.kept === "true")!.epoch);
  const theirs = published?.lenet5Parameters;
  const theirTotal = theirs && Object.values(theirs).reduce((sum, n) => sum + n, 0);

  return [
    "## Baseline: LeNet-5",
    table(
      ["Layer", "Type", "Output", "Parameters", ...(published ? [published.source] : [])],
      [
        ...layers.map((layer, i) => [
          layer.layer,
          layer.type,
          layer.output,
          count(parameters[i]),
          ...(theirs ? [layer.layer in theirs ? count(theirs[layer.layer]) : NONE] : []),
        ]),
        ["**all**", "", "", count(total), ...(theirTotal ? [count(theirTotal)] : [])],
      ],
    ),
    `Trained for ${recipe.epochs} epochs in batches of ${recipe.batchSize} with ` +
    `${
      optimizerName(recipe)
    } at a learning rate of ${recipe.learningRate}. Epoch ${keptEpoch} was kept: ` +
    (recipe.keep === "validationAccuracy"
      ? "the one with the best validation accuracy"
      : "the one with the least validation loss") +
    `, as declared before the run. The test images were looked at once, afterwards.`,
    await from.figure(
      "baseline-curves",
      learningCurves("LeNet-5 while it learns", history, keptEpoch),
      "Loss and accuracy of LeNet-5 by epoch, training and validation",
    ),
    `The weights are a TensorFlow.js layers model, ${
      from.link("baseline/model.json", "model.json")
    } with ${from.link("baseline/weights.bin", "weights.bin")}; it takes pixels from 0 to 255.`,
    "### On the test images",
    await from.figure(
      "baseline-confusion",
      confusionMatrix("LeNet-5 on the test images", confusion, classes),
      "Confusion matrix of LeNet-5 on the test images",
    ),
    await from.figure(
      "baseline-classes",
      perClass(
        "LeNet-5 on the test images, by class",
        scores.map((row) => ({
          class: row.class,
          precision: Number(row.precision),
          recall: Number(row.recall),
          f1: Number(row.f1),
        })),
      ),
      "Precision, recall and F1 of LeNet-5 for each class",
    ),
    table(
      ["Class", "Precision", "Recall", "F1", "Images"],
      scores.map((row) => [
        row.class,
        decimal(Number(row.precision)),
        decimal(Number(row.recall)),
        decimal(Number(row.f1)),
        count(Number(row.support)),
      ]),
    ),
  ];
}

function optimizerName({ optimizer }: Recipe): string {
  return { adam: "Adam", adamw: "AdamW", sgd: "SGD" }[optimizer.type];
}
