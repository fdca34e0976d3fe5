import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import type { LossSpec, OptimizerSpec } from "../../../src/engine/engine.ts";
import { Graph, type Node, type Tensor } from "../../../src/engine/graph/builder.ts";
import { compile } from "../../../src/engine/graph/compile.ts";
import { type Rule, rules } from "../../../src/engine/graph/gradients.ts";
import * as op from "../../../src/engine/graph/operations.ts";
import { graphDigest, programDigest } from "../../../src/engine/graph/program.ts";
import { encodeSavedModel } from "../../../src/engine/graph/saved_model.ts";
import { sha256 } from "../../../src/files/digest.ts";
import { lenet5 } from "../../../src/models/lenet5.ts";
import { resnetV2 } from "../../../src/models/resnet_v2.ts";
import type { Layer, ModelSpec } from "../../../src/models/spec.ts";
import { enlarged, everything, optimizers, penalised, plain, small } from "../../support/models.ts";

/** The digest of one signature, made of inputs `x` and `y`. */
function digestOf(
  build: (x: Tensor, y: Tensor, graph: Graph) => Record<string, Tensor>,
): string {
  const graph = new Graph();
  const x = op.placeholder(graph, "x", "float32", [-1, 2]);
  const y = op.placeholder(graph, "y", "float32", [-1, 2]);
  return graphDigest(graph, { f: { inputs: { x, y }, outputs: build(x, y, graph) } });
}

const product = digestOf((x, y) => ({ z: op.relu(op.multiply(x, y)) }));

/** Attributes of several kinds, and the digest of an operation that has them. */
const attributes = { T: { type: 1 }, scale: { f: 0.1 }, padding: { s: Uint8Array.of(1, 2) } };
const custom = (given: Node["attributes"], name?: string) =>
  digestOf((x, y, graph) => ({
    z: graph.add("Custom", [x, y], given, [{ dtype: "float32", shape: [-1, 2] }], { name })
      .outputs[0],
  }));

Deno.test("names of nodes do not count", () => {
  assertEquals(
    digestOf((x, y, graph) => ({
      z: graph.layer("conv1", () => op.relu(graph.scope("inner", () => op.multiply(x, y)))),
    })),
    product,
  );
  assertEquals(custom(attributes, "another"), custom(attributes));
});

Deno.test("names of placeholders do not count, the keys they are fed by do", () => {
  const fed = (names: string[], keys: string[]) => {
    const graph = new Graph();
    const [a, b] = names.map((name) => op.placeholder(graph, name, "float32", [-1, 2]));
    const inputs = { [keys[0]]: a, [keys[1]]: b };
    return graphDigest(graph, { f: { inputs, outputs: { z: op.subtract(a, b) } } });
  };
  assertEquals(fed(["a", "b"], ["x", "y"]), fed(["b", "a"], ["x", "y"]));
  assertNotEquals(fed(["a", "b"], ["x", "y"]), fed(["a", "b"], ["y", "x"]));
});

Deno.test("the order of attributes does not count, their values do", () => {
  const { T, scale, padding } = attributes;
  assertEquals(custom({ padding, scale, T }), custom(attributes));
  assertEquals(custom({ ...attributes, scale: { f: Math.fround(0.1) } }), custom(attributes));
  assertNotEquals(custom({ ...attributes, scale: { f: 0.2 } }), custom(attributes));
  assertNotEquals(
    custom({ ...attributes, padding: { s: Uint8Array.of(1, 3) } }),
    custom(attributes),
  );
  assertNotEquals(custom({ T, scale }), custom(attributes));
});

Deno.test("nodes that no signature reaches do not count", () => {
  assertEquals(
    digestOf((x, y, graph) => {
      op.softmax(op.add(x, op.scalar(graph, 1)));
      const z = op.relu(op.multiply(x, y));
      op.multiply(z, z);
      return { z };
    }),
    product,
  );
});

Deno.test("the order in which nodes were added does not count", () => {
  const ways = [false, true].map((swapped) =>
    digestOf((x, y, graph) => {
      const left = () => op.relu(x);
      const right = () => op.softmax(y);
      const [first, second] = swapped ? [right(), left()] : [left(), right()];
      const [l, r] = swapped ? [second, first] : [first, second];
      const nodes = swapped ? [r.node, l.node] : [l.node, r.node];
      return { z: op.identity(op.subtract(l, r), nodes), one: op.scalar(graph, 1) };
    })
  );
  assertEquals(ways[0], ways[1]);
});

Deno.test("equal nodes are as good as one, unless they change a variable", () => {
  const square = (twice: boolean) =>
    digestOf((x) => {
      const first = op.relu(x);
      return { z: op.multiply(first, twice ? op.relu(x) : first) };
    });
  assertEquals(square(true), square(false));
  const change = (twice: boolean) =>
    digestOf((x, y, graph) => {
      const variable = op.variable(graph, "w", "float32", [-1, 2]);
      const once = op.assignSub(variable, x);
      const again = twice ? op.assignSub(variable, x) : once;
      const wait = [op.identity(y, [once]), op.identity(y, [again])];
      return { z: op.add(wait[0], wait[1]) };
    });
  assertNotEquals(change(true), change(false));
});

Deno.test("operations, constants, the order of inputs, outputs and what is waited for count", () => {
  const others = [
    digestOf((x, y) => ({ z: op.softmax(op.multiply(x, y)) })),
    digestOf((x, y) => ({ z: op.relu(op.multiply(y, x)) })),
    digestOf((x, y) => ({ z: op.relu(op.multiply(x, x)), y })),
    digestOf((x, y) => ({ other: op.relu(op.multiply(x, y)) })),
    digestOf((x, y, graph) => ({ z: op.multiply(op.scalar(graph, 0), op.multiply(x, y)) })),
    digestOf((x, y, graph) => ({ z: op.multiply(op.scalar(graph, -0), op.multiply(x, y)) })),
    digestOf((x, y) => ({ z: op.identity(op.relu(op.multiply(x, y)), []) })),
    digestOf((x, y) => ({ z: op.identity(op.relu(op.multiply(x, y)), [x.node]) })),
    digestOf((x, y) => ({ z: op.addAll([x, y]) })),
    digestOf((x, y) => ({ z: op.addAll([y, x]) })),
    digestOf((x, y) => ({ z: op.softmaxCrossEntropy(x, y).node.outputs[0] })),
    digestOf((x, y) => ({ z: op.softmaxCrossEntropy(x, y).node.outputs[1] })),
    digestOf((x, y, graph) => ({
      z: op.identity(op.multiply(x, y), [
        op.assign(op.variable(graph, "v", "float32", [-1, 2]), x),
      ]),
    })),
    digestOf((x, y, graph) => ({
      z: op.identity(op.multiply(x, y), [
        op.assign(op.variable(graph, "w", "float32", [-1, 2]), x),
      ]),
    })),
  ];
  assertEquals(new Set([product, ...others]).size, others.length + 1);
});

Deno.test("a placeholder that its signature is not fed is named", () => {
  const graph = new Graph();
  const x = op.placeholder(graph, "forgotten", "float32", [-1, 2]);
  const signature = { inputs: {}, outputs: { z: op.relu(x) } };
  assertThrows(() => graphDigest(graph, { f: signature }), Error, "reads forgotten");
});

const how: { optimizer: OptimizerSpec; loss: LossSpec } = {
  optimizer: optimizers.adam,
  loss: plain,
};

/** The model with one layer changed. */
const changed = (spec: ModelSpec, name: string, change: object): ModelSpec => ({
  ...spec,
  layers: spec.layers.map((layer) => layer.name === name ? { ...layer, ...change } : layer),
});

Deno.test("whatever changes what a model computes changes its program, and nothing else does", () => {
  const relu: Layer = { type: "activation", name: "relu", activation: "relu" };
  const others = {
    prediction: programDigest(small),
    "another kernel size": programDigest(changed(small, "conv1", { kernelSize: [5, 5] }), how),
    "another padding": programDigest(changed(small, "conv2", { padding: "same" }), how),
    "another scale": programDigest(changed(small, "rescaling", { scale: 1 / 256 }), how),
    "another optimiser": programDigest(small, { ...how, optimizer: optimizers.sgd }),
    "another constant of the optimiser": programDigest(small, {
      ...how,
      optimizer: { ...optimizers.adam, epsilon: 1e-8 },
    }),
    "label smoothing": programDigest(small, { ...how, loss: { ...plain, labelSmoothing: 0.1 } }),
    "l2": programDigest(small, { ...how, loss: { ...plain, l2: 1e-4 } }),
    "another l2": programDigest(small, { ...how, loss: { ...plain, l2: 2e-4 } }),
    "a frozen layer": programDigest({ ...small, frozen: ["conv1"] }, how),
    "an activation added": programDigest(
      { ...small, layers: small.layers.toSpliced(-1, 0, relu) },
      how,
    ),
    "floats for bytes": programDigest({ ...small, inputType: "float32" }, how),
    "a variable of another name": programDigest(changed(small, "dense1", { name: "dense9" }), how),
  };
  const digests = [programDigest(small, how), ...Object.values(others)];
  assertEquals(new Set(digests).size, digests.length);

  assertEquals(programDigest(small, { ...how }), digests[0], "compiled again");
  assertEquals(programDigest({ ...small, name: "renamed" }, how), digests[0], "renamed");
  const pooled = changed(small, "pool1", { name: "another" });
  assertEquals(programDigest(pooled, how), digests[0], "a layer without variables renamed");
});

Deno.test("the order of what is added up counts", () => {
  const sum = (inputs: string[]) => programDigest(changed(everything, "sum3", { inputs }), how);
  assertNotEquals(sum(["norm2", "global", "dense1"]), sum(["global", "norm2", "dense1"]));
});

Deno.test("the seed of dropout is no part of the program, dropout is", () => {
  const without = changed(everything, "dropout1", { rate: 0 });
  assertNotEquals(programDigest(without, how), programDigest(everything, how));
  const seeded = { ...how, seed: 3 };
  assertEquals(programDigest(everything, seeded), programDigest(everything, how));
});

Deno.test("a changed gradient rule changes what is trained, not what predicts", () => {
  const before = [programDigest(small), programDigest(small, how)];
  const { Relu } = rules;
  const leaky: Rule = (_, dy) => [() => dy];
  try {
    Object.assign(rules, { Relu: leaky });
    assertEquals(programDigest(small), before[0]);
    assertNotEquals(programDigest(small, how), before[1]);
  } finally {
    Object.assign(rules, { Relu });
  }
  assertEquals(programDigest(small, how), before[1]);
});

Deno.test("a compiled model's digest is that of its signatures", () => {
  const { graph, signatures } = compile(small, how);
  assertEquals(graphDigest(graph, signatures), programDigest(small, how));
  const { read, train, ...rest } = signatures;
  assertEquals(graphDigest(graph, { train, ...rest, read }), programDigest(small, how));
});

Deno.test("graphs without a precision are byte for byte those of before there was one", () => {
  const bytes = (spec: ModelSpec, training?: { optimizer: OptimizerSpec; loss: LossSpec }) => {
    const { graph, signatures } = training ? compile(spec, training) : compile(spec);
    return sha256(encodeSavedModel(graph, signatures));
  };
  const { adam, adamw } = optimizers;
  const momentum = optimizers["sgd with momentum"];
  // Taken from the commit before the first with a precision.
  assertEquals({
    lenet5: bytes(lenet5([32, 32, 1], 10), { optimizer: adam, loss: plain }),
    resnet50v2: bytes(resnetV2(50, [64, 64, 1])),
    everything: bytes(everything, { optimizer: adamw, loss: penalised }),
    enlarged: bytes(enlarged, { optimizer: momentum, loss: plain }),
  }, {
    lenet5: "059fe23321c08044a08ed3cbce615379b60b8e1912ed253ba5db399a9b0d6792",
    resnet50v2: "8e329f318362027a5b366745539f323d129c24f817e65242336bd9147b0139a9",
    everything: "8b76601adc9682b96a081a2f663c3ceee88be3a91e82e726d52b48c38445440d",
    enlarged: "96aa4df34976fc96e516ce1e228ae1d0f13e73871a628f1c112a948b9497aef7",
  });
});

Deno.test("bfloat16 makes another training step, and the same predictions", () => {
  for (const spec of [small, everything]) {
    const [single, half] = (["float32", "bfloat16"] as const).map((precision) =>
      compile(spec, { ...how, precision })
    );
    assertEquals(graphDigest(single.graph, single.signatures), programDigest(spec, how));
    const { train, ...others } = half.signatures;
    const { train: before, ...othersBefore } = single.signatures;
    assertEquals(graphDigest(half.graph, others), graphDigest(single.graph, othersBefore));
    assertNotEquals(
      graphDigest(half.graph, { train }),
      graphDigest(single.graph, { train: before }),
    );
  }
});

Deno.test("in bfloat16 every convolution and matrix product of a step is, and what must not be is not", () => {
  const half = [
    "Conv2D",
    "Conv2DBackpropInput",
    "Conv2DBackpropFilter",
    "MatMul",
    "MaxPool",
    "Relu",
  ];
  const single = [
    "Softmax",
    "SoftmaxCrossEntropyWithLogits",
    "ResourceApplyAdam",
    "AssignSubVariableOp",
    "L2Loss",
  ];
  const { graph } = compile(everything, { ...how, loss: penalised, precision: "bfloat16" });
  const step = graph.nodes.filter(({ name }) => name.startsWith("train/"));
  const typeOf = ({ attributes: { T, dtype } }: Node) => {
    const value = T ?? dtype;
    return "type" in value ? value.type : undefined;
  };
  for (const [ops, type] of [[half, 14], [single, 1]] as const) {
    for (const op of ops) {
      const types = new Set(step.filter((node) => node.op === op).map(typeOf));
      assertEquals([...types], [type], op);
    }
  }
  const norms = step.filter(({ op }) => op.startsWith("FusedBatchNorm"));
  assertEquals(new Set(norms.map(({ attributes: { U } }) => "type" in U && U.type)), new Set([1]));
});
