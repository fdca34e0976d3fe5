/**
 * One engine in a process of its own, for `engines.ts`: TensorFlow fixes its threads once a process.
 * Takes a configuration as its argument and jobs as lines of JSON; answers each with a line of JSON.
 *
 * @module
 */
import type { Precision, TrainingSpec } from "../src/engine/engine.ts";
import { encodeTfjsModel } from "../src/engine/layers/tfjs_model.ts";
import { decodeTyped, openNpy } from "../src/files/npy.ts";
import { initialWeights } from "../src/models/initialize.ts";
import { countParameters } from "../src/models/shapes.ts";
import type { ModelSpec } from "../src/models/spec.ts";
import type { NdArray } from "../src/ndarray.ts";
import { randomState, shuffle } from "../src/random.ts";
import {
  type Addon,
  loadAddon,
  loadTensorFlow,
  loadWasm,
  type TensorFlow,
} from "../src/runtime/load.ts";

/** What runs here, or in a program in Python that takes the same and answers the same. */
export interface Configuration {
  readonly spec: ModelSpec;
  /** `fit` is TensorFlow.js's own `LayersModel.fit` on libtensorflow. */
  readonly engine: "graph" | "fit" | "wasm" | "keras" | "torch";
  readonly threads: number;
  /** Of `graph`; for Keras bfloat16 is its `mixed_bfloat16`, for PyTorch its `autocast`. */
  readonly precision: Precision;
  /** Directory of `images.npy`, `[N, 32, 32, 1]`, and `labels.npy`, `[N]`, both uint8. */
  readonly data: string;
}

/** What a worker is asked to do, and what it answers. */
export interface Jobs {
  /** Trains on the first `images` images in random order; seconds of wall clock. */
  train: [{ batch: number; images: number }, { seconds: number }];
  /** Multiplies matrices in float32 (`graph` only): see `products`. */
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
  /** Of the library. */
  readonly version: string;
  /** How many the network has, moving statistics among them. */
  readonly parameters: number;
}

/** Trains on images by their indices, one epoch. */
type Train = (order: Int32Array, batch: number) => Promise<number>;

const training: TrainingSpec = {
  optimizer: { type: "adam", beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
  loss: { labelSmoothing: 0, l2: 0 },
  seed: 0,
};
const learningRate = 1e-3;

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

async function start({ spec, engine: name, threads, precision, data }: Configuration) {
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
    train = await fitter(tensorflow, spec, { images, labels });
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
  const ready: Ready = { load, open, step, version, parameters: countParameters(spec) };
  return { train, addon, ready };
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
  spec: ModelSpec,
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

let multiply: (() => number) | undefined;

/** The matrices are made when they are first asked for: most processes are not. */
async function multiplied(addon: Addon | undefined): Promise<Jobs["multiply"][1]> {
  if (!addon) throw new Error("Only the graph engine multiplies matrices here.");
  const { products } = await import("./products.ts");
  multiply ??= await products(addon, "float32");
  return { gflops: multiply() };
}

if (import.meta.main) {
  const configuration: Configuration = JSON.parse(Deno.args[0]);
  const { train, addon, ready } = await start(configuration);
  answer(ready);
  for await (const line of lines(Deno.stdin.readable)) {
    const [name, job] = JSON.parse(line);
    if (name === "train") answer(await timed(train, job));
    else if (name === "multiply") answer(await multiplied(addon));
    else answer({ megabytes: Deno.memoryUsage().rss / 1e6 });
  }
}
