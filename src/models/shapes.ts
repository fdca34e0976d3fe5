/**
 * Checks a model specification and infers what follows from it: each layer's inputs, output shape
 * and variables. Everything an engine would choke on is refused here, by the layer's name.
 *
 * @module
 */
import type { Layer, ModelSpec, Padding, Shape } from "./spec.ts";

/** One variable of a layer. */
export interface Variable {
  /** `<layer>/<variable>`, the key in `Weights`. */
  readonly name: string;
  /** Sizes of its axes. */
  readonly shape: Shape;
  /** False for moving statistics. */
  readonly trainable: boolean;
}

/** A layer with what follows from its place in the model. */
export interface ResolvedLayer {
  /** As it was specified. */
  readonly layer: Layer;
  /** Names of the layers read, `input` for the model's input; at least one. */
  readonly inputs: readonly string[];
  /** Theirs, without the batch axis. */
  readonly inputShapes: readonly Shape[];
  /** Without the batch axis. */
  readonly outputShape: Shape;
  /** In Keras's order. */
  readonly variables: readonly Variable[];
  /** Number of values in all variables, trainable or not. */
  readonly parameters: number;
}

/** The name by which a layer reads the model's input. */
export const INPUT = "input";

const positiveIntegers = (values: readonly number[], count: number) =>
  values.length === count && values.every((n) => Number.isInteger(n) && n > 0);

/** `undefined` is none. */
const ACTIVATIONS: readonly unknown[] = ["relu", "softmax", undefined];

const size = (shape: Shape) => shape.reduce((product, n) => product * n, 1);

/** Length of an axis after a window of `window` moved by `stride` (Keras: `same` is `ceil(n / stride)`). */
export function windows(n: number, window: number, stride: number, padding: Padding): number {
  return padding === "same" ? Math.ceil(n / stride) : Math.floor((n - window) / stride) + 1;
}

/**
 * The zeros that `same` padding puts before and after an axis of length `n` (TensorFlow's rule:
 * the odd one goes after).
 */
export function samePadding(n: number, window: number, stride: number): [number, number] {
  const total = Math.max((Math.ceil(n / stride) - 1) * stride + window - n, 0);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/**
 * Resolves every layer of a model, in order.
 *
 * @throws {Error} where a layer has an unknown type, a duplicate or reserved name, an input that does
 * not stand before it, shapes that do not fit, a window larger than its input, or a number out of
 * range, or where nothing reads it; it names model and layer
 */
export function resolveLayers(spec: ModelSpec): ResolvedLayer[] {
  if (!positiveIntegers(spec.input, 3)) {
    throw new Error(
      `Model ${spec.name}: the input is [height, width, channels], three positive integers; got [${spec.input}].`,
    );
  }
  if (spec.layers.length === 0) throw new Error(`Model ${spec.name} has no layers.`);
  const shapes = new Map<string, Shape>([[INPUT, spec.input]]);
  const resolved: ResolvedLayer[] = [];
  let previous = INPUT;
  for (const layer of spec.layers) {
    const where = `Model ${spec.name}, layer ${layer.name} (${layer.type})`;
    if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(layer.name)) {
      throw new Error(
        `${where}: a layer's name begins with a letter or digit and holds letters, digits, and _ . - only.`,
      );
    }
    if (shapes.has(layer.name)) throw new Error(`${where}: the name is taken already.`);
    const inputs = layer.inputs ?? [previous];
    const inputShapes = inputs.map((name) => {
      const shape = shapes.get(name);
      if (shape) return shape;
      throw new Error(
        `${where} reads ${name}, which is not a layer before it. Before it stand: ${
          [...shapes.keys()].join(", ")
        }.`,
      );
    });
    if (layer.type === "add" ? inputs.length < 2 : inputs.length !== 1) {
      throw new Error(
        `${where} takes ${
          layer.type === "add" ? "two or more inputs" : "one input"
        }; got ${inputs.length}.`,
      );
    }
    const { outputShape, variables } = infer(layer, inputShapes, where);
    shapes.set(layer.name, outputShape);
    resolved.push({
      layer,
      inputs,
      inputShapes,
      outputShape,
      variables,
      parameters: variables.reduce((sum, variable) => sum + size(variable.shape), 0),
    });
    previous = layer.name;
  }
  const read = new Set(resolved.flatMap(({ inputs }) => inputs));
  const idle = resolved.slice(0, -1).find(({ layer }) => !read.has(layer.name))?.layer;
  if (idle) {
    throw new Error(
      `Model ${spec.name}, layer ${idle.name} (${idle.type}): no layer reads it, and it is not the last.`,
    );
  }
  for (const name of spec.frozen ?? []) {
    if (name === INPUT || !shapes.has(name)) {
      throw new Error(`Model ${spec.name}: frozen names ${name}, which is not one of its layers.`);
    }
  }
  return resolved;
}

/** All variables of a model, in the order of `Weights`. */
export function modelVariables(spec: ModelSpec): Variable[] {
  return resolveLayers(spec).flatMap((layer) => layer.variables);
}

/** The number of parameters of a model, moving statistics included (Keras's `count_params`). */
export function countParameters(spec: ModelSpec): number {
  return resolveLayers(spec).reduce((sum, layer) => sum + layer.parameters, 0);
}

function infer(
  layer: Layer,
  inputShapes: readonly Shape[],
  where: string,
): { outputShape: Shape; variables: Variable[] } {
  const input = inputShapes[0];
  const image = (): Shape => {
    if (input.length === 3) return input;
    throw new Error(`${where} needs [height, width, channels]; its input is [${input}].`);
  };
  const positive = (what: string, value: number) => {
    if (!positiveIntegers([value], 1)) {
      throw new Error(`${where}: ${what} must be a positive integer; got ${value}.`);
    }
  };
  const positivePair = (what: string, values: readonly number[]) => {
    if (!positiveIntegers(values, 2)) {
      throw new Error(`${where}: ${what} must be two positive integers; got [${values}].`);
    }
  };
  const slide = (window: readonly number[], strides: readonly number[], padding: Padding) => {
    const [height, width] = image();
    positivePair("the window", window);
    positivePair("strides", strides);
    if (padding !== "same" && padding !== "valid") {
      throw new Error(`${where}: padding is "same" or "valid"; got ${JSON.stringify(padding)}.`);
    }
    if (padding === "valid" && (window[0] > height || window[1] > width)) {
      throw new Error(
        `${where}: a window of ${window[0]} x ${
          window[1]
        } is larger than its input of ${height} x ${width}. ` +
          `Use a smaller window, "same" padding, or fewer layers that shrink the image before it.`,
      );
    }
    return [
      windows(height, window[0], strides[0], padding),
      windows(width, window[1], strides[1], padding),
    ];
  };
  const variable = (name: string, shape: Shape, trainable = true): Variable => ({
    name: `${layer.name}/${name}`,
    shape,
    trainable,
  });
  if ("activation" in layer && !ACTIVATIONS.includes(layer.activation)) {
    throw new Error(
      `${where}: the activation is "relu" or "softmax"; got ${JSON.stringify(layer.activation)}.`,
    );
  }
  switch (layer.type) {
    case "rescaling":
      return { outputShape: input, variables: [] };
    case "normalization": {
      const [height, width, channels] = image();
      const { mean, std } = layer;
      if (mean.length !== std.length || (channels !== 1 && channels !== mean.length)) {
        throw new Error(
          `${where}: mean and std have one number a channel; got ${mean.length} and ${std.length} for an input of ${channels}.`,
        );
      }
      if (!std.every((value) => value > 0)) {
        throw new Error(`${where}: std must be above 0; got [${std}].`);
      }
      return { outputShape: [height, width, mean.length], variables: [] };
    }
    case "zeroPadding2d": {
      const [height, width, channels] = image();
      const [[top, bottom], [left, right]] = layer.padding;
      if (![top, bottom, left, right].every((n) => Number.isInteger(n) && n >= 0)) {
        throw new Error(`${where}: padding must be integers of 0 or more; got [${layer.padding}].`);
      }
      return {
        outputShape: [height + top + bottom, width + left + right, channels],
        variables: [],
      };
    }
    case "upSampling2d": {
      const [height, width, channels] = image();
      positivePair("size", layer.size);
      return {
        outputShape: [height * layer.size[0], width * layer.size[1], channels],
        variables: [],
      };
    }
    case "conv2d": {
      positive("filters", layer.filters);
      const space = slide(layer.kernelSize, layer.strides ?? [1, 1], layer.padding);
      const kernel = variable("kernel", [...layer.kernelSize, input[2], layer.filters]);
      return {
        outputShape: [...space, layer.filters],
        variables: layer.useBias === false ? [kernel] : [kernel, variable("bias", [layer.filters])],
      };
    }
    case "maxPooling2d":
    case "averagePooling2d": {
      const space = slide(layer.poolSize, layer.strides ?? layer.poolSize, layer.padding);
      return { outputShape: [...space, input[2]], variables: [] };
    }
    case "globalAveragePooling2d":
      return { outputShape: [image()[2]], variables: [] };
    case "flatten":
      return { outputShape: [size(input)], variables: [] };
    case "dense": {
      positive("units", layer.units);
      if (input.length !== 1) {
        throw new Error(`${where} needs [features]; its input is [${input}]. Flatten it first.`);
      }
      const kernel = variable("kernel", [input[0], layer.units]);
      return {
        outputShape: [layer.units],
        variables: layer.useBias === false ? [kernel] : [kernel, variable("bias", [layer.units])],
      };
    }
    case "dropout":
      if (!(layer.rate >= 0 && layer.rate < 1)) {
        throw new Error(`${where}: rate is at least 0 and below 1; got ${layer.rate}.`);
      }
      return { outputShape: input, variables: [] };
    case "batchNormalization": {
      if (!(layer.epsilon > 0)) {
        throw new Error(`${where}: epsilon is above 0; got ${layer.epsilon}.`);
      }
      if (!(layer.momentum >= 0 && layer.momentum <= 1)) {
        throw new Error(`${where}: momentum is from 0 to 1; got ${layer.momentum}.`);
      }
      const channels = [input[input.length - 1]];
      return {
        outputShape: input,
        variables: [
          variable("gamma", channels),
          variable("beta", channels),
          variable("moving_mean", channels, false),
          variable("moving_variance", channels, false),
        ],
      };
    }
    case "activation":
      return { outputShape: input, variables: [] };
    case "add":
      for (const shape of inputShapes) {
        if (shape.join() !== input.join()) {
          throw new Error(
            `${where} adds inputs of one shape; got ${
              inputShapes.map((s) => `[${s}]`).join(" and ")
            }.`,
          );
        }
      }
      return { outputShape: input, variables: [] };
    default: {
      // Reached only by data that TypeScript has not seen, such as a specification read from JSON.
      const unknown = layer as { type: string };
      throw new Error(`${where}: there is no layer type ${JSON.stringify(unknown.type)}.`);
    }
  }
}
