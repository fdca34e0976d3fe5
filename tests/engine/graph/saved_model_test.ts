import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Graph } from "../../../src/engine/graph/builder.ts";
import { compile } from "../../../src/engine/graph/compile.ts";
import { dataTypes } from "../../../src/engine/graph/protocol.ts";
import { encodeSavedModel } from "../../../src/engine/graph/saved_model.ts";
import { everything, training } from "../../support/models.ts";

Deno.test("bytes follow TensorFlow's definition of a SavedModel", () => {
  const built = new Graph();
  const b = built.add("B", [], {}, [{ dtype: "float32", shape: [] }], { name: "b" });
  const c = built.add("C", [], {}, [], { name: "c" });
  const attributes = { T: { type: 1 }, n: { i: -1 } };
  const y = { dtype: "float32", shape: [-1, 3] } as const;
  const a = built.add("A", b.outputs, attributes, [y], { name: "a", after: [c] });
  const bytes = encodeSavedModel(built, { f: { inputs: {}, outputs: { y: a.outputs[0] } } });
  // Written by hand from saved_model.proto, meta_graph.proto, graph.proto, node_def.proto, attr_value.proto.
  const text = (field: number, value: string) => [
    field << 3 | 2,
    value.length,
    ...new TextEncoder().encode(value),
  ];
  const message = (field: number, content: number[]) => [
    field << 3 | 2,
    content.length,
    ...content,
  ];
  const entry = (field: number, key: string, value: number[]) =>
    message(field, [...text(1, key), ...message(2, value)]);
  const minusOne = [255, 255, 255, 255, 255, 255, 255, 255, 255, 1];
  const nodes = [
    ...message(1, [...text(1, "b"), ...text(2, "B")]),
    ...message(1, [...text(1, "c"), ...text(2, "C")]),
    ...message(1, [
      ...text(1, "a"),
      ...text(2, "A"),
      ...text(3, "b:0"),
      ...text(3, "^c"),
      ...entry(5, "T", [6 << 3, 1]),
      ...entry(5, "n", [3 << 3, ...minusOne]),
    ]),
  ];
  const graph = [...nodes, ...message(4, [1 << 3, 0xbf, 0x08])];
  const shape = [...message(2, [1 << 3, ...minusOne]), ...message(2, [1 << 3, 3])];
  const output = [...text(1, "a:0"), 2 << 3, 1, ...message(3, shape)];
  const signature = [...entry(2, "y", output), ...text(3, "tensorflow/serving/predict")];
  const meta = [
    ...message(1, text(4, "serve")),
    ...message(2, graph),
    ...entry(5, "f", signature),
  ];
  // What is longer than 127 bytes has a length of two.
  const length = [meta.length & 127 | 128, meta.length >> 7];
  assertEquals([...bytes], [1 << 3, 1, 2 << 3 | 2, ...length, ...meta]);
});

/** The fields of a protobuf message, by number; a number's bits as an integer. */
function fields(bytes: Uint8Array): Map<number, (bigint | Uint8Array)[]> {
  const found = new Map<number, (bigint | Uint8Array)[]>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length;) {
    const [key, afterKey] = varint(bytes, at);
    const [field, type] = [Number(key >> 3n), Number(key & 7n)];
    at = afterKey;
    let value: bigint | Uint8Array;
    if (type === 5) {
      value = BigInt(view.getUint32(at, true));
      at += 4;
    } else {
      [value, at] = varint(bytes, at);
      if (type === 2) {
        const end = at + Number(value);
        value = bytes.subarray(at, end);
        at = end;
      }
    }
    found.set(field, [...found.get(field) ?? [], value]);
  }
  return found;
}

function varint(bytes: Uint8Array, at: number): [value: bigint, end: number] {
  let value = 0n;
  for (let shift = 0n;; shift += 7n) {
    const byte = bytes[at++];
    value |= BigInt(byte & 127) << shift;
    if (byte < 128) return [BigInt.asIntN(64, value), at];
  }
}

const inside = (bytes: Uint8Array, field: number) =>
  (fields(bytes).get(field) ?? []) as Uint8Array[];
const numbers = (bytes: Uint8Array, field: number) => (fields(bytes).get(field) ?? []) as bigint[];

/** An attribute's field, number by number. */
function attributeOf(bytes: Uint8Array): unknown {
  const [[field, [value]]] = fields(bytes);
  if (typeof value === "bigint") {
    const float = () => new Float32Array(Uint32Array.of(Number(value)).buffer)[0];
    return { [field]: field === 4 ? float() : Number(value) };
  }
  if (field === 7) return { 7: inside(value, 2).map((size) => Number(numbers(size, 1)[0])) };
  if (field !== 1) return { [field]: [...value] };
  const [packed] = inside(value, 3);
  const list: number[] = [];
  for (let at = 0; at < packed.length;) {
    const [n, end] = varint(packed, at);
    list.push(Number(n));
    at = end;
  }
  return { 1: list };
}

Deno.test("attributes stand under their kind's number, whatever the values", () => {
  const size = fc.integer({ min: -1 });
  const attribute = fc.oneof(
    fc.integer().map((i) => [{ i }, { 3: i }] as const),
    fc.float({ noNaN: true }).map((f) => [{ f }, { 4: f }] as const),
    fc.boolean().map((b) => [{ b }, { 5: Number(b) }] as const),
    fc.integer({ min: 1, max: 30 }).map((type) => [{ type }, { 6: type }] as const),
    fc.uint8Array().map((s) => [{ s }, { 2: [...s] }] as const),
    fc.array(fc.integer(), { minLength: 1 }).map((i) => [{ list: { i } }, { 1: i }] as const),
    fc.array(size.filter((n) => n !== 0)).map((sizes) =>
      [{ shape: { dim: sizes.map((size) => ({ size })) } }, { 7: sizes }] as const
    ),
  );
  fc.assert(fc.property(attribute, ([given, expected]) => {
    const graph = new Graph();
    graph.add("Op", [], { it: given }, []);
    const [meta] = inside(encodeSavedModel(graph, {}), 2);
    const [node] = inside(inside(meta, 2)[0], 1);
    const [entry] = inside(node, 5);
    assertEquals(attributeOf(inside(entry, 2)[0]), expected);
  }));
});

Deno.test("a constant's values stand in it byte for byte", () => {
  const graph = new Graph();
  const tensorContent = new Uint8Array(Float32Array.of(1.5, -0, NaN).buffer);
  const tensor = { dtype: dataTypes.float32, tensorShape: { dim: [{ size: 3 }] }, tensorContent };
  graph.add("Const", [], { value: { tensor } }, []);
  const [meta] = inside(encodeSavedModel(graph, {}), 2);
  const [attribute] = inside(inside(inside(inside(meta, 2)[0], 1)[0], 5)[0], 2);
  const [written] = inside(attribute, 8);
  assertEquals(numbers(written, 1), [1n]);
  assertEquals(inside(written, 4)[0], tensorContent);
});

Deno.test("compiling the same model twice gives the same bytes", () => {
  const bytes = () => {
    const { graph, signatures } = compile(everything, training);
    return encodeSavedModel(graph, signatures);
  };
  assertEquals(bytes(), bytes());
});
