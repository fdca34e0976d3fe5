/** The training loop: epochs of shuffled batches, validated after each, one of them kept. @module */
import { accuracy, classify, confusionMatrix } from "../evaluation/confusion.ts";
import { crossEntropy } from "../evaluation/loss.ts";
import type { NdArray } from "../ndarray.ts";
import { randomState, seedFor, shuffle } from "../random.ts";
import { DivergenceError } from "../engine/checks.ts";
import type { TrainableNetwork, Weights } from "../engine/engine.ts";

/** How long and on what a network is trained. */
export interface FitOptions {
  /** Indices into the placed images: what is learnt from. */
  readonly training: Int32Array;
  /** What is validated on after each epoch. */
  readonly validation: Int32Array;
  /** Class of every placed image, `[N]`. */
  readonly labels: NdArray<Uint8Array>;
  /** The last epoch, counted from 1. */
  readonly epochs: number;
  /** Images a step; the last one of an epoch may have fewer. */
  readonly batchSize: number;
  /** The same in all steps. */
  readonly learningRate: number;
  /**
   * Which epoch's weights are kept: the one with the best validation accuracy, with the least
   * validation loss (the earlier of equal ones), or the last one, whatever it scored.
   */
  readonly keep: "validationAccuracy" | "validationLoss" | "lastEpoch";
  /** Seed of the order of batches. */
  readonly seed: number;
  /** Epochs trained before, by an earlier run whose weights this one starts from; 0 if omitted. */
  readonly initialEpoch?: number;
}

/** One epoch. Training figures are means over its steps, while the weights change (as in Keras). */
export interface EpochRecord {
  /** Counted from 1. */
  readonly epoch: number;
  /** Penalties included. */
  readonly loss: number;
  /** Share of the images that were classified right. */
  readonly accuracy: number;
  /** Cross-entropy alone, after the epoch. */
  readonly validationLoss: number;
  /** After the epoch. */
  readonly validationAccuracy: number;
}

/** What training gives. */
export interface Fit {
  /** Every epoch, in order. */
  readonly history: readonly EpochRecord[];
  /** The epoch kept, counted from 1. */
  readonly keptEpoch: number;
  /** Its weights; the network holds them too. */
  readonly weights: Weights;
  /** Its class probabilities for the validation images, `[validation.length, classes]`. */
  readonly validationProbabilities: NdArray<Float32Array>;
}

/**
 * Trains a network on its placed images and leaves it with the kept epoch's weights.
 * The last, smaller batch of an epoch is used too. `progress` counts images, training and
 * validation together.
 *
 * @throws {DivergenceError} where a loss is not a finite number or a validation probability is NaN
 */
export async function fit(
  network: TrainableNetwork,
  options: FitOptions,
  progress: (done: number, total: number, note?: string) => void = () => {},
): Promise<Fit> {
  const { training, validation, labels, epochs, batchSize, initialEpoch = 0, keep } = options;
  const total = (epochs - initialEpoch) * (training.length + validation.length);
  const truth = Uint8Array.from(validation, (index) => labels.data[index]);
  const history: EpochRecord[] = [];
  let kept: { record: EpochRecord; weights: Weights; probabilities: NdArray<Float32Array> };
  let done = 0;
  let note = "";
  for (let epoch = initialEpoch + 1; epoch <= epochs; epoch++) {
    const order = training.slice();
    shuffle(order, randomState(seedFor(options.seed, `epoch ${epoch}`)));
    let loss = 0;
    let correct = 0;
    for (let start = 0; start < order.length; start += batchSize) {
      const batch = order.slice(start, start + batchSize);
      const step = await network.trainBatch(batch, options.learningRate);
      loss += step.loss * batch.length;
      correct += step.correct;
      done += batch.length;
      progress(done, total, `epoch ${epoch} of ${epochs}${note}`);
    }
    const probabilities = await network.predict(validation);
    // The loss is taken before each step, so it does not tell what the last one did to the weights.
    if (probabilities.data.some(Number.isNaN)) {
      throw new DivergenceError(
        `After epoch ${epoch} (learning rate ${options.learningRate}) the network's probabilities ` +
          `are NaN, although every loss was finite: its last step overshot. Training stops here; ` +
          `a smaller learning rate is the usual remedy.`,
        { epoch, learningRate: options.learningRate },
      );
    }
    done += validation.length;
    const record: EpochRecord = {
      epoch,
      loss: loss / order.length,
      accuracy: correct / order.length,
      validationLoss: crossEntropy(probabilities, truth),
      validationAccuracy: accuracy(
        confusionMatrix(truth, classify(probabilities), probabilities.shape[1]),
      ),
    };
    if (history.length === 0 || isBetter(record, kept!.record, keep)) {
      kept = { record, weights: await network.read(), probabilities };
    }
    history.push(record);
    note = `, validation accuracy ${record.validationAccuracy.toFixed(4)}`;
    progress(done, total, `epoch ${epoch} of ${epochs}${note}`);
  }
  const { record, weights, probabilities } = kept!;
  await network.assign(weights);
  return { history, keptEpoch: record.epoch, weights, validationProbabilities: probabilities };
}

function isBetter(record: EpochRecord, kept: EpochRecord, keep: FitOptions["keep"]): boolean {
  switch (keep) {
    case "validationAccuracy":
      return record.validationAccuracy > kept.validationAccuracy;
    case "validationLoss":
      return record.validationLoss < kept.validationLoss;
    case "lastEpoch":
      return true;
  }
}
