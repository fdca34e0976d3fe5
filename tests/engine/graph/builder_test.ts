import { assert, assertEquals, assertInstanceOf, assertMatch, assertRejects } from "@std/assert";
import fc from "fast-check";
import { Graph, type Signature } from "../../../src/engine/graph/builder.ts";
import { compile } from "../../../src/engine/graph/compile.ts";
import * as op from "../../../src/engine/graph/operations.ts";
import { decodeSavedModel, encodeSavedModel } from "../../../src/engine/graph/protocol.ts";
import { openSession } from "../../../src/engine/graph/session.ts";
import { everything, small, training } from "../../support/models.ts";
import { addon } from "../../support/tensorflow.ts";
import { evaluate } from "../../support/graphs.ts";

const ignore = !addon;

Deno.test("names are unique, scoped, and numbered where they are taken", () => {
  const graph = new Graph();
  const names = graph.scope("outer", () => {
    const first = op.scalar(graph, 1).node;
    const second = op.scalar(graph, 2).node;
    const inner = graph.layer("conv1", () => op.scalar(graph, 3).node);
    return [first, second, inner].map(({ name, layer }) => [name, layer]);
  });
  assertEquals(names, [
    ["outer/Const", undefined],
    ["outer/Const_1", undefined],
    ["outer/conv1/Const", "conv1"],
  ]);
});

Deno.test("a scope ends where its function does, also by an error", () => {
  const graph = new Graph();
  try {
    graph.layer("conv1", () => {
      throw new Error("on purpose");
    });
  } catch {
    // expected
  }
  const { name, layer } = op.scalar(graph, 1).node;
  assertEquals([name, layer], ["Const", undefined]);
});

Deno.test("bytes follow TensorFlow's definition of a SavedModel", () => {
  const bytes = encodeSavedModel(
    [{ name: "a", op: "Const", input: ["b:0", "^c"], attr: { T: { type: 1 }, n: { i: -1 } } }],
    {},
  );
  // Written by hand from saved_model.proto, meta_graph.proto, graph.proto, node_def.proto, attr_value.proto.
  const text = (value: string) => [value.length, ...new TextEncoder().encode(value)];
  const message = (
    field: number,
    content: number[],
  ) => [field << 3 | 2, content.length, ...content];
  const attribute = (name: string, value: number[]) =>
    message(5, [10, ...text(name), ...message(2, value)]);
  const node = [
    ...[10, ...text("a")],
    ...[18, ...text("Const")],
    ...[26, ...text("b:0")],
    ...[26, ...text("^c")],
    ...attribute("T", [6 << 3, 1]),
    ...attribute("n", [3 << 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]),
  ];
  const graph = [...message(1, node), ...message(4, [1 << 3, 0xbf, 0x08])];
  const meta = [...message(1, [34, ...text("serve")]), ...message(2, graph)];
  assertEquals([...bytes], [1 << 3, 1, ...message(2, meta)]);
});

Deno.test("what is encoded is decoded, whatever the values", () => {
  const attribute = fc.oneof(
    fc.record({ i: fc.integer() }),
    fc.record({ f: fc.float({ noNaN: true }) }),
    fc.record({ b: fc.boolean() }),
    fc.record({ type: fc.integer({ min: 1, max: 30 }) }),
    fc.record({ list: fc.record({ i: fc.array(fc.integer(), { minLength: 1 }) }) }),
    fc.record({
      shape: fc.record({ dim: fc.array(fc.record({ size: fc.integer({ min: -1 }) })) }),
    }),
  );
  const node = fc.record({
    name: fc.string(),
    op: fc.string(),
    input: fc.array(fc.string()),
    attr: fc.dictionary(fc.stringMatching(/^[A-Za-z]\w*$/), attribute, { noNullPrototype: true }),
  });
  fc.assert(fc.property(fc.array(node), (nodes) => {
    const decoded = decodeSavedModel(encodeSavedModel(nodes, {})).nodes;
    assertEquals(JSON.parse(JSON.stringify(decoded)), JSON.parse(JSON.stringify(nodes)));
  }));
});

Deno.test("every node of a compiled model stands after what it reads, under a name TensorFlow accepts", () => {
  for (const spec of [small, everything]) {
    const { graph, signatures } = compile(spec, training);
    const { nodes } = decodeSavedModel(graph.encode(signatures));
    assertEquals(nodes.length, graph.nodes.length);
    const seen = new Set<string>();
    for (const { name, input } of nodes) {
      assertMatch(name, /^[A-Za-z0-9.][A-Za-z0-9_>./-]*$/);
      for (const source of input) {
        assert(seen.has(source.replace(/^\^|:\d+$/g, "")), `${name} reads ${source}`);
      }
      seen.add(name);
    }
    assertEquals(seen.size, nodes.length);
  }
});

Deno.test("compiling the same model twice gives the same bytes", () => {
  const bytes = () => {
    const { graph, signatures, training: trainable } = compile(everything, training);
    return graph.encode({ ...signatures, ...trainable.signatures });
  };
  assertEquals(bytes(), bytes());
});

Deno.test({
  name: "what TensorFlow finds wrong when a graph runs comes back with the layer's name",
  ignore,
  async fn() {
    const error = await assertRejects(
      () =>
        evaluate({
          x: { shape: [2, 3], data: new Float64Array(6) },
          x2: { shape: [4, 3], data: new Float64Array(12) },
        }, ({ x, x2 }, graph) => ({ y: graph.layer("dense7", () => op.add(x, x2)) })),
      Error,
      "Model test, layer dense7: TensorFlow reports: ",
    );
    assertInstanceOf(error.cause, Error);
  },
});

Deno.test({
  name:
    "a graph that TensorFlow does not take is an Error with the layer's name, and leaves no file",
  ignore,
  async fn() {
    const graph = new Graph();
    const x = op.placeholder(graph, "x", "float32", [2, 3]);
    const y = graph.layer("dense8", () => op.matMul(x, x));
    const signature: Signature = { inputs: { x }, outputs: { y } };
    await assertRejects(
      () => openSession(addon!, graph, { test: signature }, "test"),
      Error,
      "Model test, layer dense8: TensorFlow reports: ",
    );
  },
});

Deno.test({
  name: "all tensors are freed when a run fails",
  ignore,
  async fn() {
    const before = addon!.getNumOfTensors();
    await assertRejects(() =>
      evaluate({
        x: { shape: [2, 3], data: new Float64Array(6) },
        x2: { shape: [4, 3], data: new Float64Array(12) },
      }, ({ x, x2 }) => ({ y: op.add(x, x2) }))
    );
    assertEquals(addon!.getNumOfTensors(), before);
  },
});
