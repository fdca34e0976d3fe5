import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Recognized } from "../../src/data/recognize.ts";
import { beginStudy } from "../../src/stages/begin.ts";
import { checkStudy, type Study } from "../../src/stages/plan.ts";
import { inFolder } from "../support/data_files.ts";

const file = { file: "all.npz", sha256: "0".repeat(64) };

/** What may be found: grey images of 28 x 28, two classes of 100, and no test part. */
const plain: Recognized = {
  data: {
    name: "toys",
    format: "numpy",
    mirrors: [],
    trainImages: { ...file, array: "x" },
    trainLabels: { ...file, array: "y" },
  },
  folder: "/somewhere",
  classes: ["0", "1"],
  named: false,
  shape: [28, 28, 1],
  train: { images: 200, counts: [100, 100] },
  duplicates: 0,
  shared: 0,
  notes: [],
};

const plan = new URL("../../src/stages/plan.ts", import.meta.url).href;

/** The study that a text says, which every check of `study.ts` must pass. */
const studyOf = (text: string): Promise<Study> =>
  inFolder(async (folder) => {
    const path = join(folder, `${crypto.randomUUID()}.ts`);
    await Deno.writeTextFile(path, text);
    const { study } = await import(pathToFileURL(path).href);
    return checkStudy(study).study;
  });

const begun = (found: Partial<Recognized>) => studyOf(beginStudy({ ...plain, ...found }, plan));

Deno.test("a study that was begun passes every check, and says what was found", async () => {
  const study = await begun({});
  assertEquals([study.title, study.data, study.classes], ["toys", plain.data, ["0", "1"]]);
  assertEquals(study.prepare, {
    size: [32, 32],
    split: {
      testSize: 0.2,
      randomState: 1,
      stratify: true,
      testPart: { testSize: 0.2, randomState: 1 },
    },
  });
  assertEquals(study.cv?.stratify, true);
  assertEquals(study.thresholds, {});
  assertEquals([study.published, study.tune, study.transfer], [undefined, undefined, undefined]);
});

Deno.test("small images are padded, large ones scaled down, and the proportions stay", async () => {
  const sizes: [shape: number[], size: number[], resize?: "fit"][] = [
    [[8, 8, 1], [32, 32]],
    [[40, 24, 1], [40, 32]],
    [[64, 64, 1], [64, 64]],
    [[65, 64, 1], [64, 63], "fit"],
    [[300, 400, 1], [48, 64], "fit"],
    [[1000, 10, 1], [64, 32], "fit"],
  ];
  for (const [shape, size, resize] of sizes) {
    const { prepare } = await begun({ shape });
    assertEquals([prepare.size, prepare.resize], [size, resize], shape.join());
  }
  const { prepare } = await begun({ shape: [40, 24, 3], resize: { to: [40, 24], how: "fit" } });
  assertEquals([prepare.size, prepare.resize, prepare.channels], [[40, 32], "fit", 3]);
});

Deno.test("a test part of the data's own is not split off once more", async () => {
  const { split } = (await begun({
    data: {
      name: "toys",
      format: "csv",
      mirrors: [],
      train: { file: "train.csv", sha256: file.sha256 },
      test: { file: "test.csv", sha256: file.sha256 },
    },
    test: { images: 20, counts: [10, 10] },
  })).prepare;
  assertEquals(split.testPart, undefined);
});

Deno.test("classes of few images are not split by shares, and few images are learnt from longer", async () => {
  const few = await begun({ train: { images: 119, counts: [100, 19] } });
  assertEquals([few.prepare.split.stratify, few.cv?.stratify], [undefined, undefined]);
  assertEquals(few.baseline.epochs, 30);
  const many = await begun({ train: { images: 60_000, counts: [30_000, 30_000] } });
  assertEquals(many.baseline.epochs, 10);
});

Deno.test("any name may stand in it", async () => {
  const text = fc.string({ unit: "grapheme-composite", minLength: 1, maxLength: 20 })
    .filter((name) => name.isWellFormed());
  await fc.assert(
    fc.asyncProperty(
      text,
      fc.uniqueArray(text, { minLength: 2, maxLength: 5 }),
      async (name, classes) => {
        const data = { ...plain.data, name };
        const study = await begun({
          data,
          classes,
          train: { images: 200, counts: classes.map(() => 40) },
        });
        assertEquals([study.title, study.data.name, study.classes], [name, name, classes]);
      },
    ),
    {
      numRuns: 40,
      examples: [["*/ `${1}` \n */", ['"', "`", "${x}", "\\", "\u2028"]], ["a\r\nb", ["//", "/*"]]],
    },
  );
});

Deno.test("as many classes as there can be, and a study that lies outside the project", async () => {
  const classes = Array.from({ length: 256 }, (_, i) => `class ${i}`);
  const found = { ...plain, classes, train: { images: 25_600, counts: classes.map(() => 100) } };
  const text = beginStudy(found, undefined);
  assert(!text.includes("import"));
  assertEquals((await studyOf(text)).classes, classes);
});
