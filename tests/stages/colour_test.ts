/** Images in colour that are not square, as a study takes them from their file to its report. */
import { assert, assertEquals, assertRejects, assertStringIncludes, fail } from "@std/assert";
import { join } from "node:path";
import { randomState } from "../../src/random.ts";
import { RESIZES } from "../../src/data/resize.ts";
import { loadDataset } from "../../src/data/source.ts";
import { artifactsIn } from "../../src/pipeline/results.ts";
import { isReady } from "../../src/runtime/choice.ts";
import { baseline } from "../../src/stages/baseline/stage.ts";
import { resultChecks } from "../../src/stages/checks/results.ts";
import type { Study } from "../../src/stages/plan.ts";
import { TABLE_VALUES } from "../../src/stages/prepare/kept.ts";
import { prepare } from "../../src/stages/prepare/stage.ts";
import { idx, inFolder, sha256 } from "../support/data_files.ts";
import { bringUpToDate, mini, placeIn } from "../support/mini.ts";

const classes = ["red", "green", "blue", "yellow", "violet"];
const tints = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1]];

/** Noise of the colours of five classes, `[N, height, width, 3]`, in the cache of a folder. */
async function drawnIn(folder: string, [height, width]: readonly number[]) {
  const random = randomState(3);
  const labels = Array.from({ length: 150 }, (_, i) => i % classes.length);
  const images = idx(
    [labels.length, height, width, 3],
    labels.flatMap((label) =>
      Array.from(
        { length: height * width },
        () => tints[label].map((tint) => random.interval(60) + 190 * tint),
      ).flat()
    ),
  );
  const place = join(folder, ".cache", "data", "colours");
  await Deno.mkdir(place, { recursive: true });
  await Deno.writeFile(join(place, "images"), images);
  await Deno.writeFile(join(place, "labels"), idx([labels.length], labels));
  return {
    name: "Colours",
    format: "idx",
    mirrors: [],
    trainImages: { file: "images", sha256: sha256(images) },
    trainLabels: { file: "labels", sha256: sha256(idx([labels.length], labels)) },
  } as const;
}

/** The small study on images in colour, of 40 x 24 pixels if omitted, which it says to be so. */
const studyOf = async (
  folder: string,
  said: Partial<Study["prepare"]>,
  size: readonly number[] = [40, 24],
): Promise<Study> => ({
  ...mini,
  data: await drawnIn(folder, size),
  classes,
  prepare: {
    size: [40, 24],
    split: {
      testSize: 0.25,
      randomState: 43,
      stratify: true,
      testPart: { testSize: 0.2, randomState: 3 },
    },
    ...said,
  },
  baseline: { ...mini.baseline, epochs: 3, batchSize: 8 },
  ablate: undefined,
});

Deno.test({
  name: "images in colour of 40 x 24 pixels and five classes go all the way to a report",
  // On WebAssembly alone the trainings take too long for the fast suite.
  ignore: !(await isReady("tensorflow")),
  fn: () =>
    inFolder(async (folder) => {
      const said = { channels: 3, correlations: true } as const;
      // A search takes long, and its networks take their input from the same shape.
      const place = placeIn(folder, { ...await studyOf(folder, said), tune: undefined });
      await bringUpToDate(place);
      for (const { name, run } of resultChecks(place, place.workspace)) {
        await run().catch(({ message }) => fail(`${name}: ${message}`));
      }
      const prepared = await artifactsIn(place.workspace, prepare);
      assertEquals((await prepared.summary.read()).shapes, {
        train: [90, 40, 24, 3],
        validation: [30, 40, 24, 3],
        test: [30, 40, 24, 3],
      });
      assertEquals((await prepared.gridImages.read()).shape, [50, 40, 24, 3]);
      assertEquals(await prepared.correlation.read(), undefined);
      // Noise of five colours is told apart by the colours: a fifth would be chance.
      const metrics = await (await artifactsIn(place.workspace, baseline)).metrics.read();
      assert(metrics.find(({ name }) => name === "baseline.test.accuracy")!.value > 0.8);
      const page = await Deno.readTextFile(join(folder, "report.md"));
      assertStringIncludes(page.replaceAll("\n", " "), "2,880 values, 960 pixels in 3 colours,");
      assertStringIncludes(page.replaceAll("\n", " "), "2,880 values make 8,294,400 pairs.");
      assert(!/padded/.test(page));
      assertStringIncludes(page.replaceAll("\n", " "), "[`classifier.html`](classifier.html) runs");
      const classifier = await Deno.readTextFile(join(folder, "classifier.html"));
      assertStringIncludes(classifier, "of 5 classes a picture is most likely of: red, green,");
    }),
});

Deno.test("images that are to be scaled are scaled before all else, by any of the three ways", () =>
  inFolder(async (folder) => {
    const different = new Set<string>();
    for (const resize of RESIZES) {
      const place = placeIn(folder, await studyOf(folder, { channels: 3, size: [30, 28], resize }));
      await bringUpToDate(place, { targets: ["prepare"] });
      const prepared = await artifactsIn(place.workspace, prepare);
      const { shape, shapes } = await prepared.summary.read();
      assertEquals(shape, [150, 1 + 30 * 28 * 3]);
      assertEquals(shapes.test, [30, 30, 28, 3]);
      assertEquals((await prepared.gridImages.read()).shape, [50, 30, 28, 3]);
      const { study, locator } = place;
      const { train } = await loadDataset(study.data, 5, locator, () => {}, {
        to: [30, 28],
        how: resize,
      });
      const [row] = await prepared.head.read();
      assertEquals(Object.values(row.pixels), [...train.images.data.subarray(0, 30 * 28 * 3)]);
      const { data } = await prepared.trainImages.read();
      assertEquals(data.length, 120 * 30 * 28 * 3);
      // Zeros stand beside what fits in, and nowhere else: the noise is never so dark.
      const left = Array.from(
        { length: 30 },
        (_, y) => data[y * 28 * 3] + data[y * 28 * 3 + 1] + data[y * 28 * 3 + 2],
      );
      assertEquals(left.every((sum) => sum === 0), resize === "fit");
      different.add(sha256(data));
      const checks = resultChecks(place, place.workspace).filter(({ stage }) =>
        stage === "prepare"
      );
      for (const { run } of checks) await run();
    }
    assertEquals(different.size, 3);
  }));

Deno.test("what is kept of large images for the report takes little room", () =>
  inFolder(async (folder) => {
    const said = { channels: 3, size: [160, 120] } as const;
    const place = placeIn(folder, await studyOf(folder, said, said.size));
    await bringUpToDate(place, { targets: ["prepare"] });
    const prepared = await artifactsIn(place.workspace, prepare);
    assertEquals((await prepared.summary.read()).image, [160, 120]);
    assertEquals((await prepared.gridImages.read()).shape, [50, 64, 48, 3]);
    const described = await prepared.describe.read();
    assertEquals([described.length, described[0].column], [1 + TABLE_VALUES, "label"]);
    assertEquals([described[1].column, described.at(-1)!.column], ["pixel1", "pixel57600"]);
    const [row] = await prepared.head.read();
    assertEquals(Object.keys(row.pixels), described.slice(1).map(({ column }) => column));
    const { train } = await loadDataset(place.study.data, 5, place.locator, () => {});
    for (const [name, value] of Object.entries(row.pixels)) {
      assertEquals(value, train.images.data[Number(name.slice("pixel".length)) - 1]);
    }
    let bytes = 0;
    for await (const { name } of Deno.readDir(join(folder, "results", "prepare"))) {
      if (!/^(train|validation|test)-/.test(name)) {
        bytes += (await Deno.stat(join(folder, "results", "prepare", name))).size;
      }
    }
    assert(bytes < 1.5e6, `${bytes} bytes`);
    const checks = resultChecks(place, place.workspace).filter(({ stage }) => stage === "prepare");
    for (const { run } of checks) await run();
  }));

Deno.test("a study that scales nothing depends on no more than before there was a way to", () => {
  const keyed = (said: Partial<Study["prepare"]>) =>
    prepare.keyed({ data: mini.data, classes: mini.classes, ...mini.prepare, ...said });
  assertEquals(keyed({ correlations: undefined }), {
    data: { format: "synthetic", seed: 7, train: 240, test: 40 },
    classes: 10,
    input: [32, 32, 1],
    split: mini.prepare.split,
    correlations: undefined,
  });
  assert(JSON.stringify(keyed({ resize: "fit" })) !== JSON.stringify(keyed({ resize: "crop" })));
});

for (
  const [what, said, message] of [
    [
      "colour that the study does not say",
      {},
      "prepare.channels: the images have 3 channels; write channels: 3.",
    ],
    [
      "a size that is too small, with one that is not",
      { channels: 3, size: [32, 36] },
      "prepare.size: images of 40x24 do not fit into 32x36; write size: [40, 36], or " +
      'resize: "fit" ("crop", "stretch"), and they are scaled.',
    ],
  ] as const
) {
  Deno.test(`prepare refuses ${what}, before it writes anything`, () =>
    inFolder(async (folder) => {
      const place = placeIn(folder, await studyOf(folder, said));
      await assertRejects(
        () => bringUpToDate(place, { targets: ["prepare"] }),
        Error,
        `Stage prepare: ${message}`,
      );
      await assertRejects(() => Deno.stat(join(folder, "results")), Deno.errors.NotFound);
    }));
}
