import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type NdArray, rowsOf, typeOf } from "../../src/ndarray.ts";
import { decodeNpy, decodeTyped, encodeNpy, openNpy } from "../../src/files/npy.ts";

/** What NumPy 2.4.6's `save` writes: header text as in the file, then data in hexadecimal. */
function numpyFile(dictionary: string, data: string): Uint8Array {
  const header = dictionary.padEnd(117) + "\n";
  return new Uint8Array([
    ...[0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 0x76, 0],
    ...new TextEncoder().encode(header),
    ...data.match(/../g)?.map((byte) => parseInt(byte, 16)) ?? [],
  ]);
}

const examples: [string, NdArray, Uint8Array][] = [
  [
    "uint8",
    { shape: [2, 3], data: new Uint8Array([1, 2, 3, 4, 5, 255]) },
    numpyFile("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }", "0102030405ff"),
  ],
  [
    "float32, one axis",
    { shape: [3], data: new Float32Array([1.5, -0, Infinity]) },
    numpyFile(
      "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }",
      "0000c03f000000800000807f",
    ),
  ],
  [
    "int32, no axis",
    { shape: [], data: new Int32Array([7]) },
    numpyFile("{'descr': '<i4', 'fortran_order': False, 'shape': (), }", "07000000"),
  ],
  [
    "float64, empty",
    { shape: [0, 3], data: new Float64Array(0) },
    numpyFile("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 3), }", ""),
  ],
  [
    "float64, three axes",
    { shape: [1, 1, 1], data: new Float64Array([1.25]) },
    numpyFile("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1, 1), }", "000000000000f43f"),
  ],
];

for (const [name, array, file] of examples) {
  Deno.test(`${name}: the bytes are NumPy's, both ways`, () => {
    assertEquals(encodeNpy(array), file);
    const decoded = decodeNpy(file);
    assertEquals(decoded, array);
    assertEquals(decoded.data.constructor, array.data.constructor);
  });
}

Deno.test("any array comes back bit for bit, its data at a multiple of 64 bytes", () => {
  fc.assert(fc.property(
    fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 5 }),
    fc.constantFrom(Uint8Array, Int32Array, Float32Array, Float64Array),
    fc.nat(),
    (shape, type, seed) => {
      const size = shape.reduce((product, n) => product * n, 1);
      const data = Float64Array.from({ length: size }, (_, i) => Math.sin(seed + i) * 1e3);
      const array = { shape, data: new type(data) };
      const file = encodeNpy(array);
      assertEquals((file.length - array.data.byteLength) % 64, 0);
      assertEquals(decodeNpy(file), array);
    },
  ));
});

Deno.test("a view into a larger buffer is written without its surroundings", () => {
  const data = new Float32Array([9, 1, 2, 9]).subarray(1, 3);
  assertEquals(decodeNpy(encodeNpy({ shape: [2], data })).data, new Float32Array([1, 2]));
});

Deno.test("bytes that begin at an odd address are read", () => {
  const file = encodeNpy({ shape: [2], data: new Float64Array([1, 2]) });
  const shifted = new Uint8Array(file.length + 1);
  shifted.set(file, 1);
  assertEquals(decodeNpy(shifted.subarray(1)).data, new Float64Array([1, 2]));
});

Deno.test("what is decoded does not change when the file's bytes do", () => {
  const file = encodeNpy({ shape: [1], data: new Uint8Array([5]) });
  const { data } = decodeNpy(file);
  file.fill(0);
  assertEquals(data[0], 5);
});

Deno.test("an array whose shape and length disagree is not written", () => {
  assertThrows(
    () => encodeNpy({ shape: [2, 2], data: new Uint8Array(3) }),
    Error,
    "[2,2] has 4 elements; got 3",
  );
});

Deno.test("damaged and foreign files are refused by name and reason", () => {
  const good = encodeNpy({ shape: [2, 3], data: new Float32Array(6) });
  const edit = (change: (bytes: Uint8Array) => void) => {
    const bytes = good.slice();
    change(bytes);
    return bytes;
  };
  const header = (text: string) => numpyFile(text, "00".repeat(24));
  const cases: [Uint8Array, string][] = [
    [new Uint8Array(0), "does not begin with"],
    [new TextEncoder().encode("label,pixel1"), "does not begin with"],
    [good.subarray(0, 6), "it ends within its header"],
    [edit((bytes) => bytes[6] = 3), "format version is 3"],
    [good.subarray(0, 9), "it ends within its header"],
    [good.subarray(0, 50), "its header is"],
    [good.subarray(0, good.length - 1), "takes 152 bytes, the file has 151"],
    [new Uint8Array([...good, 0]), "takes 152 bytes, the file has 153"],
    [edit((bytes) => bytes[9] = 255), "its header is"],
    [header("{'descr': '>f4', 'fortran_order': False, 'shape': (6,), }"), "its type is >f4"],
    [header("{'descr': '<c8', 'fortran_order': False, 'shape': (3,), }"), "its type is <c8"],
    [header("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }"), "Fortran order"],
    [header("{'descr': '<f4', 'fortran_order': False, 'shape': (-6,), }"), "its header is"],
    [header("{'descr': '<f4', 'fortran_order': False, 'shape': (6.0,), }"), "its header is"],
    [header("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 9), }"), "takes"],
    [header("__import__('os')"), "its header is"],
    // No more of a long one than helps.
    [header("x".repeat(5000)), `its header is "${"x".repeat(59)}….`],
  ];
  for (const [bytes, reason] of cases) {
    const error = assertThrows(() => decodeNpy(bytes, "images.npy"), Error, reason);
    assert((error as Error).message.startsWith("images.npy is not a .npy file"));
  }
});

Deno.test("cutting a file anywhere is always refused", () => {
  const good = encodeNpy({ shape: [3], data: new Int32Array([1, 2, 3]) });
  for (let length = 0; length < good.length; length++) {
    assertThrows(() => decodeNpy(good.subarray(0, length)), Error, "is not a .npy file");
  }
});

Deno.test("readers of one type name the type they got", () => {
  const bytes = (data: NdArray["data"]) => encodeNpy({ shape: [data.length], data });
  assertEquals(decodeTyped(["uint8"], bytes(new Uint8Array([1]))).data, new Uint8Array([1]));
  assertEquals(decodeTyped(["int32"], bytes(new Int32Array([-1]))).data, new Int32Array([-1]));
  assertEquals(
    decodeTyped(["float32"], bytes(new Float32Array([0.5]))).data,
    new Float32Array([0.5]),
  );
  assertThrows(
    () => decodeTyped(["float32"], bytes(new Float64Array(1)), "w.npy"),
    Error,
    "w.npy holds float64, expected float32",
  );
  assertThrows(() => decodeTyped(["uint8"], bytes(new Int32Array(1))), Error, "holds int32");
});

Deno.test("rows are read from a file as they stand in the array", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/array.npy`;
  try {
    const numbers = Array.from({ length: 30 }, (_, i) => i);
    for (const type of [Uint8Array, Int32Array, Float32Array, Float64Array]) {
      const array = { shape: [5, 2, 3], data: new type(numbers) };
      await Deno.writeFile(path, encodeNpy(array));
      const fromFile = await openNpy(path, "array");
      const fromMemory = rowsOf(array);
      for (const rows of [fromFile, fromMemory]) {
        assertEquals([rows.shape, rows.type], [array.shape, typeOf(array.data)]);
        for (const [begin, end] of [[0, 5], [2, 3], [4, 5], [3, 3]]) {
          assertEquals(await rows.read(begin, end), array.data.slice(6 * begin, 6 * end));
        }
      }
    }
    await Deno.writeFile(path, (await Deno.readFile(path)).subarray(0, -1));
    await assertRejects(() => openNpy(path, "features"), Error, "features is not a .npy file");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("rows of an array whose shape does not fit its values are refused", () => {
  assertThrows(
    () => rowsOf({ shape: [2, 2], data: new Uint8Array(3) }),
    Error,
    "An array of shape [2,2] has 4 values; got 3.",
  );
});
