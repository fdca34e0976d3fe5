import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { Graph, type Node, type Signature } from "../../../src/engine/graph/builder.ts";
import { compile } from "../../../src/engine/graph/compile.ts";
import * as op from "../../../src/engine/graph/operations.ts";
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

Deno.test("every node of a compiled model stands after what it reads, under a name TensorFlow accepts", () => {
  for (const { graph } of [compile(small), compile(everything), compile(everything, training)]) {
    const seen = new Set<Node>();
    for (const node of graph.nodes) {
      assertMatch(node.name, /^[A-Za-z0-9.][A-Za-z0-9_>./-]*$/);
      for (const source of [...node.inputs.map(({ node }) => node), ...node.after]) {
        assert(seen.has(source), `${node.name} reads ${source.name}`);
      }
      seen.add(node);
    }
    assertEquals(new Set(graph.nodes.map(({ name }) => name)).size, graph.nodes.length);
  }
});

Deno.test("a model compiled for prediction has no place for labels and nothing of training", () => {
  const { graph, signatures } = compile(everything);
  assertEquals(Object.keys(signatures), ["allocate", "place", "assign", "read", "predict"]);
  assertEquals(Object.keys(signatures.place.inputs), ["indices", "images"]);
  const names = graph.nodes.map(({ name }) => name);
  assertEquals(names.filter((name) => /^(train|optimizer|data\/labels)\b/.test(name)), []);
});

Deno.test("a model that cannot be trained is not compiled for it", () => {
  const spec = { ...small, frozen: ["conv1", "conv2", "dense1", "logits"] };
  assertThrows(() => compile(spec, training), Error, "Model small cannot be trained, only predict");
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
