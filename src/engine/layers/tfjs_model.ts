/**
 * Models in TensorFlow.js's own format, for `tf.loadLayersModel` in any browser or program: a
 * `model.json` and one file of weights beside it. Needs no TensorFlow, only a specification and
 * weights. Format: `LayersModel.save` of TensorFlow.js 4.22.
 *
 * @module
 */
import { INPUT, type ResolvedLayer, resolveLayers } from "../../models/shapes.ts";
import type { Layer, ModelSpec, Normalization } from "../../models/spec.ts";
import type { NdArray } from "../../ndarray.ts";
import { checkWeights } from "../checks.ts";
import type { Weights } from "../engine.ts";
import { encodeWeights } from "../weights.ts";

/** The two files of a model. */
export interface TfjsModel {
  /** Text of `model.json`. */
  readonly json: string;
  /** What the weight file holds: float32 or float16, little-endian. */
  readonly weights: Uint8Array<ArrayBuffer>;
}

/** What else may be said of a model, and how its weights are kept. */
export interface TfjsOptions {
  /** What stands in `userDefinedMetadata`; left out if omitted. */
  readonly metadata?: object;
  /**
   * Of the kernels in the file: `float32` if omitted. All else is float32, which TensorFlow.js computes in
   * in any case.
   */
  readonly precision?: "float32" | "float16";
}

/**
 * Writes a model as TensorFlow.js has it: pixels of 0 to 255, `[N, height, width, channels]`, go in,
 * the last layer's output comes out. `weightFile` is the name under which `model.json` looks for the
 * weights, relative to itself. The same model gives the same bytes.
 *
 * TensorFlow.js has no normalisation by constants; it becomes a frozen 1 x 1 convolution, whose
 * weights stand behind the model's own.
 *
 * @throws {Error} where the weights are not the model's
 */
export function encodeTfjsModel(
  spec: ModelSpec,
  weights: Weights,
  weightFile: string,
  { metadata, precision = "float32" }: TfjsOptions = {},
): TfjsModel {
  checkWeights(spec, weights);
  const layers = resolveLayers(spec);
  const stored = new Map<string, NdArray<Float32Array>>();
  for (const { variables } of layers) {
    for (const { name } of variables) stored.set(name, weights.get(name)!);
  }
  const halved = new Set(
    precision === "float16" ? [...stored].filter(isHalved).map(([name]) => name) : [],
  );
  for (const { layer, inputShapes } of layers) {
    if (layer.type !== "normalization") continue;
    for (const [name, array] of normalizationWeights(layer, inputShapes[0][2])) {
      stored.set(name, array);
    }
  }
  const model = {
    format: "layers-model",
    generatedBy: "Atelier",
    convertedBy: null,
    modelTopology: {
      class_name: "Model",
      config: {
        name: spec.name,
        layers: [
          {
            name: INPUT,
            class_name: "InputLayer",
            config: {
              batch_input_shape: [null, ...spec.input],
              dtype: "float32",
              sparse: false,
              name: INPUT,
            },
            inbound_nodes: [],
          },
          ...layers.map((resolved) => layerNode(resolved, spec)),
        ],
        input_layers: [[INPUT, 0, 0]],
        output_layers: [[layers[layers.length - 1].layer.name, 0, 0]],
      },
    },
    weightsManifest: [{
      paths: [weightFile],
      weights: [...stored].map(([name, { shape }]) => ({
        name,
        shape,
        dtype: "float32",
        ...(halved.has(name)
          ? { quantization: { dtype: "float16", original_dtype: "float32" } }
          : {}),
      })),
    }],
    ...(metadata ? { userDefinedMetadata: metadata } : {}),
  };
  return {
    json: JSON.stringify(model, null, 2) + "\n",
    weights: joined(
      [...stored].map(([name, array]) =>
        halved.has(name)
          ? new Uint8Array(new Float16Array(array.data).buffer)
          : encodeWeights(new Map([[name, array]]))
      ),
    ),
  };
}

/** The largest number of half precision. */
const LARGEST_HALF = 65504;

/**
 * Whether half precision will do for a variable: for kernels, which nearly all weights are. Statistics of
 * batch normalisation may be larger than it knows, and the rest is too little to be worth it.
 */
const isHalved = ([name, { data }]: readonly [string, NdArray<Float32Array>]) =>
  name.endsWith("/kernel") && data.every((value) => Math.abs(value) <= LARGEST_HALF);

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

function layerNode({ layer, inputs }: ResolvedLayer, spec: ModelSpec): unknown {
  const { className, config } = layerConfig(layer);
  const trainable = layer.type !== "normalization" && !(spec.frozen ?? []).includes(layer.name);
  return {
    name: layer.name,
    class_name: className,
    config: { ...config, name: layer.name, trainable },
    inbound_nodes: [inputs.map((name) => [name, 0, 0, {}])],
  };
}

/** Zeros until the trained weights are loaded; TensorFlow.js would draw random numbers otherwise. */
const zeros = { class_name: "Zeros", config: {} };

/** Keras's class of a layer and its settings. */
function layerConfig(layer: Layer): { className: string; config: Record<string, unknown> } {
  switch (layer.type) {
    case "rescaling":
      return { className: "Rescaling", config: { scale: layer.scale, offset: layer.offset } };
    case "normalization":
      return layerConfig({
        type: "conv2d",
        name: layer.name,
        filters: layer.mean.length,
        kernelSize: [1, 1],
        padding: "valid",
      });
    case "zeroPadding2d":
      return { className: "ZeroPadding2D", config: { padding: layer.padding } };
    case "upSampling2d":
      return { className: "UpSampling2D", config: { size: layer.size } };
    case "conv2d":
      return {
        className: "Conv2D",
        config: {
          filters: layer.filters,
          kernel_size: layer.kernelSize,
          strides: layer.strides ?? [1, 1],
          padding: layer.padding,
          dilation_rate: [1, 1],
          activation: layer.activation ?? "linear",
          use_bias: layer.useBias ?? true,
          kernel_initializer: zeros,
        },
      };
    case "maxPooling2d":
    case "averagePooling2d":
      return {
        className: layer.type === "maxPooling2d" ? "MaxPooling2D" : "AveragePooling2D",
        config: {
          pool_size: layer.poolSize,
          strides: layer.strides ?? layer.poolSize,
          padding: layer.padding,
        },
      };
    case "globalAveragePooling2d":
      return { className: "GlobalAveragePooling2D", config: {} };
    case "flatten":
      return { className: "Flatten", config: {} };
    case "dense":
      return {
        className: "Dense",
        config: {
          units: layer.units,
          activation: layer.activation ?? "linear",
          use_bias: layer.useBias ?? true,
          kernel_initializer: zeros,
        },
      };
    case "dropout":
      return { className: "Dropout", config: { rate: layer.rate } };
    case "batchNormalization":
      return {
        className: "BatchNormalization",
        config: { axis: -1, momentum: layer.momentum, epsilon: layer.epsilon },
      };
    case "activation":
      return { className: "Activation", config: { activation: layer.activation } };
    case "add":
      return { className: "Add", config: {} };
  }
}

/** Kernel `[1, 1, in, out]` and bias `[out]` that compute `(x - mean) / std`; one input channel feeds all. */
function normalizationWeights(
  { name, mean, std }: Normalization,
  inputs: number,
): [string, NdArray<Float32Array>][] {
  const outputs = mean.length;
  const kernel = new Float32Array(inputs * outputs);
  std.forEach((value, channel) =>
    kernel[(inputs === 1 ? 0 : channel * outputs) + channel] = 1 / value
  );
  const bias = Float32Array.from(mean, (value, channel) => -value / std[channel]);
  return [
    [`${name}/kernel`, { shape: [1, 1, inputs, outputs], data: kernel }],
    [`${name}/bias`, { shape: [outputs], data: bias }],
  ];
}
