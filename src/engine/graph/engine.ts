/**
 * The graph engine: a model, its training step included, is one TensorFlow graph, built here and
 * executed by libtensorflow.
 *
 * @module
 */
import type { ResolvedLayer } from "../../models/shapes.ts";
import type { ModelSpec } from "../../models/spec.ts";
import type { NdArray, NumberArray, Rows } from "../../ndarray.ts";
import { checkedImages, checkIndices, checkLoss, checkWeights } from "../checks.ts";
import { dropoutMask } from "../dropout.ts";
import type { Engine, ImageSet, Network, StepResult, TrainingSpec, Weights } from "../engine.ts";
import type { Addon, Values } from "../../runtime/load.ts";
import { compile, type Program, type Trainable } from "./compile.ts";
import { stepRates } from "./optimizers.ts";
import { openSession, type Session } from "./session.ts";

/**
 * The engine on libtensorflow (`loadAddon` in `runtime/load.ts`, which also fixes how many threads
 * TensorFlow uses; `threads` describes that). Opening a network writes its graph into the system's
 * temporary directory and removes it again.
 */
export function graphEngine(addon: Addon, threads: number): Engine {
  return {
    description: { engine: "graph", backend: "tensorflow", version: addon.TF_Version, threads },
    async open(spec, training, weights) {
      checkWeights(spec, weights);
      const program = compile(spec, training);
      const signatures = { ...program.signatures, ...program.training.signatures };
      const session = await openSession(addon, program.graph, signatures, spec.name);
      const network = new GraphNetwork(spec, training, program, session);
      await network.assign(weights);
      return network;
    },
  };
}

/** Values of the largest layer output that a batch of predictions may have: 8 MB. Larger batches were no faster. */
const PREDICTION_VALUES = 2 ** 21;

/** Images to predict at once: as many as keep every layer's output below `PREDICTION_VALUES`, 256 at most. */
function predictionBatch(spec: ModelSpec, layers: readonly ResolvedLayer[]): number {
  const largest = Math.max(size(spec.input), ...layers.map(({ outputShape }) => size(outputShape)));
  return Math.min(256, Math.max(1, Math.floor(PREDICTION_VALUES / largest)));
}

/** Images are handed over in parts of so many values, because TensorFlow copies what it is fed. */
const PLACEMENT_VALUES = 2 ** 22;

const size = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1);

const scalar = (value: number) => ({ shape: [], data: Float32Array.of(value) });

const vector = <T extends NumberArray>(data: T): NdArray<T> => ({ shape: [data.length], data });

/** TensorFlow's calls return when they are done; promises are what the interface asks for. */
class GraphNetwork implements Network {
  readonly #batch: number;
  #placed: number | undefined;
  /** Steps since `assign`. */
  #step = 0;

  constructor(
    readonly spec: ModelSpec,
    readonly training: TrainingSpec,
    readonly program: Program,
    readonly session: Session,
  ) {
    this.#batch = predictionBatch(spec, program.layers);
  }

  place = async (data: ImageSet | ImageSet<Rows>) => {
    const { signatures, training } = this.program;
    const images = checkedImages(this.spec, data, training.classes);
    const { labels } = data;
    this.session.run(signatures.allocate, {
      images: vector(Int32Array.from(images.shape)),
      labels: vector(Int32Array.from(labels.shape)),
    });
    const [count, ...shape] = images.shape;
    const step = Math.ceil(PLACEMENT_VALUES / size(shape));
    for (let begin = 0; begin < count; begin += step) {
      const end = Math.min(begin + step, count);
      this.session.run(signatures.place, {
        indices: vector(Int32Array.from({ length: end - begin }, (_, i) => begin + i)),
        images: { shape: [end - begin, ...shape], data: await images.read(begin, end) as Values },
        labels: vector(labels.data.subarray(begin, end)),
      });
    }
    this.#placed = count;
  };

  assign = (weights: Weights) =>
    Promise.try(() => {
      checkWeights(this.spec, weights);
      this.session.run(this.program.signatures.assign, Object.fromEntries(weights));
      this.#step = 0;
    });

  read = () =>
    Promise.try((): Weights => {
      const values = this.session.run(this.program.signatures.read, {});
      return new Map(Object.entries(values as Record<string, NdArray<Float32Array>>));
    });

  trainBatch = (indices: Int32Array, learningRate: number) =>
    Promise.try((): StepResult => {
      const { training: trainable } = this.program;
      if (trainable.refused !== undefined) throw new Error(trainable.refused);
      if (indices.length === 0) throw new Error(`Model ${this.spec.name}: a batch without images.`);
      const batch = this.#checked(indices);
      if (this.#step === 0) this.session.run(trainable.signatures.reset, {});
      const step = ++this.#step;
      const { rate, decay } = stepRates(this.training.optimizer, learningRate, step);
      const { loss, correct } = this.session.run(trainable.signatures.train, {
        indices: batch,
        rate: scalar(rate),
        decay: scalar(decay),
        ...this.#masks(trainable, indices.length),
      });
      checkLoss(this.spec, loss.data[0], step, learningRate);
      return { loss: loss.data[0], correct: correct.data[0] };
    });

  predict = (indices: Int32Array) =>
    Promise.try((): NdArray<Float32Array> => {
      const { outputShape } = this.program.layers[this.program.layers.length - 1];
      const width = size(outputShape);
      const data = new Float32Array(indices.length * width);
      this.#checked(indices);
      for (let start = 0; start < indices.length; start += this.#batch) {
        const part = indices.subarray(start, start + this.#batch);
        const { output } = this.session.run(this.program.signatures.predict, {
          indices: vector(part),
        });
        data.set(output.data, start * width);
      }
      return { shape: [indices.length, ...outputShape], data };
    });

  close = () => Promise.try(() => this.session.close());

  #checked(indices: Int32Array): NdArray<Int32Array> {
    if (this.#placed === undefined) {
      throw new Error(`Model ${this.spec.name}: place images before training or predicting.`);
    }
    checkIndices(this.spec, indices, this.#placed);
    return vector(indices);
  }

  /** The masks of this step, by the names of the signature's inputs. */
  #masks({ dropouts }: Trainable, batch: number): Record<string, NdArray<Float32Array>> {
    const { seed } = this.training;
    return Object.fromEntries(dropouts.map(({ layer, rate, shape }) => {
      const data = dropoutMask(seed, layer, this.#step, batch * size(shape), rate);
      return [`mask/${layer}`, { shape: [batch, ...shape], data }];
    }));
  }
}
