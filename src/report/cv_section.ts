/** The report's section on the cross-validation. @module */
import { correctedMean, meanAndStd } from "../evaluation/intervals.ts";
import { foldCurves } from "./charts/folds.ts";
import { count, decimal, NONE, signed, table, withInterval } from "./markdown.ts";
import type { Published } from "./published.ts";
import type { Sources } from "./sources.ts";

/** What the section says besides what the artifacts hold. */
export interface CvSection {
  readonly splits: number;
  readonly randomState: number;
  readonly epochs: number;
  readonly published: Published | null;
}

/** Writes the section. */
export async function cvSection(
  { splits, randomState, epochs, published }: CvSection,
  from: Sources,
): Promise<string[]> {
  const metrics = await from.metrics("cv/metrics.json");
  const folds = metrics.filter(({ name }) => name.startsWith("cv.fold"));
  const mean = metrics.find(({ name }) => name === "cv.mean.accuracy")!;
  const history = (await from.table("cv/history.csv")).map((row) => ({
    fold: Number(row.fold),
    epoch: Number(row.epoch),
    accuracy: Number(row.accuracy),
    validationAccuracy: Number(row.validationAccuracy),
  }));
  const theirs = folds.flatMap(({ name }) => published?.figures[name]?.value ?? []);
  const compared = theirs.length === folds.length;
  const theirMean = compared
    ? correctedMean(theirs, splits - 1, 1) // The interval depends on the ratio of both sizes only.
    : undefined;

  return [
    `## Cross-validation`,
    `LeNet-5 trained afresh on each of ${splits} parts of all ${count(mean.n)} training images ` +
    `(\`KFold(${splits}, shuffle=True, random_state=${randomState})\`, index for index as in ` +
    `scikit-learn), for ${epochs} epochs. Scores are those of the last epoch on the images held out.`,
    table(
      [
        "Fold",
        ...(compared ? [published!.source] : []),
        "here [95%]",
        ...(compared ? ["difference"] : []),
      ],
      [
        ...folds.map(({ value, interval }, i) => [
          String(i + 1),
          ...(compared ? [decimal(theirs[i])] : []),
          withInterval(value, interval),
          ...(compared ? [signed(value - theirs[i])] : []),
        ]),
        [
          "**mean**",
          ...(theirMean ? [withInterval(theirMean.mean, [theirMean.low, theirMean.high])] : []),
          withInterval(mean.value, mean.interval),
          ...(theirMean ? [signed(mean.value - theirMean.mean)] : []),
        ],
        [
          "**standard deviation**",
          ...(theirMean ? [decimal(theirMean.std)] : []),
          decimal(meanAndStd(folds.map(({ value }) => value)).std),
          ...(compared ? [NONE] : []),
        ],
      ],
    ),
    `The intervals of means are Nadeau and Bengio's (2003), which allow for the folds sharing most of ` +
    `their training images.`,
    await from.figure(
      "cv-curves",
      foldCurves("LeNet-5 in each fold", history),
      "Accuracy by epoch in each fold, on training images and on those held out",
    ),
  ];
}
