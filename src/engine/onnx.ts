/**
 * Writes a network in ONNX (https://onnx.ai), opset 17: what ONNX Runtime and many other programs read.
 * Field numbers as in `onnx/onnx.proto`. Images go in as TensorFlow has them, with the channels last;
 * inside they stand first, as ONNX's operators take them.
 *
 * @module
 */
import protobuf from "protobufjs/light.js";
import { INPUT, type ResolvedLayer, resolveLayers, samePadding } from "../models/shapes.ts";
import type { ActivationName, ModelSpec, Padding, Shape } from "../models/spec.ts";
import { checkWeights } from "./checks.ts";
import type { Weights } from "./engine.ts";

/** The version of the operators, and of the format that came with it. */
const OPSET = 17;
const IR_VERSION = 8;

const one = (type: string, id: number) => ({ type, id });
const many = (type: string, id: number) => ({ rule: "repeated", type, id });

const messages = protobuf.Root.fromJSON({
  nested: {
    Dim: {
      oneofs: { value: { oneof: ["dimValue", "dimParam"] } },
      fields: { dimValue: one("int64", 1), dimParam: one("string", 2) },
    },
    Shape: { fields: { dim: many("Dim", 1) } },
    TensorType: { fields: { elemType: one("int32", 1), shape: one("Shape", 2) } },
    Type: { fields: { tensorType: one("TensorType", 1) } },
    ValueInfo: { fields: { name: one("string", 1), type: one("Type", 2) } },
    Tensor: {
      fields: {
        dims: many("int64", 1),
        dataType: one("int32", 2),
        name: one("string", 8),
        rawData: one("bytes", 9),
      },
    },
    Attribute: {
      fields: {
        name: one("string", 1),
        f: one("float", 2),
        i: one("int64", 3),
        s: one("bytes", 4),
        ints: many("int64", 8),
        type: one("int32", 20),
      },
    },
    Node: {
      fields: {
        input: many("string", 1),
        output: many("string", 2),
        name: one("string", 3),
        opType: one("string", 4),
        attribute: many("Attribute", 5),
      },
    },
    Graph: {
      fields: {
        node: many("Node", 1),
        name: one("string", 2),
        initializer: many("Tensor", 5),
        input: many("ValueInfo", 11),
        output: many("ValueInfo", 12),
      },
    },
    OperatorSet: { fields: { domain: one("string", 1), version: one("int64", 2) } },
    Entry: { fields: { key: one("string", 1), value: one("string", 2) } },
    Model: {
      fields: {
        irVersion: one("int64", 1),
        producerName: one("string", 2),
        graph: one("Graph", 7),
        opsetImport: many("OperatorSet", 8),
        metadataProps: many("Entry", 14),
      },
    },
  },
});
const Model = messages.lookupType("Model");

/** Types of elements, by their numbers. */
const FLOAT = 1, UINT8 = 2, INT64 = 7;

/** An attribute's value: whole numbers, one or several, a word, or a number. */
type Value = number | readonly number[] | string | { readonly float: number };

function attributeOf(name: string, value: Value) {
  if (typeof value === "number") return { name, i: value, type: 2 };
  if (typeof value === "string") return { name, s: new TextEncoder().encode(value), type: 3 };
  if ("float" in value) return { name, f: value.float, type: 1 };
  return { name, ints: [...value], type: 7 };
}

/** A graph that nodes are added to. Tensors are known by their names. */
class Builder {
  readonly nodes: object[] = [];
  readonly initializers: object[] = [];
  readonly #names = new Set<string>();

  /** Adds an operation and returns the name of what it gives. */
  add(
    op: string,
    name: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Value>> = {},
  ): string {
    const output = this.#free(name);
    this.nodes.push({
      input: [...inputs],
      output: [output],
      name: output,
      opType: op,
      attribute: Object.entries(attributes).map(([name, value]) => attributeOf(name, value)),
    });
    return output;
  }

  /** Adds numbers: float32, or int64 where `whole`. */
  constant(name: string, shape: Shape, values: ArrayLike<number>, whole = false): string {
    const output = this.#free(name);
    const data = whole ? BigInt64Array.from(Array.from(values, BigInt)) : Float32Array.from(values);
    this.initializers.push({
      dims: [...shape],
      dataType: whole ? INT64 : FLOAT,
      name: output,
      rawData: new Uint8Array(data.buffer),
    });
    return output;
  }

  #free(name: string): string {
    let free = name;
    for (let n = 1; this.#names.has(free); n++) free = `${name}_${n}`;
    this.#names.add(free);
    return free;
  }
}

/** The name of what goes in: images, uint8, `[N, height, width, channels]`. */
const IMAGES = "images";
/** The name of what comes out: the output of the last layer, float32. */
const PROBABILITIES = "probabilities";

/**
 * The bytes of an `.onnx` file: from `images`, `[N, height, width, channels]` of the model's `inputType`,
 * to `probabilities`, `[N, classes]`. N may be any number.
 *
 * @param metadata texts by their names, which stand in the file
 * @throws {Error} where the weights are not the model's, or its output is an image
 */
export function encodeOnnx(
  spec: ModelSpec,
  weights: Weights,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  checkWeights(spec, weights);
  const layers = resolveLayers(spec);
  const last = layers[layers.length - 1];
  if (last.outputShape.length !== 1) {
    throw new Error(`Model ${spec.name} gives images, which are not written as ONNX.`);
  }
  const graph = new Builder();
  const bytes = spec.inputType !== "float32";
  const cast = bytes ? graph.add("Cast", "input/cast", [IMAGES], { to: FLOAT }) : IMAGES;
  const input = graph.add("Transpose", "input/first", [cast], { perm: [0, 3, 1, 2] });
  const outputs = new Map([[INPUT, input]]);
  for (const layer of layers) {
    const values = layer.inputs.map((name) => outputs.get(name)!);
    outputs.set(layer.layer.name, applied(graph, layer, values, weights));
  }
  graph.nodes.push({
    input: [outputs.get(last.layer.name)!],
    output: [PROBABILITIES],
    name: PROBABILITIES,
    opType: "Identity",
    attribute: [],
  });
  const info = (name: string, elemType: number, shape: Shape) => ({
    name,
    type: {
      tensorType: {
        elemType,
        shape: { dim: [{ dimParam: "N" }, ...shape.map((dimValue) => ({ dimValue }))] },
      },
    },
  });
  return new Uint8Array(
    Model.encode({
      irVersion: IR_VERSION,
      producerName: "Atelier",
      opsetImport: [{ domain: "", version: OPSET }],
      graph: {
        name: spec.name,
        node: graph.nodes,
        initializer: graph.initializers,
        input: [info(IMAGES, bytes ? UINT8 : FLOAT, spec.input)],
        output: [info(PROBABILITIES, FLOAT, last.outputShape)],
      },
      metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    }).finish(),
  );
}

/** Adds a layer and returns the name of its output. Images have their channels first. */
function applied(
  graph: Builder,
  { layer, inputShapes: [shape], outputShape }: ResolvedLayer,
  inputs: readonly string[],
  weights: Weights,
): string {
  const { name } = layer;
  const [x] = inputs;
  const isImage = shape.length === 3;
  const variable = (key: string) => weights.get(`${name}/${key}`)!;
  const vector = (key: string) =>
    graph.constant(`${name}/${key}`, variable(key).shape, variable(key).data);
  const scalar = (key: string, value: number) => graph.constant(`${name}/${key}`, [], [value]);
  const activated = (y: string, activation: ActivationName | undefined): string => {
    if (activation === undefined) return y;
    return activation === "relu"
      ? graph.add("Relu", `${name}/relu`, [y])
      : graph.add("Softmax", `${name}/softmax`, [y], { axis: outputShape.length === 3 ? 1 : -1 });
  };
  switch (layer.type) {
    case "rescaling": {
      const scaled = graph.add("Mul", `${name}/scaled`, [x, scalar("scale", layer.scale)]);
      return layer.offset === 0
        ? scaled
        : graph.add("Add", `${name}/moved`, [scaled, scalar("offset", layer.offset)]);
    }
    case "normalization": {
      const around = isImage ? [layer.mean.length, 1, 1] : [layer.mean.length];
      const mean = graph.constant(`${name}/mean`, around, layer.mean);
      const std = graph.constant(`${name}/std`, around, layer.std);
      const centred = graph.add("Sub", `${name}/centred`, [x, mean]);
      return graph.add("Div", `${name}/normal`, [centred, std]);
    }
    case "zeroPadding2d": {
      const [[top, bottom], [left, right]] = layer.padding;
      const pads = [0, 0, top, left, 0, 0, bottom, right];
      return graph.add("Pad", name, [x, graph.constant(`${name}/pads`, [8], pads, true)]);
    }
    case "upSampling2d":
      return graph.add(
        "Resize",
        name,
        [x, "", graph.constant(`${name}/scales`, [4], [1, 1, ...layer.size])],
        {
          mode: "nearest",
          coordinate_transformation_mode: "asymmetric",
          nearest_mode: "floor",
        },
      );
    case "conv2d": {
      const { kernelSize, strides = [1, 1], padding, useBias = true, activation } = layer;
      const y = graph.add(
        "Conv",
        `${name}/conv`,
        [x, outputsFirst(graph, name, variable("kernel")), ...(useBias ? [vector("bias")] : [])],
        { kernel_shape: kernelSize, strides, pads: pads(shape, kernelSize, strides, padding) },
      );
      return activated(y, activation);
    }
    case "maxPooling2d":
    case "averagePooling2d": {
      const { poolSize, strides = poolSize, padding } = layer;
      return graph.add(
        layer.type === "maxPooling2d" ? "MaxPool" : "AveragePool",
        name,
        [x],
        { kernel_shape: poolSize, strides, pads: pads(shape, poolSize, strides, padding) },
      );
    }
    case "globalAveragePooling2d":
      return graph.add("Flatten", name, [
        graph.add("GlobalAveragePool", `${name}/mean`, [x]),
      ], { axis: 1 });
    case "flatten": {
      if (!isImage) return graph.add("Identity", name, [x]);
      const last = graph.add("Transpose", `${name}/last`, [x], { perm: [0, 2, 3, 1] });
      return graph.add("Flatten", name, [last], { axis: 1 });
    }
    case "dense": {
      const y = graph.add("MatMul", `${name}/product`, [x, vector("kernel")]);
      const biased = layer.useBias === false
        ? y
        : graph.add("Add", `${name}/biased`, [y, vector("bias")]);
      return activated(biased, layer.activation);
    }
    case "dropout":
      return graph.add("Identity", name, [x]);
    case "batchNormalization":
      return graph.add(
        "BatchNormalization",
        name,
        [x, vector("gamma"), vector("beta"), vector("moving_mean"), vector("moving_variance")],
        { epsilon: { float: layer.epsilon } },
      );
    case "activation":
      return activated(x, layer.activation);
    case "add":
      return graph.add("Sum", name, inputs);
  }
}

/** Zeros around an image, `[top, left, bottom, right]`. */
function pads(
  shape: Shape,
  window: readonly number[],
  strides: readonly number[],
  padding: Padding,
): number[] {
  if (padding === "valid") return [0, 0, 0, 0];
  const [rows, columns] = [0, 1].map((i) => samePadding(shape[i], window[i], strides[i]));
  return [rows[0], columns[0], rows[1], columns[1]];
}

/** A kernel `[height, width, in, out]` as `[out, in, height, width]`. */
function outputsFirst(
  graph: Builder,
  name: string,
  { shape: [height, width, ins, outs], data }: { shape: Shape; data: Float32Array },
): string {
  const turned = new Float32Array(data.length);
  for (let y = 0, from = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let i = 0; i < ins; i++) {
        for (let o = 0; o < outs; o++, from++) {
          turned[((o * ins + i) * height + y) * width + x] = data[from];
        }
      }
    }
  }
  return graph.constant(`${name}/kernel`, [outs, ins, height, width], turned);
}
