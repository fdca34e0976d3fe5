/**
 * TensorFlow's operations, as far as this engine uses them, each as a function from tensors to
 * tensors that adds one node. Images are `[N, height, width, channels]`, values float32 or, where all
 * that an operation is given are, bfloat16, unless said otherwise. Shapes are those of valid specifications (`models/shapes.ts` checks them).
 *
 * @module
 */
import { windows } from "../../models/shapes.ts";
import type { Padding } from "../../models/spec.ts";
import type { NdArray } from "../../ndarray.ts";
import { attribute as a, type Graph, type Node, type Tensor, type Variable } from "./builder.ts";
import type { DataType } from "./protocol.ts";

/** The attribute that says of what type an operation's numbers are: of that of `x`. */
const T = ({ dtype }: Tensor) => ({ T: a.type(dtype) });

/** Adds a node with one output of its first input's type (or of `dtype`). */
function one(
  op: string,
  inputs: readonly Tensor[],
  attributes: Node["attributes"],
  shape: readonly number[],
  dtype: DataType = inputs[0].dtype,
): Tensor {
  return inputs[0].node.graph.add(op, inputs, attributes, [{ dtype, shape }]).outputs[0];
}

// Sources.

/** What a signature is fed. */
export function placeholder(
  graph: Graph,
  name: string,
  dtype: DataType,
  shape: readonly number[],
): Tensor {
  const attributes = { dtype: a.type(dtype), shape: a.shape(shape) };
  return graph.add("Placeholder", [], attributes, [{ dtype, shape }], { name }).outputs[0];
}

/** A constant: float32 or int32 after its array. */
export function constant(graph: Graph, value: NdArray<Float32Array | Int32Array>): Tensor {
  const dtype = value.data instanceof Float32Array ? "float32" : "int32";
  const attributes = { dtype: a.type(dtype), value: a.tensor(value) };
  return graph.add("Const", [], attributes, [{ dtype, shape: value.shape }]).outputs[0];
}

/** A float32 constant without axes. */
export const scalar = (graph: Graph, value: number): Tensor =>
  constant(graph, { shape: [], data: Float32Array.of(value) });

/** An int32 constant with one axis. */
const integers = (graph: Graph, values: readonly number[]): Tensor =>
  constant(graph, { shape: [values.length], data: Int32Array.from(values) });

/** The values of an int32 constant. */
function integersOf({ node: { attributes: { value } } }: Tensor): Int32Array {
  if (!("tensor" in value)) throw new TypeError("not a constant");
  return new Int32Array(value.tensor.tensorContent.slice().buffer);
}

// Variables.

/** Declares a variable; it holds nothing until it is assigned. */
export function variable(
  graph: Graph,
  name: string,
  dtype: DataType,
  shape: readonly number[],
): Variable {
  const node = graph.add(
    "VarHandleOp",
    [],
    { dtype: a.type(dtype), shape: a.shape(shape), shared_name: a.text(name) },
    [{ dtype: "resource", shape: [] }],
    { name },
  );
  return { name, handle: node.outputs[0], dtype, shape };
}

/** The value of a variable. */
export const read = ({ name, handle, dtype, shape }: Variable): Tensor =>
  handle.node.graph.add(
    "ReadVariableOp",
    [handle],
    { dtype: a.type(dtype) },
    [{ dtype, shape }],
    { name },
  ).outputs[0];

/** Gives a variable a value, whose buffer it then shares. */
export function assign({ handle, dtype }: Variable, value: Tensor): Node {
  return handle.node.graph.add("AssignVariableOp", [handle, value], { dtype: a.type(dtype) }, []);
}

/** Takes `value` off a variable. */
export function assignSub(
  { handle, dtype }: Variable,
  value: Tensor,
  after: readonly Node[] = [],
): Node {
  const attributes = { dtype: a.type(dtype) };
  return handle.node.graph.add("AssignSubVariableOp", [handle, value], attributes, [], { after });
}

/** Puts `rows` in the places of a variable's rows at `indices` (int32, `[N]`). */
export function assignRows({ handle, dtype }: Variable, indices: Tensor, rows: Tensor): Node {
  const attributes = { dtype: a.type(dtype), Tindices: a.type("int32") };
  return handle.node.graph.add("ResourceScatterUpdate", [handle, indices, rows], attributes, []);
}

/** A variable's rows at `indices` (int32, `[N]`): `[N, ...]`. Only these are copied. */
export function gather({ handle, dtype, shape }: Variable, indices: Tensor): Tensor {
  const attributes = { dtype: a.type(dtype), Tindices: a.type("int32") };
  const rows = [...indices.shape, ...shape.slice(1)];
  return one("ResourceGather", [handle, indices], attributes, rows, dtype);
}

/** A copy in a buffer of its own. */
export const deepCopy = (x: Tensor): Tensor => one("DeepCopy", [x], T(x), x.shape);

/** The same tensor once all of `after` have run. */
export function identity(x: Tensor, after: readonly Node[], name?: string): Tensor {
  const { dtype, shape } = x;
  const type = { T: a.type(dtype) };
  return x.node.graph.add("Identity", [x], type, [{ dtype, shape }], { after, name }).outputs[0];
}

// Shapes and types.

/** Converts numbers: to bfloat16 by rounding, to uint8 and int32 by cutting off decimals. */
export const cast = (x: Tensor, dtype: DataType): Tensor =>
  one("Cast", [x], { SrcT: a.type(x.dtype), DstT: a.type(dtype) }, x.shape, dtype);

/** The same values in another shape, of whose sizes one may be -1. */
export function reshape(x: Tensor, shape: readonly number[]): Tensor {
  const attributes = { ...T(x), Tshape: a.type("int32") };
  return one("Reshape", [x, integers(x.node.graph, shape)], attributes, shape, x.dtype);
}

/** Sizes of the axes when the graph runs, int32. */
const shapeOf = (x: Tensor): Tensor =>
  one(
    "Shape",
    [x],
    { ...T(x), out_type: a.type("int32") },
    [x.shape.length],
    "int32",
  );

/** `x`, whose sizes of 1 are repeated, in the shape of `like`. */
export const broadcastLike = (x: Tensor, like: Tensor): Tensor =>
  one("BroadcastTo", [x, shapeOf(like)], { ...T(x), Tidx: a.type("int32") }, like.shape);

/** Zeros in a shape (int32, `[axes]`); `known` says of it what is known before the graph runs. */
export function zeros(shape: Tensor, dtype: DataType, known: readonly number[]): Tensor {
  const zero = constant(shape.node.graph, { shape: [], data: Int32Array.of(0) });
  const attributes = { T: a.type(dtype), index_type: a.type("int32") };
  return one("Fill", [shape, cast(zero, dtype)], attributes, known, dtype);
}

/** Zeros in the shape of `x`. */
export const zerosLike = (x: Tensor): Tensor => one("ZerosLike", [x], T(x), x.shape);

/** Zeros around an image: `[[top, bottom], [left, right]]`. */
export function pad(x: Tensor, padding: readonly (readonly [number, number])[]): Tensor {
  const [n, height, width, channels] = x.shape;
  const [[top, bottom], [left, right]] = padding;
  const paddings = constant(x.node.graph, {
    shape: [4, 2],
    data: Int32Array.of(0, 0, top, bottom, left, right, 0, 0),
  });
  const shape = [n, height + top + bottom, width + left + right, channels];
  return one("Pad", [x, paddings], { ...T(x), Tpaddings: a.type("int32") }, shape);
}

/** The gradient of a `pad` node: what lies inside the zeros. */
export function padGradient(node: Node, dy: Tensor): Tensor {
  const [x, paddings] = node.inputs;
  const values = integersOf(paddings);
  const { graph } = node;
  const begin = integers(graph, [0, values[2], values[4], 0]);
  const size = integers(graph, [-1, x.shape[1], x.shape[2], -1]);
  return one("Slice", [dy, begin, size], { ...T(dy), Index: a.type("int32") }, x.shape);
}

// Arithmetic by element. Sizes of 1, and axes that one operand lacks at the front, are repeated.

const broadcast = (x: readonly number[], y: readonly number[]): readonly number[] => {
  const [short, long] = x.length < y.length ? [x, y] : [y, x];
  const offset = long.length - short.length;
  return long.map((size, i) => i >= offset && size === 1 ? short[i - offset] : size);
};

const binary = (op: string) => (x: Tensor, y: Tensor): Tensor =>
  one(op, [x, y], T(x), broadcast(x.shape, y.shape));

/** `x + y`. */
export const add = binary("AddV2");
/** `x - y`. */
export const subtract = binary("Sub");
/** `x * y`. */
export const multiply = binary("Mul");
/** `x / y`. */
export const divide = binary("RealDiv");

/** The sum of tensors of one shape. */
export const addAll = (tensors: readonly Tensor[]): Tensor =>
  one("AddN", tensors, { ...T(tensors[0]), N: a.integer(tensors.length) }, tensors[0].shape);

/** Sum over some axes, which keep the size 1 where `keep` is true. */
export function sum(x: Tensor, axes: readonly number[], keep = false): Tensor {
  const attributes = { ...T(x), Tidx: a.type("int32"), keep_dims: a.boolean(keep) };
  const shape = x.shape.flatMap((size, i) => axes.includes(i) ? (keep ? [1] : []) : [size]);
  return one("Sum", [x, integers(x.node.graph, axes)], attributes, shape, x.dtype);
}

/** Mean over all axes. */
export function mean(x: Tensor): Tensor {
  const axes = integers(x.node.graph, x.shape.map((_, i) => i));
  return one(
    "Mean",
    [x, axes],
    { ...T(x), Tidx: a.type("int32"), keep_dims: a.boolean(false) },
    [],
  );
}

/** The number of elements when the graph runs. */
export function count(x: Tensor): Tensor {
  const attributes = { ...T(x), out_type: a.type("int32") };
  return cast(one("Size", [x], attributes, [], "int32"), "float32");
}

/** Half the sum of squares. */
export const l2Loss = (x: Tensor): Tensor => one("L2Loss", [x], T(x), []);

// Layers.

/** Adds `bias` `[channels]` along the last axis. */
export const biasAdd = (x: Tensor, bias: Tensor): Tensor =>
  one("BiasAdd", [x, bias], T(x), x.shape);

/**
 * The gradient of `biasAdd` with respect to its bias. In bfloat16 the operation made for that adds up in
 * bfloat16, and of some thousand values most are lost; `Sum` adds up in float32.
 */
export const biasAddGradient = (dy: Tensor): Tensor =>
  dy.dtype === "bfloat16"
    ? sum(dy, dy.shape.slice(0, -1).map((_, i) => i))
    : one("BiasAddGrad", [dy], T(dy), dy.shape.slice(-1));

/** `max(x, 0)`. */
export const relu = (x: Tensor): Tensor => one("Relu", [x], T(x), x.shape);

/** `dy` where `relu` gave more than 0, and 0 elsewhere. `y` may be relu's input as well as its output. */
export const reluGradient = (dy: Tensor, y: Tensor): Tensor =>
  one("ReluGrad", [dy, y], T(dy), dy.shape);

/** `exp(x) / sum(exp(x))` over the last axis. */
export const softmax = (x: Tensor): Tensor => one("Softmax", [x], T(x), x.shape);

/** Product of matrices, either of them transposed first. */
export function matMul(x: Tensor, y: Tensor, transpose = { x: false, y: false }): Tensor {
  const attributes = {
    ...T(x),
    transpose_a: a.boolean(transpose.x),
    transpose_b: a.boolean(transpose.y),
  };
  const shape = [x.shape[transpose.x ? 1 : 0], y.shape[transpose.y ? 0 : 1]];
  return one("MatMul", [x, y], attributes, shape);
}

/** Strides and padding of a window that moves over an image. */
export interface Sliding {
  readonly strides: readonly [number, number];
  readonly padding: Padding;
}

const sliding = (x: Tensor, { strides, padding }: Sliding) => ({
  ...T(x),
  strides: a.integers([1, ...strides, 1]),
  padding: a.text(padding.toUpperCase()),
});

/** Sizes of an image after a window moved over it. */
const slid = (shape: readonly number[], window: readonly number[], { strides, padding }: Sliding) =>
  [0, 1].map((i) => windows(shape[i + 1], window[i], strides[i], padding));

/** Convolution with `kernel` `[h, w, in, out]`. */
export function conv2d(x: Tensor, kernel: Tensor, how: Sliding): Tensor {
  const shape = [x.shape[0], ...slid(x.shape, kernel.shape, how), kernel.shape[3]];
  return one("Conv2D", [x, kernel], sliding(x, how), shape);
}

/** The attributes of a convolution or pooling, which its gradient shares. */
const like = ({ attributes }: Node, ...names: string[]) =>
  Object.fromEntries(["T", "strides", "padding", ...names].map((name) => [name, attributes[name]]));

/** The gradient of a `conv2d` node with respect to its image. */
export function conv2dInputGradient(conv: Node, dy: Tensor): Tensor {
  const [x, kernel] = conv.inputs;
  return one("Conv2DBackpropInput", [shapeOf(x), kernel, dy], like(conv), x.shape, x.dtype);
}

/** The gradient of a `conv2d` node with respect to its kernel. */
export function conv2dKernelGradient(conv: Node, dy: Tensor): Tensor {
  const [x, kernel] = conv.inputs;
  const sizes = integers(x.node.graph, kernel.shape);
  return one("Conv2DBackpropFilter", [x, sizes, dy], like(conv), kernel.shape);
}

const pool = (op: string) => (x: Tensor, window: readonly [number, number], how: Sliding): Tensor =>
  one(
    op,
    [x],
    { ...sliding(x, how), ksize: a.integers([1, ...window, 1]) },
    [x.shape[0], ...slid(x.shape, window, how), x.shape[3]],
  );

/** Maximum over windows. */
export const maxPool = pool("MaxPool");
/** Mean over windows; padding does not count. */
export const averagePool = pool("AvgPool");

/** The gradient of a `maxPool` node. */
export function maxPoolGradient(node: Node, dy: Tensor): Tensor {
  const [x] = node.inputs;
  return one("MaxPoolGrad", [x, node.outputs[0], dy], like(node, "ksize"), x.shape);
}

/** The gradient of an `averagePool` node. */
export function averagePoolGradient(node: Node, dy: Tensor): Tensor {
  const [x] = node.inputs;
  return one("AvgPoolGrad", [shapeOf(x), dy], like(node, "ksize"), x.shape, x.dtype);
}

/** What batch normalisation gives. */
export interface Normalized {
  readonly y: Tensor;
  /** Mean and unbiased variance (divisor n - 1) of the batch by channel; meaningful in training only. */
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/**
 * `gamma * (x - mean) / sqrt(variance + epsilon) + beta` by channel of an image: in training with the
 * batch's mean and biased variance (divisor n), otherwise with those given.
 */
export function batchNormalization(
  x: Tensor,
  [gamma, beta, mean, variance]: readonly Tensor[],
  epsilon: number,
  training: boolean,
): Normalized {
  const { graph } = x.node;
  const attributes = {
    ...T(x),
    U: a.type("float32"),
    epsilon: a.float(epsilon),
    is_training: a.boolean(training),
  };
  const channels = { dtype: "float32", shape: gamma.shape } as const;
  // In training these two inputs must be empty.
  const none = training && constant(graph, { shape: [0], data: new Float32Array() });
  const node = graph.add(
    "FusedBatchNormV3",
    [x, gamma, beta, none || mean, none || variance],
    attributes,
    [{ dtype: x.dtype, shape: x.shape }, channels, channels, channels, channels, channels],
  );
  return { y: node.outputs[0], mean: node.outputs[1], variance: node.outputs[2] };
}

/** The gradients of a `batchNormalization` node with respect to image, gamma and beta. */
export function batchNormalizationGradients(node: Node, dy: Tensor): readonly Tensor[] {
  const [x, gamma, , mean, variance] = node.inputs;
  const training = "b" in node.attributes.is_training && node.attributes.is_training.b;
  const [, , , savedMean, savedVariance, saved] = node.outputs;
  const channels = { dtype: "float32", shape: gamma.shape } as const;
  return node.graph.add(
    "FusedBatchNormGradV3",
    [
      dy,
      x,
      gamma,
      training ? savedMean : mean,
      training ? savedVariance : variance,
      saved,
    ],
    node.attributes,
    [{ dtype: x.dtype, shape: x.shape }, channels, channels, channels, channels],
  ).outputs;
}

// Classification.

/** Rows of `on` at the class (int32 `[N]`) and `off` elsewhere: `[N, classes]`. */
export function oneHot(labels: Tensor, classes: number, on: number, off: number): Tensor {
  const { graph } = labels.node;
  const depth = constant(graph, { shape: [], data: Int32Array.of(classes) });
  return one(
    "OneHot",
    [labels, depth, scalar(graph, on), scalar(graph, off)],
    { T: a.type("float32"), TI: a.type("int32") },
    [...labels.shape, classes],
    "float32",
  );
}

/** `-sum(target * log(softmax(logits)))` of each row: `[N]`. Targets sum to 1. */
export const softmaxCrossEntropy = (logits: Tensor, targets: Tensor): Tensor =>
  logits.node.graph.add("SoftmaxCrossEntropyWithLogits", [logits, targets], T(logits), [
    { dtype: "float32", shape: logits.shape.slice(0, 1) },
    { dtype: "float32", shape: logits.shape },
  ]).outputs[0];

/** How many rows have their largest value at the class (int32 `[N]`): int32. The first of equal values counts. */
export function countCorrect(logits: Tensor, labels: Tensor): Tensor {
  const { graph } = logits.node;
  const axis = constant(graph, { shape: [], data: Int32Array.of(1) });
  const predicted = one(
    "ArgMax",
    [logits, axis],
    { ...T(logits), Tidx: a.type("int32"), output_type: a.type("int32") },
    labels.shape,
    "int32",
  );
  const equal = one("Equal", [predicted, labels], { T: a.type("int32") }, labels.shape, "bool");
  return sum(cast(equal, "int32"), [0]);
}

// Optimisers: fused updates of one variable, float32.

/**
 * One step of Adam (Kingma and Ba, 2015, with epsilon where section 2's last remark has it, as in Keras):
 * `m += (1 - beta1) (g - m)`, `v += (1 - beta2) (g^2 - v)`, `w -= rate * m / (sqrt(v) + epsilon)`.
 * `rate` is the learning rate after bias correction, `learningRate * sqrt(1 - beta2^t) / (1 - beta1^t)`.
 */
export function applyAdam(
  [w, m, v]: readonly Variable[],
  gradient: Tensor,
  rate: Tensor,
  { beta1, beta2, epsilon }: { beta1: number; beta2: number; epsilon: number },
  after: readonly Node[],
): Node {
  const { graph } = gradient.node;
  // TensorFlow would correct the bias itself from these powers of beta; with 0 it takes `rate` as it is.
  const corrected = scalar(graph, 0);
  return graph.add(
    "ResourceApplyAdam",
    [
      w.handle,
      m.handle,
      v.handle,
      corrected,
      corrected,
      rate,
      scalar(graph, beta1),
      scalar(graph, beta2),
      scalar(graph, epsilon),
      gradient,
    ],
    T(gradient),
    [],
    { after },
  );
}

/** `w -= rate * g`. */
export const applyGradientDescent = (
  w: Variable,
  gradient: Tensor,
  rate: Tensor,
  after: readonly Node[],
): Node =>
  gradient.node.graph.add(
    "ResourceApplyGradientDescent",
    [w.handle, rate, gradient],
    T(gradient),
    [],
    { after },
  );

/**
 * `velocity = momentum * velocity - rate * g`, `w += velocity`; with `nesterov`, in place of the latter,
 * `w += momentum * velocity - rate * g`.
 */
export const applyMomentum = (
  [w, velocity]: readonly Variable[],
  gradient: Tensor,
  rate: Tensor,
  { momentum, nesterov = false }: { momentum: number; nesterov?: boolean },
  after: readonly Node[],
): Node =>
  gradient.node.graph.add(
    "ResourceApplyKerasMomentum",
    [w.handle, velocity.handle, rate, gradient, scalar(gradient.node.graph, momentum)],
    nesterov ? { ...T(gradient), use_nesterov: a.boolean(true) } : T(gradient),
    [],
    { after },
  );
