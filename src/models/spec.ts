/**
 * A model as plain data: an input shape and a list of named layers, in the order of computation.
 *
 * A specification knows no engine. `shapes.ts` checks it and infers shapes and parameter counts,
 * `initialize.ts` draws its first weights, and each engine under `src/engine/` turns it into
 * something that trains and predicts. Names and meanings are Keras's.
 *
 * @module
 */

/** Height, width, channels of one image, or `[features]` after flattening; the batch axis is left out. */
export type Shape = readonly number[];

/** Non-linearities a layer may end in. `softmax` is over the last axis. */
export type ActivationName = "relu" | "softmax";

/** `same` pads with zeros so that the output is `ceil(input / stride)`; `valid` pads nothing. */
export type Padding = "same" | "valid";

/** What every layer has. */
interface Named {
  /** Unique in its model; weights are called `<name>/<variable>`. */
  readonly name: string;
  /** Names of the layers read; the layer listed before this one where left out. `input` is the model's input. */
  readonly inputs?: readonly string[];
}

/** `y = x * scale + offset`, for bytes to a range the network likes. Has no parameters. */
export interface Rescaling extends Named {
  readonly type: "rescaling";
  readonly scale: number;
  readonly offset: number;
}

/**
 * `y = (x - mean) / std` by channel, with constants. An input of one channel is repeated to
 * `mean.length` channels first: grey to colour and ImageNet's preprocessing in one layer.
 */
export interface Normalization extends Named {
  readonly type: "normalization";
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Zeros around an image: `[[top, bottom], [left, right]]`. */
export interface ZeroPadding2D extends Named {
  readonly type: "zeroPadding2d";
  readonly padding: readonly [readonly [number, number], readonly [number, number]];
}

/** Rows and columns repeated: `[h, w, c]` to `[h * size[0], w * size[1], c]` (Keras's interpolation "nearest"). */
export interface UpSampling2D extends Named {
  readonly type: "upSampling2d";
  /** How often each row and each column stands in the output. */
  readonly size: readonly [number, number];
}

/** Two-dimensional convolution; `kernel` `[h, w, in, filters]` and, unless `useBias` is false, `bias` `[filters]`. */
export interface Conv2D extends Named {
  readonly type: "conv2d";
  readonly filters: number;
  readonly kernelSize: readonly [number, number];
  /** `[1, 1]` where left out. */
  readonly strides?: readonly [number, number];
  readonly padding: Padding;
  /** True where left out. */
  readonly useBias?: boolean;
  readonly activation?: ActivationName;
}

/** Maximum or average over windows. `strides` equals `poolSize` where left out. */
export interface Pooling2D extends Named {
  readonly type: "maxPooling2d" | "averagePooling2d";
  readonly poolSize: readonly [number, number];
  readonly strides?: readonly [number, number];
  readonly padding: Padding;
}

/** Mean over height and width: `[h, w, c]` to `[c]`. */
export interface GlobalAveragePooling2D extends Named {
  readonly type: "globalAveragePooling2d";
}

/** `[h, w, c]` to `[h * w * c]`. */
export interface Flatten extends Named {
  readonly type: "flatten";
}

/** Fully connected: `kernel` `[in, units]` and `bias` `[units]`. */
export interface Dense extends Named {
  readonly type: "dense";
  readonly units: number;
  /** True where left out. */
  readonly useBias?: boolean;
  readonly activation?: ActivationName;
}

/** In training, zeroes each value with probability `rate` and scales the rest by `1 / (1 - rate)`. */
export interface Dropout extends Named {
  readonly type: "dropout";
  /** In [0, 1). */
  readonly rate: number;
}

/** Batch normalisation over all but the last axis: `gamma`, `beta`, and the moving `moving_mean`, `moving_variance`. */
export interface BatchNormalization extends Named {
  readonly type: "batchNormalization";
  /** Keras's default is 1e-3; ResNetV2 has 1.001e-5. */
  readonly epsilon: number;
  /** Share of the old moving statistics kept at each step; Keras's default is 0.99. */
  readonly momentum: number;
}

/** An activation as a layer of its own. */
export interface Activation extends Named {
  readonly type: "activation";
  readonly activation: ActivationName;
}

/** Element-wise sum of two or more inputs of one shape (a residual connection). */
export interface Add extends Named {
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
  readonly name: string;
  readonly input: Shape;
  /** What the input consists of: bytes, as images are stored, where left out; floats for features computed from them. */
  readonly inputType?: "uint8" | "float32";
  readonly layers: readonly Layer[];
  /** Names of layers whose weights training leaves as they are (batch normalisation then runs in inference mode). None where left out. */
  readonly frozen?: readonly string[];
}
