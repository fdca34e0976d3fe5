/** Images in colour that are not square, as a study takes them from their file to its report. */
import { assert, assertEquals, assertRejects, assertStringIncludes, fail } from "@std/assert";
import { join } from "node:path";
import { randomState } from "../../src/random.ts";
import { artifactsIn } from "../../src/pipeline/results.ts";
import { isReady } from "../../src/runtime/choice.ts";
import { baseline } from "../../src/stages/baseline/stage.ts";
import { resultChecks } from "../../src/stages/checks/results.ts";
import type { Study } from "../../src/stages/plan.ts";
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

/** The small study on images in colour of 40 x 24 pixels, which it says to be so. */
const studyOf = async (folder: string, said: Partial<Study["prepare"]>): Promise<Study> => ({
  ...mini,
  data: await drawnIn(folder, [40, 24]),
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
});

Deno.test({
  name: "images in colour of 40 x 24 pixels and five classes go all the way to a report",
  // On WebAssembly alone the trainings take too long for the fast suite.
  ignore: !(await isReady("tensorflow")),
  fn: () =>
    inFolder(async (folder) => {
      const place = placeIn(folder, await studyOf(folder, { channels: 3 }));
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
    }),
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
      "prepare.size: images of 40x24 do not fit into 32x36; write size: [40, 36].",
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
