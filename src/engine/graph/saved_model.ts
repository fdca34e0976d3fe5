/**
 * A graph as the bytes that TensorFlow reads: the part of its serialised formats that this takes, with
 * field numbers as in `tensorflow/core/framework/*.proto` and
 * `tensorflow/core/protobuf/{meta_graph,saved_model}.proto`.
 *
 * @module
 */
import protobuf from "protobufjs/light.js";
import { type Graph, type Signature, type Tensor, tensorName } from "./builder.ts";
import { type AttributeMessage, dataTypes, type ShapeMessage, shapeMessage } from "./protocol.ts";

/** `NodeDef`: `input` names tensors as `node:output`, and nodes only to be waited for as `^node`. */
interface NodeMessage {
  readonly name: string;
  readonly op: string;
  readonly input: readonly string[];
  readonly attr: Readonly<Record<string, AttributeMessage>>;
}

/** `TensorInfo`: what a signature says of one of its tensors. */
interface TensorInfoMessage {
  readonly name: string;
  readonly dtype: number;
  readonly tensorShape: ShapeMessage;
}

/** `SignatureDef`: a named function over a part of the graph. */
interface SignatureMessage {
  readonly inputs: Readonly<Record<string, TensorInfoMessage>>;
  readonly outputs: Readonly<Record<string, TensorInfoMessage>>;
  readonly methodName: string;
}

const one = (type: string, id: number) => ({ type, id });
const many = (type: string, id: number) => ({ rule: "repeated", type, id });
const map = (type: string, id: number) => ({ keyType: "string", type, id });

const messages = protobuf.Root.fromJSON({
  nested: {
    Dim: { fields: { size: one("int64", 1) } },
    TensorShape: { fields: { dim: many("Dim", 2) } },
    Tensor: {
      fields: {
        dtype: one("int32", 1),
        tensorShape: one("TensorShape", 2),
        tensorContent: one("bytes", 4),
      },
    },
    IntegerList: { fields: { i: many("int64", 3) } },
    Attribute: {
      oneofs: { value: { oneof: ["s", "i", "f", "b", "type", "shape", "tensor", "list"] } },
      fields: {
        list: one("IntegerList", 1),
        s: one("bytes", 2),
        i: one("int64", 3),
        f: one("float", 4),
        b: one("bool", 5),
        type: one("int32", 6),
        shape: one("TensorShape", 7),
        tensor: one("Tensor", 8),
      },
    },
    Node: {
      fields: {
        name: one("string", 1),
        op: one("string", 2),
        input: many("string", 3),
        attr: map("Attribute", 5),
      },
    },
    Versions: { fields: { producer: one("int32", 1) } },
    Graph: { fields: { node: many("Node", 1), versions: one("Versions", 4) } },
    TensorInfo: {
      fields: {
        name: one("string", 1),
        dtype: one("int32", 2),
        tensorShape: one("TensorShape", 3),
      },
    },
    Signature: {
      fields: {
        inputs: map("TensorInfo", 1),
        outputs: map("TensorInfo", 2),
        methodName: one("string", 3),
      },
    },
    MetaInfo: { fields: { tags: many("string", 4) } },
    MetaGraph: {
      fields: {
        metaInfoDef: one("MetaInfo", 1),
        graphDef: one("Graph", 2),
        signatureDef: map("Signature", 5),
      },
    },
    SavedModel: {
      fields: { savedModelSchemaVersion: one("int64", 1), metaGraphs: many("MetaGraph", 2) },
    },
  },
});
const SavedModel = messages.lookupType("SavedModel");

/** The tag that a SavedModel's one graph is found by; TensorFlow's own name for "to be run". */
export const TAG = "serve";

/**
 * TensorFlow 2.9's version of GraphDef: that library (TensorFlow.js's own) and every later one reads
 * the graph as it was meant then.
 */
const PRODUCER = 1087;

/** The bytes of a `saved_model.pb` with one graph and any number of signatures. */
export function encodeSavedModel(
  graph: Graph,
  signatures: Readonly<Record<string, Signature>>,
): Uint8Array<ArrayBuffer> {
  const node = graph.nodes.map(({ name, op, inputs, after, attributes }): NodeMessage => ({
    name,
    op,
    input: [...inputs.map(tensorName), ...after.map((node) => `^${node.name}`)],
    attr: attributes,
  }));
  const information = (tensors: Readonly<Record<string, Tensor>>) =>
    mapValues(tensors, (tensor): TensorInfoMessage => ({
      name: tensorName(tensor),
      dtype: dataTypes[tensor.dtype],
      tensorShape: shapeMessage(tensor.shape),
    }));
  const signatureDef = mapValues(signatures, ({ inputs, outputs }): SignatureMessage => ({
    inputs: information(inputs),
    outputs: information(outputs),
    methodName: "tensorflow/serving/predict",
  }));
  const bytes = SavedModel.encode({
    savedModelSchemaVersion: 1,
    metaGraphs: [{
      metaInfoDef: { tags: [TAG] },
      graphDef: { node, versions: { producer: PRODUCER } },
      signatureDef,
    }],
  }).finish();
  return new Uint8Array(bytes);
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, f: (value: A) => B) {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, f(value)]));
}
