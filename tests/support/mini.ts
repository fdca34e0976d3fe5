/**
 * A whole study small enough for a test, on drawn garments: `deno run mini.ts <folder> <jobs>` runs
 * all its stages in a folder.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../../src/pipeline/run.ts";
import { stages } from "../../src/stages/stages.ts";
import type { Study } from "../../src/stages/stages.ts";
import { cv, demo, tune } from "../../study.ts";

/** Two epochs at most, two folds, a space of four points. */
export const mini: Study = {
  ...demo,
  data: { name: "Synthetic garments", format: "synthetic", seed: 7, train: 240, test: 40 },
  baseline: { ...demo.baseline, epochs: 2 },
  tune: {
    ...tune,
    space: {
      CONV_1_FILTER: { type: "choice", values: [2, 4] },
      KERNEL_1_FILTER: { type: "choice", values: [3, 5] },
      CONV_2_FILTER: { type: "choice", values: [4, 6] },
      KERNEL_2_FILTER: { type: "choice", values: [3] },
      DROPOUT_1: { type: "choice", values: [0.25] },
      learning_rate: { type: "choice", values: [1e-3, 3e-3] },
    },
    oracle: { type: "hyperband", maxEpochs: 2, factor: 2, hyperbandIterations: 1 },
    finalEpochs: 1,
    publishedWinner: { CONV_1_FILTER: 3, KERNEL_1_FILTER: 5 },
  },
  cv: { ...cv, splits: 2, recipe: { ...cv.recipe, epochs: 1 } },
};

if (import.meta.main) {
  const [folder, jobs] = Deno.args;
  const list = stages(mini);
  await run(
    {
      root: fileURLToPath(new URL("../..", import.meta.url)),
      home: folder,
      cache: join(folder, ".cache"),
    },
    list,
    list.map(({ name }) => name),
    {
      force: false,
      jobs: Number(jobs),
      folders: {},
      isThere: () => Promise.resolve(false),
      permissions: ["--allow-read", "--allow-env", "--allow-ffi"],
      prepareBackend: () => Promise.resolve(),
    },
    (event) => {
      if (event.type === "progress" && event.done === event.total) console.log(event.label);
    },
  );
  Deno.exit(0);
}
