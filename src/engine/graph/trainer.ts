/**
 * Networks on libtensorflow whose training can be taken up again and whose images change while it goes on.
 *
 * It stands beside `engine.ts`, and knows nothing of it: the code of each is in the keys of what it has
 * trained, so that neither may change what the other one's results depend on.
 *
 * @module
 */
import { resolveLayers } from "../../models/shapes.ts";
import type { ModelSpec } from "../../models/spec.ts";
import type { NdArray, NumberArray, Rows } from "../../ndarray.ts";
import type { Addon, Values } from "../../runtime/load.ts";
import { checkedImages, checkedLabels, checkIndices, checkLoss, checkWeights } from "../checks.ts";
import { dropoutMask } from "../dropout.ts";
import type {
  ImageSet,
  ResumableNetwork,
  StepResult,
  Trainer,
  TrainingSpec,
  TrainingState,
  Weights,
} from "../engine.ts";
import { pooledMoments } from "../moments.ts";
import { compile, type ResumableProgram } from "./compile.ts";
import { stepRates } from "./rates.ts";
import { openSession, type Session } from "./session.ts";

/** The trainer on libtensorflow; see `graphEngine` for what it is given and does. */
export function graphTrainer(addon: Addon, threads: number): Trainer {
  return {
    description: { engine: "graph", backend: "tensorflow", version: addon.TF_Version, threads },
    async train(spec, training, weights) {
      checkWeights(spec, weights);
      const program = compile(spec, { ...training, resumable: true });
      const session = await openSession(addon, program.graph, program.signatures, spec.name);
      const network = new ResumableGraphNetwork(spec, program, session, training);
      await network.assign(weights);
      return network;
    },
  };
}

/** Values of the largest layer output that a batch of predictions may have: 8 MB. */
const PREDICTION_VALUES = 2 ** 21;

/** Images are handed over in parts of so many values, because TensorFlow copies what it is fed. */
const PLACEMENT_VALUES = 2 ** 22;

const size = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1);

const scalar = (value: number) => ({ shape: [], data: Float32Array.of(value) });

const vector = <T extends NumberArray>(data: T): NdArray<T> => ({ shape: [data.length], data });

/** A dropout layer's mask, which the graph is fed at each step. */
interface Mask {
  /** The signature's input. */
  readonly input: string;
  readonly layer: string;
  readonly rate: number;
  /** Of one image at this layer. */
  readonly shape: readonly number[];
}

/** TensorFlow's calls return when they are done; promises are what the interface asks for. */
class ResumableGraphNetwork implements ResumableNetwork {
  readonly #outputShape: readonly number[];
  /** Images predicted at once. */
  readonly #batch: number;
  readonly #masks: readonly Mask[];
  #labels: Uint8Array | undefined;
  /** Steps since `assign`. */
  #step = 0;

  constructor(
    readonly spec: ModelSpec,
    readonly program: ResumableProgram,
    readonly session: Session,
    readonly training: Omit<TrainingSpec, "resumable">,
  ) {
    const layers = resolveLayers(spec);
    this.#outputShape = layers[layers.length - 1].outputShape;
    const largest = Math.max(size(spec.input), ...layers.map((layer) => size(layer.outputShape)));
    this.#batch = Math.min(256, Math.max(1, Math.floor(PREDICTION_VALUES / largest)));
    const { inputs } = program.signatures.train;
    this.#masks = spec.layers.flatMap((layer) => {
      const input = `mask/${layer.name}`;
      if (layer.type !== "dropout" || !(input in inputs)) return [];
      return { input, layer: layer.name, rate: layer.rate, shape: inputs[input].shape.slice(1) };
    });
  }

  async place({ images, labels }: ImageSet) {
    const rows = checkedImages(this.spec, images);
    const [count] = rows.shape;
    const { data } = checkedLabels(this.spec, labels, count);
    this.session.run(this.program.signatures.allocate, {
      images: vector(Int32Array.from(rows.shape)),
      labels: vector(Int32Array.of(count)),
    });
    this.#labels = data.slice();
    await this.#put(0, rows);
  }

  async replace(begin: number, images: NdArray<Uint8Array | Float32Array>) {
    const rows = checkedImages(this.spec, images);
    const placed = this.#labels?.length ?? 0;
    if (!(begin >= 0 && begin + rows.shape[0] <= placed)) {
      throw new Error(
        `Model ${this.spec.name}: ${rows.shape[0]} images from row ${begin} on reach over the ` +
          `${placed} placed ones.`,
      );
    }
    await this.#put(begin, rows);
  }

  /** Copies images into TensorFlow's memory, from row `first` on. */
  async #put(first: number, images: Rows) {
    const [count, ...shape] = images.shape;
    const step = Math.ceil(PLACEMENT_VALUES / size(shape));
    for (let begin = 0; begin < count; begin += step) {
      const end = Math.min(begin + step, count);
      const indices = Int32Array.from({ length: end - begin }, (_, i) => first + begin + i);
      this.session.run(this.program.signatures.place, {
        indices: vector(indices),
        images: { shape: [end - begin, ...shape], data: await images.read(begin, end) as Values },
        labels: vector(this.#labels!.subarray(first + begin, first + end)),
      });
    }
  }

  assign(weights: Weights): Promise<void> {
    return Promise.try(() => {
      checkWeights(this.spec, weights);
      this.session.run(this.program.signatures.assign, Object.fromEntries(weights));
      this.session.run(this.program.signatures.reset, {});
      this.#step = 0;
    });
  }

  read(): Promise<Weights> {
    return Promise.try(() => {
      const values = this.session.run(this.program.signatures.read, {});
      return new Map(Object.entries(values as Record<string, NdArray<Float32Array>>));
    });
  }

  state(): Promise<TrainingState> {
    return Promise.try(() => {
      const { state } = this.program.signatures;
      // Plain gradient descent keeps nothing, and TensorFlow gives no answer without tensors.
      const values = Object.keys(state.outputs).length > 0 ? this.session.run(state, {}) : {};
      const slots = new Map(Object.entries(values as Record<string, NdArray<Float32Array>>));
      return { steps: this.#step, slots };
    });
  }

  async resume(weights: Weights, { steps, slots }: TrainingState) {
    const { restore } = this.program.signatures;
    for (const [name, { shape }] of Object.entries(restore.inputs)) {
      const found = slots.get(name)?.shape;
      if (found?.join() === shape.join()) continue;
      throw new Error(
        `Model ${this.spec.name}: the state of its training has ` +
          `${found ? `${name} of shape [${found}]` : `no ${name}`}, expected shape [${shape}].`,
      );
    }
    await this.assign(weights);
    this.session.run(restore, Object.fromEntries(slots));
    this.#step = steps;
  }

  predict(indices: Int32Array): Promise<NdArray<Float32Array>> {
    return Promise.try(() => {
      const width = size(this.#outputShape);
      const data = new Float32Array(indices.length * width);
      checkIndices(this.spec, indices, this.#labels?.length);
      for (let start = 0; start < indices.length; start += this.#batch) {
        const part = indices.subarray(start, start + this.#batch);
        const { output } = this.session.run(this.program.signatures.predict, {
          indices: vector(part),
        });
        data.set(output.data, start * width);
      }
      return { shape: [indices.length, ...this.#outputShape], data };
    });
  }

  trainBatch(indices: Int32Array, learningRate: number): Promise<StepResult> {
    return Promise.try(() => {
      if (indices.length === 0) throw new Error(`Model ${this.spec.name}: a batch without images.`);
      checkIndices(this.spec, indices, this.#labels?.length);
      const step = ++this.#step;
      const { optimizer, seed } = this.training;
      const { rate, decay } = stepRates(optimizer, learningRate, step);
      const masks = this.#masks.map(({ input, layer, rate, shape }) => {
        const data = dropoutMask(seed, layer, step, indices.length * size(shape), rate);
        return [input, { shape: [indices.length, ...shape], data }] as const;
      });
      const { loss, correct } = this.session.run(this.program.signatures.train, {
        indices: vector(indices),
        rate: scalar(rate),
        decay: scalar(decay),
        ...Object.fromEntries(masks),
      });
      checkLoss(this.spec, loss.data[0], step, learningRate);
      return { loss: loss.data[0], correct: correct.data[0] };
    });
  }

  statistics(indices: Int32Array, batchSize: number): Promise<Weights> {
    return Promise.try(() => {
      checkIndices(this.spec, indices, this.#labels?.length);
      const { moments } = this.program.signatures;
      const pooled = pooledMoments();
      if (Object.keys(moments.outputs).length === 0) return pooled.result();
      for (let start = 0; start < indices.length; start += batchSize) {
        const batch = indices.subarray(start, start + batchSize);
        const values = this.session.run(moments, { indices: vector(batch) });
        for (const [name, { data }] of Object.entries(values)) {
          if (!name.endsWith("/moving_mean")) continue;
          const layer = name.slice(0, name.lastIndexOf("/"));
          pooled.add(layer, batch.length, data, values[`${layer}/moving_variance`].data);
        }
      }
      return pooled.result();
    });
  }

  close(): Promise<void> {
    return Promise.try(() => this.session.close());
  }
}
