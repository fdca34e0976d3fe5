/** The report's section on the LeNet-5 baseline. @module */
import { confusedPairs } from "../../evaluation/confused_pairs.ts";
import type { ConfusionMatrix } from "../../evaluation/confusion.ts";
import { ranking } from "../../report/charts/ranking.ts";
import { confusionMatrix, perClass } from "../../report/charts/training.ts";
import type { Explored } from "../../page/explored.ts";
import { limits } from "../../report/limits.ts";
import { count, counted, decimal, NONE, plain, table } from "../../report/markdown.ts";
import { meanings } from "../../report/svg.ts";
import { metricOf, type Network, publishedOf, spreadIn, titleOf } from "../network.ts";
import type { SectionContextOf } from "../room.ts";
import {
  curves,
  epochs,
  keptBy,
  keptEpoch,
  layersTable,
  optimizerOf,
  pairsTable,
  scoresTable,
} from "../shown.ts";
import type { baseline } from "./stage.ts";

type Context = SectionContextOf<typeof baseline>;

/** The figure of the confusion matrix. */
const MATRIX = "baseline-confusion";

/** Writes the section. */
export async function section(context: Context): Promise<string[]> {
  const { settings: recipe, study: { published }, inputs, link } = context;
  const history = await inputs.history.read();
  const confusion = await inputs.confusion.read();

  return [
    "## Baseline: LeNet-5",
    layersTable(await inputs.layers.read(), published, published?.lenet5Parameters),
    `Trained for ${epochs(recipe.epochs)} in batches of ${recipe.batchSize} with ` +
    `${optimizerOf(recipe)} at a learning rate of ${recipe.learningRate}. Epoch ` +
    `${keptEpoch(history)} was kept: ${
      keptBy(recipe.keep)
    }, as declared before the run. The test ` +
    `images were looked at once, afterwards.`,
    await curves("baseline", "LeNet-5 while it learns", history, context),
    "On images that it has not learnt from:",
    scoresTable("baseline", [...await inputs.metrics.read(), ...await inputs.scores.read()]),
    `The weights are a TensorFlow.js layers model, ${link(inputs.model, "model.json")} with ` +
    `${link(inputs.weights, "weights.bin")}; it takes pixels from 0 to 255.`,
    "### On the test images",
    ...await confusionPart(confusion, context),
    ...await classesPart(context),
  ];
}

/** LeNet-5. */
export async function networks(
  { study: { published }, inputs, shows }: Context,
): Promise<Network[]> {
  const metrics = await inputs.metrics.read();
  const layers = await inputs.layers.read();
  const { provenance: { jobs } } = await inputs.manifest.read();
  const parameters = layers.reduce((sum, layer) => sum + layer.parameters, 0);
  return [{
    id: "baseline",
    title: titleOf("baseline"),
    published: publishedOf(published?.figures, "baseline", titleOf("baseline")),
    validation: metricOf(metrics, "baseline.validation.accuracy"),
    test: metricOf(metrics, "baseline.test.accuracy"),
    spread: spreadIn(await shows.seedSpread.read(), "lenet5"),
    parameters,
    trained: parameters,
    seconds: jobs["lenet5"].seconds,
    final: true,
    predictions: await inputs.testPredictions.read(),
  }];
}

/** How LeNet-5 learnt; its confusion matrix. */
export async function explored({ inputs }: Context): Promise<Explored> {
  const epochs = await inputs.history.read();
  return { curves: [{ title: titleOf("baseline"), epochs }], matrix: MATRIX };
}

/** Which classes are taken for which: the matrix, or the pairs that are confused most. */
async function confusionPart(
  confusion: ConfusionMatrix,
  { study: { classes }, inputs, figure, link }: Context,
): Promise<string[]> {
  if (classes.length <= limits.matrix) {
    return [
      await figure(
        MATRIX,
        confusionMatrix("LeNet-5 on the test images", confusion, classes),
        "Confusion matrix of LeNet-5 on the test images",
      ),
    ];
  }
  const matrix = link(inputs.confusion, "the confusion matrix as CSV");
  const pairs = confusedPairs(confusion);
  if (pairs.length === 0) return [`No image was taken for another class (${matrix}).`];
  const shown = pairs.slice(0, limits.pairs);
  return [
    (shown.length < pairs.length
      ? `The ${shown.length} pairs of classes that are confused most, of ${
        counted(pairs.length, "pair")
      }`
      : `Every pair of classes that is confused`) +
    ` (${matrix}); the share is that of the true class's images:`,
    pairsTable(shown, classes),
  ];
}

/** How well each class is found: one by one, or all in one picture and the worst and the best by name. */
async function classesPart({ inputs, figure, link }: Context): Promise<string[]> {
  const defined = (value: number) => Number.isNaN(value) ? null : value;
  const scores = (await inputs.classes.read()).map(({ precision, recall, f1, ...rest }) => ({
    ...rest,
    precision: defined(precision),
    recall: defined(recall),
    f1: defined(f1),
  }));
  const score = (value: number | null) => value === null ? NONE : decimal(value);
  const rows = (of: typeof scores) =>
    table(
      ["Class", "Precision", "Recall", "F1", "Images"],
      of.map(({ class: name, precision, recall, f1, support }) => [
        plain(name),
        score(precision),
        score(recall),
        score(f1),
        count(support),
      ]),
    );
  const unpredicted = scores.some(({ support, precision }) => support > 0 && precision === null)
    ? [`A class that no image was taken for has no precision: ${NONE}.`]
    : [];
  if (scores.length <= limits.list) {
    return [
      await figure(
        "baseline-classes",
        perClass("LeNet-5 on the test images, by class", scores),
        "Precision, recall and F1 of LeNet-5 for each class",
      ),
      rows(scores),
      ...(scores.some(({ support }) => support === 0)
        ? [`A class without test images has no scores: ${NONE}.`]
        : []),
      ...unpredicted,
    ];
  }
  const ranked = scores.flatMap(({ f1, ...scores }) => f1 === null ? [] : [{ ...scores, f1 }])
    .sort((a, b) => a.f1 - b.f1);
  const [worst, best] = [ranked[0].f1, ranked[ranked.length - 1].f1];
  const all = link(inputs.classes, "all classes as CSV");
  const without = scores.length - ranked.length;
  const whole = ranked.length <= 2 * limits.ends;
  const { ends } = limits;
  return [
    ...(without > 0
      ? [`${counted(without, "class has", "classes have")} no test image, and so no scores.`]
      : []),
    ...(worst === best ? [`Every class has an F1 of ${decimal(worst)} (${all}).`] : [
      await figure(
        "baseline-classes",
        ranking(
          {
            title: "LeNet-5 on the test images: F1 of every class",
            of: ["class", "classes"],
            values: "F1",
            color: meanings.test,
            kind: "share",
          },
          ranked.map(({ f1 }) => f1),
        ),
        "F1 of LeNet-5 for every class, from the best to the worst",
      ),
      whole
        ? `Every class with test images, the least F1 first (${all}):`
        : `The ${ends} classes with the least F1, and the ${ends} with the highest (${all}):`,
      rows(whole ? ranked : [...ranked.slice(0, ends), ...ranked.slice(-ends)]),
      ...unpredicted,
    ]),
  ];
}
