/**
 * One engine in a process of its own, for `engines.ts`: TensorFlow fixes its threads once a process.
 * Takes a configuration as its argument and jobs as lines of JSON; answers each with a line of JSON.
 *
 * @module
 */
import type { Precision, TrainingSpec } from "../src/engine/engine.ts";
import { encodeTfjsModel } from "../src/engine/layers/tfjs_model.ts";
import { loadAddon, loadTensorFlow, loadWasm, type TensorFlow } from "../src/runtime/load.ts";
import { initialWeights } from "../src/models/initialize.ts";
import { lenet5 } from "../src/models/lenet5.ts";
import type { NdArray } from "../src/ndarray.ts";
import { decodeTyped, openNpy } from "../src/files/npy.ts";
import { randomState, shuffle } from "../src/random.ts";

/** What runs here. */
export interface Configuration {
  /** `fit` is TensorFlow.js's own `LayersModel.fit` on libtensorflow. */
  readonly engine: "graph" | "fit" | "wasm";
  readonly threads: number;
  /** Of `graph`, and of Keras, for which bfloat16 is its `mixed_bfloat16`. */
  readonly precision: Precision;
  /** Directory of `images.npy`, `[N, 32, 32, 1]`, and `labels.npy`, `[N]`, both uint8. */
  readonly data: string;
}

/** What a worker is asked to do, and what it answers. */
export interface Jobs {
  /** Trains on the first `images` images in random order; seconds of wall clock. */
  train: [{ batch: number; images: number }, { seconds: number }];
  /** Multiplies two matrices of 2048 x 2048 (`fit` only); GFLOP/s. */
  multiply: [Record<never, never>, { gflops: number }];
  /** Resident memory now. */
  memory: [Record<never, never>, { megabytes: number }];
}

/** A worker's first line, once it has trained one batch: milliseconds. */
export interface Ready {
  /** Loading TensorFlow; building, loading and initialising the network; the first step. */
  readonly load: number;
  readonly open: number;
  readonly step: number;
  /** Of libtensorflow or TensorFlow.js. */
  readonly version: string;
}

/** Trains on images by their indices, one epoch. */
type Train = (order: Int32Array, batch: number) => Promise<number>;

const training: TrainingSpec = {
  optimizer: { type: "adam", beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
  loss: { labelSmoothing: 0, l2: 0 },
  seed: 0,
};
const learningRate = 1e-3;
const spec = lenet5([32, 32, 1], 10);

function answer(value: unknown) {
  console.log(JSON.stringify(value));
}

/** Lines of a stream of bytes. */
export async function* lines(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
}

async function start({ engine: name, threads, precision, data }: Configuration) {
  const file = (name: string) => `${data}/${name}.npy`;
  const labels = decodeTyped(["uint8"], await Deno.readFile(file("labels")));
  const weights = initialWeights(spec, 0);
  const marks = [performance.now()];
  const tensorflow = name === "fit" ? await loadTensorFlow({ threads }) : undefined;
  const addon = name === "graph" ? await loadAddon({ threads }) : undefined;
  if (name === "wasm") await loadWasm();
  marks.push(performance.now());
  let train: Train;
  let version: string;
  if (tensorflow) {
    const images = decodeTyped(["uint8"], await Deno.readFile(file("images")));
    train = await fitter(tensorflow, { images, labels });
    version = `TensorFlow.js ${tensorflow.version_core}`;
    marks.push(performance.now());
  } else {
    // Imported here, so that no process holds an engine that it does not run.
    const engine = addon
      ? (await import("../src/engine/graph/engine.ts")).graphEngine(addon, threads)
      : (await import("../src/engine/layers/engine.ts")).layersEngine("wasm", 1);
    version = `${addon ? "libtensorflow" : "TensorFlow.js"} ${engine.description.version}`;
    const network = await engine.train(spec, { ...training, precision }, weights);
    // From the file, as a job does.
    await network.place({ images: await openNpy(file("images"), "images"), labels });
    marks.push(performance.now());
    train = async (order, batch) => {
      const start = performance.now();
      for (let i = 0; i < order.length; i += batch) {
        await network.trainBatch(order.slice(i, i + batch), learningRate);
      }
      return (performance.now() - start) / 1000;
    };
  }
  await train(Int32Array.from({ length: 32 }, (_, i) => i), 32);
  marks.push(performance.now());
  const [load, open, step] = [0, 1, 2].map((i) => marks[i + 1] - marks[i]);
  const ready: Ready = { load, open, step, version };
  return { train, tensorflow, ready };
}

let epoch = 0;
async function timed(train: Train, { batch, images }: { batch: number; images: number }) {
  const order = Int32Array.from({ length: images }, (_, i) => i);
  shuffle(order, randomState(++epoch));
  return { seconds: await train(order, batch) };
}

/** The same network in TensorFlow.js's own training loop, timed from the beginning of the epoch to its end. */
async function fitter(
  tf: TensorFlow,
  { images, labels }: Record<"images" | "labels", NdArray<Uint8Array>>,
): Promise<Train> {
  const file = encodeTfjsModel(spec, initialWeights(spec, 0), "weights.bin");
  const { modelTopology, weightsManifest } = JSON.parse(file.json);
  const model = await tf.loadLayersModel(tf.io.fromMemory({
    modelTopology,
    weightSpecs: weightsManifest[0].weights,
    weightData: file.weights.buffer,
  }));
  const optimizer = tf.train.adam(learningRate, 0.9, 0.999, 1e-7);
  model.compile({ optimizer, loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
  const shape = images.shape as [number, number, number, number];
  const x = tf.tensor4d(Float32Array.from(images.data), shape);
  const y = tf.tensor1d(Float32Array.from(labels.data));
  return async (order, batch) => {
    const [xs, ys] = [x.slice(0, order.length), y.slice(0, order.length)];
    let start = 0;
    let seconds = 0;
    await model.fit(xs, ys, {
      batchSize: batch,
      epochs: 1,
      shuffle: true,
      verbose: 0,
      callbacks: {
        onEpochBegin: () => void (start = performance.now()),
        onEpochEnd: () => void (seconds = (performance.now() - start) / 1000),
      },
    });
    tf.dispose([xs, ys]);
    return seconds;
  };
}

function multiply(tf: TensorFlow): number {
  const size = 2048;
  const times = 5;
  const [x, y]: NdArray<Float32Array>[] = [1, 2].map((seed) => {
    const random = randomState(seed);
    const data = Float32Array.from({ length: size * size }, () => random.float64() - 0.5);
    return { shape: [size, size], data };
  });
  return tf.tidy(() => {
    const a = tf.tensor2d(x.data, [size, size]);
    const b = tf.tensor2d(y.data, [size, size]);
    tf.matMul(a, b).dataSync();
    const start = performance.now();
    for (let i = 0; i < times; i++) tf.matMul(a, b);
    const seconds = (performance.now() - start) / 1000;
    return times * 2 * size ** 3 / seconds / 1e9;
  });
}

if (import.meta.main) {
  const configuration: Configuration = JSON.parse(Deno.args[0]);
  const { train, tensorflow, ready } = await start(configuration);
  answer(ready);
  for await (const line of lines(Deno.stdin.readable)) {
    const [name, job] = JSON.parse(line);
    if (name === "train") answer(await timed(train, job));
    else if (name === "multiply") answer({ gflops: multiply(tensorflow!) });
    else answer({ megabytes: Deno.memoryUsage().rss / 1e6 });
  }
}
