/** What each layer computes, in TensorFlow.js operations that can be differentiated. @module */
import * as tf from "@tensorflow/tfjs";
import { INPUT, type ResolvedLayer, samePadding } from "../../models/shapes.ts";
import type {
  ActivationName,
  BatchNormalization,
  Conv2D,
  Layer,
  Padding,
  Pooling2D,
  Shape,
} from "../../models/spec.ts";

/** Height and width, or before and after. */
type Axes = [number, number];

/** What layers take in training only. */
export interface Training {
  /** Layers whose weights stay: their batch normalisation runs in inference mode. */
  readonly frozen: ReadonlySet<string>;
  /** The mask of a dropout layer for `length` values. */
  mask(layer: string, length: number, rate: number): Float32Array;
  /** Told of the batch's mean and (biased) variance by channel that a batch normalisation used. */
  moments(layer: BatchNormalization, mean: Float32Array, variance: Float32Array): void;
}

/**
 * Runs a model on `x`, `[batch, height, width, channels]`, floats of 0 to 255; `weight` returns a
 * variable by its name, `<layer>/<variable>`. With `training` the last layer leaves out its softmax
 * and so returns logits. Everything that is not returned is left to an enclosing `tf.tidy`.
 *
 * @throws {Error} where TensorFlow.js fails; it names the layer
 */
export function forward(
  model: string,
  layers: readonly ResolvedLayer[],
  x: tf.Tensor,
  weight: (name: string) => tf.Tensor,
  training?: Training,
): tf.Tensor {
  const outputs = new Map<string, tf.Tensor>([[INPUT, x]]);
  let output = x;
  for (const [i, { layer, inputs, inputShapes }] of layers.entries()) {
    const logits = training !== undefined && i === layers.length - 1;
    try {
      const values = inputs.map((name) => outputs.get(name)!);
      const computed = logits ? withoutSoftmax(layer) : layer;
      output = compute(computed, values, inputShapes[0], weight, training);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`Model ${model}, layer ${layer.name} (${layer.type}): ${why}`, { cause });
    }
    outputs.set(layer.name, output);
  }
  return output;
}

function withoutSoftmax(layer: Layer): Layer | undefined {
  if (layer.type === "activation") return undefined;
  return { ...layer, activation: undefined } as Layer;
}

/** The output of one layer; `undefined` stands for the identity. `shape` is its first input's. */
function compute(
  layer: Layer | undefined,
  inputs: tf.Tensor[],
  shape: Shape,
  weight: (name: string) => tf.Tensor,
  training?: Training,
): tf.Tensor {
  const x = inputs[0];
  switch (layer?.type) {
    case undefined:
      return x;
    case "rescaling":
      return tf.add(tf.mul(x, layer.scale), layer.offset);
    case "normalization": {
      const channels = layer.mean.length;
      const image = shape[2] === channels ? x : tf.tile(x, [1, 1, 1, channels]);
      return tf.div(tf.sub(image, tf.tensor1d([...layer.mean])), tf.tensor1d([...layer.std]));
    }
    case "zeroPadding2d": {
      const [[top, bottom], [left, right]] = layer.padding;
      return tf.pad(x, [[0, 0], [top, bottom], [left, right], [0, 0]]);
    }
    case "upSampling2d": {
      // Broadcasting repeats, and its gradient exists on every backend: rows first, then columns.
      const repeat = (y: tf.Tensor, times: number) => tf.mul(y, tf.ones([times, 1]));
      const [height, width, channels] = shape;
      const [down, across] = layer.size;
      const rows = repeat(tf.reshape(x, [-1, height, 1, width * channels]), down);
      const columns = repeat(tf.reshape(rows, [-1, width, 1, channels]), across);
      return tf.reshape(columns, [-1, height * down, width * across, channels]);
    }
    case "conv2d": {
      const { padded, padding, strides } = convolvable(x, layer, shape);
      const y = tf.fused.conv2d({
        x: padded,
        filter: weight(`${layer.name}/kernel`) as tf.Tensor4D,
        strides,
        pad: padding,
        bias: layer.useBias === false ? undefined : weight(`${layer.name}/bias`),
      });
      return activate(y, layer.activation);
    }
    case "maxPooling2d": {
      const { poolSize, strides = poolSize, padding } = layer;
      return tf.maxPool(x as tf.Tensor4D, [...poolSize], [...strides], padding);
    }
    case "averagePooling2d":
      return averagePool(x as tf.Tensor4D, layer, shape);
    case "globalAveragePooling2d":
      return tf.mean(x, [1, 2]);
    case "flatten":
      return tf.reshape(x, [x.shape[0], -1]);
    case "dense": {
      const y = tf.fused.matMul({
        a: x,
        b: weight(`${layer.name}/kernel`),
        bias: layer.useBias === false ? undefined : weight(`${layer.name}/bias`),
      });
      return activate(y, layer.activation);
    }
    case "dropout":
      if (!training || layer.rate === 0) return x;
      return tf.mul(x, tf.tensor(training.mask(layer.name, x.size, layer.rate), x.shape));
    case "batchNormalization": {
      let mean = weight(`${layer.name}/moving_mean`);
      let variance = weight(`${layer.name}/moving_variance`);
      if (training && !training.frozen.has(layer.name)) {
        ({ mean, variance } = tf.moments(x, shape.length === 3 ? [0, 1, 2] : [0]));
        training.moments(
          layer,
          mean.dataSync() as Float32Array,
          variance.dataSync() as Float32Array,
        );
      }
      const [beta, gamma] = ["beta", "gamma"].map((name) => weight(`${layer.name}/${name}`));
      return tf.batchNorm(
        x,
        mean as tf.Tensor1D,
        variance as tf.Tensor1D,
        beta as tf.Tensor1D,
        gamma as tf.Tensor1D,
        layer.epsilon,
      );
    }
    case "activation":
      return activate(x, layer.activation);
    case "add":
      return tf.addN(inputs);
  }
}

/**
 * What a convolution hands to TensorFlow.js. With `same` padding, XNNPACK computes the zeros of an
 * axis as `(ceil(n / stride) - 1) * stride + window - n`, unsigned. Where the last window ends before
 * the image does, as windows smaller than their stride may, that wraps around and the WebAssembly
 * backend gives nothing but zeros. There, and only there, the zeros are put around the image here.
 */
function convolvable(
  x: tf.Tensor,
  { kernelSize, strides = [1, 1], padding }: Conv2D,
  shape: Shape,
): { padded: tf.Tensor4D; padding: Padding; strides: Axes } {
  const convolution: ReturnType<typeof convolvable> = {
    padded: x as tf.Tensor4D,
    padding,
    strides: [strides[0], strides[1]],
  };
  const wraps = [0, 1].some((axis) =>
    (Math.ceil(shape[axis] / strides[axis]) - 1) * strides[axis] + kernelSize[axis] < shape[axis]
  );
  if (padding === "valid" || !wraps) return convolution;
  const around: Axes[] = [
    [0, 0],
    ...[0, 1].map((axis) => samePadding(shape[axis], kernelSize[axis], strides[axis])),
    [0, 0],
  ];
  const padded = around.flat().some((zeros) => zeros > 0)
    ? tf.pad(convolution.padded, around)
    : convolution.padded;
  return { ...convolution, padded, padding: "valid" };
}

function activate(x: tf.Tensor, activation: ActivationName | undefined): tf.Tensor {
  if (activation === undefined) return x;
  return activation === "relu" ? relu(x) : tf.softmax(x);
}

/** TensorFlow.js's own gradient takes four operations a value on the native backend. */
const relu = tf.customGrad((x, save) => {
  const y = tf.relu(x as tf.Tensor);
  (save as tf.GradSaveFunc)([y]);
  return {
    value: y,
    gradFunc: (dy, [y]) => tf.mul(dy, tf.cast(tf.greater(y, 0), "float32")),
  };
});

/**
 * Average pooling over the values that are there, without the padding. TensorFlow.js's gradient for
 * `same` padding divides by the whole window at the borders too, so zeros are put around the image
 * here, and the average over the whole window is corrected by a constant.
 */
function averagePool(x: tf.Tensor4D, layer: Pooling2D, shape: Shape): tf.Tensor {
  const { poolSize, strides = poolSize, padding } = layer;
  const pool = (image: tf.Tensor4D) => tf.avgPool(image, [...poolSize], [...strides], "valid");
  if (padding === "valid") return pool(x);
  const [rows, columns] = [0, 1].map((axis) =>
    samePadding(shape[axis], poolSize[axis], strides[axis])
  );
  const around: [number, number][] = [[0, 0], rows, columns, [0, 0]];
  const share = pool(tf.pad(tf.ones([1, shape[0], shape[1], 1]), around));
  return tf.div(pool(tf.pad(x, around)), share);
}
