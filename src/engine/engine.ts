/**
 * What an engine is: something that turns a model specification into a network that trains and
 * predicts. There are two, the graph engine (`graph/`, libtensorflow) and the portable one
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

/** Images as stored, or features computed from them, and their classes; in memory or, with `Rows`, in a file. */
export interface ImageSet<Images = NdArray<Uint8Array | Float32Array>> {
  /** `[N, height, width, channels]`: bytes, or floats where the model's `inputType` says so. */
  readonly images: Images;
  /** `[N]`, 0 to classes - 1. */
  readonly labels: NdArray<Uint8Array>;
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
  | { readonly type: "sgd"; readonly momentum: number };

/** What is minimised: sparse softmax cross-entropy, averaged over the batch, plus penalties. */
export interface LossSpec {
  /** Share of the target spread evenly over all classes; 0 for none. */
  readonly labelSmoothing: number;
  /** Adds `l2 * sum(w^2)` over kernels (Keras's `regularizers.L2`); 0 for none. */
  readonly l2: number;
}

/** How a network is trained, apart from the data and the schedule. */
export interface TrainingSpec {
  readonly optimizer: OptimizerSpec;
  readonly loss: LossSpec;
  /** Seed of everything random inside a step (dropout masks). */
  readonly seed: number;
}

/** What one training step reports, both of the batch before its update. */
export interface StepResult {
  /** Mean over the batch, penalties included. */
  readonly loss: number;
  /** How many of the batch were classified right. */
  readonly correct: number;
}

/** A specification bound to weights, ready to train and predict. All methods are called one after another. */
export interface Network {
  /** Gives the network a copy of the images that indices refer to from now on, in place of earlier ones. */
  place(data: ImageSet | ImageSet<Rows>): Promise<void>;
  /** Replaces every variable; throws an Error naming a missing, superfluous or misshapen one. Optimiser state starts anew. */
  assign(weights: Weights): Promise<void>;
  /** A copy of every variable. */
  read(): Promise<Weights>;
  /**
   * One optimiser step on the placed images at `indices`.
   * Throws an Error that names the step (counted from 1 since `assign`) when the loss is NaN or infinite.
   */
  trainBatch(indices: Int32Array, learningRate: number): Promise<StepResult>;
  /**
   * The output of the last layer, in inference mode, for the placed images at `indices`:
   * `[indices.length, ...output shape]`. Work is cut into batches inside.
   */
  predict(indices: Int32Array): Promise<NdArray<Float32Array>>;
  /** Frees what is held outside the JavaScript heap. The network is unusable afterwards. */
  close(): Promise<void>;
}

/** What produced a number, recorded as provenance and never part of a key. */
export interface EngineDescription {
  readonly engine: "graph" | "layers";
  readonly backend: "tensorflow" | "wasm";
  /** Version of libtensorflow or of TensorFlow.js. */
  readonly version: string;
  /** Threads that one operation may use. */
  readonly threads: number;
}

/** Makes networks. */
export interface Engine {
  readonly description: EngineDescription;
  /**
   * Compiles a specification and gives it its first weights.
   * Throws an Error naming the layer when the specification does not fit.
   * The last layer must be a softmax over classes when the network is to be trained.
   */
  open(spec: ModelSpec, training: TrainingSpec, weights: Weights): Promise<Network>;
}
