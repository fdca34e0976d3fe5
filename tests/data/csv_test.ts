import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { join } from "node:path";
import { csvDecoder, type CsvForm, readCsv } from "../../src/data/csv.ts";
import type { ReadImages } from "../../src/data/dataset.ts";
import { decodeIdxImages, decodeIdxLabels, readIdx } from "../../src/data/idx.ts";
import { drawGarments } from "../../src/data/synthetic.ts";
import { asRead, csv, idx, inFolder, noise } from "../support/data_files.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/** Decodes a text in pieces that end at `cuts`. */
function decode(text: string, cuts: readonly number[] = [], form?: CsvForm): ReadImages {
  const bytes = encode(text);
  const decoder = csvDecoder("train.csv", form);
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
function messageOf(text: string, form?: CsvForm): string {
  const whole = assertThrows(() => decode(text, [], form), Error).message;
  const cuts = Array.from({ length: text.length }, (_, i) => i + 1);
  assertEquals(assertThrows(() => decode(text, cuts, form), Error).message, whole);
  return whole;
}

const header = "label,pixel1,pixel2,pixel3,pixel4\n";

Deno.test("drawn garments come out of CSV as they come out of IDX, pixel for pixel", async () => {
  const drawn = drawGarments(60, 3);
  const fromIdx = {
    images: await decodeIdxImages(idx([60, 28, 28], drawn.images.data), "images"),
    labels: await decodeIdxLabels(idx([60], drawn.labels.data), "labels"),
  };
  assertEquals(decode(csv(drawn)), fromIdx);
  await inFolder(async (folder) => {
    const path = join(folder, "train.csv");
    await Deno.writeTextFile(path, csv(drawn));
    const { size } = await Deno.stat(path);
    const seen: [number, number][] = [];
    assertEquals(await readCsv(path, {}, (...at) => seen.push(at)), fromIdx);
    assertEquals(seen.at(-1), [size, size]);
  });
});

Deno.test("a file of many pieces is read whole", async () => {
  const large = noise(1200, 28); // 3.3 MB: three pieces and a bit
  await inFolder(async (folder) => {
    const path = join(folder, "train.csv");
    await Deno.writeTextFile(path, csv(large));
    assert((await Deno.stat(path)).size > 3 << 20);
    assertEquals(await readCsv(path), asRead(large));
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
      assertEquals(decode(text, places.map((at) => Math.floor(at * text.length))), asRead(drawn));
    },
  ));
});

Deno.test("every single cut of a small file is harmless", () => {
  const drawn = noise(3, 2);
  for (const lineEnd of ["\n", "\r\n"]) {
    const text = csv(drawn, lineEnd);
    for (let cut = 0; cut <= text.length; cut++) assertEquals(decode(text, [cut]), asRead(drawn));
  }
});

Deno.test("every byte value is read, with leading zeros too", () => {
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  const drawn = { images: { shape: [1, 16, 16, 1], data: all }, labels: noise(1, 1).labels };
  assertEquals(decode(csv(drawn)), asRead(drawn));
  assertEquals([...decode(`${header}03,007,0255,00,1\n`).images.data], [7, 255, 0, 1]);
});

Deno.test("a byte order mark before the header is no part of it", () => {
  assertEquals([...decode(`\uFEFF${header}3,1,2,3,4\n`).labels.data], [3]);
});

Deno.test("another header is refused with the column", () => {
  assertEquals(
    messageOf("5,1,2,3,4\n1,1,2,3,4\n"),
    "train.csv, line 1: there are numbers alone; say `header: false` in data if the file has no " +
      "header.",
  );
  assertEquals(
    messageOf("class,a,b,c,d\n1,1,2,3,4\n"),
    'train.csv, line 1: no column is named "label" (the first is "class", the last "d"); say ' +
      '`labels: { column: "..." }` in data, with the name of the column that has the labels or its ' +
      "place, counted from 0.",
  );
  assertEquals(
    messageOf("label,a,b,label,d\n1,1,2,3,4\n"),
    'train.csv, line 1: the header has "label" twice.',
  );
  assertEquals(
    messageOf("label\n1\n"),
    "train.csv, line 1: 0 pixel columns do not make a square image.",
  );
  assert(messageOf(`${"x".repeat(5000)}\n`).length < 350);
});

Deno.test("pixels whose numbered names are out of order are refused", () => {
  assertEquals(
    messageOf("label,pixel1,pixel10,pixel2,pixel3\n"),
    'train.csv, line 1, column 3: the header has "pixel10", expected "pixel2": pixels stand in order.',
  );
  for (const names of ["1x1,1x2,2x1,2x2", "pixel0000,pixel0001,pixel0002,pixel0003", "a,b,c,d"]) {
    for (const place of [0, 2, 4]) {
      const titles = names.split(",").toSpliced(place, 0, "label");
      const row = [1, 2, 3, 4].toSpliced(place, 0, 9);
      const read = decode(`${titles}\n${row}\n`);
      assertEquals([[...read.labels.data], [...read.images.data]], [[9], [1, 2, 3, 4]]);
    }
  }
});

Deno.test("the label's column may be any, by its name or its place, with a header or without", () => {
  const drawn = noise(3, 2);
  const rows = Array.from(drawn.labels.data, (label, i) => ({
    label,
    pixels: [...drawn.images.data.subarray(4 * i, 4 * i + 4)],
  }));
  for (let place = 0; place <= 4; place++) {
    const text = rows.map(({ label, pixels }) => pixels.toSpliced(place, 0, label) + "\n").join("");
    const titles = ["a", "b", "c", "d"].toSpliced(place, 0, "what is shown");
    const forms: [string, CsvForm][] = [
      [text, { header: false, column: place }],
      [`${titles}\n${text}`, { column: place }],
      [`${titles}\n${text}`, { column: "what is shown" }],
    ];
    for (const [all, form] of forms) {
      for (let cut = 0; cut <= all.length; cut += 3) {
        assertEquals(decode(all, [cut], form), asRead(drawn));
      }
    }
  }
  assertEquals(decode("7,1\n8,2\n", [], { header: false }).labels.data, Int32Array.of(7, 8));
  assertEquals(
    messageOf("7,1\n", { header: false, column: "label" }),
    'train.csv, row 1 (line 1): without a header no column is named "label"; say its place.',
  );
  assertEquals(
    messageOf("7,1\n", { header: false, column: 2 }),
    "train.csv, row 1 (line 1): there is no column 2 for the labels; 2 count from 0.",
  );
  assertEquals(
    messageOf("7,1\n7,1\n7\n", { header: false }),
    "train.csv, row 3 (line 3): it has 1 columns, the first row has 2.",
  );
});

Deno.test("a label may be larger than a byte, a pixel may not", () => {
  const read = decode("1000,1\n7,2\n2147483647,3\n255,4\n256,5\n", [], { header: false });
  assertEquals([...read.labels.data], [1000, 7, 2147483647, 255, 256]);
  assertEquals([...read.images.data], [1, 2, 3, 4, 5]);
  assertEquals(
    messageOf("2147483648,1\n", { header: false }),
    "train.csv, row 1 (line 1), column 1: 2147483648 is too large for a label.",
  );
});

Deno.test("quotes, a byte order mark and whole decimals are read as RFC 4180 and pandas have them", () => {
  const plain = decode(`${header}9,0,12,255,1\n3,4,5,6,7\n`);
  const variants = [
    '"label","pixel1","pixel2","pixel3","pixel4"\r\n"9","0","12","255","1"\r\n"3",4,5,6,7\r\n',
    `\uFEFF${header}9.0,0.0,12.0,255.00,1.\n3,4.0,5,6.0,7.0`,
    `\uFEFF"label",pixel1,pixel2,pixel3,pixel4\n"9.0","0.0","12.","255",1\n"3",4,5,6,"7"`,
    '"label","a ""quoted"", and\ntwo lines long",b,c,d\n9,0,12,255,1\n3,4,5,6,7\n',
  ];
  for (const text of variants) {
    assertEquals(decode(text), plain);
    for (let cut = 0; cut <= encode(text).length; cut++) assertEquals(decode(text, [cut]), plain);
  }
  const bare = decode('\uFEFF9,0,12,255,1\r\n"3",4,5,6,7', [], { header: false });
  assertEquals(bare, plain);
});

Deno.test("a decimal that is not whole, and quotes in the wrong place, are refused", () => {
  const at = (cell: string) => messageOf(`${header}1,10,${cell},30,40\n`);
  const where = "train.csv, row 1 (line 2), column pixel2: ";
  assertEquals(
    at("0.5"),
    `${where}the number is no whole one, expected 0 to 255 (where values go from 0 to 1, multiply ` +
      `them by 255 and round them first).`,
  );
  const expected = "expected an integer from 0 to 255 and a comma.";
  assertEquals(at("1.0.0"), `${where}found ".", ${expected}`);
  assertEquals(at(".0"), `${where}found ".", ${expected}`);
  assertEquals(at('"1" '), `${where}found byte 32, ${expected}`);
  assertEquals(at('1"'), `${where}found "\\"", ${expected}`);
  assertEquals(at('"1""'), `${where}found "\\"", ${expected}`);
  assertEquals(at('""'), `${where}the field is empty.`);
  assertEquals(at('"1,2"'), `${where}found ",", ${expected}`);
  assertEquals(
    messageOf(`${header}1,10,20,30,"40`),
    "train.csv, row 1 (line 2): a quote is not closed.",
  );
  assertEquals(messageOf('"label\n1,2\n'), "train.csv, line 1: a quote is not closed.");
});

Deno.test("images that are not square, and colour, have the shape that is declared", () => {
  const row = Array.from({ length: 24 }, (_, i) => i);
  const text = `3,${row}\n4,${row.toReversed()}\n`;
  const read = (shape: number[]) => decode(text, [], { header: false, shape });
  assertEquals(read([4, 6]).images.shape, [2, 4, 6, 1]);
  assertEquals(read([2, 4, 3]).images.shape, [2, 2, 4, 3]);
  assertEquals([...read([2, 4, 3]).images.data], [...row, ...row.toReversed()]);
  assertEquals(
    messageOf(text, { header: false, shape: [5, 5] }),
    "train.csv, row 1 (line 1): beside the label there are 24 columns, and the shape [5, 5] makes 25.",
  );
});

Deno.test("783 pixel columns in the header are refused: they make no square", () => {
  const titles = Array.from({ length: 783 }, (_, i) => `pixel${i + 1}`);
  assertEquals(
    messageOf(`label,${titles.join(",")}\n${Array(784).fill(0).join(",")}\n`),
    "train.csv, line 1: 783 pixel columns do not make a square image; say `shape: [height, width]` " +
      "in data, or [height, width, 3] for colour.",
  );
});

Deno.test("a first line without end is refused before it fills the memory", () => {
  const decoder = csvDecoder("train.csv");
  const piece = new Uint8Array(1 << 18).fill(0x31);
  const error = assertThrows(() => {
    for (let i = 0; i < 100; i++) decoder.push(piece);
  }, Error);
  assertEquals(error.message, "train.csv, line 1: no line end in the first 4194304 bytes.");
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
  assertEquals(at("1e2"), `${where}found "e", ${expected}`);
  assertEquals(at("NaN"), `${where}found "N", ${expected}`);
  assertEquals(at(" 1"), `${where}found byte 32, ${expected}`);
  assertEquals(at("é"), `${where}found byte 195, ${expected}`);
  assertEquals(at("\0"), `${where}found byte 0, ${expected}`);
});

Deno.test("the first and the last column are named too", () => {
  assertEquals(
    messageOf(`${header}x,1,2,3,4\n`),
    'train.csv, row 1 (line 2), column label: found "x", ' +
      "expected a whole number as the label and a comma.",
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
    const error = await assertRejects(() => readCsv(path), Error);
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
      const decoder = csvDecoder("train.csv");
      try {
        decoder.push(damaged);
        const read = decoder.finish();
        // What was accepted is what JavaScript makes of the text, line by line and field by field.
        const lines = new TextDecoder().decode(damaged).split("\n").slice(1);
        const numbers = lines.map((line) => line.trimEnd()).filter((line) => line !== "")
          .map((line) => line.split(",").map((field) => Number(field.replace(/^"(.*)"$/, "$1"))));
        assertEquals([...read.labels.data], numbers.map(([label]) => label));
        assertEquals([...read.images.data], numbers.flatMap(([_, ...pixels]) => pixels));
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
    );
    await inFolder(async (folder) => {
      const path = join(folder, "test.csv");
      await Deno.writeTextFile(path, csv(official));
      assertEquals(await readCsv(path), official);
    });
  },
});
