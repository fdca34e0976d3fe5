import { assert, assertEquals, assertRejects } from "@std/assert";
import { encode } from "fast-png";
import { basename, dirname, join } from "node:path";
import type { LabelledImages } from "../../src/data/dataset.ts";
import { dataDescription } from "../../src/data/description.ts";
import { recognize, type Recognized } from "../../src/data/recognize.ts";
import { dataFolder } from "../../src/data/places.ts";
import { loadDataset } from "../../src/data/source.ts";
import { locator } from "../../src/files/locate.ts";
import { csv, gzip, idx, inFolder, noise, npy, npz, sha256 } from "../support/data_files.ts";

const encodeText = (text: string) => new TextEncoder().encode(text);

/** Images of noise, `first` the lowest of `classes` labels, each of which occurs. */
function drawn(count: number, side: number, classes: number, seed: number): LabelledImages {
  const { images } = noise(count, side, seed);
  return {
    images,
    labels: { shape: [count], data: Uint8Array.from({ length: count }, (_, i) => i % classes) },
  };
}

const train = drawn(40, 8, 4, 1);
const test = drawn(12, 8, 4, 2);

/** Writes files into a folder of their own, and looks at it or at one of them. */
async function withFiles(
  files: { readonly [path: string]: Uint8Array<ArrayBuffer> },
  look: (folder: string) => Promise<void>,
): Promise<void> {
  await inFolder(async (root) => {
    const folder = join(root, "toys");
    for (const [path, bytes] of Object.entries(files)) {
      await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
      await Deno.writeFile(join(folder, path), bytes);
    }
    await look(folder);
  });
}

/** What is found must be a description that `study.ts` accepts, and by which the same images are read. */
async function checked(path: string): Promise<Recognized> {
  const found = await recognize(path);
  const data = dataDescription.parse(found.data);
  const places = locator({
    data: dataFolder(data, {
      cache: join(found.folder, "nowhere"),
      home: join(found.folder, "nowhere"),
      remembered: found.folder,
    }),
  });
  const { train, test } = await loadDataset(
    data,
    found.classes.length,
    places,
    () => {},
    found.resize,
  );
  assertEquals(train.images.shape, [found.train.images, ...found.shape]);
  assertEquals(test?.images.shape[0], found.test?.images);
  assertEquals(found.train.counts.reduce((sum, n) => sum + n), found.train.images);
  return found;
}

const file = (name: string, bytes: Uint8Array) => ({ file: name, sha256: sha256(bytes) });

Deno.test("IDX is recognized by content, plain and gzip, whatever the files are called", async () => {
  const files = {
    "a": gzip(idx([40, 8, 8], train.images.data)),
    "b": idx([40], train.labels.data),
    "test-c": idx([12, 8, 8], test.images.data),
    "test-d": gzip(idx([12], test.labels.data)),
  };
  await withFiles({ ...files, "README.md": encodeText("Toys, and more\n") }, async (folder) => {
    const found = await checked(folder);
    assertEquals(found, {
      data: {
        name: "toys",
        format: "idx",
        mirrors: [],
        trainImages: file("a", files.a),
        trainLabels: file("b", files.b),
        testImages: file("test-c", files["test-c"]),
        testLabels: file("test-d", files["test-d"]),
      },
      folder,
      classes: ["0", "1", "2", "3"],
      named: false,
      shape: [8, 8, 1],
      train: { images: 40, counts: [10, 10, 10, 10] },
      test: { images: 12, counts: [3, 3, 3, 3] },
      duplicates: 0,
      shared: 0,
      notes: [],
    });
  });
});

Deno.test("a single pair is for training, though its name says test", async () => {
  await withFiles({
    "t10k-images-idx3-ubyte": idx([40, 8, 8], train.images.data),
    "t10k-labels-idx1-ubyte": idx([40], train.labels.data),
  }, async (folder) => {
    const { data, test } = await checked(folder);
    assert(data.format === "idx");
    assertEquals([data.trainImages.file, data.testImages, test], [
      "t10k-images-idx3-ubyte",
      undefined,
      undefined,
    ]);
  });
});

Deno.test("labels from 1, with one left out, get the settings by which they are read", async () => {
  const labels = Array.from({ length: 40 }, (_, i) => [1, 2, 4, 9][i % 4]);
  await withFiles({
    "images": idx([40, 4, 16, 1], train.images.data),
    "labels": idx([40], labels),
  }, async (folder) => {
    const { data, classes, shape } = await checked(folder);
    assert(data.format === "idx");
    assertEquals(data.labels, { first: 1, skip: [3, 5, 6, 7, 8] });
    assertEquals([classes, shape], [["1", "2", "4", "9"], [4, 16, 1]]);
  });
});

Deno.test("repeated images, and those that training and test share, are counted", async () => {
  const repeated = train.images.data.slice();
  repeated.copyWithin(64 * 4, 0, 64); // image 4 is image 0, and has its label
  repeated.copyWithin(64 * 5, 0, 64); // image 5 is too, with another label
  const shared = test.images.data.slice();
  shared.set(repeated.subarray(64 * 7, 64 * 8), 64 * 3);
  shared.set(repeated.subarray(64 * 7, 64 * 8), 64 * 9);
  await withFiles({
    "train-images": idx([40, 8, 8], repeated),
    "train-labels": idx([40], train.labels.data),
    "test-images": idx([12, 8, 8], shared),
    "test-labels": idx([12], test.labels.data),
  }, async (folder) => {
    const { duplicates, shared } = await checked(folder);
    assertEquals([duplicates, shared], [1, 2]);
  });
});

Deno.test("CSV is recognized with a header and without, grey and in colour, wherever the label stands", async () => {
  const plain = encodeText(csv(train));
  await withFiles({ "train.csv": plain, "test.csv": encodeText(csv(test)) }, async (folder) => {
    const { data, notes } = await checked(folder);
    assertEquals(data, {
      name: "toys",
      format: "csv",
      mirrors: [],
      train: file("train.csv", plain),
      test: file("test.csv", encodeText(csv(test))),
    });
    assertEquals(notes, []);
  });
  const rows = (place: number) =>
    Array.from(
      train.labels.data.subarray(0, 20),
      (label, row) =>
        [...train.images.data.subarray(12 * row, 12 * row + 12)].toSpliced(place, 0, label).join(
          ",",
        ),
    )
      .join("\n");
  await withFiles({ "bare.csv": encodeText(rows(0)) }, async (folder) => {
    const { data, shape, notes } = await checked(join(folder, "bare.csv"));
    assertEquals(data, {
      name: "bare",
      format: "csv",
      mirrors: [],
      train: file("bare.csv", encodeText(rows(0))),
      header: false,
      shape: [2, 2, 3],
    });
    assertEquals(shape, [2, 2, 3]);
    assert(notes[0].startsWith("The file has no header: its first column is taken for the label"));
  });
  const titles = Array.from({ length: 12 }, (_, i) => `pixel${String(i).padStart(4, "0")}`);
  for (const [title, noted] of [["class", 0], ["diagnosis", 1]] as const) {
    const text = encodeText(`${[...titles, title]}\n${rows(12)}\n`);
    await withFiles({ "x.csv": text }, async (folder) => {
      const { data, notes } = await checked(folder);
      assert(data.format === "csv");
      assertEquals(data.labels?.column, noted ? 12 : "class");
      assertEquals(notes.length, noted);
    });
  }
});

Deno.test("tables without labels, and tables of other things, are left out", async () => {
  const labelled = csv(train);
  const unlabelled = csv(test).split("\n").map((line) => line.replace(/^[^,]*,/, "")).join("\n");
  await withFiles({
    "train.csv": encodeText(labelled),
    "test.csv": encodeText(unlabelled),
    "answers.csv": encodeText("ImageId,Label\n1,0\n2,3\n"),
  }, async (folder) => {
    const { data, test, notes } = await checked(folder);
    assert(data.format === "csv");
    assertEquals([data.train.file, data.test, test], ["train.csv", undefined, undefined]);
    assertEquals(notes, ["test.csv is not read: it has a column less, so it has no labels."]);
  });
});

Deno.test("NumPy's arrays are recognized as Keras, MedMNIST and KMNIST publish them", async () => {
  const golden = new URL("../golden/", import.meta.url);
  const arrays = {
    images: (count: number, images: LabelledImages) =>
      npy("|u1", [count, 8, 8], images.images.data),
    labels: (count: number, images: LabelledImages) => npy("|u1", [count, 1], images.labels.data),
  };
  // KMNIST: an array a file.
  await withFiles({
    "kmnist-train-imgs.npy": arrays.images(40, train),
    "kmnist-train-labels.npy": arrays.labels(40, train),
    "kmnist-test-imgs.npy": arrays.images(12, test),
    "kmnist-test-labels.npy": arrays.labels(12, test),
  }, async (folder) => {
    const { data } = await checked(folder);
    assert(data.format === "numpy");
    assertEquals(
      [data.trainImages, data.trainLabels, data.testImages, data.testLabels].map((it) => it!.file),
      ["train-imgs", "train-labels", "test-imgs", "test-labels"].map((it) => `kmnist-${it}.npy`),
    );
  });
  // Keras and MedMNIST: one archive.
  for (
    const [names, left] of [
      [["x_train", "y_train", "x_test", "y_test"], []],
      [
        ["train_images", "train_labels", "test_images", "test_labels"],
        ["val_images", "val_labels"],
      ],
    ]
  ) {
    const contents = new Map([
      [names[0], arrays.images(40, train)],
      [names[1], arrays.labels(40, train)],
      [names[2], arrays.images(12, test)],
      [names[3], arrays.labels(12, test)],
      ...left.map((name, i) =>
        [name, i === 0 ? arrays.images(12, test) : arrays.labels(12, test)] as const
      ),
    ]);
    await withFiles({}, async (folder) => {
      await Deno.mkdir(folder);
      await npz(join(folder, "toys.npz"), Object.fromEntries(contents));
      const { data, notes, shape } = await checked(join(folder, "toys.npz"));
      assert(data.format === "numpy");
      assertEquals(
        [data.trainImages, data.trainLabels, data.testImages, data.testLabels].map((it) =>
          it!.array
        ),
        names,
      );
      assertEquals(shape, [8, 8, 1]);
      assertEquals(notes.length, left.length === 0 ? 0 : 1);
    });
  }
  const floats = Uint8Array.from(await Deno.readFile(new URL("numpy_packed.npz", golden)));
  await withFiles({ "all.npz": floats }, async (folder) => {
    const { message } = await assertRejects(() => recognize(folder), Error);
    assert(message.includes("each array of images needs one of labels"), message);
  });
});

Deno.test("CIFAR's files are recognized by their records, with the names that lie beside them", async () => {
  const records = (count: number, labels: (n: number) => number[]) =>
    Uint8Array.from(
      Array.from({ length: count }, (_, n) => [
        ...labels(n),
        ...noise(3, 32, n + 1).images.data,
      ]).flat(),
    );
  const names = Array.from({ length: 10 }, (_, i) => `thing ${i}`);
  await withFiles({
    "data_batch_1.bin": records(6, (n) => [n]),
    "data_batch_2.bin": records(6, (n) => [n + 4]),
    "test_batch.bin": records(2, (n) => [n]),
    "batches.meta.txt": encodeText(names.join("\n") + "\n\n"),
  }, async (folder) => {
    const { data, classes, named, shape, train } = await checked(folder);
    assert(data.format === "cifar10");
    assertEquals(data.train.map(({ file }) => file), ["data_batch_1.bin", "data_batch_2.bin"]);
    assertEquals(data.test?.map(({ file }) => file), ["test_batch.bin"]);
    assertEquals([classes, named, shape, train.images], [names, true, [32, 32, 3], 12]);
  });
  await withFiles({ "train.bin": records(100, (n) => [n % 20, n]) }, async (folder) => {
    const { data, classes } = await checked(folder);
    assertEquals([data.format, classes.length], ["cifar100", 100]);
  });
});

/** A picture in colour. */
function png(height: number, width: number, first: number, alpha = false): Uint8Array<ArrayBuffer> {
  const channels = alpha ? 4 : 3;
  const data = Uint8Array.from({ length: height * width * channels }, (_, i) => first + i);
  return Uint8Array.from(encode({ width, height, data, channels }));
}

Deno.test("a folder of pictures is recognized with its classes, and what makes its sizes one", async () => {
  await withFiles({
    "train/cat/1.png": png(30, 100, 1),
    "train/cat/2.png": png(30, 100, 2),
    "train/ant/1.png": png(30, 100, 3),
    "test/cat/1.png": png(30, 100, 1),
    "val/cat/1.png": png(30, 100, 1),
    "labels.csv": encodeText("a,b\n1,2\n"),
  }, async (folder) => {
    const found = await checked(folder);
    assertEquals([found.folder, found.classes, found.named], [
      dirname(folder),
      ["ant", "cat"],
      true,
    ]);
    assertEquals(found.shape, [30, 100, 3]);
    assertEquals([found.train, found.test], [
      { images: 3, counts: [1, 2] },
      { images: 1, counts: [0, 1] },
    ]);
    assertEquals(found.shared, 1);
    assertEquals(found.notes, [
      "val/ is not read: images for validation are split off the training images.",
    ]);
    assert(found.data.format === "pictures" && found.data.folder === basename(folder));
  });
  await withFiles({
    "cat/1.png": png(10, 20, 1),
    "cat/2.png": png(12, 16, 2, true),
    "ant/1.png": png(14, 18, 3),
  }, async (folder) => {
    const { data, resize, shape, notes } = await checked(folder);
    assert(data.format === "pictures");
    assertEquals([resize, data.background], [{ to: [12, 18], how: "fit" }, 255]);
    assertEquals(shape, [12, 18, 3]);
    assertEquals(notes, [
      "The pictures have 3 sizes, 10 x 16 to 14 x 20 pixels; `resize` in prepare makes them 12 x 18.",
      "One sees through parts of 1 pictures; `background` in data lays them on white.",
    ]);
  });
});

Deno.test("what is not recognized is refused with what was looked at and what is expected", async () => {
  const refusal = async (
    files: { readonly [path: string]: Uint8Array<ArrayBuffer> },
    at = ".",
  ) => {
    let message = "";
    await withFiles(files, async (folder) => {
      const error = await assertRejects(() => recognize(join(folder, at)), Error);
      message = error.message.replaceAll(folder, "FOLDER");
    });
    return message;
  };
  const images = idx([40, 8, 8], train.images.data);
  const labels = idx([40], train.labels.data);
  const expected =
    "expected IDX files, CSV tables, NumPy's .npz or .npy, CIFAR's binary files, or a " +
    "folder of pictures with a folder a class.";
  assertEquals(
    await refusal({ "a.txt": encodeText("nothing"), "b.bin": new Uint8Array(10) }),
    `FOLDER: nothing is recognized (a.txt, b.bin); ${expected}`,
  );
  assertEquals(
    await refusal({ "a.txt": encodeText("nothing"), "train.idx": encodeText("<html>") }),
    "FOLDER/train.idx is a web page, or what a server answered instead of the file. Open its " +
      "address in a browser to see what is wrong there, and fetch it again.",
  );
  assertEquals(
    await refusal({ "a/b/c.txt": encodeText("x") }),
    `FOLDER: nothing is recognized (no files); ${expected}`,
  );
  assertEquals(
    await refusal({ "a": images }, "b"),
    "There is nothing at FOLDER/b; give the file or the folder of the data.",
  );
  assertEquals(
    await refusal({ "a": images }, "a"),
    "FOLDER: of IDX there are 1 files of images and 0 of labels (a); each file of images needs one " +
      "of labels.",
  );
  assertEquals(
    await refusal({ "a": images, "b": images, "c": images, "d": labels, "e": labels, "f": labels }),
    "FOLDER: there are 3 files of images, a, b, c; give those of one data set, for training and for " +
      "test, a folder of their own.",
  );
  assertEquals(
    await refusal({ "a": images, "b": labels, "c.csv": encodeText(csv(train)) }),
    "FOLDER: there are files of several kinds, a (idx) and c.csv (csv); give those of one data set a " +
      "folder of their own.",
  );
  assertEquals(
    await refusal({ "1.png": png(8, 8, 1) }, "1.png"),
    "FOLDER/1.png is one picture; give the folder that has a folder a class.",
  );
  const tar = new Uint8Array(1024);
  tar.set(encodeText("ustar"), 257);
  assertEquals(
    await refusal({ "cifar-10-binary.tar.gz": gzip(tar) }),
    "FOLDER/cifar-10-binary.tar.gz is an archive; unpack it, and give the folder.",
  );
  assertEquals(
    await refusal({ "x.csv": encodeText(csv(train).replaceAll("\n", ",1\n")) }),
    "FOLDER/x.csv: 65 columns beside the label make no square image, grey or in colour; describe it " +
      "in study.ts with `shape: [height, width]`.",
  );
  assert(
    (await refusal({ "a": images, "b": idx([39], train.labels.data.subarray(1)) }))
      .endsWith("they do not belong together."),
  );
});
