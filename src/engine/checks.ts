/** What every engine refuses, in the same words, before anything reaches TensorFlow. @module */
import { modelVariables, resolveLayers } from "../models/shapes.ts";
import type { ModelSpec } from "../models/spec.ts";
import { type Rows, rowsOf } from "../ndarray.ts";
import type { ImageSet, Weights } from "./engine.ts";

const size = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1);

/** Throws an Error that names the first missing, misshapen or superfluous variable. */
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
 * The images of a set, to be read in parts. Throws an Error where they are not of the model's input
 * shape and type, labels are not one an image, or a label is not below `classes`; leave `classes`
 * out for a model that does not classify.
 */
export function checkedImages(
  spec: ModelSpec,
  { images, labels }: ImageSet | ImageSet<Rows>,
  classes?: number,
): Rows {
  const rows = "data" in images ? rowsOf(images) : images;
  const { inputType = "uint8" } = spec;
  const [count, ...shape] = rows.shape;
  if (shape.join() !== spec.input.join() || rows.type !== inputType) {
    throw new Error(
      `Model ${spec.name} takes images of shape [N,${spec.input}] and type ${inputType}; ` +
        `got [${rows.shape}] of ${rows.type}.`,
    );
  }
  if (labels.data.length !== count) {
    throw new Error(
      `Model ${spec.name}: there are ${count} images and ${labels.data.length} labels.`,
    );
  }
  if (classes === undefined) return rows;
  const row = labels.data.findIndex((label) => label >= classes);
  if (row >= 0) {
    throw new Error(
      `Model ${spec.name} has ${classes} classes, 0 to ${classes - 1}; ` +
        `image ${row} has the label ${labels.data[row]}.`,
    );
  }
  return rows;
}

/** Throws an Error that names the first index which is not below `count`, the number of images. */
export function checkIndices(spec: ModelSpec, indices: Int32Array, count: number): void {
  const at = indices.findIndex((index) => index < 0 || index >= count);
  if (at >= 0) {
    throw new Error(
      `Model ${spec.name}: index ${
        indices[at]
      } at position ${at} is outside the ${count} placed images.`,
    );
  }
}

/** Why a model can predict but not be trained; undefined for one that can be trained. */
export function whyUntrainable(spec: ModelSpec): string | undefined {
  const cannot = `Model ${spec.name} cannot be trained, only predict:`;
  const layers = resolveLayers(spec);
  const { layer, outputShape } = layers[layers.length - 1];
  const last = `${cannot} its last layer, ${layer.name} (${layer.type}),`;
  if (!("activation" in layer) || layer.activation !== "softmax") {
    return `${last} is not a softmax over classes.`;
  }
  if (outputShape.length !== 1) {
    return `${last} gives [${outputShape}] an image, not one number a class.`;
  }
  const trained = layers.some(({ layer, variables }) =>
    !spec.frozen?.includes(layer.name) && variables.some(({ trainable }) => trainable)
  );
  return trained ? undefined : `${cannot} none of its layers has weights that are not frozen.`;
}

/** Training went astray: the loss is not a finite number any more. */
export class DivergenceError extends Error {
  override name = "DivergenceError";
}

/** Throws a DivergenceError that names the step, counted from 1, where its loss is NaN or infinite. */
export function checkLoss(spec: ModelSpec, loss: number, step: number, learningRate: number): void {
  if (Number.isFinite(loss)) return;
  throw new DivergenceError(
    `Model ${spec.name}: the loss became ${loss} at step ${step} (learning rate ${learningRate}). ` +
      `Training stops here; a smaller learning rate is the usual remedy.`,
  );
}
