/** What several sections of the report show of a trained network. @module */
import type { ConfusedPair } from "../evaluation/confused_pairs.ts";
import type { Score } from "../evaluation/metrics.ts";
import { learningCurves } from "../report/charts/training.ts";
import { count, counted, decimal, NONE, plain, table, withInterval } from "../report/markdown.ts";
import type { Recipe } from "../training/recipe.ts";
import type { Figures } from "./room.ts";

/** A layer, as `layers.csv` has it. */
interface LayerRow {
  readonly layer: string;
  readonly type: string;
  readonly output: string;
  readonly parameters: number;
}

/** A table of layers, beside the parameters that an original study reports by layer, if it does. */
export function layersTable(
  layers: readonly LayerRow[],
  published?: { readonly source: string },
  theirs?: { readonly [layer: string]: number },
): string {
  return table(
    ["Layer", "Type", "Output", "Parameters", ...(published && theirs ? [published.source] : [])],
    [
      ...layers.map(({ layer, type, output, parameters }) => [
        layer,
        type,
        output,
        count(parameters),
        ...(theirs ? [layer in theirs ? count(theirs[layer]) : NONE] : []),
      ]),
      [
        "**all**",
        "",
        "",
        count(layers.reduce((sum, { parameters }) => sum + parameters, 0)),
        ...(theirs ? [count(Object.values(theirs).reduce((sum, n) => sum + n, 0))] : []),
      ],
    ],
  );
}

/** How good a network is on validation and test images: its accuracies, and its scores beside them. */
export function scoresTable(network: string, figures: readonly Score[]): string {
  const parts = ["validation", "test"];
  const rows = {
    accuracy: "accuracy",
    balancedAccuracy: "balanced accuracy",
    macroF1: "macro F1",
    logLoss: "log loss",
  };
  const found = new Map(figures.map((figure) => [figure.name, figure]));
  return table(
    ["", ...parts],
    Object.entries(rows).map(([figure, words]) => [
      words,
      ...parts.map((part) => {
        const { value, interval } = found.get(`${network}.${part}.${figure}`)!;
        return withInterval(value, interval);
      }),
    ]),
  );
}

/** Pairs of classes that are confused; the share is that of the true class's images. */
export const pairsTable = (pairs: readonly ConfusedPair[], classes: readonly string[]): string =>
  table(
    ["True class", "taken for", "images", "share"],
    pairs.map(({ actual, predicted, images, share }) => [
      plain(classes[actual]),
      plain(classes[predicted]),
      count(images),
      decimal(share),
    ]),
  );

/** An epoch of a training, and whether it was kept. */
interface EpochRow {
  readonly epoch: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly validationLoss: number;
  readonly validationAccuracy: number;
  readonly kept: boolean;
}

/** The epoch that was kept. */
export const keptEpoch = (history: readonly EpochRow[]): number =>
  history.find(({ kept }) => kept)!.epoch;

/**
 * Loss and accuracy of a network by epoch, as the figure `<name>-curves`; in a sentence where there is
 * one epoch, which makes no curve.
 */
export async function curves(
  name: string,
  title: string,
  history: readonly EpochRow[],
  { figure }: Figures,
): Promise<string> {
  if (history.length === 1) {
    const [{ loss, accuracy, validationLoss, validationAccuracy }] = history;
    return `${title}: after its one epoch, a loss of ${decimal(loss)} and an accuracy of ` +
      `${decimal(accuracy)} on training images, ${decimal(validationLoss)} and ` +
      `${decimal(validationAccuracy)} on validation images.`;
  }
  return await figure(
    `${name}-curves`,
    learningCurves(title, history, keptEpoch(history)),
    `${title}: loss and accuracy by epoch, training and validation`,
  );
}

/** `10 epochs`, `1 epoch`. */
export const epochs = (n: number): string => counted(n, "epoch");

/** Which epoch's weights a recipe keeps, as in "the one with the best validation accuracy". */
export const keptBy = (keep: Recipe["keep"]): string => ({
  validationAccuracy: "the one with the best validation accuracy",
  validationLoss: "the one with the least validation loss",
  lastEpoch: "the last one",
}[keep]);

/** What a recipe minimises by, as in "Adam at a learning rate of 0.001". */
export function optimizerOf(
  { optimizer, labelSmoothing = 0, l2 = 0 }: Pick<Recipe, "optimizer" | "labelSmoothing" | "l2">,
): string {
  const name = {
    adam: "Adam",
    adamw: "AdamW",
    sgd: "SGD",
  }[optimizer.type];
  const more = [
    ...(optimizer.type === "sgd" && optimizer.momentum > 0
      ? [`momentum ${optimizer.momentum}`]
      : []),
    ...(optimizer.type === "adamw" ? [`weight decay ${optimizer.weightDecay}`] : []),
    ...(labelSmoothing > 0 ? [`label smoothing ${labelSmoothing}`] : []),
    ...(l2 > 0 ? [`an L2 penalty of ${l2}`] : []),
  ];
  return more.length === 0 ? name : `${name} (${more.join(", ")})`;
}
