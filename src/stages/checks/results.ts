/**
 * What holds for the results of any study: every figure follows from what is kept beside it, and
 * nothing is there that was not declared.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { z } from "zod";
import { heldOut } from "../../data/split.ts";
import { foldsOf } from "../../data/stratified.ts";
import { accuracyMetric, meanMetric } from "../../evaluation/accuracy.ts";
import { classReport } from "../../evaluation/classification.ts";
import { classify, confusionMatrix } from "../../evaluation/confusion.ts";
import { wilson } from "../../evaluation/intervals.ts";
import { crossEntropy } from "../../evaluation/loss.ts";
import {
  boundOf,
  figureOf,
  isLoss,
  meets,
  type Metric,
  type Score,
} from "../../evaluation/metrics.ts";
import { overallScores, recalls } from "../../evaluation/scores.ts";
import { spreadOf } from "../../evaluation/spread.ts";
import { lenet5 } from "../../models/lenet5.ts";
import { countParameters, resolveLayers } from "../../models/shapes.ts";
import type { ModelSpec } from "../../models/spec.ts";
import { tunedLenet } from "../../models/tuned_lenet.ts";
import { softmaxHead, untrained, withSoftmax } from "../../models/untrained.ts";
import { readPlainText } from "../../files/plain.ts";
import { requireManifest } from "../../pipeline/manifest.ts";
import { artifactsIn } from "../../pipeline/results.ts";
import type { Readers } from "../../pipeline/stage.ts";
import { outputPath, undeclared } from "../../pipeline/status.ts";
import { verify } from "../../pipeline/store.ts";
import type { Workspace } from "../../pipeline/workspace.ts";
import { planned } from "../../tuning/oracle.ts";
import { valueOf } from "../../tuning/space.ts";
import { ranked } from "../../tuning/trial.ts";
import { NONE } from "../../report/markdown.ts";
import { ablate, ablateMetrics, movesOf, sizesOf, trainings } from "../ablate/stage.ts";
import { allMetrics } from "../all_metrics.ts";
import { baseline } from "../baseline/stage.ts";
import { champion } from "../champion/stage.ts";
import { cv } from "../cv/stage.ts";
import {
  errors,
  figuresOf,
  gathered,
  mistakenBy,
  MOST_SHOWN,
  predictionsOf,
  SIDE,
  wanted,
} from "../errors/stage.ts";
import type { evaluated } from "../evaluated.ts";
import { type CheckedStudy, planOf } from "../plan.ts";
import { inputOf } from "../input.ts";
import { nameCell } from "../metric_cells.ts";
import { CORRELATED, inTables, prepare } from "../prepare/stage.ts";
import { columnOf, type Network, replicate } from "../replicate/stage.ts";
import { type SeedSpread, seedSpreadOf } from "../seed_spread.ts";
import { type RandomRecord, transfer } from "../transfer/stage.ts";
import { tune } from "../tune/stage.ts";
import { agree, type Check, hold } from "./check.ts";
import { championChecks } from "./champion.ts";
import { modelChecks } from "./models.ts";

type Evaluated = Readers<typeof evaluated>;
type Keep = CheckedStudy["study"]["baseline"]["keep"];

/** An epoch, and whether it was kept. */
interface Epoch {
  readonly epoch: number;
  readonly validationLoss: number;
  readonly validationAccuracy: number;
  readonly kept: boolean;
}

/** The epoch that was kept, which must be the one that the recipe says. */
function keptEpoch(network: string, history: readonly Epoch[], keep: Keep): Epoch {
  agree(
    history.map(({ epoch }) => epoch),
    history.map((_, i) => i + 1),
    `the epochs of ${network} are not counted from 1`,
  );
  const accuracies = history.map(({ validationAccuracy }) => validationAccuracy);
  const losses = history.map(({ validationLoss }) => validationLoss);
  const expected = {
    validationAccuracy: accuracies.indexOf(Math.max(...accuracies)),
    validationLoss: losses.indexOf(Math.min(...losses)),
    lastEpoch: history.length - 1,
  }[keep];
  agree(
    history.filter(({ kept }) => kept).map(({ epoch }) => epoch),
    [expected + 1],
    `the epoch of ${network} that was kept does not follow from its history and ${keep}`,
  );
  return history[expected];
}

function metricOf<M extends Score>(metrics: readonly M[], name: string): M {
  const found = metrics.filter((metric) => metric.name === name);
  hold(found.length === 1, `there are ${found.length} metrics ${name}`);
  return found[0];
}

/** Fails unless a metric is what predictions come to. */
function followsFrom(
  predictions: string,
  metrics: readonly Score[],
  name: string,
  predicted: readonly number[],
  truth: readonly number[],
): void {
  agree(
    metricOf(metrics, name),
    accuracyMetric(name, predicted, truth),
    `${name} does not follow from ${predictions}`,
  );
}

/** Fails unless the layers, and the weights if given, are those of a model. */
async function layersFollow(
  network: string,
  model: ModelSpec,
  layers: Evaluated["layers"],
  weights?: { read(): Promise<Uint8Array | undefined> },
): Promise<void> {
  const resolved = resolveLayers(model);
  agree(
    await layers.read(),
    resolved.map(({ layer, outputShape, parameters }) => ({
      layer: layer.name,
      type: layer.type,
      output: outputShape.join(" x "),
      parameters,
    })),
    `the layers of ${network} are not its model's`,
  );
  if (!weights) return;
  const total = resolved.reduce((sum, { parameters }) => sum + parameters, 0);
  agree(
    (await weights.read())?.length,
    4 * total,
    `the bytes of the weights of ${network} are not those of its parameters`,
  );
}

/** Everything about a network that was evaluated on the prepared split; returns what its scores must be. */
async function evaluationFollows(
  readers: Evaluated,
  metrics: readonly Metric[],
  network: string,
  keep: Keep,
  classes: readonly string[],
  rows: { readonly [part: string]: number },
): Promise<Score[]> {
  const scores: Score[] = [];
  const kept = keptEpoch(network, await readers.history.read(), keep);
  const parts = {
    validation: [readers.validationPredictions, readers.validationProbabilities],
    test: [readers.testPredictions, readers.testProbabilities],
  } as const;
  for (const [part, [predictions, distributions]] of Object.entries(parts)) {
    const these = `the ${part} predictions of ${network}`;
    const table = await predictions.read();
    agree(table.length, rows[part], `${these} are not one an image`);
    const truth = table.map(({ label }) => label);
    const predicted = table.map(({ predicted }) => predicted);
    const probabilities = await distributions.read();
    agree(
      [...probabilities.shape],
      [rows[part], classes.length],
      `the ${part} probabilities of ${network} are not one an image and class`,
    );
    for (let i = 0; i < rows[part]; i++) {
      const row = probabilities.data.subarray(i * classes.length, (i + 1) * classes.length);
      const sum = row.reduce((a, b) => a + b, 0);
      hold(
        Math.abs(sum - 1) < 1e-5 && row.every((p) => p >= 0),
        `the ${part} probabilities of ${network} are none: row ${i + 1} sums to ${sum}`,
      );
    }
    agree(
      predicted,
      [...classify(probabilities)],
      `${these} are not its most probable classes`,
    );
    const name = `${network}.${part}.accuracy`;
    followsFrom(these, metrics, name, predicted, truth);
    const confusion = confusionMatrix(truth, predicted, classes.length);
    const loss = crossEntropy(probabilities, truth);
    scores.push(...overallScores(`${network}.${part}`, confusion, loss));
    if (part === "validation") {
      agree(
        kept.validationAccuracy,
        metricOf(metrics, name).value,
        `the validation accuracy of the kept epoch of ${network} is not ${name}`,
      );
      continue;
    }
    scores.push(...recalls(`${network}.${part}`, confusion, classes));
    agree(
      await readers.confusion.read(),
      confusion,
      `the confusion matrix of ${network} does not follow from ${these}`,
    );
    const report = classReport(confusion).classes;
    agree(
      await readers.classes.read(),
      classes.map((name, i) => ({ class: name, ...report[i] })),
      `the scores of ${network} by class do not follow from ${these}`,
    );
  }
  // What was predicted of the training images is not kept; the interval follows all the same.
  const train = metricOf(metrics, `${network}.train.accuracy`);
  agree(train.n, rows.train, `the images behind ${train.name} are not the training images`);
  const { low, high } = wilson(Math.round(train.value * train.n), train.n);
  agree(
    train.interval,
    [low, high],
    `the interval of ${train.name} does not follow from its value`,
  );
  return scores;
}

/** Fails unless recorded scores are those that predictions come to. */
const scoresFollow = (recorded: readonly Score[], follows: readonly Score[]) =>
  agree(recorded, follows, "the scores do not follow from the predictions");

/** What the winner of a search makes of the network. */
const tuned = z.object({
  CONV_1_FILTER: z.number(),
  KERNEL_1_FILTER: z.number(),
  CONV_2_FILTER: z.number(),
  KERNEL_2_FILTER: z.number(),
  DROPOUT_1: z.number(),
});

/** The networks whose weights are kept, as far as the results have them, with their readers. */
export async function keptNetworks({ study }: CheckedStudy, workspace: Workspace) {
  const [input, classes] = [inputOf(study.prepare), study.classes.length] as const;
  const ours = await artifactsIn(workspace, baseline);
  const networks = [{
    stage: "baseline",
    model: lenet5(input, classes),
    threads: study.baseline.threads,
    weights: ours.weights.file,
    of: ours as Evaluated,
  }];
  if (!study.tune) return networks;
  const theirs = await artifactsIn(workspace, tune);
  const { winner } = await theirs.winners.read();
  if (!winner) return networks;
  return [...networks, {
    stage: "tune",
    model: tunedLenet(tuned.parse(winner), input, classes),
    threads: study.tune.trial.threads,
    weights: theirs.winner.weights.file,
    of: present(theirs.winner),
  }];
}

/** What holds for the results of a study in a folder. */
export function resultChecks(checked: CheckedStudy, workspace: Workspace): Check[] {
  const { study, rooms } = checked;
  const { classes, thresholds, published } = study;
  const said: { readonly [stage: string]: unknown } = study;
  const input = inputOf(study.prepare);

  /** How many images each part of the split has. */
  async function rowsOf() {
    const { shapes } = await (await artifactsIn(workspace, prepare)).summary.read();
    return Object.fromEntries(Object.entries(shapes).map(([part, [rows]]) => [part, rows]));
  }

  const checks: Check[] = planOf(checked).map(({ stage }) => ({
    name: "every artifact is the one that the manifest names, and is declared",
    stage: stage.name,
    async run() {
      const { manifest } = await requireManifest(workspace, stage.name);
      for (const output of Object.values(manifest.outputs)) {
        const problem = await verify(workspace, stage.name, output);
        hold(
          !problem || output.kind === "local",
          `${outputPath(stage.name, output)} is ${problem}`,
        );
      }
      const others = undeclared(stage, manifest);
      hold(others.length === 0, others.join("; "));
    },
  }));
  checks.push(
    {
      name: "the split has the sizes that scikit-learn gives it, and no row is lost",
      stage: "prepare",
      async run() {
        const readers = await artifactsIn(workspace, prepare);
        const { shape: [rows, columns], duplicates, shapes, labelCounts, ...summary } =
          await readers.summary.read();
        const { split, correlations } = study.prepare;
        const { test: [testRows], ...parts } = shapes;
        hold(testRows > 0, "there is no test image");
        let kept = rows - duplicates;
        if (split.testPart) {
          const splitOff = heldOut(kept, split.testPart.testSize);
          agree(testRows, splitOff, "the test part is not the share that was to be split off");
          kept -= splitOff;
        }
        const validation = heldOut(kept, split.testSize);
        agree(
          parts,
          { train: [kept - validation, ...input], validation: [validation, ...input] },
          "the shapes do not follow from the rows and the split",
        );
        agree(labelCounts.length, classes.length, "the counts of labels are not one a class");
        agree(
          labelCounts.reduce((sum, n) => sum + n),
          kept,
          "the counts of labels do not sum to the training images",
        );
        const listed = inTables(columns - 1);
        const head = await readers.head.read();
        agree(head.length, summary.labels.length, "the rows shown are not those with labels");
        for (const { pixels } of head) {
          agree(Object.keys(pixels).length, listed.length, "a row shown has other columns");
        }
        agree(
          (await readers.describe.read()).length,
          1 + listed.length,
          "the columns described are not those of the table",
        );
        agree(
          (await readers.correlation.read())?.shape,
          correlations && columns - 1 <= CORRELATED ? [columns - 1, columns - 1] : undefined,
          "the correlations are not those of all pixels",
        );
        agree(
          summary.oneHot,
          summary.labels.map((label) => classes.map((_, i) => Number(i === label))),
          "the one-hot labels do not follow from the labels",
        );
      },
    },
    {
      name: "figures follow from predictions, and the recipe's epoch was kept",
      stage: "baseline",
      async run() {
        const readers = await artifactsIn(workspace, baseline);
        const { keep, epochs } = study.baseline;
        const metrics = await readers.metrics.read();
        const scores = await evaluationFollows(
          readers,
          metrics,
          "baseline",
          keep,
          classes,
          await rowsOf(),
        );
        scoresFollow(await readers.scores.read(), scores);
        const history = await readers.history.read();
        agree(history.length, epochs, "the epochs of baseline are not those of its recipe");
        const model = lenet5(input, classes.length);
        await layersFollow("baseline", model, readers.layers, readers.weights);
        const { outputs } = await readers.manifest.read();
        hold(
          (await readers.model.read()).includes(JSON.stringify(outputs["weights.bin"].file)),
          "model.json does not name the weights",
        );
      },
    },
  );

  const {
    tune: search,
    replicate: repeated,
    cv: folded,
    ablate: ablation,
    transfer: transferred,
    champion: champions,
    errors: judged,
  } = study;
  if (search) {
    checks.push({
      name: "the winner is the best trial, and its figures follow from its predictions",
      stage: "tune",
      async run() {
        const readers = await artifactsIn(workspace, tune);
        const names = Object.keys(search.space).sort();
        const trials = (await readers.trials.read()).map((trial) => {
          agree(
            Object.keys(trial.values).sort(),
            names,
            `the values of trial ${trial.id} are not those of the space`,
          );
          return {
            ...trial,
            values: Object.fromEntries(
              names.map((name) => [name, valueOf(search.space[name], String(trial.values[name]))]),
            ),
          };
        });
        const all = ranked(trials);
        const most = planned(search.oracle);
        const epochs = trials.reduce((sum, trial) => sum + trial.epochs - trial.initialEpoch, 0);
        hold(
          trials.length <= most.trials && epochs <= most.epochs,
          `${trials.length} trials of ${epochs} epochs are more than the oracle asks for`,
        );
        const { winner, study: theirs } = await readers.winners.read();
        const metrics = await readers.metrics.read();
        const scores = await readers.scores.read();
        const importance = await readers.importance.read();
        if (importance) {
          agree(
            Object.keys(importance.shares).sort(),
            names,
            "the hyperparameters that matter are not those of the space",
          );
        }
        if (!winner) {
          agree(
            [all.length, metrics.length, scores.length, theirs],
            [0, 0, 0, undefined],
            "there is no winner, and something of one",
          );
          return;
        }
        agree(winner, all[0]?.values, "the winner is not the best trial");
        agree(
          theirs,
          published?.winner && { ...winner, ...published.winner },
          "the original study's winner is another one",
        );
        const networks = [
          {
            network: "tune.winner",
            values: winner,
            of: readers.winner,
            weights: readers.winner.weights,
          },
          ...(theirs
            ? [{ network: "tune.study", values: theirs, of: readers.study, weights: undefined }]
            : []),
        ];
        const follows: Score[] = [];
        for (const { network, values, of, weights } of networks) {
          const given = present(of);
          const { keep } = search.trial;
          follows.push(
            ...await evaluationFollows(given, metrics, network, keep, classes, await rowsOf()),
          );
          agree(
            (await given.history.read()).length,
            search.finalEpochs,
            `the epochs of ${network} are not those that the study asks for`,
          );
          const model = tunedLenet(tuned.parse(values), input, classes.length);
          await layersFollow(network, model, given.layers, weights);
        }
        agree(metrics.length, 3 * networks.length, "the metrics are not three a network");
        scoresFollow(scores, follows);
        const { outputs } = await readers.manifest.read();
        const file = JSON.stringify(outputs["winner-weights.bin"].file);
        hold(
          (await readers.winner.model.read())?.includes(file) === true,
          "winner-model.json does not name the weights",
        );
      },
    });
  }
  if (repeated) {
    checks.push({
      name:
        "what seeds differ by follows from the predictions of every training, the first one's included",
      stage: "replicate",
      async run() {
        const readers = await artifactsIn(workspace, replicate);
        const { lenet5, tuned } = replicate.parameters(repeated, study);
        const ours = await artifactsIn(workspace, baseline);
        const theirs = tuned && await artifactsIn(workspace, tune);
        const winners = await theirs?.winners.read();
        const networks: {
          readonly network: Network;
          readonly first: number;
          readonly seeds: readonly number[];
          readonly keep: Keep;
          readonly epochs: number;
          readonly of: Evaluated;
        }[] = [{
          network: "lenet5",
          first: lenet5.recipe.seed,
          seeds: lenet5.seeds,
          keep: lenet5.recipe.keep,
          epochs: lenet5.recipe.epochs,
          of: ours,
        }];
        for (const network of ["winner", "study"] as const) {
          if (!tuned || !theirs || !winners?.[network]) continue;
          networks.push({
            network,
            first: tuned.trial.seed,
            seeds: tuned[network],
            keep: tuned.trial.keep,
            epochs: tuned.epochs,
            of: present(theirs[network]),
          });
        }
        const columns = networks.flatMap(({ network, first, seeds }) =>
          [first, ...seeds].map((seed) => columnOf(network, seed))
        );
        const history = await readers.history.read();
        const rows = await rowsOf();
        const follows: SeedSpread[] = [];
        for (const { network, first, seeds, keep, epochs, of } of networks) {
          for (const part of ["validation", "test"] as const) {
            const table = await readers[`${part}Predictions`].read();
            agree(table.length, rows[part], `the ${part} predictions are not one an image`);
            agree(
              Object.keys(table[0].networks),
              columns,
              `the trainings of the ${part} predictions are not the study's`,
            );
            const predictedBy = (seed: number) =>
              table.map(({ networks }) => networks[columnOf(network, seed)]);
            const truth = table.map(({ label }) => label);
            agree(
              table.map(({ label, networks }) => ({
                label,
                predicted: networks[columnOf(network, first)],
              })),
              await of[`${part}Predictions`].read(),
              `the ${part} predictions of ${
                columnOf(network, first)
              } are not those of its own stage`,
            );
            follows.push(
              seedSpreadOf(network, part, truth, [first, ...seeds].map(predictedBy)),
            );
            if (part === "test") continue;
            for (const seed of seeds) {
              const name = columnOf(network, seed);
              const own = history.filter((row) => row.network === network && row.seed === seed);
              agree(own.length, epochs, `the epochs of ${name} are not those of its recipe`);
              agree(
                keptEpoch(name, own, keep).validationAccuracy,
                accuracyMetric(name, predictedBy(seed), truth).value,
                `the validation accuracy of the kept epoch of ${name} does not follow from its predictions`,
              );
            }
          }
        }
        agree(
          history.length,
          networks.reduce((sum, { epochs, seeds }) => sum + epochs * seeds.length, 0),
          "the epochs are not those of all trainings but the first",
        );
        agree(
          await readers.seedSpread.read(),
          follows,
          "the spread over seeds does not follow from the predictions",
        );
        agree(
          await readers.metrics.read(),
          follows.map(({ network, part, mean, low, high, images }) => ({
            name: `replicate.${network}.${part}.accuracy`,
            value: mean,
            interval: [low, high],
            n: images,
          })),
          "the means over seeds do not follow from the predictions",
        );
      },
    });
  }
  if (folded) {
    checks.push({
      name:
        "the folds are scikit-learn's and follow from their predictions, every image held out once",
      stage: "cv",
      async run() {
        const readers = await artifactsIn(workspace, cv);
        const table = await readers.predictions.read();
        const rows = await rowsOf();
        agree(table.length, rows.train + rows.validation, "the predictions are not one an image");
        const metrics = await readers.metrics.read();
        const folds = foldsOf(table.map(({ label }) => label), folded);
        const history = await readers.history.read();
        const accuracies = folds.map(({ test }, i) => {
          const held = [...table.entries()].filter(([, { fold }]) => fold === i + 1);
          agree(
            held.map(([index]) => index),
            [...test],
            `the images of fold ${i + 1} are not those that scikit-learn holds out`,
          );
          const name = `cv.fold${i + 1}.accuracy`;
          const predicted = held.map(([, { predicted }]) => predicted);
          const truth = held.map(([, { label }]) => label);
          followsFrom(`the predictions of fold ${i + 1}`, metrics, name, predicted, truth);
          const epochs = history.filter(({ fold }) => fold === i + 1);
          agree(
            epochs.length,
            folded.recipe.epochs,
            `the epochs of fold ${i + 1} are not those of its recipe`,
          );
          const { value } = metricOf(metrics, name);
          if (folded.recipe.keep === "lastEpoch") {
            agree(
              epochs.at(-1)!.validationAccuracy,
              value,
              `the validation accuracy of the last epoch of fold ${i + 1} is not ${name}`,
            );
          }
          return value;
        });
        const [{ train, test }] = folds;
        const mean = "cv.mean.accuracy";
        agree(
          metricOf(metrics, mean),
          meanMetric(mean, accuracies, train.length, test.length, table.length),
          `${mean} does not follow from the folds`,
        );
        agree(metrics.length, folds.length + 1, "the metrics are not one a fold and their mean");
        const confusion = confusionMatrix(
          table.map(({ label }) => label),
          table.map(({ predicted }) => predicted),
          classes.length,
        );
        scoresFollow(await readers.scores.read(), [
          ...overallScores("cv.pooled", confusion),
          ...recalls("cv.pooled", confusion, classes),
        ]);
      },
    });
  }
  if (ablation) {
    checks.push({
      name: "means over seeds follow from predictions of the trainings that the study asks for",
      stage: "ablate",
      async run() {
        const readers = await artifactsIn(workspace, ablate);
        const { recipe: { keep }, subset, moves } = ablation;
        agree(
          await readers.variants.read(),
          sizesOf(input, classes.length),
          "the sizes of the variants do not follow from their models",
        );
        const trained = await readers.trainings.read();
        agree(
          trained.map(({ variant, images, epochs, seed }) => ({ variant, images, epochs, seed })),
          trainings(ablation),
          "the trainings are not those that the study asks for",
        );
        for (const { variant, images, epochs, keptEpoch, validationAccuracy } of trained) {
          hold(
            keptEpoch >= 1 && keptEpoch <= epochs && (keep !== "lastEpoch" || keptEpoch === epochs),
            `${variant} with ${images} images kept epoch ${keptEpoch} of ${epochs}`,
          );
          const right = validationAccuracy * subset.validation;
          hold(
            Math.abs(right - Math.round(right)) < 1e-6,
            `the validation accuracy of ${variant} with ${images} images is none of ` +
              `${subset.validation} images: ${validationAccuracy}`,
          );
        }
        const testLabels = await readers.testLabels.read();
        const known = await (await artifactsIn(workspace, baseline)).testPredictions.read();
        agree(
          [...testLabels.data],
          known.map(({ label }) => label),
          "the test labels are not those of stage baseline",
        );
        const testPredictions = await readers.testPredictions.read();
        agree(
          [...testPredictions.shape],
          [trained.length, known.length],
          "the predictions are not one a training and test image",
        );
        hold(
          testPredictions.data.every((predicted) => predicted < classes.length),
          "something is predicted that is no class",
        );
        agree(
          await readers.metrics.read(),
          ablateMetrics({ trainings: trained, testLabels, testPredictions }, subset.train),
          "the metrics do not follow from the predictions",
        );
        const moved = await readers.moved.read();
        agree(moved, movesOf(ablation, moves), "the moves are not those that the study asks for");
        const { shape, data } = await readers.movedRight.read();
        const bytes = Math.ceil(known.length / 8);
        agree(
          [...shape],
          [moved.length, bytes],
          "the bits of moved images are not one a move and test image",
        );
        const none = 2 ** (8 * bytes - known.length) - 1;
        hold(
          moved.every((_, row) => (data[(row + 1) * bytes - 1] & none) === 0),
          "there are bits of more images than were moved",
        );
      },
    });
  }
  if (transferred) {
    checks.push({
      name: "figures follow from predictions, and each network's recipe's epoch was kept",
      stage: "transfer",
      async run() {
        const readers = await artifactsIn(workspace, transfer);
        const metrics = await readers.metrics.read();
        const bases = await readers.bases.read();
        const { lacking } = await readers.manifest.read();
        agree(
          bases.map(({ name }) => name),
          transferred.bases.map(({ name }) => name),
          "the bases are not those of the study",
        );
        for (const { name, file, available, networks } of bases) {
          agree(
            available,
            !lacking.some((lacked) => lacked.name === file),
            `whether ${file} was there is told in two ways`,
          );
          agree(
            networks.map(({ name }) => name),
            available ? ["linear", "dense", "finetuned"].map((kind) => `${name}.${kind}`) : [],
            `the networks on ${name} are others`,
          );
        }
        const networks = bases.flatMap(({ networks }) => networks.map(({ name }) => name));
        const random = transferred.random?.networks ?? [];
        agree(
          metrics.length,
          2 * networks.length + random.length,
          "the metrics are not two a network, and one a network with random weights",
        );
        const history = await readers.history.read();
        const rows = await rowsOf();
        const scores: Score[][] = networks.map(() => []);
        for (const part of ["validation", "test"] as const) {
          const table = await readers[`${part}Predictions`].read();
          agree(table.length, rows[part], `the ${part} predictions are not one an image`);
          const truth = table.map(({ label }) => label);
          for (const [n, network] of networks.entries()) {
            const of = `transfer.${network}.${part}`;
            const name = `${of}.accuracy`;
            const predicted = table.map(({ networks }) => networks[network]);
            followsFrom(`the ${part} predictions of ${network}`, metrics, name, predicted, truth);
            const confusion = confusionMatrix(truth, predicted, classes.length);
            scores[n].push(...overallScores(of, confusion));
            if (part === "test") scores[n].push(...recalls(of, confusion, classes));
            if (part === "test") continue;
            const base = transferred.bases.find(({ name }) => network === `${name}.finetuned`);
            const { keep, epochs } = base?.finetuned ?? transferred.head;
            const own = history.filter((row) => row.network === network);
            agree(own.length, epochs, `the epochs of ${network} are not those of its recipe`);
            agree(
              keptEpoch(network, own, keep).validationAccuracy,
              metricOf(metrics, name).value,
              `the validation accuracy of the kept epoch of ${network} is not ${name}`,
            );
          }
        }
        scoresFollow(await readers.scores.read(), scores.flat());
        const { base, reference, changes, recipe } = transferred.causes;
        const causes = await readers.causes.read();
        const tried = bases.some(({ name, available }) => name === base && available);
        agree(causes.length, tried ? 1 + changes.length : 0, "the causes tried are others");
        causes.forEach(({ diverged, losses, validationLosses, ...cause }, i) => {
          const { preprocessing, trainedFrom, learningRate } = { ...reference, ...changes[i - 1] };
          agree(
            [cause.preprocessing, cause.trainedFrom, cause.learningRate],
            [preprocessing, trainedFrom, learningRate],
            `cause ${i + 1} is not the study's`,
          );
          const expected = diverged ? 0 : recipe.epochs;
          agree(
            [losses.length, validationLosses.length],
            [expected, expected],
            `the losses of cause ${i + 1} are not one an epoch`,
          );
        });
      },
    }, {
      name: "figures of networks with random weights follow from predictions, draw by draw",
      stage: "transfer",
      async run() {
        const readers = await artifactsIn(workspace, transfer);
        const { random } = transferred;
        const records = await readers.random.networks.read();
        if (!random || !records) {
          agree(
            records,
            random,
            "whether there are networks with random weights is told in two ways",
          );
          return;
        }
        agree(
          records,
          random.networks.map((network): RandomRecord => {
            const model = untrained(network, input);
            const features = resolveLayers(model).at(-1)!.outputShape;
            return {
              network,
              input,
              features,
              parameters: countParameters(withSoftmax(model, classes.length)),
              head: countParameters(softmaxHead(features, classes.length)),
            };
          }),
          "the networks with random weights are others",
        );
        const history = await readers.random.history.read() ?? [];
        const metrics = await readers.metrics.read();
        const predictions = await readers.random.predictions.read() ?? [];
        const truth = predictions.map(({ label }) => label);
        agree(
          truth,
          (await readers.validationPredictions.read()).map(({ label }) => label),
          "the predictions of networks with random weights are of other images",
        );
        const { head, seeds, trained } = random;
        /** The accuracy of a training, which must be that of its kept epoch. */
        const accuracyOf = (
          name: string,
          own: readonly Epoch[],
          predicted: readonly number[],
          epochs: number,
        ) => {
          agree(own.length, epochs, `the epochs of ${name} are not those that the study asks for`);
          const { value } = accuracyMetric("", predicted, truth.slice(0, predicted.length));
          agree(
            keptEpoch(name, own, head.keep).validationAccuracy,
            value,
            `the validation accuracy of the kept epoch of ${name} does not follow from its predictions`,
          );
          return value;
        };
        const whole = await readers.random.trainedPredictions.read() ?? [];
        agree(
          whole.map(({ label }) => label),
          truth.slice(0, trained.subset.validation),
          "the networks with random weights that were trained whole are validated on other images",
        );
        for (const network of random.networks) {
          const rows = history.filter((row) => row.network === network);
          const values = seeds.map((seed) => {
            const draw = `${network}.${seed}`;
            const [frozen, own] = ["frozen", "trained"].map((training) =>
              rows.filter((row) => row.training === training && row.seed === seed)
            );
            const predicted = whole.flatMap(({ networks }) => networks[draw] ?? []);
            // A training that diverged left neither.
            if (own.length > 0 || predicted.length > 0) {
              agree(predicted.length, whole.length, `${draw} was trained whole on other images`);
              accuracyOf(`${draw}, trained whole,`, own, predicted, trained.epochs);
            }
            return accuracyOf(
              draw,
              frozen,
              predictions.map(({ networks }) => networks[draw]),
              head.epochs,
            );
          });
          const { mean, low, high } = spreadOf(values);
          const name = `transfer.${network}.random.validation.accuracy`;
          agree(
            metricOf(metrics, name),
            { name, value: mean, interval: low < high ? [low, high] : null, n: truth.length },
            `${name} does not follow from its draws`,
          );
        }
        agree(
          history.length,
          random.networks.length * seeds.length * head.epochs +
            history.filter(({ training, seed }) => training === "trained" && seeds.includes(seed))
              .length,
          "the history has epochs of other networks with random weights",
        );
      },
    });
  }
  if (judged) {
    checks.push({
      name: "temperatures, calibration and mistakes follow from probabilities and predictions",
      stage: "errors",
      async run() {
        const readers = await artifactsIn(workspace, errors);
        const networks = await artifactsIn(workspace, baseline);
        const tuned = search && await artifactsIn(workspace, tune);
        const bases = transferred && await artifactsIn(workspace, transfer);
        const strongest = champions && await artifactsIn(workspace, champion);
        const predicted = await gathered({
          baseline: networks,
          winner: tuned?.winner ?? none,
          study: tuned?.study ?? none,
          transfer: bases ?? none,
          champion: strongest ?? noChampions,
        });
        const follows = figuresOf(predicted, judged.bins);
        const what = {
          scores: "the scores do",
          temperatures: "the temperatures do",
          calibration: "the calibration does",
          reliability: "the shares that are right do",
          comparison: "the comparison of networks does",
          gallery: "the images shown do",
        } as const;
        for (const key of Object.keys(what) as (keyof typeof what)[]) {
          agree(
            await readers[key].read(),
            follows[key],
            `${what[key]} not follow from what networks predict`,
          );
        }
        const mistaken = await readers.mistakenImages.read();
        agree(
          mistaken,
          predictionsOf(predicted, mistakenBy(wanted(predicted), mistaken.length)),
          "the mistaken images do not follow from what networks predict",
        );
        const [shown, ...image] = (await readers.images.read())?.shape ?? [0];
        agree(shown, follows.gallery.length, "the images kept are not those of the gallery");
        hold(
          shown <= MOST_SHOWN && image.slice(0, 2).every((side) => side <= SIDE),
          `images of ${image.join(" x ")} are more than is to be kept`,
        );
      },
    });
  }
  checks.push(
    ...championChecks(checked, workspace),
    ...modelChecks(checked, workspace),
    {
      name: "every metric is one that its stage declares, and every threshold holds",
      stage: "report",
      async run() {
        const all = await allMetrics(checked, workspace);
        const names = all.map(({ name }) => name);
        agree(new Set(names).size, names.length, "a metric is reported twice");
        const declared = rooms.flatMap((room) => room.metrics(said[room.name], study));
        agree(
          names,
          declared.filter((name) => names.includes(name)),
          "the metrics are not those that the stages declare",
        );
        for (const { name, threshold, published: theirs } of all) {
          agree(
            [threshold, theirs],
            [thresholds[name] ?? null, published?.figures?.[name]?.value ?? null],
            `the threshold and the published figure of ${name} are not the study's`,
          );
        }
        for (const [name, threshold] of Object.entries(thresholds)) {
          const { value } = metricOf(all, name);
          const expected = `expected ${boundOf(name)} ${threshold}`;
          hold(
            meets(name, value, threshold),
            value === null
              ? `${name} is undefined, since there is no image of the class; ${expected}`
              : `${name} is ${value}, ${expected}`,
          );
        }
        for (const { name, value, interval, n } of all) {
          if (value === null) {
            hold(n === 0 && interval === null, `${name} is undefined, though it has images`);
            continue;
          }
          hold(
            value >= 0 && (value <= 1 || isLoss(name)),
            `${name} is ${value}, which is no ${isLoss(name) ? "loss" : "share"}`,
          );
          hold(
            !interval || (interval[0] <= value && value <= interval[1]),
            `the interval of ${name} does not hold its value`,
          );
        }
      },
    },
    {
      name:
        "report.md shows every accuracy and all that has a threshold, and every file that it links to is there",
      stage: "report",
      async run() {
        const path = join(workspace.home, "report.md");
        const page = await readPlainText(path);
        hold(page.startsWith(`# ${study.title}\n`), "report.md has another title");
        for (const { name, value, threshold } of await allMetrics(checked, workspace)) {
          if (figureOf(name) !== "accuracy" && threshold === null) continue;
          const row = page.split("\n").find((line) => line.startsWith(`| ${nameCell(name)} `));
          const shown = value === null ? NONE : value.toFixed(4);
          hold(row?.includes(shown) === true, `${name} is not in the summary`);
        }
        // Pages of others may be anywhere.
        const links = [...page.matchAll(/\]\((?!https:)([^)#]+)\)/g)].map(([, path]) => path);
        hold(links.some((path) => path.endsWith(".svg")), "report.md shows no figure");
        for (const link of links) {
          const there = await Deno.stat(join(dirname(path), link))
            .then(({ isFile }) => isFile, () => false);
          hold(there, `report.md links to ${link}, which is not there`);
        }
        const many = /(?<![\d,.])1 (epochs|trials|classes|images|rows|columns|pixels|cores)\b/;
        for (const nonsense of [/\b(undefined|NaN|null)\b|\[object/, many]) {
          hold(!nonsense.test(page), `report.md says ${nonsense.exec(page)?.[0]}`);
        }
      },
    },
  );
  return checks;
}

const nothing = { read: () => Promise.resolve(undefined) };

/** What is kept of the predictions of a stage that the study leaves out. */
const none = {
  validationProbabilities: nothing,
  validationPredictions: nothing,
  testProbabilities: nothing,
  testPredictions: nothing,
};

const noChampions = { ...none, evaluations: nothing, ensemble: none };

/** Readers of a group that was written, where its declaration says that it may not be. */
function present(group: { readonly [K in keyof Evaluated]: { read(): Promise<unknown> } }) {
  // Reading fails below where anything was left out, since nothing then is of its form.
  return group as Evaluated;
}
