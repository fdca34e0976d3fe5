import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import type { Dataset } from "../../src/data/dataset.ts";
import { type DataDescription, dataDescription, whatIsRead } from "../../src/data/description.ts";
import { dataFolder } from "../../src/data/places.ts";
import { loadDataset, outsideFiles } from "../../src/data/source.ts";
import { drawGarments } from "../../src/data/synthetic.ts";
import { locator } from "../../src/files/locate.ts";
import { csv, gzip, idx, inFolder, noise, served, sha256 } from "../support/data_files.ts";

/** Images of noise of all ten classes. */
const train = {
  ...noise(12, 4, 1),
  labels: { shape: [12], data: Uint8Array.from({ length: 12 }, (_, i) => (7 * i) % 10) },
};
const published = { train, test: noise(5, 4, 2) } satisfies Dataset;
const bytes: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {
  "train-images.gz": gzip(idx([12, 4, 4], published.train.images.data)),
  "train-labels.gz": gzip(idx([12], published.train.labels.data)),
  "test-images.gz": gzip(idx([5, 4, 4], published.test.images.data)),
  "test-labels": idx([5], published.test.labels.data),
  "train.csv": new TextEncoder().encode(csv(published.train)),
  "test.csv": new TextEncoder().encode(csv(published.test)),
};
const file = (name: string) => ({ file: name, sha256: sha256(bytes[name]) });
const idxFiles = ["train-images.gz", "train-labels.gz", "test-images.gz", "test-labels"];

function idxData(mirrors: string[]): Extract<DataDescription, { readonly format: "idx" }> {
  const [trainImages, trainLabels, testImages, testLabels] = idxFiles.map(file);
  return {
    name: "Toy, set 1",
    format: "idx",
    mirrors,
    trainImages,
    trainLabels,
    testImages,
    testLabels,
  };
}

const silent = () => {};
const encode = (text: string) => new TextEncoder().encode(text);

/** Finds the files of the set that the tests read, in the user's folder `own` and the cache. */
const places = (cache: string, own?: string) =>
  locator({
    data: dataFolder({ name: "Toy, set 1" }, {
      cache,
      home: "study",
      named: { ATELIER_DATA_DIR: own },
    }),
  });

async function put(folder: string, names: readonly string[]): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  for (const name of names) await Deno.writeFile(join(folder, name), bytes[name]);
}

/** Where the data set's files are kept below the cache folder. */
const kept = (cache: string) => join(cache, "data", "toy-set-1");

/** Runs `test` with a folder of its own, beside a server that has the files at `mirror` and notes what it is asked for. */
function beside(
  test: (place: {
    readonly cache: string;
    readonly own: string;
    readonly mirror: string;
    readonly asked: string[];
  }) => Promise<void>,
): Promise<void> {
  const asked: string[] = [];
  return inFolder((folder) =>
    served((request) => {
      const [, folder, name] = new URL(request.url).pathname.split("/");
      asked.push(name);
      const there = folder === "fashion" && name in bytes;
      return there ? new Response(bytes[name]) : new Response(null, { status: 404 });
    }, (origin) =>
      test({
        cache: join(folder, "cache"),
        own: join(folder, "own"),
        mirror: `${origin}/fashion/`,
        asked,
      }))
  );
}

Deno.test("the user's folder comes first: nothing is asked for, nothing kept", async () => {
  await beside(async ({ cache, own, mirror, asked }) => {
    await put(own, idxFiles);
    const folders = places(cache, own);
    assertEquals(await loadDataset(idxData([mirror]), 10, folders, silent), published);
    assertEquals(asked, []);
    await assertRejects(() => Deno.stat(cache), Deno.errors.NotFound);
  });
});

Deno.test("what neither folder has is downloaded once, with progress, and kept in the cache", async () => {
  await beside(async ({ cache, own, mirror, asked }) => {
    await put(own, ["train-images.gz"]);
    await put(kept(cache), ["train-labels.gz"]);
    const folders = places(cache, own);
    const notes = new Map<string, number[]>();
    const data = idxData([mirror]);
    assertEquals(
      await loadDataset(data, 10, folders, (done, total, note) => notes.set(note!, [done, total])),
      published,
    );
    assertEquals(asked, ["test-images.gz", "test-labels"]);
    const lengths = asked.map((name) => bytes[name].length);
    assertEquals([...notes], [
      ["downloading test-images.gz", [lengths[0], lengths[0]]],
      ["downloading test-labels", [lengths[1], lengths[1]]],
    ]);
    assertEquals(await Deno.readFile(join(kept(cache), "test-labels")), bytes["test-labels"]);
    assertEquals(await loadDataset(data, 10, folders, silent), published);
    assertEquals(asked.length, 2);
  });
});

Deno.test("addresses are asked in order until one has the file", async () => {
  await beside(async ({ cache, mirror, asked }) => {
    const data = idxData([mirror.replace("fashion", "nowhere"), mirror]);
    assertEquals(await loadDataset(data, 10, places(cache), silent), published);
    assertEquals(asked.length, 8);
  });
});

Deno.test("CSV gives the same data as IDX, with progress", async () => {
  await beside(async ({ cache, own }) => {
    await put(own, ["train.csv", "test.csv"]);
    const data: DataDescription = {
      name: "Toy, set 1",
      format: "csv",
      mirrors: [],
      train: file("train.csv"),
      test: file("test.csv"),
    };
    const notes: string[] = [];
    assertEquals(
      await loadDataset(
        data,
        10,
        places(cache, own),
        (_d, _t, note) => notes.push(note!),
      ),
      published,
    );
    assertEquals(notes, ["reading train.csv", "reading test.csv"]);
  });
});

Deno.test("data that name no test part have none, and no file of one is looked for", async () => {
  await beside(async ({ cache, own }) => {
    await put(own, ["train-images.gz", "train-labels.gz", "train.csv"]);
    const folders = places(cache, own);
    const { testImages: _, testLabels: __, ...data } = idxData([]);
    const { train } = published;
    assertEquals(await loadDataset(data, 10, folders, silent), { train });
    const table = {
      name: data.name,
      format: "csv",
      mirrors: [],
      train: file("train.csv"),
    } as const;
    assertEquals(await loadDataset(table, 10, folders, silent), { train });
  });
});

Deno.test("synthetic data are drawn from two seeds: no test image is a training image", async () => {
  const data: DataDescription = {
    name: "Drawn",
    format: "synthetic",
    seed: 5,
    train: 60,
    test: 30,
  };
  const { train, test } = await loadDataset(data, 10, locator({}), silent) as Required<Dataset>;
  assertEquals(train, drawGarments(60, 5));
  assertEquals(test.images.shape, [30, 28, 28, 1]);
  const images = (set: typeof train) =>
    Array.from(
      { length: set.labels.data.length },
      (_, i) => sha256(set.images.data.subarray(784 * i, 784 * (i + 1))),
    );
  assertEquals(new Set([...images(train), ...images(test)]).size, 90);
  const again = await loadDataset({ ...data, seed: 6 }, 10, locator({}), silent);
  assertNotEquals(again.train, train);
});

Deno.test("another file in the user's folder is refused with both digests and what to do", async () => {
  await beside(async ({ cache, own, mirror, asked }) => {
    await put(own, idxFiles);
    await put(kept(cache), idxFiles); // no reason to pass over what the user has put there
    const path = join(own, "train-labels.gz");
    const other = gzip(idx([12], published.train.labels.data.toReversed()));
    await Deno.writeFile(path, other);
    const error = await assertRejects(
      () => loadDataset(idxData([mirror]), 10, places(cache, own), silent),
      Error,
    );
    assertEquals(
      error.message,
      `${path} is not the file that study.ts declares.
  SHA-256 expected: ${sha256(bytes["train-labels.gz"])}
  SHA-256 found:    ${sha256(other)}
Put the original in its place, or declare its digest in study.ts.`,
    );
    assertEquals(asked, []);
    assertEquals(await Deno.readFile(path), other);
  });
});

Deno.test("a damaged file in the cache is refused, and says that it may be deleted", async () => {
  await beside(async ({ cache, mirror, asked }) => {
    await put(kept(cache), idxFiles);
    const path = join(kept(cache), "test-labels");
    await Deno.truncate(path, 10);
    const attempt = () => loadDataset(idxData([mirror]), 10, places(cache), silent);
    const error = await assertRejects(attempt, Error);
    assertEquals(
      error.message,
      `${path} is not the file that study.ts declares.
  SHA-256 expected: ${sha256(bytes["test-labels"])}
  SHA-256 found:    ${sha256(bytes["test-labels"].subarray(0, 10))}
Delete it, and it is fetched again.`,
    );
    assertEquals(asked, []);
    await Deno.remove(path);
    assertEquals(await attempt(), published);
  });
});

Deno.test("an empty file is another file, not a missing one", async () => {
  await beside(async ({ cache, own, mirror }) => {
    await put(own, idxFiles);
    await Deno.truncate(join(own, "train-images.gz"));
    await assertRejects(
      () => loadDataset(idxData([mirror]), 10, places(cache, own), silent),
      Error,
      "SHA-256 found:    e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    );
  });
});

Deno.test("without data anywhere, the error names the places, the three ways and the demo", async () => {
  await beside(async ({ cache, mirror }) => {
    const nowhere = mirror.replace("fashion", "nowhere");
    const ways = `There are three ways to give it:
  1. set ATELIER_DATA_DIR to a folder that holds ${idxFiles.join(", ")};
  2. put these files into ${kept(cache)};
  3. run this where one of the addresses can be reached.
Without data, \`deno task demo\` runs the whole pipeline on drawn garments.`;
    const withoutFolder = await assertRejects(
      () => loadDataset(idxData([nowhere, `${nowhere}too/`]), 10, places(cache), silent),
      Error,
    );
    assertEquals(
      withoutFolder.message,
      `Toy, set 1 cannot be had: train-images.gz is in none of these places.
  ATELIER_DATA_DIR: not set
  study/data: there is no such folder
  ${kept(cache)}: not there
  ${nowhere}train-images.gz: HTTP status 404 Not Found
  ${nowhere}too/train-images.gz: HTTP status 404 Not Found
${ways}`,
    );
    const folders = places(cache, "elsewhere");
    const withFolder = await assertRejects(
      () => loadDataset(idxData([]), 10, folders, silent),
      Error,
    );
    assertEquals(
      withFolder.message,
      `Toy, set 1 cannot be had: train-images.gz is in none of these places.
  ATELIER_DATA_DIR, elsewhere/toy-set-1: there is no such folder
  ATELIER_DATA_DIR, elsewhere: there is no such folder
  study/data: there is no such folder
  ${kept(cache)}: not there
  public addresses: there is none
${ways}`,
    );
    // Nothing half-written.
    assertEquals(Array.from(Deno.readDirSync(kept(cache))), []);
  });
});

Deno.test("training and test images of two sizes are refused", async () => {
  await beside(async ({ cache, own }) => {
    await put(own, ["train.csv"]);
    const other = new TextEncoder().encode(csv(noise(3, 5)));
    await Deno.writeFile(join(own, "other.csv"), other);
    const data: DataDescription = {
      name: "Toy, set 1",
      format: "csv",
      mirrors: [],
      train: file("train.csv"),
      test: { file: "other.csv", sha256: sha256(other) },
    };
    const error = await assertRejects(
      () => loadDataset(data, 10, places(cache, own), silent),
      Error,
    );
    assertEquals(
      error.message,
      "The training images are 4x4 pixels, the test images 5x5 pixels; one size is needed: " +
        '`resize: "fit"` in prepare, or "crop" or "stretch", scales them to its `size`.',
    );
    const resized = await loadDataset(data, 10, places(cache, own), silent, {
      to: [6, 3],
      how: "stretch",
    });
    assertEquals([resized.train, resized.test!].map(({ images }) => images.shape.slice(1)), [
      [6, 3, 1],
      [6, 3, 1],
    ]);
  });
});

Deno.test("without a test part there is none; settings of labels go through to every reader", async () => {
  await beside(async ({ cache, own }) => {
    await put(own, idxFiles);
    const shifted = encode("1,5\n2,6\n4,7\n");
    await Deno.writeFile(join(own, "shifted.csv"), shifted);
    const { testImages: _, testLabels: __, ...alone } = {
      ...idxData([]),
    } as DataDescription & { format: "idx" };
    assertEquals(await loadDataset(alone, 10, places(cache, own), silent), { train });
    const data: DataDescription = {
      name: "Toy, set 1",
      format: "csv",
      mirrors: [],
      train: { file: "shifted.csv", sha256: sha256(shifted) },
      header: false,
      labels: { first: 1, skip: [3] },
      shape: [1, 1],
    };
    const read = await loadDataset(data, 3, places(cache, own), silent);
    assertEquals([...read.train.labels.data], [0, 1, 2]);
    assertEquals([...read.train.images.data], [5, 6, 7]);
  });
});

Deno.test("names and places are no part of what decides what is read, all else is", () => {
  const data: DataDescription = { ...idxData([]), labels: { first: 1 } } as DataDescription;
  const same = JSON.parse(JSON.stringify(data).replaceAll("train-images.gz", "elsewhere/x"));
  const at = { ...same, name: "other", mirrors: ["https://example.org/"] };
  assertEquals(whatIsRead(at), whatIsRead(data));
  for (
    const other of [
      { ...data, labels: { first: 2 } },
      { ...data, labels: undefined },
      { ...data, trainImages: file("test-labels") },
      { ...data, testImages: undefined, testLabels: undefined },
    ]
  ) {
    assertNotEquals(whatIsRead(other as DataDescription), whatIsRead(data));
  }
});

Deno.test("arrays of one archive, and CIFAR's files, are read by their description", async () => {
  await beside(async ({ cache, own }) => {
    await Deno.mkdir(own);
    const golden = await Deno.readFile(
      new URL("../golden/numpy_packed.npz", import.meta.url),
    );
    await Deno.writeFile(join(own, "all.npz"), golden);
    const archive = { file: "all.npz", sha256: sha256(golden) };
    const arrays: DataDescription = {
      name: "Toy, set 1",
      format: "numpy",
      mirrors: [],
      trainImages: { ...archive, array: "colour" },
      trainLabels: { ...archive, array: "labels_<i8" },
      testImages: { ...archive, array: "colour_fortran" },
      testLabels: { ...archive, array: "labels_column" },
    };
    assertEquals(outsideFiles(arrays).length, 1);
    const { train, test } = await loadDataset(arrays, 3, places(cache, own), silent);
    assertEquals(train.images.shape, [4, 5, 2, 3]);
    assertEquals(test, train);

    const records = Uint8Array.from({ length: 2 * 3074 }, (_, i) => i % 3074 < 2 ? i % 3072 : 7);
    await Deno.writeFile(join(own, "train.bin"), records);
    const cifar: DataDescription = {
      name: "Toy, set 1",
      format: "cifar100",
      mirrors: [],
      train: [{ file: "train.bin", sha256: sha256(records) }],
      labels: "fine",
    };
    await assertRejects(
      () => loadDataset(cifar, 100, places(cache, own), silent),
      Error,
      "no training image has the labels 0, 2, 4",
    );
  });
});

Deno.test("test images without labels are refused where they are described", () => {
  const said = idxData([]);
  assert(dataDescription.safeParse(said).success);
  const { testImages: _, testLabels: __, ...without } = said as DataDescription & { format: "idx" };
  assert(dataDescription.safeParse(without).success);
  for (const part of ["testImages", "testLabels"]) {
    const { error } = dataDescription.safeParse({ ...said, [part]: undefined });
    assertEquals(error!.issues.map(({ path }) => path), [[part]]);
  }
});
