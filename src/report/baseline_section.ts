/** The report's section on the LeNet-5 baseline. @module */
import type { Recipe } from "../training/loop.ts";
import { confusionMatrix, type CurvePoint, learningCurves, perClass } from "./charts/training.ts";
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
  const { history, keptEpoch } = await readHistory("baseline/history.csv", from);
  const confusion = (await from.rows("baseline/confusion.csv")).map((row) => row.map(Number));
  const scores = await from.table("baseline/classes.csv");

  return [
    "## Baseline: LeNet-5",
    layersTable(
      await from.table("baseline/layers.csv"),
      published && { source: published.source, parameters: published.lenet5Parameters },
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

/** A `history.csv` as numbers, and the epoch kept. */
export const readHistory = async (input: string, from: Sources) =>
  historyOf(await from.table(input));

/** Rows of one network in a `history.csv` as numbers, and the epoch kept. */
export function historyOf(
  rows: readonly Record<string, string>[],
): { history: CurvePoint[]; keptEpoch: number } {
  return {
    history: rows.map((row) => ({
      epoch: Number(row.epoch),
      loss: Number(row.loss),
      accuracy: Number(row.accuracy),
      validationLoss: Number(row.validationLoss),
      validationAccuracy: Number(row.validationAccuracy),
    })),
    keptEpoch: Number(rows.find((row) => row.kept === "true")!.epoch),
  };
}

/** A table of a `layers.csv`, beside the parameters that someone publishes by layer. */
export function layersTable(
  layers: readonly Record<string, string>[],
  published: {
    readonly source: string;
    readonly parameters: { readonly [layer: string]: number };
  } | null,
): string {
  const total = layers.reduce((sum, layer) => sum + Number(layer.parameters), 0);
  const theirs = published?.parameters;
  return table(
    ["Layer", "Type", "Output", "Parameters", ...(published ? [published.source] : [])],
    [
      ...layers.map(({ layer, type, output, parameters }) => [
        layer,
        type,
        output,
        count(Number(parameters)),
        ...(theirs ? [layer in theirs ? count(theirs[layer]) : NONE] : []),
      ]),
      [
        "**all**",
        "",
        "",
        count(total),
        ...(theirs ? [count(Object.values(theirs).reduce((sum, n) => sum + n, 0))] : []),
      ],
    ],
  );
}
