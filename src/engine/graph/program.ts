/**
 * The digest of what a model compiles to: two models, or the same one compiled by two versions of this
 * engine, have equal digests when TensorFlow computes the same for both.
 *
 * @module
 */
import { digest, type Json, sha256 } from "../../files/digest.ts";
import type { ModelSpec } from "../../models/spec.ts";
import type { TrainingSpec } from "../engine.ts";
import type { Graph, Node, Signature, Tensor } from "./builder.ts";
import { compile } from "./compile.ts";
import type { AttributeMessage, ShapeMessage } from "./protocol.ts";

/**
 * SHA-256 of the graph that a model compiles to, for prediction if `training` is omitted; see
 * `graphDigest` for what counts. What a graph is fed is no part of it: learning rate and weight decay,
 * masks of dropout and so their rates, images, weights.
 *
 * @throws {Error} where `compile` does
 */
export function programDigest(
  spec: ModelSpec,
  training?: Omit<TrainingSpec, "seed">,
): string {
  const { graph, signatures } = training ? compile(spec, training) : compile(spec);
  return graphDigest(graph, signatures);
}

/**
 * SHA-256 of what signatures compute: a Merkle digest, from each signature's outputs backwards.
 *
 * A node counts by its operation, its attributes, the tensors it reads in their order, and the nodes it
 * waits for; what a signature is fed by its key, type and shape; a variable by its shared name, which is
 * one of its attributes. Outputs count in their order, because `read` returns variables in it. What does
 * not count: names of nodes, the order in which nodes were added, that of attributes and of inputs,
 * and nodes that no signature reaches.
 *
 * @throws {Error} where a signature reaches a placeholder that is not among its inputs
 */
export function graphDigest(
  graph: Graph,
  signatures: Readonly<Record<string, Signature>>,
): string {
  return digest(
    Object.fromEntries(
      Object.entries(signatures).map(([name, signature]) => [
        name,
        signatureDigest(graph, signature),
      ]),
    ),
  );
}

function signatureDigest(graph: Graph, { inputs, outputs }: Signature): string {
  const fed = new Map(Object.entries(inputs).map(([key, { node }]) => [node, key]));
  const reached = reachedFrom(Object.values(outputs), fed);
  const digests = new Map<Node, string>();
  const tensor = ({ node, index }: Tensor) => `${digests.get(node)}:${index}`;
  const effects: string[] = [];
  // Nodes stand after what they read and wait for, so one pass finds everything digested already.
  for (const node of graph.nodes) {
    if (!reached.has(node)) continue;
    const key = fed.get(node);
    if (key === undefined && node.op === "Placeholder") {
      throw new Error(`The graph reads ${node.name}, which its signature is not fed.`);
    }
    const found = key === undefined
      ? digest({
        op: node.op,
        attributes: Object.fromEntries(
          Object.entries(node.attributes).map(([name, value]) => [name, canonical(value)]),
        ),
        inputs: node.inputs.map(tensor),
        after: node.after.map((earlier) => digests.get(earlier)!).sort(),
      })
      : digest({ fed: key });
    digests.set(node, found);
    if (node.inputs.some(({ dtype }) => dtype === "resource")) effects.push(found);
  }
  return digest({
    inputs: Object.fromEntries(
      Object.entries(inputs).map(([key, { dtype, shape }]) => [key, { dtype, shape }]),
    ),
    outputs: Object.entries(outputs).map(([key, output]) => [key, tensor(output)]),
    // Two equal nodes are as good as one that is read twice, unless they touch a variable: taking a value
    // off it twice is not once.
    effects: effects.sort(),
  });
}

/** All nodes that run for some outputs; those fed are among them, and what lies before them is not. */
function reachedFrom(outputs: readonly Tensor[], fed: ReadonlyMap<Node, string>): Set<Node> {
  const reached = new Set<Node>();
  const waiting = outputs.map(({ node }) => node);
  for (let node; (node = waiting.pop());) {
    if (reached.has(node)) continue;
    reached.add(node);
    if (!fed.has(node)) waiting.push(...node.inputs.map(({ node }) => node), ...node.after);
  }
  return reached;
}

/** An attribute's value as TensorFlow will have it: numbers in their width, bytes by their digest. */
function canonical(value: AttributeMessage): Json {
  if ("s" in value) return { s: sha256(value.s) };
  if ("f" in value) return { f: Math.fround(value.f) };
  if ("tensor" in value) {
    const { dtype, tensorShape, tensorContent } = value.tensor;
    return { tensor: { dtype, shape: sizes(tensorShape), content: sha256(tensorContent) } };
  }
  if ("shape" in value) return { shape: sizes(value.shape) };
  if ("i" in value) return { i: value.i };
  if ("b" in value) return { b: value.b };
  if ("type" in value) return { type: value.type };
  return { list: value.list.i };
}

const sizes = ({ dim }: ShapeMessage): number[] => dim.map(({ size }) => size);

/** What a job compiles: a model, to be trained or, if `training` is omitted, to predict. */
export interface Compiled {
  readonly spec: ModelSpec;
  readonly training?: Omit<TrainingSpec, "seed">;
}

/** `programDigest` as jobs' keys ask for it; see `variants.ts`. */
export const compiled = ({ spec, training }: Compiled): string => programDigest(spec, training);
