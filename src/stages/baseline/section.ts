/** The report's section on the LeNet-5 baseline. @module */
import { confusionMatrix, perClass } from "../../report/charts/training.ts";
import { count, decimal, table } from "../../report/markdown.ts";
import type { SectionContextOf } from "../room.ts";
import { curves, epochs, keptBy, keptEpoch, layersTable, optimizerOf } from "../shown.ts";
import type { baseline } from "./stage.ts";

/** Writes the section. */
export async function section(context: SectionContextOf<typeof baseline>): Promise<string[]> {
  const { settings: recipe, study: { classes, published }, inputs, figure, link } = context;
  const history = await inputs.history.read();
  const scores = await inputs.classes.read();

  return [
    "## Baseline: LeNet-5",
    layersTable(
      await inputs.layers.read(),
      published && { source: published.source, parameters: published.lenet5Parameters },
    ),
    `Trained for ${epochs(recipe.epochs)} in batches of ${recipe.batchSize} with ` +
    `${optimizerOf(recipe)} at a learning rate of ${recipe.learningRate}. Epoch ` +
    `${keptEpoch(history)} was kept: ${
      keptBy(recipe.keep)
    }, as declared before the run. The test ` +
    `images were looked at once, afterwards.`,
    await curves("baseline", "LeNet-5 while it learns", history, context),
    `The weights are a TensorFlow.js layers model, ${link(inputs.model, "model.json")} with ` +
    `${link(inputs.weights, "weights.bin")}; it takes pixels from 0 to 255.`,
    "### On the test images",
    await figure(
      "baseline-confusion",
      confusionMatrix("LeNet-5 on the test images", await inputs.confusion.read(), classes),
      "Confusion matrix of LeNet-5 on the test images",
    ),
    await figure(
      "baseline-classes",
      perClass("LeNet-5 on the test images, by class", scores),
      "Precision, recall and F1 of LeNet-5 for each class",
    ),
    table(
      ["Class", "Precision", "Recall", "F1", "Images"],
      scores.map(({ class: name, precision, recall, f1, support }) => [
        name,
        decimal(precision),
        decimal(recall),
        decimal(f1),
        count(support),
      ]),
    ),
  ];
}
