/** The report's section on the cross-validation. @module */
import { correctedMean, meanAndStd } from "../../evaluation/intervals.ts";
import { count, decimal, NONE, signed, table, withInterval } from "../../report/markdown.ts";
import type { SectionContextOf } from "../room.ts";
import { epochs, keptBy, optimizerOf } from "../shown.ts";
import { foldCurves } from "./charts.ts";
import { MEAN } from "./names.ts";
import type { cv } from "./stage.ts";

/** Writes the section. */
export async function section(
  { settings, study, inputs, figure }: SectionContextOf<typeof cv>,
): Promise<string[]> {
  const { splits, randomState, stratify, recipe } = settings;
  const { published } = study;
  const metrics = await inputs.metrics.read();
  const folds = metrics.filter(({ name }) => name !== MEAN);
  const mean = metrics.find(({ name }) => name === MEAN)!;
  const theirs = folds.flatMap(({ name }) => published?.figures[name]?.value ?? []);
  const compared = theirs.length === folds.length ? published : null;
  const theirMean = compared
    ? correctedMean(theirs, splits - 1, 1) // The interval depends on the ratio of both sizes only.
    : undefined;

  return [
    `## Cross-validation`,
    `LeNet-5 trained afresh on each of ${splits} parts of all ${count(mean.n)} training images ` +
    `(\`${
      stratify ? "Stratified" : ""
    }KFold(${splits}, shuffle=True, random_state=${randomState})\`, index for index as in ` +
    `scikit-learn), for ${epochs(recipe.epochs)} with ${
      optimizerOf(recipe)
    }. Scores are those of the epoch kept, ` +
    `${keptBy(recipe.keep)}, on the images held out` +
    (recipe.keep === "lastEpoch" ? "." : ", which it was chosen on: they are a little too good."),
    table(
      [
        "Fold",
        ...(compared ? [compared.source] : []),
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
    await figure(
      "cv-curves",
      foldCurves("LeNet-5 in each fold", await inputs.history.read()),
      "Accuracy by epoch in each fold, on training images and on those held out",
    ),
  ];
}
