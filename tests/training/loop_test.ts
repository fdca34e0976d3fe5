import { assert, assertEquals, assertRejects } from "@std/assert";
import { DivergenceError } from "../../src/engine/checks.ts";
import type { TrainableNetwork } from "../../src/engine/engine.ts";
import { fit, type FitOptions } from "../../src/training/loop.ts";

/** What a network does in one epoch: its validation probabilities for two classes, `[2, 2]`. */
type Epoch = readonly number[];

/** A network that gives these probabilities one epoch after another, and notes what is asked of it. */
function scripted(epochs: readonly Epoch[]) {
  const batches: number[][] = [];
  const assigned: number[] = [];
  let epoch = 0;
  const network: TrainableNetwork = {
    place: () => Promise.resolve(),
    assign: (weights) => Promise.resolve(void assigned.push(weights.get("epoch")!.data[0])),
    read: () => Promise.resolve(new Map([["epoch", { shape: [], data: Float32Array.of(epoch) }]])),
    trainBatch(indices) {
      batches.push([...indices]);
      return Promise.resolve({ loss: indices.length, correct: 1 });
    },
    predict: () => Promise.resolve({ shape: [2, 2], data: Float32Array.from(epochs[epoch++]) }),
    close: () => Promise.resolve(),
  };
  return { network, batches, assigned };
}

const options: FitOptions = {
  training: Int32Array.of(2, 3, 4, 5, 6),
  validation: Int32Array.of(0, 1),
  labels: { shape: [7], data: Uint8Array.of(0, 1, 0, 1, 0, 1, 0) },
  epochs: 3,
  batchSize: 2,
  learningRate: 1e-3,
  keep: "validationAccuracy",
  seed: 1,
  initialEpoch: 0,
};

/** Right about both; about one, surely; about one, hardly. */
const both: Epoch = [0.6, 0.4, 0.4, 0.6];
const one: Epoch = [0.99, 0.01, 0.51, 0.49];
const weaker: Epoch = [0.51, 0.49, 0.51, 0.49];

Deno.test("an epoch goes once through all images in an order of its own, the last batch smaller", async () => {
  const runs = await Promise.all([0, 0, 1].map(async (initialEpoch) => {
    const { network, batches } = scripted([both, both, both]);
    await fit(network, { ...options, initialEpoch }, () => {});
    return batches;
  }));
  const [first, again, continued] = runs;
  assertEquals(first.map((batch) => batch.length), [2, 2, 1, 2, 2, 1, 2, 2, 1]);
  const epochs = [0, 3, 6].map((start) => first.slice(start, start + 3).flat());
  for (const epoch of epochs) assertEquals(epoch.toSorted(), [...options.training]);
  assertEquals(new Set(epochs.map(String)).size, 3);
  assertEquals(again, first);
  assertEquals(continued, first.slice(3), "a continued run sees what an undisturbed one sees");
});

Deno.test("training figures are means over images", async () => {
  const { network } = scripted([one]);
  const { history: [record] } = await fit(network, { ...options, epochs: 1 }, () => {});
  assertEquals(record.epoch, 1);
  assertEquals(record.loss, (2 * 2 + 2 * 2 + 1) / 5);
  assertEquals(record.accuracy, 3 / 5);
  assertEquals(record.validationAccuracy, 0.5);
});

for (
  const [keep, epochs, expected] of [
    ["validationAccuracy", [one, both, both], 2],
    ["validationAccuracy", [both, one, weaker], 1],
    ["validationLoss", [one, weaker, both], 1],
    ["validationLoss", [weaker, one, one], 2],
    ["lastEpoch", [both, one, weaker], 3],
  ] as const
) {
  Deno.test(`${keep} keeps epoch ${expected} of ${JSON.stringify(epochs)}`, async () => {
    const { network, assigned } = scripted(epochs);
    const { keptEpoch, weights, validationProbabilities } = await fit(
      network,
      { ...options, keep },
      () => {},
    );
    assertEquals(keptEpoch, expected);
    assertEquals(weights.get("epoch")!.data[0], expected);
    assertEquals(assigned, [expected], "the network is left with the kept weights");
    assertEquals(validationProbabilities.data, Float32Array.from(epochs[expected - 1]));
  });
}

Deno.test("progress ends at all images of the epochs that are left", async () => {
  const { network } = scripted([both, both]);
  const seen: [number, number][] = [];
  await fit(
    network,
    { ...options, initialEpoch: 1 },
    (done, total) => void seen.push([done, total]),
  );
  assertEquals(seen.at(-1), [14, 14]);
  assert(seen.every(([done], i) => i === 0 || done >= seen[i - 1][0]));
});

Deno.test("weights that the last step of an epoch spoiled are a divergence, not a bad argument", async () => {
  const { network } = scripted([both, [0.5, NaN, 0.5, 0.5], both]);
  const error = await assertRejects(
    () => fit(network, options, () => {}),
    DivergenceError,
    "After epoch 2 (learning rate 0.001)",
  );
  assertEquals(error.at, { epoch: 2, learningRate: 0.001 });
});
