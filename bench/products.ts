/** The fastest that libtensorflow multiplies matrices, which is what the speed of training is set against. @module */
import type { Precision } from "../src/engine/engine.ts";
import { Graph, type Node, type Signature } from "../src/engine/graph/builder.ts";
import * as op from "../src/engine/graph/operations.ts";
import { openSession } from "../src/engine/graph/session.ts";
import { randomState } from "../src/random.ts";
import type { Addon } from "../src/runtime/load.ts";

const SIZE = 2048;
const TIMES = 5;

/** A function that multiplies two matrices of 2048 x 2048 some times, and returns GFLOP/s. */
export async function products(addon: Addon, precision: Precision): Promise<() => number> {
  const graph = new Graph();
  const shape = [SIZE, SIZE];
  const names = ["x", "y"] as const;
  const variables = names.map((name) => op.variable(graph, name, precision, shape));
  const done = (after: Node[]): Signature["outputs"] => ({
    done: op.identity(op.scalar(graph, 1), after),
  });
  const fed = names.map((name) => op.placeholder(graph, `${name}_fed`, "float32", shape));
  const assigned = fed.map((value, i) =>
    op.assign(
      variables[i],
      precision === "float32" ? op.deepCopy(value) : op.cast(value, precision),
    )
  );
  const [x, y] = variables.map(op.read);
  // What nobody takes is not computed.
  const product = op.assign(op.variable(graph, "product", precision, shape), op.matMul(x, y));
  const signatures = {
    assign: { inputs: { x: fed[0], y: fed[1] }, outputs: done(assigned) },
    multiply: { inputs: {}, outputs: done([product]) },
  };
  const session = await openSession(addon, graph, signatures, "products");
  const matrix = (seed: number) => {
    const random = randomState(seed);
    return { shape, data: Float32Array.from({ length: SIZE ** 2 }, () => random.float64() - 0.5) };
  };
  session.run(signatures.assign, { x: matrix(1), y: matrix(2) });
  session.run(signatures.multiply, {});
  return () => {
    const start = performance.now();
    for (let i = 0; i < TIMES; i++) session.run(signatures.multiply, {});
    const seconds = (performance.now() - start) / 1000;
    return TIMES * 2 * SIZE ** 3 / seconds / 1e9;
  };
}
