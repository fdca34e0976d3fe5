/**
 * The layers of a specification, as operations.
 *
 * In bfloat16, convolutions and dense layers round what they are given and their variables to it, and
 * give it; layers after them go on in it, so that little is converted. Rescaling, normalization, means
 * over whole images and softmax are computed in float32, and so are mean and variance in batch normalisation.
 *
 * @module
 */
import type { ResolvedLayer } from "../../models/shapes.ts";
import type { ActivationName, Conv2D } from "../../models/spec.ts";
import type { Precision } from "../engine.ts";
import type { Tensor } from "./builder.ts";
import * as op from "./operations.ts";

/** What a layer computes with besides its input. */
export interface LayerContext {
  /** The value of one of the layer's variables, such as `kernel`. */
  readonly variable: (name: string) => Tensor;
  /** What convolutions and dense layers are computed in. */
  readonly precision: Precision;
  /** Whether this is a training step and the layer is not frozen. */
  readonly training: boolean;
  /** In a training step, the mask that a dropout layer multiplies its input by, in the input's shape. */
  readonly mask?: (shape: readonly number[]) => Tensor;
  /** Called by batch normalisation in training with the batch's mean and biased variance. */
  readonly onStatistics?: (mean: Tensor, variance: Tensor, momentum: number) => void;
}

/** A tensor in a type, converted only where it is of another. */
const as = (dtype: Tensor["dtype"], x: Tensor): Tensor => x.dtype === dtype ? x : op.cast(x, dtype);

const activate = (x: Tensor, activation: ActivationName | undefined): Tensor =>
  activation === "relu" ? op.relu(x) : activation === "softmax" ? op.softmax(as("float32", x)) : x;

/** A float32 constant along the last axis. */
const byChannel = (x: Tensor, values: readonly number[]): Tensor =>
  op.constant(x.node.graph, { shape: [values.length], data: Float32Array.from(values) });

/**
 * Whether libtensorflow's oneDNN would give wrong values, as it does for one channel where strides of more
 * than one column leave one (version 2.21, found by random models against WebAssembly).
 */
const isComputedWrongly = (
  { kernelSize, strides = [1, 1] }: Conv2D,
  [, , , channels]: readonly number[],
  [rows, columns]: readonly number[],
): boolean => channels === 1 && columns === 1 && rows > 1 && kernelSize[1] > 1 && strides[1] > 1;

/**
 * The output of a layer for its inputs.
 *
 * @throws {Error} for a convolution that libtensorflow computes wrongly
 */
export function applyLayer(
  { layer, outputShape }: ResolvedLayer,
  inputs: readonly Tensor[],
  context: LayerContext,
): Tensor {
  const [x] = inputs;
  const { graph } = x.node;
  /** A variable of a layer that computes in `precision`. */
  const variable = (name: string) => as(context.precision, context.variable(name));
  switch (layer.type) {
    case "rescaling": {
      const values = as("float32", x);
      const scaled = layer.scale === 1
        ? values
        : op.multiply(values, op.scalar(graph, layer.scale));
      return layer.offset === 0 ? scaled : op.add(scaled, op.scalar(graph, layer.offset));
    }
    case "normalization":
      return op.divide(
        op.subtract(as("float32", x), byChannel(x, layer.mean)),
        byChannel(x, layer.std),
      );
    case "zeroPadding2d":
      return op.pad(x, layer.padding);
    case "upSampling2d": {
      // Broadcasting repeats, and its gradient sums: rows first, then columns.
      const repeat = (y: Tensor, times: number) =>
        op.multiply(
          y,
          as(
            y.dtype,
            op.constant(graph, { shape: [times, 1], data: new Float32Array(times).fill(1) }),
          ),
        );
      const [, height, width, channels] = x.shape;
      const rows = repeat(op.reshape(x, [-1, height, 1, width * channels]), layer.size[0]);
      const columns = repeat(op.reshape(rows, [-1, width, 1, channels]), layer.size[1]);
      return op.reshape(columns, [-1, ...outputShape]);
    }
    case "conv2d": {
      const { strides = [1, 1], padding, useBias = true, activation } = layer;
      if (isComputedWrongly(layer, x.shape, outputShape)) {
        throw new Error(
          `Layer ${layer.name} (conv2d): libtensorflow computes convolutions of one channel wrongly ` +
            `where strides of more than one column leave a single one. Give it strides of ` +
            `[${strides[0]}, 1], or its input a second channel.`,
        );
      }
      const given = as(context.precision, x);
      const y = op.conv2d(given, variable("kernel"), { strides, padding });
      return activate(useBias ? op.biasAdd(y, variable("bias")) : y, activation);
    }
    case "maxPooling2d":
    case "averagePooling2d": {
      const { poolSize, strides = poolSize, padding } = layer;
      const pool = layer.type === "maxPooling2d" ? op.maxPool : op.averagePool;
      return pool(x, poolSize, { strides, padding });
    }
    case "globalAveragePooling2d": {
      const window = [x.shape[1], x.shape[2]] as const;
      const values = as("float32", x);
      const y = op.averagePool(values, window, { strides: window, padding: "valid" });
      return op.reshape(y, [-1, ...outputShape]);
    }
    case "flatten":
      return op.reshape(x, [-1, ...outputShape]);
    case "dense": {
      const y = op.matMul(as(context.precision, x), variable("kernel"));
      const biased = layer.useBias === false ? y : op.biasAdd(y, variable("bias"));
      return activate(biased, layer.activation);
    }
    case "dropout":
      return context.mask && layer.rate > 0
        ? op.multiply(x, as(x.dtype, context.mask(x.shape)))
        : x;
    case "batchNormalization": {
      // The fused operation takes images; features are images of one pixel.
      const image = x.shape.length === 4 ? x : op.reshape(x, [-1, 1, 1, x.shape[1]]);
      const variables = ["gamma", "beta", "moving_mean", "moving_variance"].map(context.variable);
      const { training, onStatistics } = context;
      const { y, mean, variance } = op.batchNormalization(
        image,
        variables,
        layer.epsilon,
        training,
      );
      if (training && onStatistics) {
        // Keras 3 keeps the biased variance (`BatchNormalization._moments`), the operation gives the unbiased one.
        const n = op.divide(op.count(image), op.scalar(graph, x.shape[x.shape.length - 1]));
        const share = op.divide(op.subtract(n, op.scalar(graph, 1)), n);
        onStatistics(mean, op.multiply(variance, share), layer.momentum);
      }
      return image === x ? y : op.reshape(y, x.shape);
    }
    case "activation":
      return activate(x, layer.activation);
    case "add":
      return op.addAll(
        inputs.some(({ dtype }) => dtype === "bfloat16")
          ? inputs.map((input) => as("bfloat16", input))
          : inputs,
      );
  }
}
