/**
 * The portable engine: TensorFlow.js operations, layer by layer, on WebAssembly or on the native
 * backend. It runs wherever TensorFlow.js does, and checks the graph engine.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { type ResolvedLayer, resolveLayers } from "../../models/shapes.ts";
import type { ModelSpec } from "../../models/spec.ts";
import type { NdArray, Rows } from "../../ndarray.ts";
import {
  checkedImages,
  checkedLabels,
  checkIndices,
  checkLoss,
  checkTrainable,
  checkWeights,
} from "../checks.ts";
import { dropoutMask } from "../dropout.ts";
import type {
  Engine,
  EngineDescription,
  ImageSet,
  Network,
  ResumableNetwork,
  StepResult,
  Trainer,
  TrainingSpec,
  TrainingState,
  Weights,
} from "../engine.ts";
import { pooledMoments } from "../moments.ts";
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
export function layersEngine(
  backend: EngineDescription["backend"],
  threads: number,
): Engine & Trainer {
  if (backend === "wasm") registerWasmGradients();
  return {
    description: { engine: "layers", backend, version: tf.version_core, threads },
    async open(spec, weights) {
      const network = new LayersNetwork(backend, spec);
      await network.assign(weights);
      return network;
    },
    async train(spec, training, weights) {
      checkTrainable(spec);
      if (training.precision === "bfloat16") {
        throw new Error(
          `Model ${spec.name} is to be trained in bfloat16, which the portable engine cannot do: ` +
            "leave precision out, or run `deno task setup --backend=tensorflow`.",
        );
      }
      const network = new TrainableLayersNetwork(backend, spec, training);
      await network.assign(weights);
      return network;
    },
  };
}

/** One variable: its numbers, and the tensor made of them. */
interface Variable {
  readonly shape: readonly number[];
  readonly data: Float32Array;
  tensor: tf.Tensor;
}

/** Images in memory. */
type Images = NdArray<Uint8Array | Float32Array>;

const isKernel = (name: string) => name.endsWith("/kernel");

class LayersNetwork implements Network {
  protected readonly layers: readonly ResolvedLayer[];
  protected readonly variables = new Map<string, Variable>();
  #placed: Images | undefined;

  constructor(protected readonly backend: string, protected readonly spec: ModelSpec) {
    this.layers = resolveLayers(spec);
  }

  async place({ images }: ImageSet): Promise<void> {
    await this.fill(checkedImages(this.spec, images));
  }

  /** Keeps a copy: what the caller does to its arrays afterwards does not reach the network. */
  protected async fill(rows: Rows): Promise<void> {
    const values = await rows.read(0, rows.shape[0]) as Images["data"];
    this.#placed = { shape: rows.shape, data: values.slice() };
  }

  async assign(weights: Weights): Promise<void> {
    checkWeights(this.spec, weights);
    await this.useBackend();
    this.#release();
    for (const { name, shape } of this.layers.flatMap(({ variables }) => variables)) {
      const data = weights.get(name)!.data.slice();
      this.variables.set(name, { shape, data, tensor: tensorOf(data, shape) });
    }
  }

  read(): Promise<Weights> {
    const copies = [...this.variables].map(
      ([name, { shape, data }]) => [name, { shape, data: data.slice() }] as const,
    );
    return Promise.resolve(new Map(copies));
  }

  async predict(indices: Int32Array): Promise<NdArray<Float32Array>> {
    const images = this.images(indices);
    await this.useBackend();
    const { outputShape } = this.layers[this.layers.length - 1];
    const size = outputShape.reduce((product, n) => product * n, 1);
    const result = new Float32Array(indices.length * size);
    for (let start = 0; start < indices.length; start += PREDICTION_BATCH) {
      const batch = indices.subarray(start, start + PREDICTION_BATCH);
      tf.tidy(() => {
        result.set(this.forward(gather(images, batch)).dataSync(), start * size);
      });
    }
    return { shape: [indices.length, ...outputShape], data: result };
  }

  close(): Promise<void> {
    this.#release();
    this.#placed = undefined;
    return Promise.resolve();
  }

  protected forward(x: tf.Tensor, training?: Training): tf.Tensor {
    const weight = (name: string) => this.variables.get(name)!.tensor;
    return forward(this.spec.name, this.layers, x, weight, training);
  }

  /** The placed images, which hold all of `indices`. */
  protected images(indices: Int32Array): Images {
    checkIndices(this.spec, indices, this.#placed?.shape[0]);
    return this.#placed!;
  }

  /** One backend serves the whole process at a time; another network may have chosen its own. */
  protected async useBackend(): Promise<void> {
    if (tf.getBackend() === this.backend) return;
    if (tf.findBackend(this.backend) === null || !(await tf.setBackend(this.backend))) {
      throw new Error(`The TensorFlow.js backend ${this.backend} is not loaded.`);
    }
  }

  #release(): void {
    for (const { tensor } of this.variables.values()) tensor.dispose();
    this.variables.clear();
  }
}

class TrainableLayersNetwork extends LayersNetwork implements ResumableNetwork {
  readonly #frozen: ReadonlySet<string>;
  /** How each trained variable is updated, by its name. */
  #updates = new Map<string, Update>();
  #labels = new Uint8Array();
  /** Steps since `assign`. */
  #step = 0;

  constructor(backend: string, spec: ModelSpec, readonly training: TrainingSpec) {
    super(backend, spec);
    this.#frozen = new Set(spec.frozen);
  }

  override async place({ images, labels }: ImageSet): Promise<void> {
    const rows = checkedImages(this.spec, images);
    const { data } = checkedLabels(this.spec, labels, rows.shape[0]);
    await this.fill(rows);
    this.#labels = data.slice();
  }

  override async assign(weights: Weights): Promise<void> {
    await super.assign(weights);
    this.#step = 0;
    const trained = this.layers.filter(({ layer }) => !this.#frozen.has(layer.name))
      .flatMap(({ variables }) => variables).filter(({ trainable }) => trainable);
    this.#updates = new Map(trained.map(({ name }) => [
      name,
      optimizerFor(this.training.optimizer, this.variables.get(name)!.data, isKernel(name)),
    ]));
  }

  async trainBatch(indices: Int32Array, learningRate: number): Promise<StepResult> {
    const { labelSmoothing, l2 } = this.training.loss;
    if (indices.length === 0) throw new Error(`Model ${this.spec.name}: a batch without images.`);
    const images = this.images(indices);
    await this.useBackend();
    this.#step++;

    const trained = [...this.#updates.keys()].map((name) =>
      [name, this.variables.get(name)!] as const
    );
    const labels = Uint8Array.from(indices, (index) => this.#labels[index]);
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
      const x = gather(images, indices);
      const gradientsOf = tf.valueAndGrads(() => loss(this.forward(x, training)));
      const { grads } = gradientsOf(trained.map(([, { tensor }]) => tensor));
      gradients = grads.map((gradient) => gradient.dataSync() as Float32Array);
    });

    const penalty = l2 > 0 ? penalise(l2, trained, gradients) : 0;
    // To float32, in which the numbers behind it are, so that both engines call the same losses infinite.
    const total = Math.fround(batch!.loss + penalty);
    checkLoss(this.spec, total, this.#step, learningRate);
    trained.forEach(([name, variable], v) => {
      this.#updates.get(name)!.apply(gradients[v], learningRate, this.#step);
      refresh(variable);
    });
    for (const update of statistics) update();
    return { loss: total, correct: batch!.correct };
  }

  async replace(begin: number, images: NdArray<Uint8Array | Float32Array>): Promise<void> {
    const rows = checkedImages(this.spec, images);
    const { shape: [placed], data } = this.images(new Int32Array());
    const [count] = rows.shape;
    if (!(begin >= 0 && begin + count <= placed)) {
      throw new Error(
        `Model ${this.spec.name}: ${count} images from row ${begin} on reach over the ${placed} ` +
          `placed ones.`,
      );
    }
    data.set(await rows.read(0, count), begin * (data.length / placed));
  }

  state(): Promise<TrainingState> {
    const slots = [...this.#updates].flatMap(([name, { slots }]) =>
      Object.entries(slots).map(([slot, data]) =>
        [
          `${name}/${slot}`,
          { shape: this.variables.get(name)!.shape, data: data.slice() },
        ] as const
      )
    );
    return Promise.resolve({ steps: this.#step, slots: new Map(slots) });
  }

  async resume(weights: Weights, { steps, slots }: TrainingState): Promise<void> {
    await this.assign(weights);
    for (const [name, update] of this.#updates) {
      const { shape } = this.variables.get(name)!;
      for (const [slot, data] of Object.entries(update.slots)) {
        const found = slots.get(`${name}/${slot}`);
        if (found?.shape.join() !== shape.join()) {
          throw new Error(
            `Model ${this.spec.name}: the state of its training has ` +
              `${found ? `${name}/${slot} of shape [${found.shape}]` : `no ${name}/${slot}`}, ` +
              `expected shape [${shape}].`,
          );
        }
        data.set(found.data);
      }
    }
    this.#step = steps;
  }

  async statistics(indices: Int32Array, batchSize: number): Promise<Weights> {
    const images = this.images(indices);
    await this.useBackend();
    const pooled = pooledMoments();
    for (let start = 0; start < indices.length; start += batchSize) {
      const batch = indices.subarray(start, start + batchSize);
      const training: Training = {
        frozen: this.#frozen,
        mask: (_, length) => new Float32Array(length).fill(1),
        moments: ({ name }, mean, variance) => pooled.add(name, batch.length, mean, variance),
      };
      tf.tidy(() => void this.forward(gather(images, batch), training));
    }
    return pooled.result();
  }

  /** Keras 3's moving statistics: a share `momentum` of the old and the rest of the batch's. */
  #average(name: string, batch: Float32Array, momentum: number): void {
    const variable = this.variables.get(name)!;
    const { data } = variable;
    for (let i = 0; i < data.length; i++) {
      data[i] = momentum * data[i] + (1 - momentum) * batch[i];
    }
    refresh(variable);
  }
}

/**
 * Adds the gradient of `l2 * sum(w^2)` over the trained kernels (of frozen ones Keras counts none
 * either) to `gradients`, and returns the penalty.
 */
function penalise(
  l2: number,
  trained: readonly (readonly [string, Variable])[],
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
function gather(images: Images, indices: Int32Array): tf.Tensor {
  const [count, ...shape] = images.shape;
  const size = images.data.length / count;
  const batch = new Float32Array(indices.length * size);
  indices.forEach((index, i) => {
    batch.set(images.data.subarray(index * size, (index + 1) * size), i * size);
  });
  return tf.tensor(batch, [indices.length, ...shape]);
}
