/**
 * The portable engine: TensorFlow.js operations, layer by layer, on WebAssembly or on the native
 * backend. It runs wherever TensorFlow.js does, and checks the graph engine.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { resolveLayers } from "../../models/shapes.ts";
import type { ModelSpec } from "../../models/spec.ts";
import type { NdArray, Rows } from "../../ndarray.ts";
import { checkedImages, checkIndices, checkLoss, checkWeights, whyUntrainable } from "../checks.ts";
import { dropoutMask } from "../dropout.ts";
import type {
  Engine,
  EngineDescription,
  ImageSet,
  Network,
  StepResult,
  TrainingSpec,
  Weights,
} from "../engine.ts";
import { forward, type Training } from "./forward.ts";
import { type BatchLoss, softmaxCrossEntropy } from "./loss.ts";
import { optimizerFor, type Update } from "./optimizer.ts";
import { registerWasmGradients } from "./wasm_gradients.ts";

/** Images predicted at once. */
const PREDICTION_BATCH = 64;

/**
 * The engine on a backend that is loaded already (see `runtime/load.ts`). `threads` describes how
 * it was loaded.
 */
export function layersEngine(backend: EngineDescription["backend"], threads: number): Engine {
  if (backend === "wasm") registerWasmGradients();
  return {
    description: { engine: "layers", backend, version: tf.version_core, threads },
    async open(spec, training, weights) {
      const network = new LayersNetwork(backend, spec, training);
      await network.assign(weights);
      return network;
    },
  };
}

/** One variable: its numbers, the tensor made of them, and how it is trained. */
interface Variable {
  readonly shape: readonly number[];
  readonly data: Float32Array;
  tensor: tf.Tensor;
  /** Absent where training leaves the variable as it is. */
  readonly update?: Update;
}

const isKernel = (name: string) => name.endsWith("/kernel");

class LayersNetwork implements Network {
  readonly #layers;
  readonly #output;
  readonly #frozen: ReadonlySet<string>;
  readonly #untrainable: string | undefined;
  readonly #variables = new Map<string, Variable>();
  #placed: ImageSet | undefined;
  #step = 0;

  constructor(
    readonly backend: string,
    readonly spec: ModelSpec,
    readonly training: TrainingSpec,
  ) {
    this.#layers = resolveLayers(spec);
    this.#output = this.#layers[this.#layers.length - 1];
    this.#frozen = new Set(spec.frozen);
    this.#untrainable = whyUntrainable(spec);
  }

  async place(data: ImageSet | ImageSet<Rows>): Promise<void> {
    const classes = this.#untrainable === undefined ? this.#output.outputShape[0] : undefined;
    const rows = checkedImages(this.spec, data, classes);
    const values = await rows.read(0, rows.shape[0]) as ImageSet["images"]["data"];
    // Copies: what the caller does to its arrays afterwards does not reach the network.
    this.#placed = {
      images: { shape: rows.shape, data: values.slice() },
      labels: { shape: data.labels.shape, data: data.labels.data.slice() },
    };
  }

  async assign(weights: Weights): Promise<void> {
    checkWeights(this.spec, weights);
    await this.#useBackend();
    this.#release();
    this.#step = 0;
    for (const { layer, variables } of this.#layers) {
      for (const { name, shape, trainable } of variables) {
        const data = weights.get(name)!.data.slice();
        const update = trainable && !this.#frozen.has(layer.name)
          ? optimizerFor(this.training.optimizer, data, isKernel(name))
          : undefined;
        this.#variables.set(name, { shape, data, tensor: tensorOf(data, shape), update });
      }
    }
  }

  read(): Promise<Weights> {
    const copies = [...this.#variables].map(
      ([name, { shape, data }]) => [name, { shape, data: data.slice() }] as const,
    );
    return Promise.resolve(new Map(copies));
  }

  async trainBatch(indices: Int32Array, learningRate: number): Promise<StepResult> {
    const { labelSmoothing, l2 } = this.training.loss;
    if (this.#untrainable !== undefined) throw new Error(this.#untrainable);
    if (indices.length === 0) throw new Error(`Model ${this.spec.name}: a batch without images.`);
    const data = this.#images(indices);
    await this.#useBackend();
    this.#step++;

    const trained = [...this.#variables].filter(([, { update }]) => update);
    const labels = Uint8Array.from(indices, (index) => data.labels.data[index]);
    const statistics: (() => void)[] = [];
    const training: Training = {
      frozen: this.#frozen,
      mask: (layer, length, rate) =>
        dropoutMask(this.training.seed, layer, this.#step, length, rate),
      moments: ({ name, momentum }, mean, variance) =>
        statistics.push(
          () => this.#average(`${name}/moving_mean`, mean, momentum),
          () => this.#average(`${name}/moving_variance`, variance, momentum),
        ),
    };
    let batch: BatchLoss;
    const loss = tf.customGrad((input) => {
      const logits = input as tf.Tensor;
      batch = softmaxCrossEntropy(logits.dataSync() as Float32Array, labels, labelSmoothing);
      return {
        value: tf.scalar(batch.loss),
        gradFunc: () => tf.tensor(batch.gradient, logits.shape),
      };
    });
    // Arrays leave `tf.tidy` on the side: it would look for tensors in every element of a result.
    let gradients: Float32Array[] = [];
    tf.tidy(() => {
      const x = gather(data, indices);
      const gradientsOf = tf.valueAndGrads(() => loss(this.#forward(x, training)));
      const { grads } = gradientsOf(trained.map(([, { tensor }]) => tensor));
      gradients = grads.map((gradient) => gradient.dataSync() as Float32Array);
    });

    const penalty = l2 > 0 ? penalise(l2, trained, gradients) : 0;
    // To float32, in which the numbers behind it are, so that both engines call the same losses infinite.
    const total = Math.fround(batch!.loss + penalty);
    checkLoss(this.spec, total, this.#step, learningRate);
    trained.forEach(([, variable], v) => {
      variable.update!(gradients[v], learningRate, this.#step);
      refresh(variable);
    });
    for (const update of statistics) update();
    return { loss: total, correct: batch!.correct };
  }

  async predict(indices: Int32Array): Promise<NdArray<Float32Array>> {
    const data = this.#images(indices);
    await this.#useBackend();
    const { outputShape } = this.#output;
    const size = outputShape.reduce((product, n) => product * n, 1);
    const result = new Float32Array(indices.length * size);
    for (let start = 0; start < indices.length; start += PREDICTION_BATCH) {
      const batch = indices.subarray(start, start + PREDICTION_BATCH);
      tf.tidy(() => {
        result.set(this.#forward(gather(data, batch)).dataSync(), start * size);
      });
    }
    return { shape: [indices.length, ...outputShape], data: result };
  }

  close(): Promise<void> {
    this.#release();
    this.#placed = undefined;
    return Promise.resolve();
  }

  #forward(x: tf.Tensor, training?: Training): tf.Tensor {
    const weight = (name: string) => this.#variables.get(name)!.tensor;
    return forward(this.spec.name, this.#layers, x, weight, training);
  }

  /** The placed images, which hold all of `indices`. */
  #images(indices: Int32Array): ImageSet {
    if (!this.#placed) {
      throw new Error(`Model ${this.spec.name}: place images before training or predicting.`);
    }
    checkIndices(this.spec, indices, this.#placed.labels.data.length);
    return this.#placed;
  }

  /** Keras 3's moving statistics: a share `momentum` of the old and the rest of the batch's. */
  #average(name: string, batch: Float32Array, momentum: number): void {
    const variable = this.#variables.get(name)!;
    const { data } = variable;
    for (let i = 0; i < data.length; i++) {
      data[i] = momentum * data[i] + (1 - momentum) * batch[i];
    }
    refresh(variable);
  }

  /** One backend serves the whole process at a time; another network may have chosen its own. */
  async #useBackend(): Promise<void> {
    if (tf.getBackend() === this.backend) return;
    if (tf.findBackend(this.backend) === null || !(await tf.setBackend(this.backend))) {
      throw new Error(`The TensorFlow.js backend ${this.backend} is not loaded.`);
    }
  }

  #release(): void {
    for (const { tensor } of this.#variables.values()) tensor.dispose();
    this.#variables.clear();
  }
}

/**
 * Adds the gradient of `l2 * sum(w^2)` over the trained kernels (of frozen ones Keras counts none
 * either) to `gradients`, and gives the penalty.
 */
function penalise(
  l2: number,
  trained: readonly [string, Variable][],
  gradients: readonly Float32Array[],
): number {
  let squares = 0;
  trained.forEach(([name, { data }], v) => {
    if (!isKernel(name)) return;
    for (let i = 0; i < data.length; i++) {
      squares += data[i] * data[i];
      gradients[v][i] += 2 * l2 * data[i];
    }
  });
  return l2 * squares;
}

function tensorOf(data: Float32Array, shape: readonly number[]): tf.Tensor {
  return tf.tensor(data, [...shape]);
}

/** Makes the tensor of a variable anew after its numbers changed. */
function refresh(variable: Variable): void {
  variable.tensor.dispose();
  variable.tensor = tensorOf(variable.data, variable.shape);
}

/** The images at `indices` as floats. */
function gather({ images }: ImageSet, indices: Int32Array): tf.Tensor {
  const [count, ...shape] = images.shape;
  const size = images.data.length / count;
  const batch = new Float32Array(indices.length * size);
  indices.forEach((index, i) => {
    batch.set(images.data.subarray(index * size, (index + 1) * size), i * size);
  });
  return tf.tensor(batch, [indices.length, ...shape]);
}
