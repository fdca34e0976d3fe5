import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ArrayFile, arraysIn, readNumpy } from "../../src/data/numpy.ts";
import { randomState } from "../../src/random.ts";
import { inFolder, npy, npz } from "../support/data_files.ts";

/** What NumPy 2.4.6 writes; see `tests/golden/numpy_archive.py`. */
const archives = ["numpy_stored.npz", "numpy_packed.npz"].map((name) =>
  fileURLToPath(new URL(`../golden/${name}`, import.meta.url))
);
const [stored, packed] = archives;

const places = (count: number) => Uint8Array.from({ length: count }, (_, i) => (7 * i) % 251);
const grey = { shape: [4, 5, 3, 1], data: places(60) };
const colour = { shape: [4, 5, 2, 3], data: places(120) };
const labels = { shape: [4], data: Int32Array.of(0, 2, 1, 2) };

const messageOf = async (images: ArrayFile, labels: ArrayFile) =>
  (await assertRejects(() => readNumpy(images, labels), Error)).message;

Deno.test("NumPy's archives are read, packed or not, in C order and in Fortran's", async () => {
  for (const path of archives) {
    const of = (array: string) => ({ path, array });
    for (const array of ["grey", "grey_fortran", "grey_channel"]) {
      assertEquals(await readNumpy(of(array), of("labels_u1")), { images: grey, labels });
    }
    for (const array of ["colour", "colour_fortran"]) {
      assertEquals(await readNumpy(of(array), of("labels_u1")), { images: colour, labels });
    }
  }
});

Deno.test("labels are whole numbers of any size and order, in a row or a column", async () => {
  const kinds = [..."i1 u1 <i2 >i2 <u2 <i4 >u4 <i8 >i8 <u8".split(" "), "column"];
  for (const kind of kinds) {
    const of = (array: string) => ({ path: packed, array });
    assertEquals(await readNumpy(of("grey"), of(`labels_${kind}`)), { images: grey, labels });
  }
});

Deno.test("the headers of an archive's arrays are read without the arrays", async () => {
  for (const path of archives) {
    const headers = await arraysIn(path);
    assertEquals(headers.size, 27);
    assertEquals(headers.get("grey"), { descr: "|u1", fortran: false, shape: [4, 5, 3] });
    assertEquals(headers.get("colour_fortran"), {
      descr: "|u1",
      fortran: true,
      shape: [4, 5, 2, 3],
    });
    assertEquals(headers.get("labels_>i8"), { descr: ">i8", fortran: false, shape: [4] });
  }
});

Deno.test("other values are refused with how to convert them", async () => {
  const images = async (array: string) =>
    (await messageOf({ path: stored, array }, { path: stored, array: "labels_u1" }))
      .replace(`${stored}, ${array}: `, "");
  const labels = async (array: string) =>
    (await messageOf({ path: stored, array: "grey" }, { path: stored, array }))
      .replace(`${stored}, ${array}: `, "");
  assertEquals(
    await images("floats"),
    'its values are "<f4", and those of images are bytes ("|u1"); where they go from 0 to 1, ' +
      'convert them in Python: np.round(255 * x).astype("uint8").',
  );
  assertEquals(
    await images("wide"),
    'its values are "<i8", and those of images are bytes ("|u1"); where they go from 0 to 255, ' +
      'convert them in Python: x.astype("uint8").',
  );
  assertEquals(
    await images("objects"),
    'its values are "|O", and those of images are bytes ("|u1"); save them in Python as an array ' +
      "of numpy.uint8.",
  );
  assert((await images("fields")).startsWith('its values are "fields", and those of images are'));
  const shapes =
    "and that of images is [N, height, width] or [N, height, width, channels] with 1 " +
    "channel or 3; in Python, ";
  assertEquals(
    await images("channels_first"),
    `its shape is [4, 3, 5, 2], ${shapes}np.moveaxis(x, 1, -1) puts channels last.`,
  );
  assertEquals(
    await images("flat"),
    `its shape is [4, 15], ${shapes}x.reshape(...) gives another shape.`,
  );
  const numbers = 'and labels are whole numbers, such as "<i8"; ';
  assertEquals(
    await labels("labels_floats"),
    `its values are "<f8", ${numbers}convert them in Python: y.astype("int64").`,
  );
  assertEquals(
    await labels("labels_words"),
    `its values are "<U3", ${numbers}number the classes from 0 in Python: ` +
      `np.unique(y, return_inverse=True)[1].`,
  );
  assertEquals(
    await labels("labels_onehot"),
    "its shape is [4, 3], and that of labels is [N]; where they are one-hot, in Python: " +
      "y.argmax(axis=1).",
  );
  assertEquals(
    await labels("labels_negative"),
    "label 2 is -1; labels are whole numbers from 0 to 2147483647.",
  );
  assertEquals(
    await labels("labels_huge"),
    "label 2 is 1099511627776; labels are whole numbers from 0 to 2147483647.",
  );
});

Deno.test("an array by itself is read, and the only one of an archive without its name", async () => {
  await inFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    const sizes: [number, number, number, number][] = [[2, 8, 8, 1], [3, 100, 30, 3], [1, 1, 1, 1]];
    for (const shape of sizes) {
      const data = places(shape.reduce((product, n) => product * n, 1));
      const y = Int32Array.from({ length: shape[0] }, (_, i) => 100_000 * i);
      await Deno.writeFile(at("x.npy"), npy("|u1", shape, data));
      await Deno.writeFile(at("y.npy"), npy("<i4", [shape[0]], new Uint8Array(y.buffer)));
      await npz(at("x.npz"), { arr_0: npy("|u1", shape, data) });
      const expected = { images: { shape, data }, labels: { shape: [shape[0]], data: y } };
      assertEquals(await readNumpy({ path: at("x.npy") }, { path: at("y.npy") }), expected);
      assertEquals(await readNumpy({ path: at("x.npz") }, { path: at("y.npy") }), expected);
    }
    assertEquals([...(await arraysIn(at("x.npy"))).keys()], [""]);
    assertEquals(
      await messageOf({ path: at("x.npz"), array: "x_train" }, { path: at("y.npy") }),
      `${at("x.npz")}, x_train: there is no such array; there are arr_0.`,
    );
    await npz(at("two.npz"), { x: npy("|u1", [1, 1, 1], [1]), y: npy("|u1", [1], [0]) });
    assertEquals(
      await messageOf({ path: at("two.npz") }, { path: at("y.npy") }),
      `${at("two.npz")}: there are the arrays x, y; say which with \`array\`.`,
    );
    assertEquals(
      await messageOf({ path: stored, array: "grey" }, { path: at("y.npy") }),
      `${stored}, grey holds 4 images, but ${at("y.npy")} holds 1 labels; they do not belong ` +
        `together.`,
    );
  });
});

Deno.test("version 2 of the format is read, whatever the order of the header's keys", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "x.npy");
    const text = '{"shape": (2, 1, 3), "descr": "|u1","fortran_order":False}\n';
    const header = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 2, 0, text.length, 0, 0, 0];
    await Deno.writeFile(
      path,
      Uint8Array.from([...header, ...new TextEncoder().encode(text), 1, 2, 3, 4, 5, 6]),
    );
    await Deno.writeFile(join(folder, "y.npy"), npy("|u1", [2], [0, 1]));
    const { images } = await readNumpy({ path }, { path: join(folder, "y.npy") });
    assertEquals(images, { shape: [2, 1, 3, 1], data: Uint8Array.of(1, 2, 3, 4, 5, 6) });
  });
});

Deno.test("files that are cut off, go on, or are something else are refused", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "x.npy");
    const y = { path: stored, array: "labels_u1" };
    const message = async (bytes: Uint8Array) => {
      await Deno.writeFile(path, bytes);
      return (await messageOf({ path }, y)).replace(`${path}: `, "");
    };
    const whole = npy("|u1", [4, 5, 3], places(60));
    const said = "the header says the shape [4, 5, 3], that is 60 bytes";
    assertEquals(await message(whole.slice(0, -1)), `it is truncated: ${said}, but 59 follow.`);
    assertEquals(await message(Uint8Array.from([...whole, 0])), `${said}, but more follow.`);
    assertEquals(
      await message(npy("|u1", [0, 5, 3], [])),
      "its shape is [0, 5, 3]: there is nothing in it.",
    );
    assertEquals(
      await message(npy("|u1", [1e9, 1e9, 3], [])),
      "the header says the shape [1000000000, 1000000000, 3], that is 3000000000000000000 bytes; " +
        "at most 4294967296 are read.",
    );
    const neither = "it is neither an array of NumPy's nor an archive of such: it does not begin " +
      "with the bytes of \\x93NUMPY or PK.";
    assertEquals(await message(new TextEncoder().encode("\x89HDF\r\n")), neither);
    assertEquals(await message(new Uint8Array(0)), neither);
    for (let length = 8; length < 128; length += 9) {
      assertEquals(await message(whole.slice(0, length)), "it ends within its header.");
    }
    const archive = await Deno.readFile(packed);
    assertEquals(
      await message(archive.slice(0, 1000)),
      "the archive is damaged or truncated; fetch the file again.",
    );
  });
});

Deno.test("an array that unpacks to more than its header says is refused before it has been unpacked", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "bomb.npz");
    const zeros = new Uint8Array(64 << 20);
    zeros.set(npy("|u1", [4, 5, 3], []));
    await npz(path, { arr_0: zeros });
    assert((await Deno.stat(path)).size < 100_000);
    const before = Deno.memoryUsage().external;
    assertEquals(
      await messageOf({ path }, { path: stored, array: "labels_u1" }),
      `${path}: the header says the shape [4, 5, 3], that is 60 bytes, but more follow.`,
    );
    assert(Deno.memoryUsage().external - before < 16 << 20);
  });
});

Deno.test("whatever byte of an archive is damaged, it is read as it was or refused in a sentence", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "damaged.npz");
    const outcomes = new Set<string>();
    const random = randomState(5);
    for (const archive of archives) {
      const whole = await Deno.readFile(archive);
      for (let i = 0; i < 40; i++) {
        const bytes = whole.slice();
        bytes[random.interval(bytes.length - 1)] ^= 1 << random.interval(7);
        await Deno.writeFile(path, bytes);
        const file = (array: string) => ({ path, array });
        try {
          assertEquals(await readNumpy(file("grey"), file("labels_<i8")), { images: grey, labels });
          outcomes.add("read");
        } catch (error) {
          assert(error instanceof Error && error.message.startsWith(path), String(error));
          outcomes.add("refused");
        }
      }
    }
    assertEquals([...outcomes].sort(), ["read", "refused"]);
  });
});
