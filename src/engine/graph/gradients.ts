/**
 * Reverse-mode differentiation: a rule for each operation, and the walk that applies them from a loss
 * back to the variables it depends on.
 *
 * @module
 */
import type { Node, Tensor } from "./builder.ts";
import * as op from "./operations.ts";

/**
 * How the gradient with respect to a node's first output becomes the gradients with respect to its
 * inputs: one function an input, called only where that gradient is wanted, and none for inputs
 * that are not differentiated (shapes, targets, moving statistics).
 */
export type Rule = (node: Node, dy: Tensor) => readonly (() => Tensor)[];

/** Sums a gradient over the axes along which its tensor was repeated. */
function unbroadcast(gradient: Tensor, { shape }: Tensor): Tensor {
  const extra = gradient.shape.length - shape.length;
  const repeated = gradient.shape.flatMap((size, i) =>
    i < extra || (shape[i - extra] === 1 && size !== 1) ? [i] : []
  );
  if (repeated.length === 0) return gradient;
  const total = op.sum(gradient, repeated, true);
  return extra === 0 ? total : op.reshape(total, shape);
}

/** The rules by operation. */
export const rules: Readonly<Record<string, Rule>> = {
  Cast: ({ inputs: [x] }, dy) => [() => op.cast(dy, x.dtype)],
  AddV2: ({ inputs: [x, y] }, dy) => [() => unbroadcast(dy, x), () => unbroadcast(dy, y)],
  Sub: ({ inputs: [x] }, dy) => [() => unbroadcast(dy, x)],
  Mul: ({ inputs: [x, y] }, dy) => [
    () => unbroadcast(op.multiply(dy, y), x),
    () => unbroadcast(op.multiply(dy, x), y),
  ],
  RealDiv: ({ inputs: [x, y] }, dy) => [() => unbroadcast(op.divide(dy, y), x)],
  AddN: ({ inputs }, dy) => inputs.map(() => () => dy),
  Mean: ({ inputs: [x] }, dy) => [() => op.broadcastLike(op.divide(dy, op.count(x)), x)],
  L2Loss: ({ inputs: [x] }, dy) => [() => op.multiply(x, dy)],
  Reshape: ({ inputs: [x] }, dy) => [() => op.reshape(dy, x.shape)],
  Pad: (node, dy) => [() => op.padGradient(node, dy)],
  BiasAdd: (_, dy) => [() => dy, () => op.biasAddGradient(dy)],
  Relu: ({ outputs: [y] }, dy) => [() => op.reluGradient(dy, y)],
  Softmax: ({ outputs: [y] }, dy) => [
    () => {
      const last = y.shape.length - 1;
      return op.multiply(y, op.subtract(dy, op.sum(op.multiply(dy, y), [last], true)));
    },
  ],
  MatMul: ({ inputs: [x, w] }, dy) => [
    () => op.matMul(dy, w, { x: false, y: true }),
    () => op.matMul(x, dy, { x: true, y: false }),
  ],
  Conv2D: (node, dy) => [
    () => op.conv2dInputGradient(node, dy),
    () => op.conv2dKernelGradient(node, dy),
  ],
  MaxPool: (node, dy) => [() => op.maxPoolGradient(node, dy)],
  AvgPool: (node, dy) => [() => op.averagePoolGradient(node, dy)],
  FusedBatchNormV3: (node, dy) => {
    let all: readonly Tensor[] | undefined;
    return [0, 1, 2].map((i) => () => (all ??= op.batchNormalizationGradients(node, dy))[i]);
  },
  SoftmaxCrossEntropyWithLogits: ({ outputs: [, slope] }, dy) => [
    () => op.multiply(slope, op.reshape(dy, [-1, 1])),
  ],
};

/**
 * The gradients of `loss` (a tensor without axes) with respect to each of `xs`, in their order.
 * Nothing is computed for parts of the graph that do not lie between an x and the loss.
 *
 * @throws {Error} where the loss does not depend on an x, or an operation has no rule
 */
export function gradients(loss: Tensor, xs: readonly Tensor[]): Tensor[] {
  const { graph } = loss.node;
  const wanted = new Set<Node>(xs.map((x) => x.node));
  // Nodes stand after their inputs, so one pass finds all that depend on an x.
  const between = new Set<Node>();
  for (const node of graph.nodes) {
    if (wanted.has(node) || node.inputs.some((input) => between.has(input.node))) {
      between.add(node);
    }
  }
  const received = new Map<Node, Tensor[]>([[loss.node, [op.scalar(graph, 1)]]]);
  const total = (node: Node): Tensor | undefined => {
    const parts = received.get(node);
    return parts && (parts.length === 1 ? parts[0] : op.addAll(parts));
  };
  for (const node of [...between].reverse()) {
    if (wanted.has(node)) continue;
    const dy = total(node);
    if (!dy) continue;
    const rule = rules[node.op];
    if (!rule) throw new Error(`There is no gradient rule for ${node.op} (node ${node.name}).`);
    const visit = () => {
      const parts = rule(node, dy);
      node.inputs.forEach((input, i) => {
        if (!between.has(input.node)) return;
        if (!parts[i]) {
          throw new Error(`${node.op} has no gradient for its input ${i} (node ${node.name}).`);
        }
        const earlier = received.get(input.node) ?? [];
        received.set(input.node, [...earlier, parts[i]()]);
      });
    };
    node.layer === undefined ? visit() : graph.layer(node.layer, visit);
  }
  return xs.map((x) => {
    const gradient = total(x.node);
    if (gradient) return gradient;
    throw new Error(`The loss does not depend on ${x.node.name}.`);
  });
}
