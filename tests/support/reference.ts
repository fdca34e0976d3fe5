/**
 * What layers, loss and gradients are by definition: plain loops in float64, and central differences.
 * Slow, and independent of every engine.
 *
 * @module
 */
import type { LossSpec, Weights } from "../../src/engine/engine.ts";
import { INPUT, resolveLayers, samePadding } from "../../src/models/shapes.ts";
import type { Layer, ModelSpec, Padding, Shape } from "../../src/models/spec.ts";
import type { NdArray } from "../../src/ndarray.ts";

/** A batch of values, `[N, ...]`. */
export type Batch = NdArray<Float64Array>;

const size = (shape: Shape) => shape.reduce((product, n) => product * n, 1);
const zeros = (shape: Shape): Batch => ({ shape, data: new Float64Array(size(shape)) });

/** Values from a formula, reproducible and without pattern: in [-1, 1). */
export function noise(length: number, seed: number): Float64Array {
  let x = seed >>> 0;
  return Float64Array.from({ length }, () => {
    x = (Math.imul(1664525, x) + 1013904223) >>> 0;
    const mixed = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d) >>> 0;
    return 2 * mixed / 2 ** 32 - 1;
  });
}

/** A batch without its rows' positions in memory: `at(n, y, x, c)`. */
const offset = (shape: Shape, n: number, y: number, x: number, c: number) =>
  ((n * shape[1] + y) * shape[2] + x) * shape[3] + c;

/** Calls `visit` with every output position of a window and the input positions under it. */
function slide(
  input: Shape,
  window: readonly number[],
  strides: readonly number[],
  padding: Padding,
) {
  const pads = [0, 1].map((i) =>
    padding === "same" ? samePadding(input[i + 1], window[i], strides[i]) : [0, 0]
  );
  const [height, width] = [0, 1].map((i) =>
    Math.floor((input[i + 1] + pads[i][0] + pads[i][1] - window[i]) / strides[i]) + 1
  );
  const under = (oy: number, ox: number) => {
    const positions: [ky: number, kx: number, y: number, x: number][] = [];
    for (let ky = 0; ky < window[0]; ky++) {
      for (let kx = 0; kx < window[1]; kx++) {
        const y = oy * strides[0] + ky - pads[0][0];
        const x = ox * strides[1] + kx - pads[1][0];
        if (y >= 0 && x >= 0 && y < input[1] && x < input[2]) positions.push([ky, kx, y, x]);
      }
    }
    return positions;
  };
  return { height, width, under };
}

export function conv2d(
  x: Batch,
  kernel: Batch,
  strides: readonly number[],
  padding: Padding,
): Batch {
  const [kh, kw, channels, filters] = kernel.shape;
  const { height, width, under } = slide(x.shape, [kh, kw], strides, padding);
  const y = zeros([x.shape[0], height, width, filters]);
  for (let n = 0; n < x.shape[0]; n++) {
    for (let oy = 0; oy < height; oy++) {
      for (let ox = 0; ox < width; ox++) {
        const at = offset(y.shape, n, oy, ox, 0);
        for (const [ky, kx, iy, ix] of under(oy, ox)) {
          for (let c = 0; c < channels; c++) {
            const value = x.data[offset(x.shape, n, iy, ix, c)];
            const k = offset(kernel.shape, ky, kx, c, 0);
            for (let f = 0; f < filters; f++) y.data[at + f] += value * kernel.data[k + f];
          }
        }
      }
    }
  }
  return y;
}

export function pool(
  kind: "max" | "average",
  x: Batch,
  window: readonly number[],
  strides: readonly number[],
  padding: Padding,
): Batch {
  const { height, width, under } = slide(x.shape, window, strides, padding);
  const channels = x.shape[3];
  const y = zeros([x.shape[0], height, width, channels]);
  for (let n = 0; n < x.shape[0]; n++) {
    for (let oy = 0; oy < height; oy++) {
      for (let ox = 0; ox < width; ox++) {
        const positions = under(oy, ox);
        for (let c = 0; c < channels; c++) {
          const values = positions.map(([, , iy, ix]) => x.data[offset(x.shape, n, iy, ix, c)]);
          y.data[offset(y.shape, n, oy, ox, c)] = kind === "max"
            ? Math.max(...values)
            : values.reduce((sum, value) => sum + value, 0) / values.length;
        }
      }
    }
  }
  return y;
}

export function pad(
  x: Batch,
  [[top, bottom], [left, right]]: readonly (readonly number[])[],
): Batch {
  const [n, height, width, channels] = x.shape;
  const y = zeros([n, height + top + bottom, width + left + right, channels]);
  for (let i = 0; i < x.data.length; i++) {
    const c = i % channels;
    const ix = Math.floor(i / channels) % width;
    const iy = Math.floor(i / channels / width) % height;
    const image = Math.floor(i / channels / width / height);
    y.data[offset(y.shape, image, iy + top, ix + left, c)] = x.data[i];
  }
  return y;
}

export function matMul(x: Batch, w: Batch): Batch {
  const [rows, inner] = x.shape;
  const columns = w.shape[1];
  const y = zeros([rows, columns]);
  for (let r = 0; r < rows; r++) {
    for (let k = 0; k < inner; k++) {
      const value = x.data[r * inner + k];
      for (let c = 0; c < columns; c++) y.data[r * columns + c] += value * w.data[k * columns + c];
    }
  }
  return y;
}

/** `f` of each value, its channel (place on the last axis) and its place in the batch. */
export function each(x: Batch, f: (value: number, channel: number, i: number) => number): Batch {
  const channels = x.shape[x.shape.length - 1];
  return { shape: x.shape, data: x.data.map((value, i) => f(value, i % channels, i)) };
}

export const relu = (x: Batch) => each(x, (value) => Math.max(value, 0));

export function softmax(x: Batch): Batch {
  const channels = x.shape[x.shape.length - 1];
  const y = zeros(x.shape);
  for (let row = 0; row < x.data.length; row += channels) {
    const values = x.data.subarray(row, row + channels);
    const largest = Math.max(...values);
    const powers = values.map((value) => Math.exp(value - largest));
    const sum = powers.reduce((a, b) => a + b, 0);
    y.data.set(powers.map((power) => power / sum), row);
  }
  return y;
}

/** Mean and biased variance by channel. */
export function moments(x: Batch): { mean: Float64Array; variance: Float64Array } {
  const channels = x.shape[x.shape.length - 1];
  const n = x.data.length / channels;
  const mean = new Float64Array(channels);
  const variance = new Float64Array(channels);
  x.data.forEach((value, i) => mean[i % channels] += value / n);
  x.data.forEach((value, i) => variance[i % channels] += (value - mean[i % channels]) ** 2 / n);
  return { mean, variance };
}

/** Batch normalisation with given or, where left out, the batch's own statistics. */
export function normalize(
  x: Batch,
  gamma: ArrayLike<number>,
  beta: ArrayLike<number>,
  epsilon: number,
  { mean, variance } = moments(x),
): Batch {
  return each(
    x,
    (value, c) => gamma[c] * (value - mean[c]) / Math.sqrt(variance[c] + epsilon) + beta[c],
  );
}

/** How a training step differs from prediction. */
export interface Training {
  /** What a dropout layer multiplies its input by. */
  readonly mask: (layer: string, length: number, rate: number) => ArrayLike<number>;
  /** Told each batch normalisation's input statistics. */
  readonly onStatistics?: (layer: string, mean: Float64Array, variance: Float64Array) => void;
}

/** Float64 weights by name. */
export type Weights64 = ReadonlyMap<string, Batch>;

/** Weights in float64. */
export const widen = (weights: Weights): Map<string, Batch> =>
  new Map(
    [...weights].map(([name, { shape, data }]) => [name, { shape, data: Float64Array.from(data) }]),
  );

/** The output of a model's last layer for images `[N, h, w, c]` of 0 to 255; logits with `training`. */
export function forward(
  spec: ModelSpec,
  weights: Weights64,
  images: Batch,
  training?: Training,
): Batch {
  const outputs = new Map<string, Batch>([[INPUT, images]]);
  const layers = resolveLayers(spec);
  let output = images;
  for (const [i, { layer, inputs, outputShape }] of layers.entries()) {
    const last = training !== undefined && i === layers.length - 1;
    const values = inputs.map((name) => outputs.get(name)!);
    const weight = (name: string) => weights.get(`${layer.name}/${name}`)!;
    const frozen = spec.frozen?.includes(layer.name) ?? false;
    output = compute(layer, values, outputShape, weight, frozen, last, training);
    outputs.set(layer.name, output);
  }
  return output;
}

/** What a layer makes of its inputs; `last` where it ends a network of which logits are wanted. */
export function compute(
  layer: Layer,
  [x, ...others]: readonly Batch[],
  outputShape: Shape,
  weight: (name: string) => Batch = (name) => {
    throw new Error(`${layer.name} is given no ${name}`);
  },
  frozen = false,
  last = false,
  training?: Training,
): Batch {
  const activate = (y: Batch, name?: string) =>
    name === "relu" ? relu(y) : name === "softmax" && !last ? softmax(y) : y;
  switch (layer.type) {
    case "rescaling":
      return each(x, (value) => value * layer.scale + layer.offset);
    case "normalization": {
      const y = zeros([x.shape[0], ...outputShape]);
      const grey = x.shape[3] === 1;
      return each(y, (_, c, i) => {
        const value = x.data[grey ? Math.floor(i / layer.mean.length) : i];
        return (value - layer.mean[c]) / layer.std[c];
      });
    }
    case "zeroPadding2d":
      return pad(x, layer.padding);
    case "upSampling2d": {
      const y = zeros([x.shape[0], ...outputShape]);
      const [height, width, channels] = outputShape;
      return each(y, (_, c, i) => {
        const pixel = Math.floor(i / channels);
        const row = Math.floor(Math.floor(pixel / width) % height / layer.size[0]);
        const column = Math.floor(pixel % width / layer.size[1]);
        const image = Math.floor(pixel / (width * height));
        return x.data[((image * x.shape[1] + row) * x.shape[2] + column) * channels + c];
      });
    }
    case "conv2d": {
      const y = conv2d(x, weight("kernel"), layer.strides ?? [1, 1], layer.padding);
      const bias = layer.useBias === false ? undefined : weight("bias").data;
      return activate(bias ? each(y, (value, c) => value + bias[c]) : y, layer.activation);
    }
    case "dense": {
      const y = matMul(x, weight("kernel"));
      const bias = layer.useBias === false ? undefined : weight("bias").data;
      return activate(bias ? each(y, (value, c) => value + bias[c]) : y, layer.activation);
    }
    case "maxPooling2d":
    case "averagePooling2d": {
      const kind = layer.type === "maxPooling2d" ? "max" : "average";
      return pool(kind, x, layer.poolSize, layer.strides ?? layer.poolSize, layer.padding);
    }
    case "globalAveragePooling2d": {
      const window = [x.shape[1], x.shape[2]];
      const { data } = pool("average", x, window, window, "valid");
      return { shape: [x.shape[0], ...outputShape], data };
    }
    case "flatten":
      return { shape: [x.shape[0], ...outputShape], data: x.data };
    case "dropout": {
      if (!training) return x;
      const mask = training.mask(layer.name, x.data.length, layer.rate);
      return each(x, (value, _, i) => value * mask[i]);
    }
    case "batchNormalization": {
      const [gamma, beta, mean, variance] = ["gamma", "beta", "moving_mean", "moving_variance"]
        .map((name) => weight(name).data);
      if (!training || frozen) return normalize(x, gamma, beta, layer.epsilon, { mean, variance });
      const batch = moments(x);
      training.onStatistics?.(layer.name, batch.mean, batch.variance);
      return normalize(x, gamma, beta, layer.epsilon, batch);
    }
    case "activation":
      return activate(x, layer.activation);
    case "add":
      return each(x, (value, _, i) => others.reduce((sum, { data }) => sum + data[i], value));
  }
}

/** Cross-entropy of smoothed targets, averaged over the batch, plus the penalty on trained kernels. */
export function lossOf(
  spec: ModelSpec,
  weights: Weights64,
  logits: Batch,
  labels: ArrayLike<number>,
  { labelSmoothing, l2 }: LossSpec,
): number {
  const classes = logits.shape[1];
  const probabilities = softmax(logits).data;
  let loss = 0;
  probabilities.forEach((p, i) => {
    const own = labels[Math.floor(i / classes)] === i % classes;
    const target = (own ? 1 - labelSmoothing : 0) + labelSmoothing / classes;
    loss -= target * Math.log(p) / labels.length;
  });
  for (const [name, { data }] of weights) {
    const [layer, variable] = name.split("/");
    if (variable !== "kernel" || spec.frozen?.includes(layer)) continue;
    loss += l2 * data.reduce((sum, value) => sum + value * value, 0);
  }
  return loss;
}

/** The central difference of `f` in the value at `i`, which is put back. */
export function slope(f: () => number, values: Float64Array, i: number, step = 1e-5): number {
  const value = values[i];
  values[i] = value + step;
  const above = f();
  values[i] = value - step;
  const below = f();
  values[i] = value;
  return (above - below) / (2 * step);
}
