/**
 * Networks as plain data that predict and train: compiled to TensorFlow graphs, or run layer by layer
 * on WebAssembly, with the same numbers up to rounding. Each result can be written for TensorFlow.js.
 *
 * @example The shapes and parameters of a network
 * ```ts
 * import { countParameters, type ModelSpec, resolveLayers } from "@atelier/atelier/engine";
 * import { assertEquals } from "@std/assert";
 *
 * const model: ModelSpec = {
 *   name: "tiny",
 *   input: [8, 8, 1],
 *   layers: [
 *     { type: "conv2d", name: "conv", filters: 4, kernelSize: [3, 3], padding: "valid" },
 *     { type: "globalAveragePooling2d", name: "pool" },
 *     { type: "dense", name: "classes", units: 2, activation: "softmax" },
 *   ],
 * };
 * assertEquals(resolveLayers(model).map(({ outputShape }) => outputShape), [[6, 6, 4], [4], [2]]);
 * assertEquals(countParameters(model), 50);
 * ```
 *
 * @module
 */
export type { Split } from "../data/split.ts";
export { type Divergence, DivergenceError } from "../engine/checks.ts";
export type {
  Engine,
  EngineDescription,
  ImageSet,
  LossSpec,
  Network,
  OptimizerSpec,
  Precision,
  StepResult,
  TrainableNetwork,
  TrainingSpec,
  Weights,
} from "../engine/engine.ts";
export { encodeTfjsModel, type TfjsModel, type TfjsOptions } from "../engine/layers/tfjs_model.ts";
export { openEngine } from "../engine/open.ts";
export { decodeWeights, encodeWeights } from "../engine/weights.ts";
export { initialWeights } from "../models/initialize.ts";
export { lenet5 } from "../models/lenet5.ts";
export {
  countParameters,
  type ResolvedLayer,
  resolveLayers,
  type Variable,
} from "../models/shapes.ts";
export type {
  Activation,
  ActivationName,
  Add,
  BatchNormalization,
  Conv2D,
  Dense,
  Dropout,
  Flatten,
  GlobalAveragePooling2D,
  Layer,
  ModelSpec,
  NamedLayer,
  Normalization,
  Padding,
  Pair,
  Pooling2D,
  Rescaling,
  Shape,
  UpSampling2D,
  ZeroPadding2D,
} from "../models/spec.ts";
export type { NdArray, NumberArray, NumberType, Rows } from "../ndarray.ts";
export { type EpochRecord, type Fit, fit, type FitOptions } from "../training/loop.ts";
export type { Recipe } from "../training/recipe.ts";
export { type Examples, train, type Trained } from "../training/train.ts";
