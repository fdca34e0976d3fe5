import { assertEquals, assertLess, assertRejects } from "@std/assert";
import { join } from "node:path";
import { encodeWeights } from "../../src/engine/weights.ts";
import { encodeNpy } from "../../src/files/npy.ts";
import { checkpointIn } from "../../src/pipeline/checkpoints.ts";
import type { Recipe } from "../../src/training/recipe.ts";
import { run } from "../../src/training/run.ts";
import { train } from "../../src/training/train.ts";
import { inFolder } from "../support/data_files.ts";
import { imagesFor, optimizers, small } from "../support/models.ts";

const recipe: Recipe = {
  epochs: 2,
  learningRate: 0.01,
  batchSize: 8,
  optimizer: optimizers.adam,
  labelSmoothing: 0.1,
  keep: "validationLoss",
  seed: 5,
  threads: 1,
};
const model = {
  ...small,
  layers: [
    ...small.layers.slice(0, -1),
    { type: "dropout", name: "dropout", rate: 0.3 } as const,
    small.layers.at(-1)!,
  ],
};
const examples = imagesFor(model, 40);
const rows = Int32Array.from({ length: 40 }, (_, i) => i);
const split = { train: rows.subarray(0, 30), test: rows.subarray(30) };

Deno.test("arrays in memory train to the same bits as the pipeline's job", async () => {
  const { network, weights, history, keptEpoch, validationProbabilities } = await train(
    model,
    examples,
    split,
    recipe,
    "layers",
  );
  assertEquals(await network.predict(split.test), validationProbabilities);
  await network.close();

  const written = new Map<string, unknown>();
  const writer = (name: string) => ({
    write: (value: unknown) => Promise.resolve(written.set(name, value)).then(() => name),
  });
  const reader = <T>(value: T, path = "") => ({
    read: () => Promise.resolve(value),
    file: { path, sha256: "" },
  });
  await inFolder(async (folder) => {
    const path = join(folder, "images.npy");
    await Deno.writeFile(path, encodeNpy(examples.images));
    await run({
      parameters: { model, recipe, evaluate: [] },
      equipment: { variant: "layers", facts: {} },
      inputs: {
        trainImages: reader(examples.images, path),
        trainLabels: reader(examples.labels),
        trainIndices: reader({ shape: [30], data: split.train }),
        validationIndices: reader({ shape: [10], data: split.test }),
        testImages: reader(undefined),
        testLabels: reader(undefined),
        weights: reader(undefined),
        headWeights: reader(undefined),
      },
      outputs: {
        summary: writer("summary"),
        weights: writer("weights"),
        validationProbabilities: writer("validationProbabilities"),
        trainProbabilities: writer("trainProbabilities"),
        testProbabilities: writer("testProbabilities"),
      },
      record() {},
      progress() {},
      checkpoint: checkpointIn(undefined),
    });
  });
  assertEquals(
    Object.fromEntries(written),
    {
      summary: { history, keptEpoch },
      weights: encodeWeights(weights),
      validationProbabilities,
    },
  );
});

Deno.test("progress counts images, to the end", async () => {
  const seen: number[] = [];
  const { network } = await train(model, examples, split, recipe, "layers", (done, total) => {
    assertEquals(total, 80);
    seen.push(done);
  });
  await network.close();
  seen.reduce((before, now) => (assertLess(before - 1, now), now), 0);
  assertEquals(seen.at(-1), 80);
});

Deno.test("a recipe that is none is refused before anything is opened, with its fault", async () => {
  for (
    const [change, message] of [
      [{ epochs: 0 }, "The recipe is refused: epochs: Too small: expected number to be >=1."],
      [{ keep: "best" }, "The recipe is refused: keep: expected"],
      [{ momentum: 0.9 }, "The recipe is refused: there is no momentum"],
    ] as const
  ) {
    await assertRejects(
      () => train(model, examples, split, { ...recipe, ...change } as Recipe),
      Error,
      message,
    );
  }
});
