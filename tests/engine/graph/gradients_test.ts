import { assertEquals, assertLess, assertThrows } from "@std/assert";
import { Graph, type Tensor } from "../../../src/engine/graph/builder.ts";
import { gradients, rules } from "../../../src/engine/graph/gradients.ts";
import * as op from "../../../src/engine/graph/operations.ts";
import * as by from "../../support/reference.ts";
import type { Batch } from "../../support/reference.ts";
import { addon } from "../../support/tensorflow.ts";
import { evaluate } from "../../support/graphs.ts";

const ignore = !addon;

/** An operation, and the same function by definition. */
interface Case {
  readonly name: string;
  /** The operations whose rules this case is about. */
  readonly ops: readonly string[];
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly graph: (inputs: Record<string, Tensor>, graph: Graph) => Tensor;
  readonly reference: (inputs: Record<string, Batch>) => Batch;
  /** Largest error relative to the largest value; 1e-5 where left out. */
  readonly tolerance?: number;
}

const times = (x: Batch, factor: (channel: number, i: number) => number) =>
  by.each(x, (value, c, i) => value * factor(c, i));
const scalarOf = (value: number): Batch => ({ shape: [], data: Float64Array.of(value) });
const total = ({ data }: Batch) => data.reduce((sum, value) => sum + value, 0);
/** Values of 0.5 to 1.5, for what must not be near 0. */
const positive = (x: Batch) => by.each(x, (value) => 1 + value / 2);

const convolutions = ([
  ["same", [1, 1], [3, 3]],
  ["same", [2, 2], [3, 3]],
  ["same", [2, 1], [2, 3]],
  ["same", [2, 2], [5, 4]],
  ["same", [3, 3], [1, 1]],
  ["valid", [1, 1], [3, 2]],
  ["valid", [2, 2], [3, 3]],
  ["valid", [1, 2], [5, 5]],
] as const).map(([padding, strides, window]): Case => ({
  name: `Conv2D ${padding}, strides ${strides}, window ${window}`,
  ops: ["Conv2D"],
  inputs: { x: [2, 6, 7, 3], kernel: [...window, 3, 4] },
  graph: ({ x, kernel }) => op.conv2d(x, kernel, { strides, padding }),
  reference: ({ x, kernel }) => by.conv2d(x, kernel, strides, padding),
}));

const pools = (["max", "average"] as const).flatMap((kind) =>
  ([
    ["valid", [2, 2], [2, 2]],
    ["valid", [1, 2], [3, 3]],
    ["same", [2, 2], [3, 3]],
    ["same", [2, 3], [2, 2]],
    ["same", [1, 1], [3, 2]],
  ] as const).map(([padding, strides, window]): Case => ({
    name: `${kind} pooling ${padding}, strides ${strides}, window ${window}`,
    ops: [kind === "max" ? "MaxPool" : "AvgPool"],
    inputs: { x: [2, 7, 6, 3] },
    graph: ({ x }) =>
      (kind === "max" ? op.maxPool : op.averagePool)(x, window, { strides, padding }),
    reference: ({ x }) => by.pool(kind, x, window, strides, padding),
  }))
);

const cases: readonly Case[] = [
  ...convolutions,
  ...pools,
  {
    name: "AddV2 of one shape",
    ops: ["AddV2"],
    inputs: { x: [3, 4], x2: [3, 4] },
    graph: ({ x, x2 }) => op.add(x, x2),
    reference: ({ x, x2 }) => by.each(x, (value, _, i) => value + x2.data[i]),
  },
  {
    name: "AddV2 of a batch and a channel vector",
    ops: ["AddV2"],
    inputs: { x: [2, 3, 3, 4], w: [4] },
    graph: ({ x, w }) => op.add(x, w),
    reference: ({ x, w }) => by.each(x, (value, c) => value + w.data[c]),
  },
  {
    name: "Sub of a channel vector from one channel",
    ops: ["Sub"],
    inputs: { x: [2, 3, 3, 1] },
    graph: ({ x }, graph) =>
      op.subtract(x, op.constant(graph, { shape: [3], data: Float32Array.of(1, 2, 3) })),
    reference: ({ x }) => ({
      shape: [2, 3, 3, 3],
      data: Float64Array.from({ length: 54 }, (_, i) => x.data[Math.floor(i / 3)] - 1 - i % 3),
    }),
  },
  {
    name: "RealDiv by a channel vector",
    ops: ["RealDiv"],
    inputs: { x: [4, 3] },
    graph: ({ x }, graph) =>
      op.divide(x, op.constant(graph, { shape: [3], data: Float32Array.of(1, 2, 4) })),
    reference: ({ x }) => times(x, (c) => 1 / 2 ** c),
  },
  {
    name: "Mul of one shape",
    ops: ["Mul"],
    inputs: { x: [3, 4], x2: [3, 4] },
    graph: ({ x, x2 }) => op.multiply(x, x2),
    reference: ({ x, x2 }) => times(x, (_, i) => x2.data[i]),
  },
  {
    name: "Mul by a channel vector and by itself",
    ops: ["Mul"],
    inputs: { x: [2, 2, 3, 4], w: [4] },
    graph: ({ x, w }) => op.multiply(op.multiply(x, w), x),
    reference: ({ x, w }) => by.each(x, (value, c) => value * value * w.data[c]),
  },
  {
    name: "Cast to bfloat16 and back, but for its rounding,",
    ops: ["Cast"],
    inputs: { x: [2, 3, 4] },
    graph: ({ x }) => op.multiply(op.cast(op.cast(x, "bfloat16"), "float32"), x),
    reference: ({ x }) => by.each(x, (value) => value * value),
    tolerance: 2 ** -8,
  },
  {
    name: "AddN",
    ops: ["AddN"],
    inputs: { x: [2, 2, 2, 3], x2: [2, 2, 2, 3] },
    graph: ({ x, x2 }) => op.addAll([x, x2, x]),
    reference: ({ x, x2 }) => by.each(x, (value, _, i) => 2 * value + x2.data[i]),
  },
  {
    name: "Mean",
    ops: ["Mean"],
    inputs: { x: [3, 5] },
    graph: ({ x }) => op.mean(op.multiply(x, x)),
    reference: ({ x }) => scalarOf(total(by.each(x, (value) => value * value)) / 15),
  },
  {
    name: "L2Loss",
    ops: ["L2Loss"],
    inputs: { kernel: [3, 3, 2, 4] },
    graph: ({ kernel }) => op.l2Loss(kernel),
    reference: ({ kernel }) => scalarOf(total(by.each(kernel, (value) => value * value)) / 2),
  },
  {
    name: "Reshape",
    ops: ["Reshape"],
    inputs: { x: [2, 3, 2, 2], w: [12] },
    graph: ({ x, w }) => op.multiply(op.reshape(x, [-1, 12]), w),
    reference: ({ x, w }) => times({ shape: [2, 12], data: x.data }, (c) => w.data[c]),
  },
  {
    name: "Pad",
    ops: ["Pad"],
    inputs: { x: [2, 3, 2, 2] },
    graph: ({ x }) => op.pad(x, [[1, 0], [2, 3]]),
    reference: ({ x }) => by.pad(x, [[1, 0], [2, 3]]),
  },
  {
    name: "BiasAdd of images",
    ops: ["BiasAdd"],
    inputs: { x: [2, 3, 3, 4], bias: [4] },
    graph: ({ x, bias }) => op.biasAdd(x, bias),
    reference: ({ x, bias }) => by.each(x, (value, c) => value + bias.data[c]),
  },
  {
    name: "BiasAdd of features",
    ops: ["BiasAdd"],
    inputs: { x: [3, 4], bias: [4] },
    graph: ({ x, bias }) => op.biasAdd(x, bias),
    reference: ({ x, bias }) => by.each(x, (value, c) => value + bias.data[c]),
  },
  {
    name: "Relu",
    ops: ["Relu"],
    inputs: { x: [2, 3, 3, 4] },
    graph: ({ x }) => op.relu(x),
    reference: ({ x }) => by.relu(x),
  },
  {
    name: "Softmax",
    ops: ["Softmax"],
    inputs: { x: [3, 5] },
    graph: ({ x }) => op.softmax(x),
    reference: ({ x }) => by.softmax(x),
  },
  {
    name: "Softmax over channels of an image",
    ops: ["Softmax"],
    inputs: { x: [2, 2, 2, 3] },
    graph: ({ x }) => op.softmax(x),
    reference: ({ x }) => by.softmax(x),
  },
  {
    name: "MatMul",
    ops: ["MatMul"],
    inputs: { x: [3, 4], w: [4, 5] },
    graph: ({ x, w }) => op.matMul(x, w),
    reference: ({ x, w }) => by.matMul(x, w),
  },
  {
    name: "FusedBatchNormV3 in training",
    ops: ["FusedBatchNormV3"],
    inputs: { x: [3, 4, 3, 2], gamma: [2], beta: [2] },
    graph: ({ x, gamma, beta }) =>
      op.batchNormalization(x, [gamma, beta, gamma, beta], 1e-3, true).y,
    reference: ({ x, gamma, beta }) => by.normalize(x, gamma.data, beta.data, 1e-3),
    tolerance: 3e-5,
  },
  {
    name: "FusedBatchNormV3 in inference",
    ops: ["FusedBatchNormV3"],
    inputs: { x: [3, 4, 3, 2], gamma: [2], beta: [2] },
    graph: ({ x, gamma, beta }, graph) => {
      const mean = op.constant(graph, { shape: [2], data: Float32Array.of(0.25, -0.5) });
      const variance = op.constant(graph, { shape: [2], data: Float32Array.of(0.5, 2) });
      return op.batchNormalization(x, [gamma, beta, mean, variance], 1e-3, false).y;
    },
    reference: ({ x, gamma, beta }) =>
      by.normalize(x, gamma.data, beta.data, 1e-3, {
        mean: Float64Array.of(0.25, -0.5),
        variance: Float64Array.of(0.5, 2),
      }),
    tolerance: 3e-5,
  },
  {
    name: "SoftmaxCrossEntropyWithLogits",
    ops: ["SoftmaxCrossEntropyWithLogits"],
    inputs: { x: [3, 4] },
    graph: ({ x }, graph) => {
      const labels = op.constant(graph, { shape: [3], data: Int32Array.of(2, 0, 3) });
      return op.softmaxCrossEntropy(x, op.oneHot(labels, 4, 0.925, 0.025));
    },
    reference: ({ x }) => ({
      shape: [3],
      data: Float64Array.from([2, 0, 3], (label, row) => {
        const logits: Batch = { shape: [1, 4], data: x.data.slice(4 * row, 4 * row + 4) };
        const loss = { labelSmoothing: 0.1, l2: 0 };
        const spec = { name: "none", input: [1, 1, 1], layers: [] };
        return by.lossOf(spec, new Map(), logits, [label], loss);
      }),
    }),
  },
];

for (const { name, inputs, graph, reference, tolerance = 1e-5 } of cases) {
  Deno.test({
    name: `${name}: value and gradients equal the definition's and its central differences`,
    ignore,
    async fn() {
      const values: Record<string, Batch> = Object.fromEntries(
        Object.entries(inputs).map(([input, shape], i) => {
          const length = shape.reduce((product, n) => product * n, 1);
          const batch = { shape, data: by.noise(length, 7 + i) };
          return [input, input === "gamma" ? positive(batch) : batch];
        }),
      );
      for (const { data } of Object.values(values)) data.set(Float32Array.from(data));
      const expected = reference(values);
      const weights = by.noise(expected.data.length, 99);
      const weighted = () =>
        reference(values).data.reduce((sum, value, i) => sum + value * weights[i], 0) /
        weights.length;

      const names = Object.keys(inputs);
      const found = await evaluate(values, (tensors, g) => {
        const y = graph(tensors, g);
        const shape = expected.shape;
        const factor = op.constant(g, { shape, data: Float32Array.from(weights) });
        const slopes = gradients(op.mean(op.multiply(y, factor)), names.map((n) => tensors[n]));
        return { y, ...Object.fromEntries(names.map((n, i) => [`gradient ${n}`, slopes[i]])) };
      }) as Record<string, { shape: readonly number[]; data: Float32Array }>;

      assertEquals(found.y.shape, expected.shape);
      close(found.y.data, expected.data, tolerance, name);
      for (const n of names) {
        const { shape, data } = values[n];
        assertEquals(found[`gradient ${n}`].shape, shape);
        const slopes = data.map((_, i) => by.slope(weighted, data, i));
        close(found[`gradient ${n}`].data, slopes, tolerance, `${name}, gradient of ${n}`);
      }
    },
  });
}

/** Asserts that the largest difference is below `tolerance` times the largest value. */
function close(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
) {
  let largest = 1e-6;
  let error = 0;
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i]));
    error = Math.max(error, Math.abs(actual[i] - expected[i]));
  }
  assertLess(error / largest, tolerance, what);
}

Deno.test("every rule is tested", () => {
  const tested = new Set(cases.flatMap(({ ops }) => ops));
  assertEquals(Object.keys(rules).filter((name) => !tested.has(name)), []);
});

Deno.test("an operation without a rule is named", () => {
  const graph = new Graph();
  const x = op.placeholder(graph, "x", "float32", [-1, 2]);
  const y = op.mean(op.zerosLike(x));
  assertThrows(() => gradients(y, [x]), Error, "no gradient rule for ZerosLike");
});

Deno.test("an input that has no gradient is named", () => {
  const graph = new Graph();
  const x = op.placeholder(graph, "x", "float32", [-1, 2]);
  const y = op.mean(op.divide(op.scalar(graph, 1), x));
  assertThrows(() => gradients(y, [x]), Error, "RealDiv has no gradient for its input 1");
});

Deno.test("a variable that the loss does not depend on is named", () => {
  const graph = new Graph();
  const x = op.placeholder(graph, "x", "float32", [-1, 2]);
  const other = op.placeholder(graph, "other", "float32", [-1, 2]);
  assertThrows(() => gradients(op.mean(x), [other]), Error, "does not depend on other");
});

Deno.test("nothing is computed for what does not lead to a wanted tensor", () => {
  const graph = new Graph();
  const images = op.placeholder(graph, "images", "float32", [-1, 4, 4, 1]);
  const kernel = op.placeholder(graph, "kernel", "float32", [3, 3, 1, 2]);
  const y = op.relu(op.conv2d(images, kernel, { strides: [1, 1], padding: "same" }));
  gradients(op.mean(y), [kernel]);
  const added = graph.nodes.map((node) => node.op);
  assertEquals(added.filter((name) => name === "Conv2DBackpropFilter").length, 1);
  assertEquals(added.filter((name) => name === "Conv2DBackpropInput").length, 0);
});
