/** How `prepare` and `cv` split what a study's files hold, and what they refuse before any work. */
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { drawGarments } from "../../src/data/synthetic.ts";
import { stratifiedTrainTestSplit } from "../../src/data/stratified.ts";
import { artifactsIn } from "../../src/pipeline/results.ts";
import { prepare } from "../../src/stages/prepare/stage.ts";
import type { Study } from "../../src/stages/plan.ts";
import { idx, inFolder, sha256 } from "../support/data_files.ts";
import { bringUpToDate, mini, type Place, placeIn } from "../support/mini.ts";

const drawn = drawGarments(200, 5);
const pixels = 28 * 28;

/** The files of a study whose images have these labels, in the place where they are looked for. */
async function files(folder: string, labels: readonly number[]) {
  const bytes = {
    images: idx([labels.length, 28, 28], drawn.images.data.subarray(0, labels.length * pixels)),
    labels: idx([labels.length], labels),
  };
  const place = join(folder, ".cache", "data", "drawn");
  await Deno.mkdir(place, { recursive: true });
  for (const [name, data] of Object.entries(bytes)) await Deno.writeFile(join(place, name), data);
  return {
    images: { file: "images", sha256: sha256(bytes.images) },
    labels: { file: "labels", sha256: sha256(bytes.labels) },
  };
}

/** `counts[label]` of each label, in turns. */
const labelsOf = (counts: readonly number[]) =>
  Array.from(
    { length: Math.max(...counts) },
    (_, turn) => counts.flatMap((count, label) => turn < count ? [label] : []),
  ).flat();

const names = ["Shirt", "Dress", "Coat"];

/** A study of three classes of these sizes, whose test part are the training images once more. */
async function studyOf(folder: string, counts: readonly number[]): Promise<Study> {
  const { images, labels } = await files(folder, labelsOf(counts));
  return {
    ...mini,
    data: {
      name: "Drawn",
      format: "idx",
      mirrors: [],
      trainImages: images,
      trainLabels: labels,
      testImages: images,
      testLabels: labels,
    },
    classes: names,
    tune: undefined,
    thresholds: {},
  };
}

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
    const study = await studyOf(folder, counts);
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
    const study = await studyOf(folder, [90, 40, 1]);
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
    const study = await studyOf(folder, [90, 40, 2]);
    const { cv } = mini;
    const place = placeIn(folder, { ...study, cv: { ...cv, splits: 3, stratify: true } });
    const message = await refusal(place, "cv");
    assertEquals(
      message,
      "Stage cv: cv.stratify: Class 2 (Coat) has 2 images, and each of 3 folds needs one. Ask for " +
        "2 folds at most, or give the class more images.",
    );
  }));
