/**
 * A TensorFlow graph under construction: nodes, the tensors they give, and the variables they share.
 * Which operations there are stands in `operations.ts`.
 *
 * @module
 */
import type { NdArray } from "../../ndarray.ts";
import { type AttributeMessage, type DataType, dataTypes, shapeMessage } from "./protocol.ts";

/** One operation in a graph. */
export interface Node {
  readonly graph: Graph;
  /** Unique in its graph, such as `train/conv1/Conv2D`. */
  readonly name: string;
  /** TensorFlow's name of the operation, such as `Conv2D`. */
  readonly op: string;
  /** Label of the part of the model that this node belongs to: a layer's name, or undefined. */
  readonly layer: string | undefined;
  readonly inputs: readonly Tensor[];
  /** Nodes that run before this one though it reads nothing of theirs. */
  readonly after: readonly Node[];
  readonly attributes: Readonly<Record<string, AttributeMessage>>;
  readonly outputs: readonly Tensor[];
}

/** One output of a node. */
export interface Tensor {
  readonly node: Node;
  /** Which of the node's outputs, from 0. */
  readonly index: number;
  readonly dtype: DataType;
  /** Sizes of the axes; -1 for the batch axis, whose size is not known before the graph runs. */
  readonly shape: readonly number[];
}

/** Something that keeps its value between runs and is shared by all of a graph's signatures. */
export interface Variable {
  readonly name: string;
  readonly handle: Tensor;
  readonly dtype: DataType;
  /** -1 for an axis that may change with every assignment. */
  readonly shape: readonly number[];
}

/** A named function over a part of a graph: which tensors it is fed, and which it gives. */
export interface Signature {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly outputs: Readonly<Record<string, Tensor>>;
}

/** Type and shape of one output. */
export type TensorType = Pick<Tensor, "dtype" | "shape">;

/** Attribute values by kind. */
export const attribute = {
  type: (dtype: DataType): AttributeMessage => ({ type: dataTypes[dtype] }),
  text: (value: string): AttributeMessage => ({ s: new TextEncoder().encode(value) }),
  integer: (value: number): AttributeMessage => ({ i: value }),
  float: (value: number): AttributeMessage => ({ f: value }),
  boolean: (value: boolean): AttributeMessage => ({ b: value }),
  shape: (value: readonly number[]): AttributeMessage => ({ shape: shapeMessage(value) }),
  integers: (value: readonly number[]): AttributeMessage => ({ list: { i: value } }),
  /** Values in the byte order of the machine, which is TensorFlow's. */
  tensor: ({ shape, data }: NdArray<Float32Array | Int32Array>): AttributeMessage => ({
    tensor: {
      dtype: dataTypes[data instanceof Float32Array ? "float32" : "int32"],
      tensorShape: shapeMessage(shape),
      tensorContent: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    },
  }),
};

/** The name by which a graph's tensors are fed and fetched. */
export const tensorName = ({ node, index }: Tensor): string => `${node.name}:${index}`;

/** A graph that nodes are added to, in an order in which every node stands after its inputs. */
export class Graph {
  readonly nodes: Node[] = [];
  readonly #names = new Set<string>();
  #scope = "";
  #layer: string | undefined;

  /** Runs `build` with `name` in front of the names of the nodes that it adds. */
  scope<T>(name: string, build: () => T): T {
    const outer = this.#scope;
    this.#scope = `${outer}${name}/`;
    try {
      return build();
    } finally {
      this.#scope = outer;
    }
  }

  /** Runs `build` with the nodes that it adds belonging to a layer, which also scopes their names. */
  layer<T>(name: string, build: () => T): T {
    const outer = this.#layer;
    this.#layer = name;
    try {
      return this.scope(name, build);
    } finally {
      this.#layer = outer;
    }
  }

  /** Adds a node; `name` is the operation's if omitted, and is numbered where it is taken. */
  add(
    op: string,
    inputs: readonly Tensor[],
    attributes: Readonly<Record<string, AttributeMessage>>,
    outputs: readonly TensorType[],
    { name = op, after = [] }: { name?: string; after?: readonly Node[] } = {},
  ): Node {
    const wanted = `${this.#scope}${name}`;
    let unique = wanted;
    for (let n = 1; this.#names.has(unique); n++) unique = `${wanted}_${n}`;
    this.#names.add(unique);
    const tensors: Tensor[] = [];
    const node: Node = {
      graph: this,
      name: unique,
      op,
      layer: this.#layer,
      inputs,
      after,
      attributes,
      outputs: tensors,
    };
    outputs.forEach(({ dtype, shape }, index) => tensors.push({ node, index, dtype, shape }));
    this.nodes.push(node);
    return node;
  }
}
