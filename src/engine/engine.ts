/**
 * What an engine is: something that turns a model specification into a network that predicts, and
 * one that is trained as well. There are two, the graph engine (`graph/`, libtensorflow) and the portable one
 * (`layers/`, TensorFlow.js on WebAssembly or on the native backend). No stage knows which one runs.
 *
 * @module
 */
import type { ModelSpec } from "../models/spec.ts";
import type { NdArray, Rows } from "../ndarray.ts";

/**
 * A model's variables by name, `<layer>/<variable>`, in the order of its layers and in each layer in
 * Keras's: kernel, bias; gamma, beta, moving_mean, moving_variance. Float32, shapes as in Keras.
 */
export type Weights = ReadonlyMap<string, NdArray<Float32Array>>;

/** Images as stored, or features computed from them, and their classes. */
export interface ImageSet {
  /**
   * `[N, height, width, channels]`: bytes, or floats where the model's `inputType` says so; in memory
   * or, as `Rows`, in a file.
   */
  readonly images: NdArray<Uint8Array | Float32Array> | Rows;
  /** `[N]`, 0 to classes - 1. Training needs them; a network that only predicts does not look at them. */
  readonly labels?: NdArray<Uint8Array>;
}

/** Update rules, with Keras's defaults as what `epsilon` and the betas usually are (1e-7, 0.9, 0.999). */
export type OptimizerSpec =
  | {
    readonly type: "adam";
    readonly beta1: number;
    readonly beta2: number;
    readonly epsilon: number;
  }
  | {
    readonly type: "adamw";
    readonly beta1: number;
    readonly beta2: number;
    readonly epsilon: number;
    /** Decoupled: `w -= learningRate * weightDecay * w` before the step, on kernels only. */
    readonly weightDecay: number;
  }
  | {
    readonly type: "sgd";
    readonly momentum: number;
    /** Whether the step looks ahead by the new velocity (Nesterov, 1983, in Sutskever et al.'s form); false if omitted. */
    readonly nesterov?: boolean;
    /** Decoupled, as of `adamw`; none if omitted. */
    readonly weightDecay?: number;
  };

/** What is minimised: sparse softmax cross-entropy, averaged over the batch, plus penalties. */
export interface LossSpec {
  /** Share of the target spread evenly over all classes; 0 for none. */
  readonly labelSmoothing: number;
  /** Adds `l2 * sum(w^2)` over kernels (Keras's `regularizers.L2`); 0 for none. */
  readonly l2: number;
}

/**
 * What a training step is computed in. In `bfloat16` (the upper half of a float32) convolutions,
 * matrix products, their gradients and what lies between them are, each sum in float32; weights,
 * optimiser, loss, softmax and the statistics of batch normalisation stay in float32.
 */
export type Precision = "float32" | "bfloat16";

/** How a network is trained, apart from the data and the schedule. */
export interface TrainingSpec {
  /** How weights are updated. */
  readonly optimizer: OptimizerSpec;
  /** What is minimised. */
  readonly loss: LossSpec;
  /** Of the training step; float32 if omitted. Predictions are computed in float32 either way. */
  readonly precision?: Precision;
  /** Seed of everything random inside a step (dropout masks). */
  readonly seed: number;
  /** Whether it can be put down and taken up again, as a `ResumableNetwork`; false if omitted. */
  readonly resumable?: boolean;
}

/** Where a training stands, besides the weights. */
export interface TrainingState {
  /** Steps since weights were assigned. */
  readonly steps: number;
  /** What the optimiser keeps, by name, such as `conv1/kernel/velocity`. */
  readonly slots: ReadonlyMap<string, NdArray<Float32Array>>;
}

/** What one training step reports, both of the batch before its update. */
export interface StepResult {
  /** Mean over the batch, penalties included. */
  readonly loss: number;
  /** How many of the batch were classified right. */
  readonly correct: number;
}

/** A specification bound to weights, ready to predict. All methods are called one after another. */
export interface Network {
  /**
   * Copies the images that indices refer to from now on, in place of earlier ones.
   *
   * @throws {Error} where the images are not of the model's input shape and type, or, for a network that
   * is trained, labels are missing, not one an image, or no class of the model's
   */
  place(data: ImageSet): Promise<void>;
  /**
   * Replaces every variable; a network that is trained starts its optimiser anew.
   *
   * @throws {Error} where a variable is missing, superfluous or misshapen; it names the first one
   */
  assign(weights: Weights): Promise<void>;
  /** A copy of every variable. */
  read(): Promise<Weights>;
  /**
   * The output of the last layer, in inference mode, for the placed images at `indices`:
   * `[indices.length, ...output shape]`. Work is cut into batches inside.
   *
   * @throws {Error} where no images are placed, or an index is outside them
   */
  predict(indices: Int32Array): Promise<NdArray<Float32Array>>;
  /** Frees what is held outside the JavaScript heap. The network is unusable afterwards. */
  close(): Promise<void>;
}

/** A network that can be trained as well. */
export interface TrainableNetwork extends Network {
  /**
   * One optimiser step on the placed images at `indices`.
   *
   * @throws {Error} where no images are placed, there is no index, or one is outside the images
   * @throws {DivergenceError} where the loss is NaN or infinite
   */
  trainBatch(indices: Int32Array, learningRate: number): Promise<StepResult>;
}

/** A network whose training can be put down and taken up again, on images that change. */
export interface ResumableNetwork extends TrainableNetwork {
  /**
   * Puts other images in the places of those from row `begin` on; labels and other rows stay.
   *
   * @throws {Error} where they are not of the model's input shape and type, or reach over the placed ones
   */
  replace(begin: number, images: NdArray<Uint8Array | Float32Array>): Promise<void>;
  /** A copy of where training stands. */
  state(): Promise<TrainingState>;
  /**
   * Takes training up where it stood: the steps that follow give the bits that they would have given there.
   *
   * @throws {Error} where weights or state are not those of such a network; it names the first fault
   */
  resume(weights: Weights, state: TrainingState): Promise<void>;
  /**
   * The moving statistics as they come out over the placed images at `indices`, counted anew: mean and
   * biased variance by channel of what reaches each batch normalisation, while those before it normalise by
   * the statistics of their batch, as in training. Nothing is dropped out. The network stays as it is.
   */
  statistics(indices: Int32Array, batchSize: number): Promise<Weights>;
}

/** What produced a number, recorded as provenance and never part of a key. */
export interface EngineDescription {
  /** Which engine it is. */
  readonly engine: "graph" | "layers";
  /** What it computes with. */
  readonly backend: "tensorflow" | "wasm";
  /** Version of libtensorflow or of TensorFlow.js. */
  readonly version: string;
  /** Threads that one operation may use. */
  readonly threads: number;
}

/** Makes networks. */
export interface Engine {
  /** What it is. */
  readonly description: EngineDescription;
  /**
   * A network that predicts with these weights.
   *
   * @throws {Error} where a layer or the weights do not fit the specification; it names the first one
   */
  open(spec: ModelSpec, weights: Weights): Promise<Network>;
  /**
   * A network that is trained from these weights on.
   *
   * @throws {Error} where `open` does, and where the model cannot be trained: its last layer is not a
   * softmax over classes, or no layer has weights that are not frozen
   */
  train(spec: ModelSpec, training: TrainingSpec, weights: Weights): Promise<TrainableNetwork>;
}

/** Makes networks whose training can be taken up again. */
export interface Trainer {
  /** What it is. */
  readonly description: EngineDescription;
  /**
   * As `train` of an engine.
   *
   * @throws {Error} where that does
   */
  train(
    spec: ModelSpec,
    training: Omit<TrainingSpec, "resumable">,
    weights: Weights,
  ): Promise<ResumableNetwork>;
}
