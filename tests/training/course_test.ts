import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DivergenceError } from "../../src/engine/checks.ts";
import type { Weights } from "../../src/engine/engine.ts";
import { openTrainer } from "../../src/engine/open_trainer.ts";
import { heWeights } from "../../src/models/he.ts";
import type { ModelSpec } from "../../src/models/spec.ts";
import { mirroredImages } from "../../src/training/augmentation.ts";
import { decodeStanding, encodeStanding, type Standing } from "../../src/training/checkpoint.ts";
import { type CourseData, evaluate, train } from "../../src/training/course.ts";
import { lossOf } from "../../src/training/loss.ts";
import type { Regime } from "../../src/training/regime.ts";
import { rateShare } from "../../src/training/schedule.ts";
import { imagesFor } from "../support/models.ts";

const model: ModelSpec = {
  name: "tiny",
  input: [6, 5, 1],
  layers: [
    { type: "rescaling", name: "rescaling", scale: 1 / 127.5, offset: -1 },
    {
      type: "conv2d",
      name: "conv1",
      filters: 3,
      kernelSize: [3, 3],
      padding: "same",
      useBias: false,
    },
    { type: "batchNormalization", name: "norm1", epsilon: 1e-3, momentum: 0.9 },
    { type: "activation", name: "relu1", activation: "relu" },
    { type: "globalAveragePooling2d", name: "pooled" },
    { type: "dropout", name: "dropout1", rate: 0.2 },
    { type: "dense", name: "logits", units: 5, activation: "softmax" },
  ],
};
const labelled = (count: number) => {
  const { images, labels } = imagesFor(model, count);
  return { images: { shape: images.shape, data: new Uint8Array(images.data) }, labels };
};
const data: CourseData = {
  training: labelled(22),
  rows: Int32Array.from({ length: 22 }, (_, i) => 3 * i),
  validation: labelled(7),
};
const regime: Regime = {
  epochs: 5,
  learningRate: 0.05,
  schedule: { type: "cosine", warmup: 0.2, final: 0.1 },
  batchSize: 8,
  optimizer: { type: "sgd", momentum: 0.9, nesterov: true, weightDecay: 0.01 },
  augmentation: {
    mirror: "alternating",
    translation: 1,
    erasing: { probability: 0.5, size: [1, 3], fill: 70 },
  },
  labelSmoothing: 0.1,
  evaluation: "mirrored",
  seed: 4,
  threads: 1,
};
const averages: Record<string, Regime> = {
  "the last weights": regime,
  "an exponential average": { ...regime, averaging: { type: "exponential", decay: 0.8 } },
  "the last three epochs": { ...regime, averaging: { type: "lastEpochs", epochs: 3 } },
};

async function open(regime: Regime) {
  const trainer = await openTrainer({ variant: "layers" }, 1);
  const training = { optimizer: regime.optimizer, loss: lossOf(regime), seed: 6 };
  return await trainer.train(model, training, heWeights(model, 2));
}

/** A course, from where another one was, and where it was itself after each epoch. */
async function course(regime: Regime, begun?: Standing) {
  const network = await open(regime);
  const offered: Uint8Array[] = [];
  const trained = await train(network, data, regime, {
    begun,
    offer: async (make) => void offered.push(encodeStanding(await make())),
  });
  return { network, offered, trained };
}

for (const [called, regime] of Object.entries(averages)) {
  Deno.test(`cut short after any epoch, a course to ${called} goes on to the same bits`, async () => {
    const { network, offered, trained } = await course(regime);
    assertEquals(await network.read(), trained.weights);
    await network.close();
    assertEquals(offered.length, regime.epochs - 1);
    for (const [i, bytes] of offered.entries()) {
      const again = await course(regime, decodeStanding(bytes));
      assertEquals(again.trained, trained, `after epoch ${i + 1}`);
      assertEquals(again.offered, offered.slice(i + 1));
      await again.network.close();
    }
  });
}

Deno.test("averaged weights are the mean of the last epochs', with statistics counted anew on images as they are", async () => {
  const { offered, trained: last, network } = await course(regime);
  const epochs: Weights[] = [
    ...offered.slice(2).map((bytes) => decodeStanding(bytes).weights),
    last.weights,
  ];
  assertEquals(epochs.length, 3);
  const averaged = await course(averages["the last three epochs"]);
  const mean = new Map([...epochs[0]].map(([name, { shape, data }]) => [name, {
    shape,
    data: data.map((_, i) => epochs.reduce((sum, of) => sum + of.get(name)!.data[i], 0) / 3),
  }]));
  for (const [name, { data }] of averaged.trained.weights) {
    if (name.includes("moving")) continue;
    data.forEach((value, i) => assertAlmostEquals(value, mean.get(name)!.data[i], 1e-6, name));
  }
  await network.assign(averaged.trained.weights);
  await network.place(data.training);
  const everyRow = Int32Array.from({ length: 22 }, (_, i) => i);
  for (const [name, { data }] of await network.statistics(everyRow, regime.batchSize)) {
    assertEquals(data, averaged.trained.weights.get(name)!.data);
  }
  await network.close();
  await averaged.network.close();
});

Deno.test("mirrored evaluation is the mean over an image and its mirror image; the plain one comes out too", async () => {
  const { network, trained } = await course(regime);
  const { images, labels } = data.validation;
  const rows = Int32Array.from(labels.data, (_, i) => i);
  await network.place({ images, labels });
  const plain = await network.predict(rows);
  await network.place({
    images: { shape: images.shape, data: mirroredImages(images.data, [6, 5, 1]) },
    labels,
  });
  const mirrored = await network.predict(rows);
  assertEquals(trained.validation.plain, plain);
  trained.validation.mirrored!.data.forEach((value, i) =>
    assertAlmostEquals(value, (plain.data[i] + mirrored.data[i]) / 2, 1e-7)
  );
  assertEquals(await evaluate(network, data.validation, regime), trained.validation);
  const { evaluation: _, ...alone } = regime;
  assertEquals(await evaluate(network, data.validation, alone), { plain });
  await network.close();
});

Deno.test("the history tells the rate of each epoch's last step", async () => {
  const { network, trained } = await course(regime);
  await network.close();
  assertEquals(
    trained.history.map(({ epoch, learningRate }) => [epoch, learningRate]),
    [1, 2, 3, 4, 5].map((epoch) => [epoch, 0.05 * rateShare(regime.schedule, 3 * epoch, 15)]),
  );
});

Deno.test("each epoch trains on all images, as they are changed for it, and progress ends at all of them", async () => {
  const network = await open(regime);
  const batches: number[] = [];
  const replaced: string[] = [];
  const { trainBatch, replace } = network;
  network.trainBatch = (indices, rate) => {
    batches.push(...indices);
    return trainBatch.call(network, indices, rate);
  };
  network.replace = (begin, images) => {
    replaced.push(`${begin} ${images.data.join()}`);
    return replace.call(network, begin, images);
  };
  const seen: [number, number][] = [];
  await train(network, data, regime, undefined, (done, total) => void seen.push([done, total]));
  await network.close();
  const epochs = [0, 1, 2, 3, 4].map((i) => batches.slice(22 * i, 22 * (i + 1)));
  for (const epoch of epochs) {
    assertEquals(epoch.toSorted((a, b) => a - b), Array.from({ length: 22 }, (_, i) => i));
  }
  assertEquals(new Set(epochs.map(String)).size, 5);
  assertEquals(new Set(replaced).size, 5);
  assertEquals(seen.at(-1), [145, 145]);
  assert(seen.every(([done], i) => i === 0 || done >= seen[i - 1][0]));
});

Deno.test("a course that diverges says so", async () => {
  const network = await open(regime);
  await assertRejects(
    () => train(network, data, { ...regime, learningRate: 1e30 }),
    DivergenceError,
  );
  await network.close();
});

Deno.test("what is kept of a course is refused where bytes are missing, or too many", async () => {
  const { network, offered: [bytes] } = await course({ ...regime, epochs: 2 });
  await network.close();
  for (const spoiled of [bytes.subarray(0, -4), Uint8Array.of(...bytes, 0), bytes.subarray(3)]) {
    assertThrows(() => decodeStanding(spoiled));
  }
});
