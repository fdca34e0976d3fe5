/** Small graphs for tests: built, run once, and closed. @module */
import { Graph, type Signature, type Tensor } from "../../src/engine/graph/builder.ts";
import { placeholder } from "../../src/engine/graph/operations.ts";
import { openSession } from "../../src/engine/graph/session.ts";
import type { NdArray } from "../../src/ndarray.ts";
import type { Batch } from "./reference.ts";
import { addon } from "./tensorflow.ts";

/**
 * Runs the outputs that `build` makes of float32 inputs. As in a model, the graph does not know how many
 * rows there are of the inputs `x` and `x2`, and knows all about the others.
 */
export async function evaluate<Name extends string>(
  inputs: Readonly<Record<string, Batch>>,
  build: (inputs: Record<string, Tensor>, graph: Graph) => Record<Name, Tensor>,
): Promise<Record<Name, NdArray<Float32Array>>> {
  const graph = new Graph();
  const fed = Object.fromEntries(
    Object.entries(inputs).map(([name, { shape }]) => [
      name,
      placeholder(graph, name, "float32", /^x/.test(name) ? [-1, ...shape.slice(1)] : shape),
    ]),
  );
  const signature: Signature = { inputs: fed, outputs: build(fed, graph) };
  const session = await openSession(addon!, graph, { test: signature }, "test");
  try {
    const values = Object.entries(inputs).map(([name, { shape, data }]) => [
      name,
      { shape, data: Float32Array.from(data) },
    ]);
    return session.run(signature, Object.fromEntries(values)) as Record<
      Name,
      NdArray<Float32Array>
    >;
  } finally {
    session.close();
  }
}
