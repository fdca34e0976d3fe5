/**
 * What stage `cv` does: every fold is a job; what it scores on the images it has not seen is the score
 * of its last epoch if the recipe keeps that, so that nothing is chosen on them.
 *
 * @module
 */
import { foldsOf } from "../../data/stratified.ts";
import { classify, confusionMatrix } from "../../evaluation/confusion.ts";
import { accuracyMetric, meanMetric } from "../../evaluation/accuracy.ts";
import { overallScores, recalls } from "../../evaluation/scores.ts";
import { imageShape } from "../../files/npy.ts";
import { lenet5 } from "../../models/lenet5.ts";
import type { ContextOf } from "../../pipeline/stage.ts";
import { asked } from "../asked.ts";
import { foldMetric, MEAN, POOLED } from "./names.ts";
import type { cv } from "./stage.ts";

/** Writes what the stage declares. */
export async function run(
  { parameters, inputs, outputs, jobs }: ContextOf<typeof cv>,
): Promise<void> {
  const { classes, splits, randomState, stratify, recipe } = parameters;
  const model = lenet5(await imageShape(inputs.trainImages.file.path), classes.length);
  const labels = (await inputs.trainLabels.read()).data;
  const folding = { splits, randomState, stratify };
  const parts = asked(
    stratify ? "cv.stratify" : "cv.splits",
    () => foldsOf(labels, folding, classes),
  );
  const folds = await Promise.all(
    parts.map(async ({ train, test }, index) => {
      const trained = await jobs.fit({
        name: `fold${index + 1}`,
        label: `fold ${index + 1}`,
        parameters: { model, recipe, fold: { ...folding, index }, evaluate: [] },
        inputs,
      });
      const { history } = await trained.summary.read();
      const predicted = classify(await trained.validationProbabilities.read());
      const truth = Uint8Array.from(test, (row) => labels[row]);
      const metric = accuracyMetric(foldMetric(index), predicted, truth);
      return { fold: index + 1, train, test, history, predicted, metric };
    }),
  );

  await outputs.history.write(
    folds.flatMap(({ fold, history }) => history.map((epoch) => ({ fold, ...epoch }))),
  );
  const rows = new Array<{ fold: number; label: number; predicted: number }>(labels.length);
  for (const { fold, test, predicted } of folds) {
    test.forEach((row, i) => rows[row] = { fold, label: labels[row], predicted: predicted[i] });
  }
  await outputs.predictions.write(rows);

  const scores = folds.map(({ metric }) => metric.value);
  const [{ train, test }] = folds;
  await outputs.metrics.write([
    ...folds.map(({ metric }) => metric),
    meanMetric(MEAN, scores, train.length, test.length, labels.length),
  ]);
  const confusion = confusionMatrix(
    labels,
    rows.map(({ predicted }) => predicted),
    classes.length,
  );
  await outputs.scores.write([
    ...overallScores(POOLED, confusion),
    ...recalls(POOLED, confusion, classes),
  ]);
}
