/** The report's section on the cross-validation. @module */
import { correctedMean, meanAndStd } from "../../evaluation/intervals.ts";
import type { Explored } from "../../page/explored.ts";
import { limits } from "../../report/limits.ts";
import {
  count,
  counted,
  decimal,
  listed,
  NONE,
  signed,
  table,
  withInterval,
} from "../../report/markdown.ts";
import { metricOf } from "../network.ts";
import type { SectionContextOf } from "../room.ts";
import { epochs, keptBy, optimizerOf } from "../shown.ts";
import { foldCurves } from "./charts.ts";
import { MEAN, POOLED } from "./names.ts";
import type { cv } from "./stage.ts";

type Context = SectionContextOf<typeof cv>;

/** Writes the section. */
export async function section(context: Context): Promise<string[]> {
  const { settings: { splits, randomState, stratify, recipe }, study, inputs } = context;
  const { published } = study;
  const metrics = await inputs.metrics.read();
  const folds = metrics.filter(({ name }) => name !== MEAN);
  const mean = metrics.find(({ name }) => name === MEAN)!;
  const scores = new Map((await inputs.scores.read()).map(({ name, value }) => [name, value]));
  const pooled = (figure: string) => withInterval(scores.get(`${POOLED}.${figure}`) ?? null, null);
  const theirs = folds.flatMap(({ name }) => published?.figures?.[name]?.value ?? []);
  const compared = theirs.length === folds.length ? published : undefined;
  const theirMean = compared
    ? correctedMean(theirs, splits - 1, 1) // The interval depends on the ratio of both sizes only.
    : undefined;

  return [
    `## Cross-validation`,
    `All ${
      count(mean.n)
    } training images in ${splits} parts: for each a LeNet-5 is trained afresh on the other ` +
    `${splits === 2 ? "one" : splits - 1} and tried on this one (\`${
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
    (mean.interval
      ? `The intervals of means are Nadeau and Bengio's (2003), which allow for the folds sharing most ` +
        `of their training images.`
      : `All folds score the same, which tells nothing of how much they differ: the mean has no ` +
        `interval.`) +
    ` All images together, each predicted by the network that had not seen it, ` +
    `have a balanced accuracy of ${pooled("balancedAccuracy")} and a macro F1 of ${
      pooled("macroF1")
    }.`,
    ...await coursePart(context),
  ];
}

/** What the folds come to, where no network is trained again, which would tell more of the spread. */
export async function finding(
  { settings: { splits }, inputs, shows }: Context,
): Promise<string | undefined> {
  if (await shows.seedSpread.read()) return undefined;
  const mean = metricOf(await inputs.metrics.read(), MEAN);
  return `In ${counted(splits, "fold")} LeNet-5 gets ${
    withInterval(mean.value, mean.interval)
  } of the images right that it has not learnt from, on average.`;
}

/** How each fold learnt. */
export async function explored({ settings: { splits }, inputs }: Context): Promise<Explored> {
  const history = await inputs.history.read();
  return {
    curves: Array.from({ length: Math.min(splits, limits.folds) }, (_, i) => ({
      title: `LeNet-5, fold ${i + 1}`,
      epochs: history.filter(({ fold }) => fold === i + 1).map(({ fold: _, ...epoch }) => epoch),
    })),
  };
}

/** How the folds learnt, epoch by epoch. */
async function coursePart(
  { settings: { splits, recipe }, inputs, figure }: Context,
): Promise<string[]> {
  const history = await inputs.history.read();
  const drawn = Math.min(splits, limits.folds);
  const first = history.filter(({ fold }) => fold <= drawn);
  const some = drawn < splits;
  if (recipe.epochs === 1) {
    return [
      `In their one epoch ${some ? `the first ${drawn} folds` : "the folds"} came, on the images ` +
      `learnt from, to accuracies of ${listed(first.map(({ accuracy }) => decimal(accuracy)))}.`,
    ];
  }
  return [
    await figure(
      "cv-curves",
      foldCurves(`LeNet-5 in ${some ? `the first ${drawn} folds` : "each fold"}`, first),
      `Accuracy by epoch in ${
        some ? `the first ${drawn} folds` : "each fold"
      }, on training images ` +
        `and on those held out`,
    ),
  ];
}
