/** How `prepare` and `cv` split what a study's files hold, and what they refuse before any work. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  fail,
} from "@std/assert";
import { join } from "node:path";
import { encode } from "fast-png";
import { digestPictures } from "../../src/data/pictures.ts";
import { stratifiedTrainTestSplit } from "../../src/data/stratified.ts";
import { drawGarments } from "../../src/data/synthetic.ts";
import { outsideFiles } from "../../src/data/source.ts";
import { UnavailableError } from "../../src/files/locate.ts";
import { artifactsIn } from "../../src/pipeline/results.ts";
import { isReady } from "../../src/runtime/choice.ts";
import { resultChecks } from "../../src/stages/checks/results.ts";
import type { Study } from "../../src/stages/plan.ts";
import { prepare } from "../../src/stages/prepare/stage.ts";
import { project } from "../../tasks/workspace.ts";
import { idx, inFolder, sha256 } from "../support/data_files.ts";
import { bringUpToDate, mini, type Place, placeIn } from "../support/mini.ts";

const drawn = drawGarments(200, 5).images.data;
const pixels = 28 * 28;

/** `counts[label]` of each label, in turns. */
const labelsOf = (counts: readonly number[]) =>
  Array.from(
    { length: Math.max(...counts) },
    (_, turn) => counts.flatMap((count, label) => turn < count ? [label] : []),
  ).flat();

/** Puts the two IDX files of a data set where they are looked for, and describes it: it has no test part. */
async function dataOf(
  folder: string,
  images: Uint8Array<ArrayBuffer>,
  labels: Uint8Array<ArrayBuffer>,
) {
  const place = join(folder, ".cache", "data", "drawn");
  await Deno.mkdir(place, { recursive: true });
  await Deno.writeFile(join(place, "images"), images);
  await Deno.writeFile(join(place, "labels"), labels);
  return {
    name: "Drawn",
    format: "idx",
    mirrors: [],
    trainImages: { file: "images", sha256: sha256(images) },
    trainLabels: { file: "labels", sha256: sha256(labels) },
  } as const;
}

const names = ["Shirt", "Dress", "Coat"];

/** A study whose data have no test part: one is split off. The first images are drawn ones, if omitted. */
async function withoutTest(folder: string, labels: readonly number[], images = drawn) {
  const own = images.subarray(0, labels.length * pixels);
  return {
    ...mini,
    data: await dataOf(folder, idx([labels.length, 28, 28], own), idx([labels.length], labels)),
    classes: names,
    prepare: {
      ...mini.prepare,
      split: { testSize: 0.25, randomState: 43, testPart: { testSize: 0.2, randomState: 3 } },
    },
    tune: undefined,
    replicate: undefined,
    cv: undefined,
    ablate: undefined,
    thresholds: {},
  } satisfies Study;
}

/** A study of drawn images whose test part are the training images once more. */
async function studyOf(folder: string, labels: readonly number[]) {
  const { data, ...study } = await withoutTest(folder, labels);
  return {
    ...study,
    data: { ...data, testImages: data.trainImages, testLabels: data.trainLabels },
    prepare: mini.prepare,
  } satisfies Study;
}

/** The files of the digits, wherever they are on this machine; undefined where they are not. */
async function digitFiles() {
  const { study, locator } = await project("studies/digits");
  try {
    const [images, labels] = await Promise.all(
      outsideFiles(study.data).map(async (file) =>
        // Without an address: nothing is fetched.
        await Deno.readFile(await locator.find({ ...file, addresses: [] }, () => {}))
      ),
    );
    return { images, labels };
  } catch (error) {
    if (error instanceof UnavailableError) return undefined;
    throw error;
  }
}
const digits = await digitFiles();

/** Runs a stage that has to refuse before it writes or starts anything, and returns its message. */
async function refusal({ workspace, ...place }: Place, stage: string): Promise<string> {
  const { message } = await assertRejects(
    () => bringUpToDate({ workspace, ...place }, { targets: [stage] }),
    Error,
  );
  await assertRejects(
    () => Deno.stat(join(workspace.home, "results", stage)),
    Deno.errors.NotFound,
  );
  assertEquals(await Array.fromAsync(Deno.readDir(join(workspace.cache, "jobs"))), []);
  return message;
}

Deno.test("prepare splits each class where the study asks for it, as scikit-learn does", () =>
  inFolder(async (folder) => {
    const counts = [90, 40, 9];
    const study = await studyOf(folder, labelsOf(counts));
    const split = { testSize: 0.3, randomState: 6, stratify: true };
    const place = placeIn(folder, { ...study, prepare: { ...study.prepare, split } });
    await bringUpToDate(place, { targets: ["prepare"] });
    const readers = await artifactsIn(place.workspace, prepare);
    const expected = stratifiedTrainTestSplit(labelsOf(counts), 0.3, 6);
    assertEquals((await readers.trainIndices.read()).data, expected.train);
    assertEquals((await readers.validationIndices.read()).data, expected.test);
  }));

Deno.test("prepare refuses to split a class that is too small, before it writes anything", () =>
  inFolder(async (folder) => {
    const study = await studyOf(folder, labelsOf([90, 40, 1]));
    const split = { testSize: 0.3, randomState: 6, stratify: true };
    const place = placeIn(folder, { ...study, prepare: { ...study.prepare, split } });
    const message = await refusal(place, "prepare");
    assertEquals(
      message,
      "Stage prepare: prepare.split.stratify: Class 2 (Coat) has 1 image, and each part needs one. " +
        "Give the class more images.",
    );
  }));

Deno.test("cv refuses folds that would be without a class, before it starts a job", () =>
  inFolder(async (folder) => {
    const study = await studyOf(folder, labelsOf([90, 40, 2]));
    const { cv } = mini;
    const place = placeIn(folder, { ...study, cv: { ...cv, splits: 3, stratify: true } });
    const message = await refusal(place, "cv");
    assertEquals(
      message,
      "Stage cv: cv.stratify: Class 2 (Coat) has 2 images, and each of 3 folds needs one. Ask for " +
        "2 folds at most, or give the class more images.",
    );
  }));

/** Three classes, some of whose images are there again, with the same label or another. */
function repeated() {
  const labels = labelsOf([90, 40, 9]);
  const images = drawn.slice(0, labels.length * pixels);
  for (let row = 100; row < labels.length; row++) {
    images.copyWithin(row * pixels, (row % 10) * pixels, (row % 10 + 1) * pixels);
  }
  return { labels, images };
}

/** Every image as a text. */
const textsOf = (images: Uint8Array) =>
  Array.from(
    { length: images.length / pixels },
    (_, row) => images.subarray(row * pixels, (row + 1) * pixels).join(),
  );

Deno.test("where the data have no test part, a stratified one is split off, without repeated rows", () =>
  inFolder(async (folder) => {
    const { labels, images } = repeated();
    const study = await withoutTest(folder, labels, images);
    const place = placeIn(folder, { ...study, prepare: { ...study.prepare, size: 28 } });
    await bringUpToDate(place, { targets: ["prepare"] });
    const readers = await artifactsIn(place.workspace, prepare);

    const texts = textsOf(images);
    const rows = texts.map((text, row) => `${labels[row]}: ${text}`);
    const kept = [...rows.keys()].filter((row) => rows.indexOf(rows[row]) === row);
    const expected = stratifiedTrainTestSplit(kept.map((row) => labels[row]), 0.2, 3);
    const train = [...expected.train].map((i) => kept[i]);
    const test = [...expected.test].map((i) => kept[i]);
    const own = {
      train: textsOf((await readers.trainImages.read()).data),
      test: textsOf((await readers.testImages.read()).data),
    };
    assertEquals(own.train, train.map((row) => texts[row]));
    assertEquals(own.test, test.map((row) => texts[row]));
    assertEquals([...(await readers.testLabels.read()).data], test.map((row) => labels[row]));
    assertEquals([...(await readers.trainLabels.read()).data], train.map((row) => labels[row]));

    const summary = await readers.summary.read();
    assertEquals([summary.shape[0], summary.duplicates], [rows.length, rows.length - kept.length]);
    assertEquals(
      summary.labelCounts,
      names.map((_, label) => train.filter((row) => labels[row] === label).length),
    );
    const shared = own.test.filter((text) => own.train.includes(text)).length;
    assert(shared > 0);
    assertEquals(await readers.shared.read(), { images: shared });
    for (const { stage, name, run } of resultChecks(place, place.workspace)) {
      if (stage === "prepare") await run().catch(({ message }) => fail(`${name}: ${message}`));
    }
  }));

Deno.test("of a folder of pictures, prepare tells whether it has a test part, once it has looked", () =>
  inFolder(async (folder) => {
    const place = join(folder, ".cache", "data", "drawn", "pictures");
    const { testPart, ...split } = (await withoutTest(folder, [0])).prepare.split;
    const put = async (part: string) => {
      for (const [label, name] of names.entries()) {
        await Deno.mkdir(join(place, part, name), { recursive: true });
        for (let i = 0; i < 5; i++) {
          const data = drawn.subarray((5 * label + i) * pixels, (5 * label + i + 1) * pixels);
          const picture = encode({ width: 28, height: 28, channels: 1, data });
          await Deno.writeFile(join(place, part, name, `${i}.png`), picture);
        }
      }
    };
    const prepared = async (said: Study["prepare"]["split"]) =>
      placeIn(folder, {
        ...await withoutTest(folder, [0]),
        data: {
          name: "Drawn",
          format: "pictures",
          folder: "pictures",
          sha256: await digestPictures(place),
        },
        classes: names.toSorted(),
        prepare: { ...mini.prepare, split: said },
      });
    await put("train");
    assertEquals(
      await refusal(await prepared(split), "prepare"),
      "Stage prepare: prepare.split.testPart: is missing; the data have no test part, so say what is " +
        "split off as one, such as { testSize: 0.2, randomState: 43 }",
    );
    const own = await prepared({ ...split, testPart });
    await bringUpToDate(own, { targets: ["prepare"] });
    const { shapes } = await (await artifactsIn(own.workspace, prepare)).summary.read();
    assertEquals(shapes.test, [3, 32, 32, 1]);

    await Deno.remove(join(folder, "results"), { recursive: true });
    await put("test");
    assertEquals(
      await refusal(await prepared({ ...split, testPart }), "prepare"),
      "Stage prepare: prepare.split.testPart: the data have a test part of their own; leave this out",
    );
  }));

Deno.test("of many classes a sample is kept for the report's grid, spread over their numbers", () =>
  inFolder(async (folder) => {
    const classes = Array.from({ length: 39 }, (_, i) => `class ${i}`);
    const labels = Array.from({ length: 5 * classes.length }, (_, i) => i % classes.length);
    const place = placeIn(folder, { ...await withoutTest(folder, labels), classes });
    await bringUpToDate(place, { targets: ["prepare"] });
    const { gridImages, gridLabels } = await artifactsIn(place.workspace, prepare);
    // Of each class one of five images is in the test part.
    assertEquals(
      [...(await gridLabels.read()).data],
      Array.from({ length: 20 * 4 }, (_, i) => 2 * Math.floor(i / 4)),
    );
    assertEquals((await gridImages.read()).shape, [80, 28, 28]);
  }));

Deno.test("a class that is too small for a test part is refused by its name", () =>
  inFolder(async (folder) => {
    const place = placeIn(folder, await withoutTest(folder, labelsOf([90, 40, 2])));
    assertEquals(
      await refusal(place, "prepare"),
      "Stage prepare: prepare.split.testPart: Class 2 (Coat) has 2 images, and a test share of 0.2 " +
        "holds out none of them. Choose another share, or give the class more images.",
    );
  }));

Deno.test({
  name: "the report says that a test part was split off, and which test images are no strangers",
  // On WebAssembly alone the trainings take too long for the fast suite.
  ignore: !(await isReady("tensorflow")),
  fn: () =>
    inFolder(async (folder) => {
      const { labels, images } = repeated();
      const tell = async (study: Study) => {
        const place = placeIn(folder, {
          ...study,
          baseline: { ...study.baseline, epochs: 1 },
        });
        await bringUpToDate(place);
        for (const { name, run } of resultChecks(place, place.workspace)) {
          await run().catch(({ message }) => fail(`${name}: ${message}`));
        }
        return await Deno.readTextFile(join(folder, "report.md"));
      };
      const own = await tell(await withoutTest(folder, labels, images));
      assertStringIncludes(own, "Drawn: the table has 139 rows");
      assertStringIncludes(
        own,
        "The data have no test part: one was split off first, from the table without duplicate " +
          "rows, as scikit-learn's `train_test_split(test_size=0.2, random_state=3, stratify=y)` " +
          "splits it off, index for index.",
      );
      assertStringIncludes(own, "The other images are padded with zeros, split as");
      assertMatch(own, /\*\*\d+ of \d+ test images (is|are) also among .* with other labels,/);

      const given = await tell(await studyOf(folder, labelsOf([40, 30, 20])));
      assertStringIncludes(given, "Drawn: the training table has 90 rows");
      assertStringIncludes(
        given,
        "**90 of 90 test images are also among the images that networks learn from or are " +
          "validated on**, so accuracies on test images may be a little too good.",
      );
      assert(!/no test part: one was/.test(given));
    }),
});

Deno.test({
  name: "ten thousand real digits get a test part with its share of every digit",
  ignore: !digits,
  fn: () =>
    inFolder(async (folder) => {
      const { images, labels } = digits!;
      const study = {
        ...await withoutTest(folder, labelsOf([9, 9, 9])),
        data: await dataOf(folder, images, labels),
        classes: [..."0123456789"],
      };
      const place = placeIn(folder, study);
      await bringUpToDate(place, { targets: ["prepare"] });
      const readers = await artifactsIn(place.workspace, prepare);
      assertEquals((await readers.summary.read()).shapes, {
        train: [6000, 32, 32, 1],
        validation: [2000, 32, 32, 1],
        test: [2000, 32, 32, 1],
      });
      // By tests/golden/sklearn_stratified.py: the numbers of each digit and, in order, the labels.
      const test = (await readers.testLabels.read()).data;
      assertEquals(
        study.classes.map((_, digit) => test.filter((label) => label === digit).length),
        [196, 227, 206, 202, 196, 178, 192, 206, 195, 202],
      );
      assertEquals(
        sha256(test),
        "26d05781f8a221daa3f3b9a458525708df0d786fa2d6660b4a470b83d15e7f88",
      );
    }),
});
