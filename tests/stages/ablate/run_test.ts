/** What stage `ablate` asks of its jobs and writes, with made-up answers; and its own jobs. */
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { moveImages, shufflePixels } from "../../../src/data/rearrange.ts";
import { openEngine } from "../../../src/engine/open.ts";
import { encodeWeights } from "../../../src/engine/weights.ts";
import { classify } from "../../../src/evaluation/confusion.ts";
import { rightBits } from "../../../src/evaluation/bits.ts";
import { spreadOf } from "../../../src/evaluation/spread.ts";
import { encodeNpy } from "../../../src/files/npy.ts";
import { ablated } from "../../../src/models/ablations.ts";
import { initialWeights } from "../../../src/models/initialize.ts";
import type { NdArray } from "../../../src/ndarray.ts";
import { isReady } from "../../../src/runtime/choice.ts";
import { run as moved } from "../../../src/stages/ablate/moved.ts";
import { movesOf, sizesOf, trainings, variants } from "../../../src/stages/ablate/plan.ts";
import { run } from "../../../src/stages/ablate/run.ts";
import { run as shuffle } from "../../../src/stages/ablate/shuffle.ts";
import { inFolder } from "../../support/data_files.ts";
import { mini } from "../../support/mini.ts";

const classes = 10;
const input = [12, 14, 1];
const size = 12 * 14;
const labels = Uint8Array.from({ length: 20 }, (_, i) => i % classes);
const drawn = (count: number): NdArray<Uint8Array> => ({
  shape: [count, ...input],
  data: Uint8Array.from({ length: count * size }, (_, i) => (i * 31 + i / size) % 256),
});
const reader = <T>(value: T, path = "nowhere") => ({
  read: () => Promise.resolve(value),
  file: { path, sha256: "" },
});

/** What a training or a move predicts: wrong on every so-manieth image, which one of them its name says. */
function predictionsOf(name: string): Uint8Array {
  const from = [...name].reduce((sum, letter) => sum + letter.charCodeAt(0), 0);
  return labels.map((label, i) => (i + from) % 3 === 0 ? (label + 1) % classes : label);
}

interface Request {
  readonly name: string;
  readonly parameters: {
    readonly model: { readonly name: string };
    readonly recipe: unknown;
    readonly subset: unknown;
    readonly moves: readonly unknown[];
  };
  readonly inputs: { readonly trainImages: unknown; readonly testImages: unknown };
}

/** Runs the stage with `train` images to learn from; returns what it asked for and what it wrote. */
async function ranWith(train: number) {
  const asked: Request[] = [];
  const written: Record<string, unknown> = {};
  const shuffled = { trainImages: reader("shuffled"), testImages: reader("shuffled test") };
  const inputs = await inFolder(async (folder) => {
    const path = join(folder, "images.npy");
    await Deno.writeFile(path, encodeNpy(drawn(2)));
    const inputs = {
      trainImages: reader("whole", path),
      testImages: reader("whole test"),
      trainIndices: reader({ shape: [train], data: new Int32Array(train) }),
      validationIndices: reader({ shape: [20], data: new Int32Array(20) }),
      testLabels: reader({ shape: [labels.length], data: labels }),
    };
    const context = {
      parameters: { classes, ...mini.ablate },
      inputs,
      outputs: new Proxy({}, {
        get: (_, name) => ({ write: (value: unknown) => void (written[String(name)] = value) }),
      }),
      jobs: {
        shuffle: (request: Request) => (asked.push(request), Promise.resolve(shuffled)),
        fit(request: Request) {
          asked.push(request);
          const data = new Float32Array(labels.length * classes);
          predictionsOf(request.name).forEach((label, i) => data[i * classes + label] = 1);
          const history = [0.25, 0.5].map((validationAccuracy) => ({ validationAccuracy }));
          return Promise.resolve({
            summary: reader({ history, keptEpoch: 2 }),
            weights: reader(request.name),
            testProbabilities: reader({ shape: [labels.length, classes], data }),
          });
        },
        moved(request: Request) {
          asked.push(request);
          const rows = request.parameters.moves.map((_, i) => predictionsOf(request.name + i));
          const data = Uint8Array.from(rows.flatMap((row) => [...row]));
          return Promise.resolve({
            predicted: reader({ shape: [rows.length, labels.length], data }),
          });
        },
      },
    };
    // All that the stage uses of its context; the rest is not there.
    await run(context as unknown as Parameters<typeof run>[0]);
    return inputs;
  });
  return { asked, written, inputs, shuffled };
}

Deno.test("every variant is trained with every seed on its images, and both rivals on other numbers of images", async () => {
  const { asked, inputs, shuffled } = await ranWith(40);
  // Those that wait for shuffled images are asked for later.
  const byName = (a: { name: string }, b: { name: string }) => a.name < b.name ? -1 : 1;
  const fits = asked.filter(({ parameters }) => parameters.recipe).toSorted(byName);
  const { recipe, subset: { validation } } = mini.ablate;
  assertEquals(
    fits.map(({ name, parameters: { model, recipe, subset } }) => ({
      name,
      model,
      recipe,
      subset,
    })),
    trainings(mini.ablate).map(({ variant, images, epochs, seed }) => ({
      name: `${variant}.${images}.${seed}`,
      model: ablated(variants[variant].network, input, classes),
      recipe: { ...recipe, epochs, seed },
      subset: { train: images, validation },
    })).toSorted(byName),
  );
  assertEquals(fits.length, 10 * 2 + 2 * 2);
  for (const { name, inputs: { trainImages, testImages } } of fits) {
    const from = name.startsWith("shuffled-") ? shuffled : inputs;
    assertEquals([trainImages, testImages], [from.trainImages, from.testImages], name);
  }
  assertEquals(
    asked.filter(({ name }) => name.includes(".moved.")).map(({ name }) => name),
    ["lenet5.moved.43", "lenet5.moved.44", "mlp.moved.43", "mlp.moved.44"],
  );
});

Deno.test("what is written is what jobs predict, a row a training, and means over seeds of it", async () => {
  const { written } = await ranWith(40);
  const trained = trainings(mini.ablate);
  const rows = trained.map(({ variant, images, seed }) =>
    predictionsOf(`${variant}.${images}.${seed}`)
  );
  assertEquals(written.variants, sizesOf(input, classes));
  assertEquals(
    written.trainings,
    trained.map((training) => ({ ...training, keptEpoch: 2, validationAccuracy: 0.5 })),
  );
  assertEquals(written.testPredictions, {
    shape: [24, 20],
    data: Uint8Array.from(rows.flatMap((row) => [...row])),
  });
  const { mean, low, high } = spreadOf(
    [43, 44].map((seed) =>
      predictionsOf(`strides.32.${seed}`).filter((label, i) => label === labels[i]).length / 20
    ),
  );
  assertEquals(
    (written.metrics as readonly { name: string }[])[5],
    // As the schema of metrics has it.
    { name: "ablate.strides.test.accuracy", value: mean, interval: [low, high], n: 20 } as object,
  );
  const moves = movesOf(mini.ablate, mini.ablate.moves);
  assertEquals(written.moved, moves);
  assertEquals(written.movedRight, {
    shape: [16, 3],
    data: Uint8Array.from(
      moves.flatMap(({ variant, seed }, i) => [
        ...rightBits(predictionsOf(`${variant}.moved.${seed}${i % 4}`), labels),
      ]),
    ),
  });
});

Deno.test("images that are not there are missed before anything is trained", async () => {
  await assertRejects(
    () => ranWith(31),
    Error,
    "ablate.subset.train in study.ts is 32, and only 31 such images are there",
  );
});

/** The context of a job, and what it has written. */
function jobContext(parameters: unknown, inputs: Record<string, unknown>, variant = "") {
  const written: Record<string, NdArray> = {};
  return {
    written,
    context: {
      parameters,
      equipment: { variant, facts: {} },
      inputs: Object.fromEntries(
        Object.entries(inputs).map(([name, value]) => [name, reader(value)]),
      ),
      outputs: new Proxy({}, {
        get: (_, name) => ({ write: (value: NdArray) => void (written[String(name)] = value) }),
      }),
      record: () => {},
      progress: () => {},
    },
  };
}

Deno.test("the job that shuffles has one order for training images and test images", async () => {
  const [trainImages, testImages] = [drawn(3), drawn(2)];
  const { context, written } = jobContext({ seed: 5 }, { trainImages, testImages });
  await shuffle(context as unknown as Parameters<typeof shuffle>[0]); // All that it uses.
  assertEquals(written.trainImages, shufflePixels(trainImages, 5));
  assertEquals(written.testImages.data, written.trainImages.data.slice(0, 2 * size));
});

for (const variant of ["layers", "graph"]) {
  Deno.test({
    name: `the job that moves predicts what the network says of moved images (${variant})`,
    ignore: variant === "graph" && !(await isReady("tensorflow")),
    async fn() {
      const model = ablated("lenet5", input, classes);
      const weights = initialWeights(model, 3);
      const testImages = drawn(5);
      const moves = [{ down: 2, right: 0 }, { down: 0, right: -1 }];
      const { context, written } = jobContext(
        { model, moves, threads: 1 },
        { testImages, weights: encodeWeights(weights) },
        variant,
      );
      await moved(context as unknown as Parameters<typeof moved>[0]); // All that it uses.
      const network = await (await openEngine({ variant }, 1)).open(model, weights);
      const expected: number[] = [];
      for (const { down, right } of moves) {
        await network.place({ images: moveImages(testImages, down, right) });
        expected.push(...classify(await network.predict(Int32Array.of(0, 1, 2, 3, 4))));
      }
      await network.close();
      assertEquals(written.predicted, { shape: [2, 5], data: Uint8Array.from(expected) });
    },
  });
}
