/**
 * A model as plain data: an input shape and a list of named layers, in the order of computation.
 *
 * A specification knows no engine. `shapes.ts` checks it and infers shapes and parameter counts,
 * `initialize.ts` draws its first weights, and each engine under `src/engine/` turns it into
 * something that trains and predicts. Names and meanings are Keras's.
 *
 * @module
 */
import { z } from "zod";
import { settings } from "../schema.ts";

/** Height, width, channels of one image, or `[features]` after flattening; the batch axis is left out. */
export type Shape = readonly number[];

const activationName = z.enum(["relu", "softmax"]);
const padding = z.enum(["same", "valid"]);
const pair = z.tuple([z.number(), z.number()]).readonly();
const numbers = z.array(z.number()).readonly();

/** Non-linearities a layer may end in. `softmax` is over the last axis. */
export type ActivationName = z.infer<typeof activationName>;

/** `same` pads with zeros so that the output is `ceil(input / stride)`; `valid` pads nothing. */
export type Padding = z.infer<typeof padding>;

/** What every layer has. */
const named = {
  /** Unique in its model; weights are called `<name>/<variable>`. */
  name: z.string(),
  /** Names of the layers read; the layer listed before this one if omitted. `input` is the model's input. */
  inputs: z.array(z.string()).readonly().optional(),
};

/** `y = x * scale + offset`, for bytes to a range the network likes. Has no parameters. */
const rescaling = settings({
  type: z.literal("rescaling"),
  ...named,
  scale: z.number(),
  offset: z.number(),
});

/**
 * `y = (x - mean) / std` by channel, with constants. An input of one channel is repeated to
 * `mean.length` channels first: grey to colour and ImageNet's preprocessing in one layer.
 */
const normalization = settings({
  type: z.literal("normalization"),
  ...named,
  mean: numbers,
  std: numbers,
});

/** Zeros around an image: `[[top, bottom], [left, right]]`. */
const zeroPadding2d = settings({
  type: z.literal("zeroPadding2d"),
  ...named,
  padding: z.tuple([pair, pair]).readonly(),
});

/** Rows and columns repeated: `[h, w, c]` to `[h * size[0], w * size[1], c]` (Keras's interpolation "nearest"). */
const upSampling2d = settings({
  type: z.literal("upSampling2d"),
  ...named,
  /** How often each row and each column stands in the output. */
  size: pair,
});

/** Two-dimensional convolution; `kernel` `[h, w, in, out]` and, unless `useBias` is false, `bias` `[out]`. */
const conv2d = settings({
  type: z.literal("conv2d"),
  ...named,
  filters: z.number(),
  kernelSize: pair,
  /** `[1, 1]` if omitted. */
  strides: pair.optional(),
  padding,
  /** True if omitted. */
  useBias: z.boolean().optional(),
  activation: activationName.optional(),
});

const pooling = {
  ...named,
  poolSize: pair,
  /** `poolSize` if omitted. */
  strides: pair.optional(),
  padding,
};

/** Maximum over windows. */
const maxPooling2d = settings({ type: z.literal("maxPooling2d"), ...pooling });

/** Average over windows. */
const averagePooling2d = settings({ type: z.literal("averagePooling2d"), ...pooling });

/** Mean over height and width: `[h, w, c]` to `[c]`. */
const globalAveragePooling2d = settings({ type: z.literal("globalAveragePooling2d"), ...named });

/** `[h, w, c]` to `[h * w * c]`. */
const flatten = settings({ type: z.literal("flatten"), ...named });

/** Fully connected: `kernel` `[in, units]` and `bias` `[units]`. */
const dense = settings({
  type: z.literal("dense"),
  ...named,
  units: z.number(),
  /** True if omitted. */
  useBias: z.boolean().optional(),
  activation: activationName.optional(),
});

/** In training, zeroes each value with probability `rate` and scales the rest by `1 / (1 - rate)`. */
const dropout = settings({
  type: z.literal("dropout"),
  ...named,
  /** In [0, 1). */
  rate: z.number(),
});

/** Batch normalisation over all but the last axis: `gamma`, `beta`, and the moving `moving_mean`, `moving_variance`. */
const batchNormalization = settings({
  type: z.literal("batchNormalization"),
  ...named,
  /** Keras's default is 1e-3; ResNetV2 has 1.001e-5. */
  epsilon: z.number(),
  /** Share of the old moving statistics kept at each step; Keras's default is 0.99. */
  momentum: z.number(),
});

/** An activation as a layer of its own. */
const activation = settings({
  type: z.literal("activation"),
  ...named,
  activation: activationName,
});

/** Element-wise sum of two or more inputs of one shape (a residual connection). */
const add = settings({ type: z.literal("add"), ...named });

const layer = z.discriminatedUnion("type", [
  rescaling,
  normalization,
  zeroPadding2d,
  upSampling2d,
  conv2d,
  maxPooling2d,
  averagePooling2d,
  globalAveragePooling2d,
  flatten,
  dense,
  dropout,
  batchNormalization,
  activation,
  add,
]);

/** A network: its input, `[height, width, channels]`, and its layers; the last layer is the output. */
export const modelSpec = settings({
  name: z.string(),
  input: numbers,
  /** What the input consists of: bytes, as images are stored, if omitted; floats for features computed from them. */
  inputType: z.enum(["uint8", "float32"]).optional(),
  layers: z.array(layer).readonly(),
  /** Names of layers whose weights training leaves as they are (batch normalisation then runs in inference mode). None if omitted. */
  frozen: z.array(z.string()).readonly().optional(),
});

/** Any layer. */
export type Layer = Readonly<z.infer<typeof layer>>;
/** Maximum or average over windows. */
export type Pooling2D = Extract<Layer, { type: "maxPooling2d" | "averagePooling2d" }>;
/** See `batchNormalization`. */
export type BatchNormalization = Extract<Layer, { type: "batchNormalization" }>;
/** See `modelSpec`. */
export type ModelSpec = Readonly<z.infer<typeof modelSpec>>;
/** See `normalization`. */
export type Normalization = Extract<Layer, { type: "normalization" }>;
/** See `conv2d`. */
export type Conv2D = Extract<Layer, { type: "conv2d" }>;
