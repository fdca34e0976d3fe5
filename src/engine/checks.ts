/** What every engine refuses, in the same words, before anything reaches TensorFlow. @module */
import { modelVariables, resolveLayers } from "../models/shapes.ts";
import type { ModelSpec } from "../models/spec.ts";
import { type NdArray, type Rows, rowsOf } from "../ndarray.ts";
import type { ImageSet, Weights } from "./engine.ts";

const size = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1);

/**
 * Checks that weights are a model's.
 *
 * @throws {Error} where a variable is missing, misshapen or superfluous; it names the first one
 */
export function checkWeights(spec: ModelSpec, weights: Weights): void {
  const variables = modelVariables(spec);
  for (const { name, shape } of variables) {
    const array = weights.get(name);
    if (!array) throw new Error(`Model ${spec.name}: the weights have no ${name}.`);
    if (array.shape.join() !== shape.join() || array.data.length !== size(shape)) {
      throw new Error(
        `Model ${spec.name}: ${name} has the shape [${array.shape}] and ${array.data.length} ` +
          `values, expected [${shape}] and ${size(shape)}.`,
      );
    }
  }
  const known = new Set(variables.map(({ name }) => name));
  const superfluous = [...weights.keys()].find((name) => !known.has(name));
  if (superfluous !== undefined) {
    throw new Error(`Model ${spec.name} has no variable ${superfluous}.`);
  }
}

/**
 * The images of a set, to be read in parts.
 *
 * @throws {Error} where they are not of the model's input shape and type
 */
export function checkedImages(spec: ModelSpec, images: ImageSet["images"]): Rows {
  const rows = "data" in images ? rowsOf(images) : images;
  const { inputType = "uint8" } = spec;
  const [, ...shape] = rows.shape;
  if (shape.join() !== spec.input.join() || rows.type !== inputType) {
    throw new Error(
      `Model ${spec.name} takes images of shape [N,${spec.input}] and type ${inputType}; ` +
        `got [${rows.shape}] of ${rows.type}.`,
    );
  }
  return rows;
}

/**
 * The labels of a set of `count` images that a model is trained on.
 *
 * @throws {Error} where there are none, not one an image, or one is not below the number of classes
 */
export function checkedLabels(
  spec: ModelSpec,
  labels: ImageSet["labels"],
  count: number,
): NdArray<Uint8Array> {
  if (!labels) {
    throw new Error(
      `Model ${spec.name} is to be trained and needs a label for each of its ${count} images; ` +
        `got none.`,
    );
  }
  if (labels.data.length !== count) {
    throw new Error(
      `Model ${spec.name}: there are ${count} images and ${labels.data.length} labels.`,
    );
  }
  const [classes] = resolveLayers(spec).at(-1)!.outputShape;
  const row = labels.data.findIndex((label) => label >= classes);
  if (row >= 0) {
    throw new Error(
      `Model ${spec.name} has ${classes} classes, 0 to ${classes - 1}; ` +
        `image ${row} has the label ${labels.data[row]}.`,
    );
  }
  return labels;
}

/**
 * Checks that images are there at all indices; `count` is the number of placed ones, undefined before
 * any are placed.
 *
 * @throws {Error} where none are placed, or an index is not below `count`; it names the first one
 */
export function checkIndices(
  spec: ModelSpec,
  indices: Int32Array,
  count: number | undefined,
): void {
  if (count === undefined) {
    throw new Error(`Model ${spec.name}: place images before training or predicting.`);
  }
  const at = indices.findIndex((index) => index < 0 || index >= count);
  if (at >= 0) {
    throw new Error(
      `Model ${spec.name}: index ${
        indices[at]
      } at position ${at} is outside the ${count} placed images.`,
    );
  }
}

/**
 * Checks that a model can be trained, not only predict.
 *
 * @throws {Error} where its last layer is not a softmax over classes, or all weights are frozen
 */
export function checkTrainable(spec: ModelSpec): void {
  const cannot = `Model ${spec.name} cannot be trained, only predict:`;
  const layers = resolveLayers(spec);
  const { layer, outputShape } = layers[layers.length - 1];
  const last = `${cannot} its last layer, ${layer.name} (${layer.type}),`;
  if (!("activation" in layer) || layer.activation !== "softmax") {
    throw new Error(`${last} is not a softmax over classes.`);
  }
  if (outputShape.length !== 1) {
    throw new Error(`${last} gives [${outputShape}] an image, not one number a class.`);
  }
  const trained = layers.some(({ layer, variables }) =>
    !spec.frozen?.includes(layer.name) && variables.some(({ trainable }) => trainable)
  );
  if (!trained) throw new Error(`${cannot} none of its layers has weights that are not frozen.`);
}

/** Where training went astray. */
export interface Divergence {
  /** Counted from 1 since weights were assigned; absent where a whole epoch is meant. */
  readonly step?: number;
  /** Counted from 1; absent where a step is meant. */
  readonly epoch?: number;
  /** Of that step or epoch. */
  readonly learningRate: number;
}

/** Training went astray: the loss or what the network predicts is not a finite number any more. */
export class DivergenceError extends Error {
  /** Its class. */
  override name = "DivergenceError";
  /**
   * Says what went astray.
   *
   * @param at the step or the epoch
   */
  constructor(message: string, readonly at: Divergence) {
    super(message);
  }
}

/**
 * Checks the loss of a step, which is counted from 1.
 *
 * @throws {DivergenceError} where the loss is NaN or infinite
 */
export function checkLoss(spec: ModelSpec, loss: number, step: number, learningRate: number): void {
  if (Number.isFinite(loss)) return;
  throw new DivergenceError(
    `Model ${spec.name}: the loss became ${loss} at step ${step} (learning rate ${learningRate}). ` +
      `Training stops here; a smaller learning rate is the usual remedy.`,
    { step, learningRate },
  );
}
