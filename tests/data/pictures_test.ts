import { assert, assertEquals, assertRejects } from "@std/assert";
import { encode } from "fast-png";
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import type { DataDescription } from "../../src/data/description.ts";
import {
  digestPictures,
  listPictures,
  type PictureForm,
  readPictures,
} from "../../src/data/pictures.ts";
import { dataFolder } from "../../src/data/places.ts";
import { RESIZES } from "../../src/data/resize.ts";
import { loadDataset } from "../../src/data/source.ts";
import { locator } from "../../src/files/locate.ts";
import { inFolder } from "../support/data_files.ts";
import { decodeBase64, readGolden } from "../support/golden.ts";

const silent = () => {};

/** A picture whose values count up from `first`, with 1 channel or 3. */
function png(height: number, width: number, channels: number, first = 0): Uint8Array {
  const data = Uint8Array.from({ length: height * width * channels }, (_, i) => first + i);
  return encode({ width, height, data, channels });
}

/** Writes files by their paths. */
async function put(folder: string, files: { readonly [path: string]: Uint8Array | string }) {
  for (const [path, content] of Object.entries(files)) {
    await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await Deno.writeFile(join(folder, path), bytes);
  }
}

const readAll = async (folder: string, form: PictureForm = {}) =>
  await readPictures(folder, await listPictures(folder), form, silent);

const messageOf = async (folder: string, form?: PictureForm) =>
  (await assertRejects(() => readAll(folder, form), Error)).message.replaceAll(folder, "FOLDER");

Deno.test("train and test come back pixel for pixel, classes and pictures in the order of their names", async () => {
  await inFolder(async (folder) => {
    await put(folder, {
      "train/cat/b.png": png(8, 9, 3, 10),
      "train/cat/a.png": png(8, 9, 3, 20),
      "train/Zebra/1.png": png(8, 9, 3, 30),
      "train/été/1.png": png(8, 9, 3, 40),
      "test/été/x.png": png(8, 9, 3, 50),
      "test/cat/y.png": png(8, 9, 3, 60),
      "README.txt": "read me",
      "train/labels.csv": "a,b",
      ".DS_Store": "x",
      "train/cat/.hidden": "x",
      "train/cat/Thumbs.db": "x",
    });
    const listed = await listPictures(folder);
    assertEquals(listed.classes, ["Zebra", "cat", "été"]);
    assertEquals(
      listed.train.map(({ path }) => path),
      ["train/Zebra/1.png", "train/cat/a.png", "train/cat/b.png", "train/été/1.png"],
    );
    const { train, test } = await readAll(folder);
    const pixels = (...firsts: number[]) =>
      Uint8Array.from(firsts.flatMap((first) => Array.from({ length: 216 }, (_, i) => first + i)));
    assertEquals(train, {
      images: { shape: [4, 8, 9, 3], data: pixels(30, 20, 10, 40) },
      labels: { shape: [4], data: Int32Array.of(0, 1, 1, 2) },
    });
    assertEquals(test, {
      images: { shape: [2, 8, 9, 3], data: pixels(60, 50) },
      labels: { shape: [2], data: Int32Array.of(1, 2) },
    });
  });
});

Deno.test("folders of classes alone have no test part; grey pictures of any kind have one channel", async () => {
  await inFolder(async (folder) => {
    const { pictures } = await readGolden<
      { readonly pictures: { readonly [name: string]: { readonly file: string } } }
    >("pillow_pictures.json");
    const grey = (name: string) => decodeBase64(pictures[name].file);
    await put(folder, {
      "a/1.png": grey("grey.png"),
      "a/2.bin": grey("grey_alpha_solid.png"),
      "b/1.jpeg": grey("grey.jpg"),
    });
    const { train, test } = await readAll(folder);
    assertEquals(test, undefined);
    assertEquals(train.images.shape, [3, 13, 20, 1]);
    assertEquals(train.images.data.subarray(0, 260), train.images.data.subarray(260, 520));
    await put(folder, { "c/1.png": grey("rgb.png") });
    const colour = (await readAll(folder)).train;
    assertEquals(colour.images.shape, [4, 13, 20, 3]);
    for (let i = 0; i < 3 * 260; i++) {
      const pixel = [...colour.images.data.subarray(3 * i, 3 * i + 3)];
      assertEquals(pixel, Array(3).fill(train.images.data[i]));
    }
  });
});

Deno.test("a class may be called train where others stand beside it; val is no part that is read", async () => {
  await inFolder(async (folder) => {
    await put(folder, { "bus/1.png": png(8, 8, 1), "train/1.png": png(8, 8, 1, 1) });
    assertEquals((await listPictures(folder)).classes, ["bus", "train"]);
  });
  await inFolder(async (folder) => {
    await put(folder, { "train/a/1.png": png(8, 8, 1), "val/a/1.png": png(8, 8, 1, 1) });
    const listed = await listPictures(folder);
    assertEquals([listed.classes, listed.test, listed.unused], [["a"], undefined, ["val"]]);
  });
});

Deno.test("the digest is what sha256sum says of all pictures in the order of their paths", async () => {
  const { code } = await new Deno.Command("sh", { args: ["-c", "command -v sha256sum"] }).output()
    .catch(() => ({ code: 1 }));
  await inFolder(async (folder) => {
    await put(folder, {
      "train/b/1.png": png(8, 8, 1),
      "train/a b/\u{ff01}.png": png(8, 8, 1, 1),
      "train/a b/\u{1f600}.png": png(8, 8, 1, 2),
      "train/a b/B.png": png(8, 8, 1, 3),
      "test/b/z.png": png(8, 8, 1, 4),
      "test/notes.txt": "not a picture of a class",
    });
    const digest = await digestPictures(folder);
    const hash = createHash("sha256");
    const paths = [
      "test/b/z",
      "train/a b/B",
      "train/a b/\u{ff01}",
      "train/a b/\u{1f600}",
      "train/b/1",
    ];
    for (const path of paths.map((path) => `${path}.png`)) {
      const own = createHash("sha256").update(await Deno.readFile(join(folder, path)));
      hash.update(`${own.digest("hex")}  ${path}\n`);
    }
    assertEquals(digest, hash.digest("hex"));
    if (code === 0) {
      const { stdout } = await new Deno.Command("sh", {
        args: [
          "-c",
          "find . -name '*.png' | sed 's|^./||' | LC_ALL=C sort | xargs -d '\\n' sha256sum | sha256sum",
        ],
        cwd: folder,
      }).output();
      assertEquals(new TextDecoder().decode(stdout).slice(0, 64), digest);
    }
    await Deno.rename(join(folder, "train/b/1.png"), join(folder, "train/b/2.png"));
    assert(await digestPictures(folder) !== digest);
  });
});

Deno.test("two sizes are refused with both files, and made one where that is said", async () => {
  await inFolder(async (folder) => {
    await put(folder, { "a/1.png": png(8, 12, 3), "b/1.png": png(10, 10, 3) });
    assertEquals(
      await messageOf(folder),
      "FOLDER/a/1.png is 8 x 12 pixels, and b/1.png 10 x 10 pixels; one size is needed: say " +
        '`resize: "fit"` in prepare, or "crop" or "stretch", and they are scaled to its `size`.',
    );
    for (const how of RESIZES) {
      const { train } = await readAll(folder, { resize: { to: [9, 8], how } });
      assertEquals(train.images.shape, [2, 9, 8, 3]);
    }
  });
});

Deno.test("all pictures that cannot be read are named at once, some of them with the reason", async () => {
  await inFolder(async (folder) => {
    const files = Object.fromEntries(
      Array.from({ length: 7 }, (_, i) => [`a/${i}.png`, `no picture ${i}`]),
    );
    await put(folder, { ...files, "a/9.png": png(8, 8, 1), "b/1.png": png(8, 8, 1).slice(0, -20) });
    const lines = (await messageOf(folder)).split("\n");
    assertEquals(
      lines[0],
      "8 of 9 pictures cannot be read; mend them, or take them out:",
    );
    assertEquals(lines[1], "  FOLDER/a/0.png: it is no PNG, JPEG or WebP picture");
    assertEquals(lines.slice(6), ["  and 3 more"]);
  });
});

Deno.test("folders that are not arranged by classes are refused with what was expected", async () => {
  const expected = "expected a folder a class, with its pictures, or train/ and test/ with such";
  const cases: [{ readonly [path: string]: string }, string][] = [
    [{ "1.png": "x", "2.png": "x" }, `FOLDER: there are 2 files and no folders; ${expected}.`],
    [
      { "a/1.png": "x", "b/c/1.png": "x" },
      `FOLDER/b: there is a folder c within a class; ${expected}.`,
    ],
    [{ "a/1.png": "x", "b/.x": "x" }, "FOLDER/b: there are no pictures of this class."],
    [
      { "train/a/1.png": "x", "test/b/1.png": "x" },
      "FOLDER/test/b: there is no such class in train/, which has others.",
    ],
  ];
  for (const [files, message] of cases) {
    await inFolder(async (folder) => {
      await put(folder, files);
      assertEquals(await messageOf(folder), message);
    });
  }
});

Deno.test("a folder is found, checked and read by its description", async () => {
  await inFolder(async (folder) => {
    const files = { "train/a/1.png": png(8, 8, 3), "train/b/1.png": png(8, 8, 3, 7) };
    await put(join(folder, "own", "pets"), files);
    const data: DataDescription = {
      name: "Pets",
      format: "pictures",
      folder: "pets",
      sha256: await digestPictures(join(folder, "own", "pets")),
    };
    const cache = join(folder, "cache");
    const places = locator({
      data: dataFolder(data, {
        cache,
        home: folder,
        named: { ATELIER_DATA_DIR: join(folder, "own") },
      }),
    });
    const { train, test } = await loadDataset(data, 2, places, silent);
    assertEquals([train.images.shape, [...train.labels.data]], [[2, 8, 8, 3], [0, 1]]);
    assertEquals(test, undefined);
    const refusal = async (classes: number, said: DataDescription = data) =>
      (await assertRejects(() => loadDataset(said, classes, places, silent), Error)).message
        .replaceAll(folder, "FOLDER");
    assertEquals(
      await refusal(3),
      "FOLDER/own/pets: there are 2 folders of classes, a, b, and study.ts names 3 classes; name " +
        "each, in this order.",
    );
    assert((await refusal(2, { ...data, folder: "cars" })).startsWith("Pets cannot be had: cars"));
    await put(join(folder, "own", "pets"), { "train/b/2.png": png(8, 8, 3, 9) });
    assertEquals(
      await refusal(2),
      `FOLDER/own/pets is not the folder that study.ts declares.
  SHA-256 expected: ${data.sha256}
  SHA-256 found:    ${await digestPictures(join(folder, "own", "pets"))}
Put the original in its place, or declare its digest in study.ts.`,
    );
  });
});
