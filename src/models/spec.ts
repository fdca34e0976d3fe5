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

/** Non-linearities a layer may end in. `softmax` is over the last axis. */
export type ActivationName = "relu" | "softmax";

/** `same` pads with zeros so that the output is `ceil(input / stride)`; `valid` pads nothing. */
export type Padding = "same" | "valid";

/** Two numbers: of the height, of the width. */
export type Pair = readonly [number, number];

/** What every layer has. */
export interface NamedLayer {
  /** Unique in its model; weights are called `<name>/<variable>`. */
  readonly name: string;
  /** Names of the layers read; the layer listed before this one if omitted. `input` is the model's input. */
  readonly inputs?: readonly string[];
}

/** `y = x * scale + offset`, for bytes to a range the network likes. Has no parameters. */
export interface Rescaling extends NamedLayer {
  /** What kind it is. */
  readonly type: "rescaling";
  /** The factor. */
  readonly scale: number;
  /** What is added afterwards. */
  readonly offset: number;
}

/**
 * `y = (x - mean) / std` by channel, with constants. An input of one channel is repeated to
 * `mean.length` channels first: grey to colour and ImageNet's preprocessing in one layer.
 */
export interface Normalization extends NamedLayer {
  /** What kind it is. */
  readonly type: "normalization";
  /** One a channel. */
  readonly mean: readonly number[];
  /** One a channel. */
  readonly std: readonly number[];
}

/** Zeros around an image. */
export interface ZeroPadding2D extends NamedLayer {
  /** What kind it is. */
  readonly type: "zeroPadding2d";
  /** `[[top, bottom], [left, right]]`. */
  readonly padding: readonly [Pair, Pair];
}

/** Rows and columns repeated: `[h, w, c]` to `[h * size[0], w * size[1], c]` (Keras's interpolation "nearest"). */
export interface UpSampling2D extends NamedLayer {
  /** What kind it is. */
  readonly type: "upSampling2d";
  /** How often each row and each column stands in the output. */
  readonly size: Pair;
}

/** Two-dimensional convolution; `kernel` `[h, w, in, out]` and, unless `useBias` is false, `bias` `[out]`. */
export interface Conv2D extends NamedLayer {
  /** What kind it is. */
  readonly type: "conv2d";
  /** Channels of the output. */
  readonly filters: number;
  /** Height and width of the window. */
  readonly kernelSize: Pair;
  /** `[1, 1]` if omitted. */
  readonly strides?: Pair;
  /** What becomes of the borders. */
  readonly padding: Padding;
  /** True if omitted. */
  readonly useBias?: boolean;
  /** Of the output; none if omitted. */
  readonly activation?: ActivationName;
}

/** Maximum or average over windows. */
export interface Pooling2D extends NamedLayer {
  /** What kind it is. */
  readonly type: "maxPooling2d" | "averagePooling2d";
  /** Height and width of the window. */
  readonly poolSize: Pair;
  /** `poolSize` if omitted. */
  readonly strides?: Pair;
  /** What becomes of the borders. */
  readonly padding: Padding;
}

/** Mean over height and width: `[h, w, c]` to `[c]`. */
export interface GlobalAveragePooling2D extends NamedLayer {
  /** What kind it is. */
  readonly type: "globalAveragePooling2d";
}

/** `[h, w, c]` to `[h * w * c]`. */
export interface Flatten extends NamedLayer {
  /** What kind it is. */
  readonly type: "flatten";
}

/** Fully connected: `kernel` `[in, units]` and `bias` `[units]`. */
export interface Dense extends NamedLayer {
  /** What kind it is. */
  readonly type: "dense";
  /** Values of the output. */
  readonly units: number;
  /** True if omitted. */
  readonly useBias?: boolean;
  /** Of the output; none if omitted. */
  readonly activation?: ActivationName;
}

/** In training, zeroes each value with probability `rate` and scales the rest by `1 / (1 - rate)`. */
export interface Dropout extends NamedLayer {
  /** What kind it is. */
  readonly type: "dropout";
  /** In [0, 1). */
  readonly rate: number;
}

/** Batch normalisation over all but the last axis: `gamma`, `beta`, and the moving `moving_mean`, `moving_variance`. */
export interface BatchNormalization extends NamedLayer {
  /** What kind it is. */
  readonly type: "batchNormalization";
  /** Keras's default is 1e-3; ResNetV2 has 1.001e-5. */
  readonly epsilon: number;
  /** Share of the old moving statistics kept at each step; Keras's default is 0.99. */
  readonly momentum: number;
}

/** An activation as a layer of its own. */
export interface Activation extends NamedLayer {
  /** What kind it is. */
  readonly type: "activation";
  /** Which one. */
  readonly activation: ActivationName;
}

/** Element-wise sum of two or more inputs of one shape (a residual connection). */
export interface Add extends NamedLayer {
  /** What kind it is. */
  readonly type: "add";
}

/** Any layer. */
export type Layer =
  | Rescaling
  | Normalization
  | ZeroPadding2D
  | UpSampling2D
  | Conv2D
  | Pooling2D
  | GlobalAveragePooling2D
  | Flatten
  | Dense
  | Dropout
  | BatchNormalization
  | Activation
  | Add;

/** A network: its input, `[height, width, channels]`, and its layers; the last layer is the output. */
export interface ModelSpec {
  /** What errors call it. */
  readonly name: string;
  /** `[height, width, channels]` of one image. */
  readonly input: Shape;
  /** What the input consists of: bytes, as images are stored, if omitted; floats for features computed from them. */
  readonly inputType?: "uint8" | "float32";
  /** In the order of computation. */
  readonly layers: readonly Layer[];
  /** Names of layers whose weights training leaves as they are (batch normalisation then runs in inference mode). None if omitted. */
  readonly frozen?: readonly string[];
}

const activationName = z.enum(["relu", "softmax"]);
const padding = z.enum(["same", "valid"]);
const pair = z.tuple([z.number(), z.number()]).readonly();
const numbers = z.array(z.number()).readonly();

const named = {
  name: z.string(),
  inputs: z.array(z.string()).readonly().optional(),
};

const rescaling = settings({
  type: z.literal("rescaling"),
  ...named,
  scale: z.number(),
  offset: z.number(),
});

const normalization = settings({
  type: z.literal("normalization"),
  ...named,
  mean: numbers,
  std: numbers,
});

const zeroPadding2d = settings({
  type: z.literal("zeroPadding2d"),
  ...named,
  padding: z.tuple([pair, pair]).readonly(),
});

const upSampling2d = settings({
  type: z.literal("upSampling2d"),
  ...named,
  size: pair,
});

const conv2d = settings({
  type: z.literal("conv2d"),
  ...named,
  filters: z.number(),
  kernelSize: pair,
  strides: pair.optional(),
  padding,
  useBias: z.boolean().optional(),
  activation: activationName.optional(),
});

const pooling = {
  ...named,
  poolSize: pair,
  strides: pair.optional(),
  padding,
};

const maxPooling2d = settings({ type: z.literal("maxPooling2d"), ...pooling });

const averagePooling2d = settings({ type: z.literal("averagePooling2d"), ...pooling });

const globalAveragePooling2d = settings({ type: z.literal("globalAveragePooling2d"), ...named });

const flatten = settings({ type: z.literal("flatten"), ...named });

const dense = settings({
  type: z.literal("dense"),
  ...named,
  units: z.number(),
  useBias: z.boolean().optional(),
  activation: activationName.optional(),
});

const dropout = settings({
  type: z.literal("dropout"),
  ...named,
  rate: z.number(),
});

const batchNormalization = settings({
  type: z.literal("batchNormalization"),
  ...named,
  epsilon: z.number(),
  momentum: z.number(),
});

const activation = settings({
  type: z.literal("activation"),
  ...named,
  activation: activationName,
});

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

/** The schema of a network. */
export const modelSpec: z.ZodType<ModelSpec> = settings({
  name: z.string(),
  input: numbers,
  inputType: z.enum(["uint8", "float32"]).optional(),
  layers: z.array(layer).readonly(),
  frozen: z.array(z.string()).readonly().optional(),
});
