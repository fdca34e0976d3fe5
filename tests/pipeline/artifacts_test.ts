import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { z } from "zod";
import { decodeNpy, encodeNpy } from "../../src/files/npy.ts";
import { int, spread, value, word } from "../../src/files/table.ts";
import type { Content } from "../../src/files/whole.ts";
import type { NumberType } from "../../src/ndarray.ts";
import {
  array,
  type Artifact,
  bytes,
  family,
  fileName,
  json,
  local,
  mapTree,
  matrix,
  named,
  optional,
  optionalGroup,
  published,
  table,
  text,
  type Tree,
} from "../../src/pipeline/artifacts.ts";
import { readerOf, readersOf, writersOf } from "../../src/pipeline/context.ts";

/** The bytes of what an artifact is written as. */
async function bytesOf(content: Content): Promise<Uint8Array> {
  if (typeof content === "string") return new TextEncoder().encode(content);
  if (content instanceof Uint8Array) return content;
  const parts = await Array.fromAsync(content);
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** Writes a value and reads it back. */
const there = async <T, I>(artifact: Artifact<T, I>, value: I): Promise<T> =>
  artifact.decode(await bytesOf(artifact.encode(value)), "the file");

/** Every value of `arbitrary` is read back as it was written. */
const holds = <T>(arbitrary: fc.Arbitrary<T>, artifact: Artifact<T>) =>
  fc.assert(fc.asyncProperty(arbitrary, async (value) => {
    assertEquals(await there(artifact, value), value);
  }));

const unicode = fc.string({ unit: "binary" });

Deno.test("a document is read back as it was", () =>
  holds(
    fc.record({
      name: unicode,
      numbers: fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0)),
      nothing: fc.constant(null),
      inner: fc.dictionary(unicode.filter((key) => key !== "__proto__"), fc.boolean()),
    }, { noNullPrototype: true }),
    json(z.strictObject({
      name: z.string(),
      numbers: z.array(z.number()),
      nothing: z.null(),
      inner: z.record(z.string(), z.boolean()),
    })),
  ));

Deno.test("a document that is not of its schema is refused, written and read", () => {
  const artifact = json(z.strictObject({ rate: z.number() }));
  const given = new TextEncoder().encode('{ "rate": "fast" }');
  assertThrows(() => artifact.encode(JSON.parse('{ "rate": 1, "more": 2 }')), Error, "more");
  assertThrows(() => artifact.encode({ rate: NaN }), Error, "rate");
  assertThrows(() => artifact.decode(given, "a"), Error, "rate");
  assertThrows(() => artifact.decode(given.subarray(3), "a"), Error, "it is no JSON: ");
});

Deno.test("text and bytes are read back as they were", async () => {
  await holds(unicode, text(".txt"));
  await holds(fc.constant("\uFEFFbegins with a mark"), text(".txt"));
  await holds(fc.uint8Array(), bytes(".bin"));
});

Deno.test("rows of whole numbers are read back as they were, each on a line of its own", async () => {
  const row = fc.array(fc.maxSafeInteger(), { minLength: 3, maxLength: 3 });
  await fc.assert(fc.asyncProperty(fc.array(row), async (rows) => {
    assertEquals(await there(matrix(), rows), rows);
  }));
  assertEquals(matrix().encode([[1, 2], [3, 4]]), "1,2\n3,4\n");
  const refused = (csv: string) =>
    assertThrows(() => matrix().decode(new TextEncoder().encode(csv), "a"), Error);
  refused("1,a\n");
  refused("1,2");
  refused("1,2\n3\n");
  refused("1,0.5\n");
  refused("1,\n");
});

Deno.test("what is no whole number, and rows of several lengths, are no matrix", () => {
  for (const rows of [[[0.5]], [[NaN]], [[1, 2], [3]]]) {
    assertThrows(() => matrix().encode(rows), Error);
  }
});

Deno.test("a table is read back as it was; a row that is not of its form is refused", async () => {
  const artifact = table({ id: int, word, values: spread(value) });
  const rows = [
    { id: 1, word: 'a, "b"\nc – ü', values: { rate: 0.1, on: true } },
    { id: 2, word: "", values: { rate: 1, on: false } },
  ];
  assertEquals(await there(artifact, rows), rows);
  assertThrows(
    () => artifact.encode([{ id: 0.5, word: "", values: {} }]),
    Error,
    "row 0, column id: ",
  );
  assertThrows(
    () => artifact.encode([{ id: 1, word: "", values: { id: 2 } }]),
    Error,
    "it has two columns id",
  );
});

const types = {
  uint8: Uint8Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
};

Deno.test("arrays of every type are read back as they were", async () => {
  const shape = fc.array(fc.nat(4), { minLength: 2, maxLength: 2 });
  const name = fc.constantFrom<NumberType[]>("uint8", "int32", "float32", "float64");
  await fc.assert(fc.asyncProperty(shape, name, fc.nat(), async (shape, type, seed) => {
    const data = new types[type](
      Array.from({ length: shape[0] * shape[1] }, (_, i) => (seed + i * 7919) / 3),
    );
    const back = await there(array(type, [null, null]), { shape, data });
    assertEquals(back, { shape, data });
  }));
});

Deno.test("an array of another type, shape or number of dimensions is refused by name", () => {
  const images = array(["uint8", "float32"], [null, 28]);
  const of = (shape: number[], Type = Uint8Array) => ({
    shape,
    data: new Type(shape.reduce((product, n) => product * n, 1)),
  });
  assertThrows(() => images.encode(of([2, 27])), Error, "its shape is [2,27], expected [any,28]");
  assertThrows(() => images.encode(of([28])), Error, "its shape is [28], expected [any,28]");
  assertThrows(
    () => images.decode(encodeNpy(of([2, 27])), "a"),
    Error,
    "its shape is [2,27], expected [any,28]",
  );
  const ints = encodeNpy({ shape: [1, 28], data: new Int32Array(28) });
  assertThrows(() => images.decode(ints, "a.npy"), Error, "a.npy holds int32, expected uint8 or");
  assertThrows(() => images.decode(ints.subarray(0, 100), "a.npy"), Error, "a.npy");
  assertThrows(() => images.encode({ shape: [2, 28], data: new Uint8Array(3) }), Error);
  // Kept from what the compiler would see.
  assertThrows(
    () => images.encode(Object({ shape: [1, 28], data: new Float64Array(28) })),
    Error,
    "float64",
  );
});

Deno.test("an array may be written in parts, from whatever part of a buffer", async () => {
  const features = array("float32", [null, 2]);
  const all = Float32Array.from({ length: 10 }, (_, i) => i / 3);
  async function* parts() {
    yield all.subarray(0, 4);
    await Promise.resolve();
    yield all.subarray(4, 4);
    yield all.subarray(4);
  }
  const written = await bytesOf(features.encode({ shape: [5, 2], parts: parts() }));
  assertEquals(written, encodeNpy({ shape: [5, 2], data: all }));
  assertEquals(decodeNpy(written).data, all);
  assertThrows(() => features.encode({ shape: [5, 3], parts: parts() }), Error, "[5,3]");
});

Deno.test("parts that come to another number of values than the shape has are refused", async () => {
  const features = array("float32", [null, 2]);
  async function* parts() {
    yield await Promise.resolve(new Float32Array(4));
  }
  for (const rows of [1, 3]) {
    const content = features.encode({ shape: [rows, 2], parts: parts() });
    await assertRejects(() => bytesOf(content), Error, `${2 * rows}`);
  }
});

Deno.test("files are named by the keys of their declarations", () => {
  const winner = { history: text(".csv"), deeper: { bestModel: bytes(".bin") } };
  const tree: Tree = {
    metrics: json(z.int()),
    testLabels: array("uint8", [null]),
    winner,
    page: published("docs/page.md", text(".md")),
  };
  assertEquals(named(tree).map(([name]) => name), [
    "metrics.json",
    "test-labels.npy",
    "winner-history.csv",
    "winner-deeper-best-model.bin",
    "docs/page.md",
  ]);
  assertEquals(fileName("a", json(z.int())), "a.json");
  assertEquals(mapTree<Artifact, string>(winner, (_, name) => name), {
    history: "history.csv",
    deeper: { bestModel: "deeper-best-model.bin" },
  });
});

Deno.test("where and whether a file is kept is no part of its form", () => {
  const plain = json(z.int());
  assertEquals([plain.kind, plain.optional], ["committed", false]);
  assertEquals(local(plain).kind, "local");
  assertEquals(published("a.json", plain).kind, "published");
  assertEquals(optional(plain).optional, true);
  assertEquals(family(plain).family, true);
  assertEquals(optionalGroup({ a: plain, b: { c: plain } }).b.c.optional, true);
  for (const other of [local(plain), optional(plain), published("a.json", plain), family(plain)]) {
    assertEquals(other.form, plain.form);
  }
});

Deno.test("forms of different kinds, and tables of other columns, are different", () => {
  const forms = [
    json(z.int()),
    matrix(),
    array("uint8", []),
    text(".txt"),
    bytes(".bin"),
    table({ a: int }),
    table({ b: int }),
    table({ a: int, b: int }),
    table({ b: int, a: int }),
  ].map(({ form }) => JSON.stringify(form));
  assertEquals(new Set(forms).size, forms.length);
});

Deno.test("what was left out reads undefined where it may, and is refused by name where not", async () => {
  const nowhere = () => undefined;
  const { may, must } = readersOf({ may: optional(json(z.int())), must: json(z.int()) }, nowhere);
  assertEquals(await may.read(), undefined);
  await assertRejects(() => must.read(), Error, "there is no must.json to read");
  assertThrows(() => may.file, Error, "there is no may.json to read");
});

Deno.test("a file that does not read is named", async () => {
  const of = (text: string) => () => ({
    path: "a",
    sha256: "b",
    read: () => Promise.resolve(new TextEncoder().encode(text)),
  });
  const reader = readerOf(json(z.int()), "one/count.json", of("0.5"));
  await assertRejects(() => reader.read(), Error, "one/count.json: ");
  assertEquals(reader.file, { path: "a", sha256: "b" });
  assertEquals(await readerOf(json(z.int()), "one/count.json", of("5")).read(), 5);
});

Deno.test("writers pass on what is written, members of a family with their names", async () => {
  const written: unknown[] = [];
  const writers = writersOf(
    { count: json(z.int()), group: { figures: family(text(".svg")) } },
    (name, _, value) => Promise.resolve(`${written.push([name, value])}`),
  );
  assertEquals(await writers.count.write(1), "1");
  assertEquals(await writers.group.figures.write("bars", "<svg/>"), "2");
  assertEquals(written, [["count.json", 1], ["bars.svg", "<svg/>"]]);
});
