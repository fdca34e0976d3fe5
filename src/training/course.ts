/**
 * Trains a network by a regime: images changed from epoch to epoch, a learning rate that goes by the step,
 * weights averaged in the end. What is kept of it after an epoch is enough to go on to the same bits.
 *
 * @module
 */
import { DivergenceError } from "../engine/checks.ts";
import type { ResumableNetwork, Weights } from "../engine/engine.ts";
import { accuracy, classify, confusionMatrix } from "../evaluation/confusion.ts";
import { crossEntropy } from "../evaluation/loss.ts";
import type { NdArray } from "../ndarray.ts";
import { randomState, seedFor, shuffle } from "../random.ts";
import { type ImageShape, mirroredImages } from "./augmentation.ts";
import { copyOf, moveTowards } from "./averaging.ts";
import type { CourseRecord, Standing } from "./checkpoint.ts";
import { openDrawer } from "./drawing.ts";
import type { Regime } from "./regime.ts";
import { rateShare } from "./schedule.ts";

/** Images and their classes. */
export interface Labelled {
  /** `[N, height, width, channels]`. */
  readonly images: NdArray<Uint8Array>;
  /** `[N]`. */
  readonly labels: NdArray<Uint8Array>;
}

/** What is learnt from, and what is validated on. */
export interface CourseData {
  readonly training: Labelled;
  /** The row of each training image among all, from which it is drawn how it is changed. */
  readonly rows: Int32Array;
  readonly validation: Labelled;
}

/** Class probabilities, `[n, classes]`. */
type Probabilities = NdArray<Float32Array>;

/** Those of images, and where a regime asks for it, the means of theirs and of their mirror images'. */
export interface Evaluated {
  readonly plain: Probabilities;
  readonly mirrored?: Probabilities;
}

/** What comes of it. The network holds the weights too. */
export interface Trained {
  /** Every epoch, in order. */
  readonly history: readonly CourseRecord[];
  readonly weights: Weights;
  /** Of the validation images. */
  readonly validation: Evaluated;
}

/** How a course that may be cut short goes on. */
export interface Standings {
  /** Where it was left; undefined where it begins. */
  readonly begun?: Standing;
  /** Offered, after each epoch but the last, what it would go on from; `make` reads it from the network. */
  offer(make: () => Promise<Standing>): Promise<void>;
}

/**
 * Trains a network, opened with the regime's first weights, and leaves it with those that come out.
 * `progress` counts images, training and validation together.
 *
 * @throws {DivergenceError} where a loss is not a finite number or a validation probability is NaN
 */
export async function train(
  network: ResumableNetwork,
  { training, rows, validation }: CourseData,
  regime: Regime,
  { begun, offer }: Standings = { offer: () => Promise.resolve() },
  progress: (done: number, total: number, note?: string) => void = () => {},
): Promise<Trained> {
  const { epochs, batchSize, averaging, augmentation, schedule } = regime;
  const shape = shapeOf(training.images);
  const [n] = training.images.shape;
  const [validated] = validation.images.shape;
  await network.place(stacked(training, ...twoSided(validation, regime)));
  const everyRow = Int32Array.from({ length: n }, (_, i) => i);
  const truth = validation.labels.data;
  const firstValidated = Int32Array.from({ length: validated }, (_, i) => n + i);

  const history: CourseRecord[] = [...begun?.history ?? []];
  if (begun) await network.resume(begun.weights, begun.state);
  let average = begun && begun.average.size > 0
    ? copyOf(begun.average)
    : averaging?.type === "exponential"
    ? copyOf(await network.read())
    : undefined;

  const steps = Math.ceil(n / batchSize);
  const total = epochs * (n + validated);
  let done = history.length * (n + validated);
  let note = "";
  const drawer = augmentation && history.length < epochs
    ? openDrawer(
      training.images.data,
      { shape, rows, augmentation, seed: regime.seed },
      history.length + 1,
      epochs,
    )
    : undefined;
  try {
    for (let epoch = history.length + 1; epoch <= epochs; epoch++) {
      if (drawer) {
        await network.replace(0, {
          shape: training.images.shape,
          data: await drawer.epoch(epoch),
        });
      }
      const order = everyRow.slice();
      shuffle(order, randomState(seedFor(regime.seed, `batches/epoch ${epoch}`)));
      let [loss, correct, learningRate] = [0, 0, 0];
      for (let i = 0; i < steps; i++) {
        const batch = order.slice(i * batchSize, (i + 1) * batchSize);
        const step = (epoch - 1) * steps + i + 1;
        learningRate = regime.learningRate * rateShare(schedule, step, epochs * steps);
        const result = await network.trainBatch(batch, learningRate);
        loss += result.loss * batch.length;
        correct += result.correct;
        if (averaging?.type === "exponential") {
          moveTowards(average!, await network.read(), 1 - averaging.decay);
        }
        done += batch.length;
        progress(done, total, `epoch ${epoch} of ${epochs}${note}`);
      }
      if (averaging?.type === "lastEpochs" && epoch > epochs - averaging.epochs) {
        const weights = await network.read();
        if (average) moveTowards(average, weights, 1 / (epoch - epochs + averaging.epochs));
        else average = copyOf(weights);
      }
      const probabilities = await network.predict(firstValidated);
      if (probabilities.data.some(Number.isNaN)) {
        throw new DivergenceError(
          `After epoch ${epoch} (learning rate ${learningRate}) the network's probabilities are ` +
            `NaN, although every loss was finite: its last step overshot. Training stops here; a ` +
            `smaller learning rate is the usual remedy.`,
          { epoch, learningRate },
        );
      }
      done += validated;
      const record: CourseRecord = {
        epoch,
        learningRate,
        loss: loss / n,
        accuracy: correct / n,
        validationLoss: crossEntropy(probabilities, truth),
        validationAccuracy: accuracy(
          confusionMatrix(truth, classify(probabilities), probabilities.shape[1]),
        ),
      };
      history.push(record);
      note = `, validation accuracy ${record.validationAccuracy.toFixed(4)}`;
      progress(done, total, `epoch ${epoch} of ${epochs}${note}`);
      if (epoch < epochs) {
        await offer(async () => ({
          history: [...history],
          weights: await network.read(),
          state: await network.state(),
          average: average ?? new Map(),
        }));
      }
    }
  } finally {
    drawer?.close();
  }

  if (average) {
    await network.assign(average);
    if (augmentation) await network.replace(0, training.images);
    const statistics = await network.statistics(everyRow, batchSize);
    await network.assign(new Map([...average, ...statistics]));
  }
  return {
    history,
    weights: await network.read(),
    validation: await evaluated(network, n, validated, regime),
  };
}

/**
 * What a trained network says of other images, which are placed in it.
 *
 * @param regime says whether their mirror images count as well
 */
export async function evaluate(
  network: ResumableNetwork,
  set: Labelled,
  regime: Regime,
): Promise<Evaluated> {
  await network.place(stacked(...twoSided(set, regime)));
  return await evaluated(network, 0, set.images.shape[0], regime);
}

/** The probabilities of `count` placed images from row `first` on, after which their mirror images lie. */
async function evaluated(
  network: ResumableNetwork,
  first: number,
  count: number,
  { evaluation }: Regime,
): Promise<Evaluated> {
  const from = (begin: number) => Int32Array.from({ length: count }, (_, i) => begin + i);
  const plain = await network.predict(from(first));
  if (evaluation === undefined) return { plain };
  const { data } = await network.predict(from(first + count));
  const mirrored = plain.data.map((value, i) => (value + data[i]) / 2);
  return { plain, mirrored: { shape: plain.shape, data: mirrored } };
}

const shapeOf = ({ shape: [, height, width, channels] }: NdArray): ImageShape => [
  height,
  width,
  channels,
];

/** Images, and where a regime asks for it, their mirror images. */
function twoSided(set: Labelled, { evaluation }: Regime): Labelled[] {
  if (evaluation === undefined) return [set];
  const data = mirroredImages(set.images.data, shapeOf(set.images));
  return [set, { images: { shape: set.images.shape, data }, labels: set.labels }];
}

/** Sets one after another. */
function stacked(...sets: readonly Labelled[]): Labelled {
  const joined = (arrays: readonly NdArray<Uint8Array>[]): NdArray<Uint8Array> => {
    const [, ...rest] = arrays[0].shape;
    const data = new Uint8Array(arrays.reduce((sum, { data }) => sum + data.length, 0));
    let [offset, rows] = [0, 0];
    for (const array of arrays) {
      data.set(array.data, offset);
      offset += array.data.length;
      rows += array.shape[0];
    }
    return { shape: [rows, ...rest], data };
  };
  return {
    images: joined(sets.map(({ images }) => images)),
    labels: joined(sets.map(({ labels }) => labels)),
  };
}
