/**
 * Stage `cv`: LeNet-5 cross-validated. Every fold is a job; what it scores on the images it has not
 * seen is the score of its last epoch, so that nothing is chosen on them.
 *
 * @module
 */
import { stringify } from "@std/csv";
import { kFold } from "../data/split.ts";
import { classify } from "../evaluation/confusion.ts";
import { correctedMean } from "../evaluation/intervals.ts";
import { accuracyMetric, type Metric } from "../evaluation/metrics.ts";
import type { Recipe } from "../training/loop.ts";
import type { FitParameters, FitSummary } from "../jobs/fit.ts";
import { lenet5 } from "../models/lenet5.ts";
import { decodeFloat32, decodeUint8 } from "../files/npy.ts";
import type { Json } from "../files/digest.ts";
import type { StageContext } from "../pipeline/stage.ts";

/** What `study.ts` says of the cross-validation. */
export interface CrossValidation {
  /** Scikit-learn's `KFold(splits, shuffle=True, random_state=randomState)`. */
  readonly splits: number;
  readonly randomState: number;
  readonly recipe: Recipe;
}

/**
 * Writes `metrics.json` (every fold's accuracy and their mean), `history.csv` (a row an epoch of a
 * fold) and `predictions.csv`: for every training image its fold, its label and what the network
 * that had not seen it predicted.
 */
export async function run({ parameters, inputs, read, write, job }: StageContext) {
  const { classes, splits, randomState, recipe } = parameters as unknown as
    & CrossValidation
    & { classes: string[] };
  const model = lenet5(classes.length);
  const labels = decodeUint8(await read("prepare/train-labels.npy")).data;
  const folds = await Promise.all(
    kFold(labels.length, splits, randomState).map(async ({ train, test }, index) => {
      const trained = await job({
        module: "src/jobs/fit.ts",
        label: `fold ${index + 1}`,
        parameters: {
          model,
          recipe,
          fold: { splits, randomState, index },
          evaluate: [],
        } satisfies FitParameters as unknown as Json,
        inputs,
      });
      const { history } = JSON.parse(
        new TextDecoder().decode(await trained.read("summary.json")),
      ) as FitSummary;
      const predicted = classify(decodeFloat32(await trained.read("validation-probabilities.npy")));
      const metric = accuracyMetric(
        `cv.fold${index + 1}.accuracy`,
        predicted,
        Uint8Array.from(test, (row) => labels[row]),
      );
      return { fold: index + 1, train, test, history, predicted, metric };
    }),
  );

  await write(
    "history.csv",
    stringify(folds.flatMap(({ fold, history }) => history.map((epoch) => ({ fold, ...epoch }))), {
      columns: ["fold", ...Object.keys(folds[0].history[0])],
    }),
  );
  const table: number[][] = new Array(labels.length);
  for (const { fold, test, predicted } of folds) {
    test.forEach((row, i) => table[row] = [fold, labels[row], predicted[i]]);
  }
  await write("predictions.csv", stringify([["fold", "label", "predicted"], ...table]));

  const { mean, low, high } = correctedMean(
    folds.map(({ metric }) => metric.value),
    folds[0].train.length,
    folds[0].test.length,
  );
  const metrics: Metric[] = [
    ...folds.map(({ metric }) => metric),
    { name: "cv.mean.accuracy", value: mean, interval: [low, high], n: labels.length },
  ];
  await write("metrics.json", JSON.stringify(metrics, null, 2) + "\n");
}
