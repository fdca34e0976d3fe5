import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { join } from "node:path";
import { csvDecoder, readCsv } from "../../src/data/csv.ts";
import type { LabelledImages } from "../../src/data/dataset.ts";
import { decodeIdxImages, decodeIdxLabels, readIdx } from "../../src/data/idx.ts";
import { drawGarments } from "../../src/data/synthetic.ts";
import { csv, idx, inFolder, noise } from "../support/data_files.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/** Decodes a text in pieces that end at `cuts`. */
function decode(text: string, cuts: readonly number[] = [], classes = 10): LabelledImages {
  const bytes = encode(text);
  const decoder = csvDecoder("train.csv", classes);
  let from = 0;
  for (const to of [...cuts.toSorted((a, b) => a - b), bytes.length]) {
    // Overwritten afterwards, as a reader's buffer is.
    const piece = bytes.slice(from, to);
    decoder.push(piece);
    piece.fill(0x58);
    from = to;
  }
  return decoder.finish();
}

/** The message of the error, which must be the same with the text in one piece and byte by byte. */
function messageOf(text: string, classes?: number): string {
  const whole = assertThrows(() => decode(text, [], classes), Error).message;
  const cuts = Array.from({ length: text.length }, (_, i) => i + 1);
  assertEquals(assertThrows(() => decode(text, cuts, classes), Error).message, whole);
  return whole;
}

const header = "label,pixel1,pixel2,pixel3,pixel4\n";

Deno.test("drawn garments come out of CSV as they come out of IDX, pixel for pixel", async () => {
  const drawn = drawGarments(60, 3);
  const fromIdx = {
    images: await decodeIdxImages(idx([60, 28, 28], drawn.images.data), "images"),
    labels: await decodeIdxLabels(idx([60], drawn.labels.data), "labels", 10),
  };
  assertEquals(decode(csv(drawn)), fromIdx);
  await inFolder(async (folder) => {
    const path = join(folder, "train.csv");
    await Deno.writeTextFile(path, csv(drawn));
    const { size } = await Deno.stat(path);
    const seen: [number, number][] = [];
    assertEquals(await readCsv(path, 10, (...at) => seen.push(at)), fromIdx);
    assertEquals(seen.at(-1), [size, size]);
  });
});

Deno.test("a file of many pieces is read whole", async () => {
  const large = noise(1200, 28); // 3.3 MB: three pieces and a bit
  await inFolder(async (folder) => {
    const path = join(folder, "train.csv");
    await Deno.writeTextFile(path, csv(large));
    assert((await Deno.stat(path)).size > 3 << 20);
    assertEquals(await readCsv(path, 10), large);
  });
});

Deno.test("pieces may end anywhere, lines in LF or CRLF, the last without", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 6 }),
    fc.integer({ min: 1, max: 4 }),
    fc.nat(1000),
    fc.constantFrom("\n", "\r\n"),
    fc.constantFrom("whole", "open", "empty lines behind"),
    fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 }),
    (rows, side, seed, lineEnd, end, places) => {
      const drawn = noise(rows, side, seed);
      let text = csv(drawn, lineEnd);
      if (end === "open") text = text.slice(0, -lineEnd.length);
      if (end === "empty lines behind") text += lineEnd.repeat(3);
      assertEquals(decode(text, places.map((at) => Math.floor(at * text.length))), drawn);
    },
  ));
});

Deno.test("every single cut of a small file is harmless", () => {
  const drawn = noise(3, 2);
  for (const lineEnd of ["\n", "\r\n"]) {
    const text = csv(drawn, lineEnd);
    for (let cut = 0; cut <= text.length; cut++) assertEquals(decode(text, [cut]), drawn);
  }
});

Deno.test("every byte value is read, with leading zeros too", () => {
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  const drawn = { images: { shape: [1, 16, 16], data: all }, labels: noise(1, 1).labels };
  assertEquals(decode(csv(drawn)), drawn);
  assertEquals([...decode(`${header}03,007,0255,00,1\n`).images.data], [7, 255, 0, 1]);
});

Deno.test("a byte order mark before the header is no part of it", () => {
  assertEquals([...decode(`\uFEFF${header}3,1,2,3,4\n`).labels.data], [3]);
});

Deno.test("another header is refused with the column", () => {
  assertEquals(
    messageOf("5,1,2,3,4\n1,1,2,3,4\n"),
    'train.csv, line 1, column 1: the header has "5", expected "label" ' +
      "(a header is label,pixel1,pixel2,...).",
  );
  assertEquals(
    messageOf("label,pixel1,pixel3\n"),
    'train.csv, line 1, column 3: the header has "pixel3", expected "pixel2" ' +
      "(a header is label,pixel1,pixel2,...).",
  );
  assertEquals(
    messageOf("label\n1\n"),
    "train.csv, line 1: 0 pixel columns do not make a square image.",
  );
  assert(messageOf(`${"x".repeat(5000)}\n`).length < 200);
});

Deno.test("783 pixel columns in the header are refused: they make no square", () => {
  const titles = Array.from({ length: 783 }, (_, i) => `pixel${i + 1}`);
  assertEquals(
    messageOf(`label,${titles.join(",")}\n${Array(784).fill(0).join(",")}\n`),
    "train.csv, line 1: 783 pixel columns do not make a square image.",
  );
});

Deno.test("a first line without end is refused before it fills the memory", () => {
  const decoder = csvDecoder("train.csv", 10);
  const piece = new Uint8Array(1 << 18).fill(0x31);
  const error = assertThrows(() => {
    for (let i = 0; i < 100; i++) decoder.push(piece);
  }, Error);
  assertEquals(error.message, "train.csv, line 1: no line end in the first 1048576 bytes.");
});

Deno.test("a row of 784 columns, or 786, under a header of 785 is refused", () => {
  const text = csv(noise(4, 28));
  const lines = text.split("\n");
  const edit = (row: number, edited: (line: string) => string) =>
    lines.map((line, i) => i === row ? edited(line) : line).join("\n");
  assertEquals(
    messageOf(edit(3, (line) => line.slice(0, line.lastIndexOf(",")))),
    "train.csv, row 3 (line 4): it has 784 columns, the header has 785.",
  );
  for (const added of [",7", ",700", ",", ",x", ",7,8,9"]) {
    assertEquals(
      messageOf(edit(3, (line) => line + added)),
      "train.csv, row 3 (line 4): it has more columns than the header's 785.",
    );
  }
});

Deno.test("a file cut off in a row is refused", () => {
  assertEquals(
    messageOf(`${header}1,10,20,30,40\n2,10,20`),
    "train.csv, row 2 (line 3): it has 3 columns, the header has 5.",
  );
  assertEquals(
    messageOf(`${header}1,10,20,30,40\n2,10,`),
    "train.csv, row 2 (line 3), column pixel2: the field is empty.",
  );
});

Deno.test("a value that is no byte is refused with file, row, line, column and rule", () => {
  const at = (cell: string) => messageOf(`${header}1,10,20,30,40\n2,10,${cell},30,40\n`);
  const where = "train.csv, row 2 (line 3), column pixel2: ";
  assertEquals(at("256"), `${where}256 is too large, expected 0 to 255.`);
  assertEquals(at("1000"), `${where}1000 is too large, expected 0 to 255.`);
  assertEquals(at(""), `${where}the field is empty.`);
  const expected = "expected an integer from 0 to 255 and a comma.";
  assertEquals(at("abc"), `${where}found "a", ${expected}`);
  assertEquals(at("-1"), `${where}found "-", ${expected}`);
  assertEquals(at("1.5"), `${where}found ".", ${expected}`);
  assertEquals(at("1e2"), `${where}found "e", ${expected}`);
  assertEquals(at("NaN"), `${where}found "N", ${expected}`);
  assertEquals(at(" 1"), `${where}found byte 32, ${expected}`);
  assertEquals(at('"1"'), `${where}found "\\"", ${expected}`);
  assertEquals(at("é"), `${where}found byte 195, ${expected}`);
  assertEquals(at("\0"), `${where}found byte 0, ${expected}`);
});

Deno.test("the first and the last column are named too", () => {
  assertEquals(
    messageOf(`${header}x,1,2,3,4\n`),
    'train.csv, row 1 (line 2), column label: found "x", ' +
      "expected an integer from 0 to 255 and a comma.",
  );
  for (const end of ["", "\n", "\r\n"]) {
    assertEquals(
      messageOf(`${header}1,1,2,3,256${end}`),
      "train.csv, row 1 (line 2), column pixel4: 256 is too large, expected 0 to 255.",
    );
    assertEquals(
      messageOf(`${header}1,1,2,3,${end}`),
      "train.csv, row 1 (line 2), column pixel4: the field is empty.",
    );
  }
});

Deno.test("a label that is no class is refused", () => {
  assertEquals(
    messageOf(`${header}9,1,2,3,4\n10,1,2,3,4\n`),
    "train.csv, row 2 (line 3), column label: 10 is no class, expected 0 to 9.",
  );
  assertEquals([...decode(`${header}10,1,2,3,4\n`, [], 11).labels.data], [10]);
});

Deno.test("an empty line between rows is refused", () => {
  assertEquals(
    messageOf(`${header}1,1,2,3,4\n\n2,1,2,3,4\n`),
    "train.csv, row 2 (line 3): the line is empty, and others follow.",
  );
});

Deno.test("a carriage return alone is refused", () => {
  assertEquals(
    messageOf(`${header}1,1,2,3,4\r2,1,2,3,4\n`),
    "train.csv, row 1 (line 2): a carriage return is not followed by a line feed.",
  );
  assertEquals(
    messageOf(`${header}1,1,2,3,4\r`),
    "train.csv, row 1 (line 2): a carriage return is not followed by a line feed.",
  );
});

Deno.test("a file without bytes, and one without rows, are refused", async () => {
  assertEquals(messageOf(""), "train.csv, line 1: the file is empty.");
  for (const text of [header, header.trimEnd(), `${header}\n\n`]) {
    assertEquals(messageOf(text), "train.csv, line 2: there are no rows below the header.");
  }
  await inFolder(async (folder) => {
    const path = join(folder, "empty.csv");
    await Deno.writeTextFile(path, "");
    const error = await assertRejects(() => readCsv(path, 10), Error);
    assertEquals(error.message, `${path}, line 1: the file is empty.`);
  });
});

Deno.test("whatever byte is damaged, the file is read as it stands or refused with its place", () => {
  const text = csv(noise(3, 2));
  const bytes = encode(text);
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
      const damaged = bytes.slice();
      damaged[at] = byte;
      const decoder = csvDecoder("train.csv", 10);
      try {
        decoder.push(damaged);
        const { images, labels } = decoder.finish();
        // What was accepted writes the same file, but for zeros in front of a number and line ends.
        const plain = new TextDecoder().decode(damaged)
          .replaceAll("\r\n", "\n").replaceAll(/(?<=[,\n])0+(?=\d)/g, "").trimEnd();
        assertEquals(csv({ images, labels }).trimEnd(), plain);
      } catch (error) {
        assert(error instanceof Error && error.message.startsWith("train.csv, "), String(error));
      }
    }),
    { numRuns: 2000 },
  );
});

const real = Deno.env.get("FASHION_MNIST_DIR");

Deno.test({
  name: "the official test images come out of CSV as they come out of IDX",
  ignore: real === undefined,
  async fn() {
    const official = await readIdx(
      join(real!, "t10k-images-idx3-ubyte.gz"),
      join(real!, "t10k-labels-idx1-ubyte.gz"),
      10,
    );
    await inFolder(async (folder) => {
      const path = join(folder, "test.csv");
      await Deno.writeTextFile(path, csv(official));
      assertEquals(await readCsv(path, 10), official);
    });
  },
});
