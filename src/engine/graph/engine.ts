/**
 * The graph engine: a model, its training step included, is one TensorFlow graph, which libtensorflow
 * executes.
 *
 * Two sides meet here. `compile.ts`, `layers.ts`, `gradients.ts`, `optimizers.ts`, `operations.ts`,
 * `builder.ts` and `protocol.ts` emit the graph; `engine.ts`, `session.ts`, `saved_model.ts` and
 * `rates.ts` feed and run it, and import of the others `compile.ts`, `builder.ts` and `protocol.ts`
 * alone. What was emitted is known by its digest (`program.ts`), whatever the code that emitted it;
 * so no file does both.
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
  Engine,
  ImageSet,
  Network,
  StepResult,
  TrainableNetwork,
  TrainingSpec,
  Weights,
} from "../engine.ts";
import { compile, type Program, type TrainableProgram } from "./compile.ts";
import { stepRates } from "./rates.ts";
import { openSession, type Session } from "./session.ts";

/**
 * The engine on libtensorflow (`loadAddon` in `runtime/load.ts`, which also fixes how many threads
 * TensorFlow uses; `threads` describes that). Opening a network writes its graph into the system's
 * temporary directory and removes it again.
 */
export function graphEngine(addon: Addon, threads: number): Engine {
  const load = (spec: ModelSpec, { graph, signatures }: Program) =>
    openSession(addon, graph, signatures, spec.name);
  return {
    description: { engine: "graph", backend: "tensorflow", version: addon.TF_Version, threads },
    async open(spec, weights) {
      checkWeights(spec, weights);
      const program = compile(spec);
      const network = new GraphNetwork(spec, program, await load(spec, program));
      await network.assign(weights);
      return network;
    },
    async train(spec, training, weights) {
      checkWeights(spec, weights);
      const program = compile(spec, training);
      const session = await load(spec, program);
      const network = new TrainableGraphNetwork(spec, program, session, training);
      await network.assign(weights);
      return network;
    },
  };
}

/** Values of the largest layer output that a batch of predictions may have: 8 MB. Larger batches were no faster. */
const PREDICTION_VALUES = 2 ** 21;

/** Images are handed over in parts of so many values, because TensorFlow copies what it is fed. */
const PLACEMENT_VALUES = 2 ** 22;

const size = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1);

const scalar = (value: number) => ({ shape: [], data: Float32Array.of(value) });

const vector = <T extends NumberArray>(data: T): NdArray<T> => ({ shape: [data.length], data });

/** TensorFlow's calls return when they are done; promises are what the interface asks for. */
class GraphNetwork implements Network {
  readonly #outputShape: readonly number[];
  /** Images predicted at once. */
  readonly #batch: number;
  #placed: number | undefined;

  constructor(
    protected readonly spec: ModelSpec,
    protected readonly program: Program,
    protected readonly session: Session,
  ) {
    const layers = resolveLayers(spec);
    this.#outputShape = layers[layers.length - 1].outputShape;
    const largest = Math.max(size(spec.input), ...layers.map((layer) => size(layer.outputShape)));
    this.#batch = Math.min(256, Math.max(1, Math.floor(PREDICTION_VALUES / largest)));
  }

  async place({ images }: ImageSet) {
    await this.fill(checkedImages(this.spec, images));
  }

  /** Puts checked images, and labels where the graph has a place for them, into TensorFlow's memory. */
  protected async fill(images: Rows, labels?: NdArray<Uint8Array>) {
    const { allocate, place } = this.program.signatures;
    this.session.run(allocate, {
      images: vector(Int32Array.from(images.shape)),
      ...(labels && { labels: vector(Int32Array.from(labels.shape)) }),
    });
    const [count, ...shape] = images.shape;
    const step = Math.ceil(PLACEMENT_VALUES / size(shape));
    for (let begin = 0; begin < count; begin += step) {
      const end = Math.min(begin + step, count);
      this.session.run(place, {
        indices: vector(Int32Array.from({ length: end - begin }, (_, i) => begin + i)),
        images: { shape: [end - begin, ...shape], data: await images.read(begin, end) as Values },
        ...(labels && { labels: vector(labels.data.subarray(begin, end)) }),
      });
    }
    this.#placed = count;
  }

  assign(weights: Weights): Promise<void> {
    return Promise.try(() => {
      checkWeights(this.spec, weights);
      this.session.run(this.program.signatures.assign, Object.fromEntries(weights));
    });
  }

  read(): Promise<Weights> {
    return Promise.try(() => {
      const values = this.session.run(this.program.signatures.read, {});
      return new Map(Object.entries(values as Record<string, NdArray<Float32Array>>));
    });
  }

  predict(indices: Int32Array): Promise<NdArray<Float32Array>> {
    return Promise.try(() => {
      const width = size(this.#outputShape);
      const data = new Float32Array(indices.length * width);
      this.checked(indices);
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

  close(): Promise<void> {
    return Promise.try(() => this.session.close());
  }

  protected checked(indices: Int32Array): NdArray<Int32Array> {
    checkIndices(this.spec, indices, this.#placed);
    return vector(indices);
  }
}

/** A dropout layer's mask, which the graph is fed at each step. */
interface Mask {
  /** The signature's input. */
  readonly input: string;
  readonly layer: string;
  readonly rate: number;
  /** Of one image at this layer. */
  readonly shape: readonly number[];
}

class TrainableGraphNetwork extends GraphNetwork implements TrainableNetwork {
  readonly #masks: readonly Mask[];
  /** Steps since `assign`. */
  #step = 0;

  constructor(
    spec: ModelSpec,
    protected override readonly program: TrainableProgram,
    session: Session,
    readonly training: TrainingSpec,
  ) {
    super(spec, program, session);
    const { inputs } = program.signatures.train;
    this.#masks = spec.layers.flatMap((layer) => {
      const input = `mask/${layer.name}`;
      if (layer.type !== "dropout" || !(input in inputs)) return [];
      return { input, layer: layer.name, rate: layer.rate, shape: inputs[input].shape.slice(1) };
    });
  }

  override async place({ images, labels }: ImageSet) {
    const rows = checkedImages(this.spec, images);
    await this.fill(rows, checkedLabels(this.spec, labels, rows.shape[0]));
  }

  override async assign(weights: Weights) {
    await super.assign(weights);
    this.#step = 0;
  }

  trainBatch(indices: Int32Array, learningRate: number): Promise<StepResult> {
    return Promise.try(() => {
      if (indices.length === 0) throw new Error(`Model ${this.spec.name}: a batch without images.`);
      const { signatures } = this.program;
      const batch = this.checked(indices);
      if (this.#step === 0) this.session.run(signatures.reset, {});
      const step = ++this.#step;
      const { optimizer, seed } = this.training;
      const { rate, decay } = stepRates(optimizer, learningRate, step);
      const masks = this.#masks.map(({ input, layer, rate, shape }) => {
        const data = dropoutMask(seed, layer, step, indices.length * size(shape), rate);
        return [input, { shape: [indices.length, ...shape], data }] as const;
      });
      const { loss, correct } = this.session.run(signatures.train, {
        indices: batch,
        rate: scalar(rate),
        decay: scalar(decay),
        ...Object.fromEntries(masks),
      });
      checkLoss(this.spec, loss.data[0], step, learningRate);
      return { loss: loss.data[0], correct: correct.data[0] };
    });
  }
}
