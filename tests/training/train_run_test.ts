import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { z } from "zod";
import { openTrainer } from "../../src/engine/open_trainer.ts";
import { encodeWeights } from "../../src/engine/weights.ts";
import { compact } from "../../src/models/champions.ts";
import { heWeights } from "../../src/models/he.ts";
import { seedFor } from "../../src/random.ts";
import { train } from "../../src/training/course.ts";
import { lossOf } from "../../src/training/loss.ts";
import type { Regime } from "../../src/training/regime.ts";
import { job } from "../../src/training/train_job.ts";
import { run } from "../../src/training/train_run.ts";
import { imagesFor, small } from "../support/models.ts";

const regime: Regime = {
  epochs: 3,
  learningRate: 0.05,
  schedule: { type: "linear", warmup: 0.2, final: 0 },
  batchSize: 8,
  optimizer: { type: "sgd", momentum: 0.9 },
  augmentation: { mirror: "random", translation: 1 },
  averaging: { type: "exponential", decay: 0.5 },
  evaluation: "mirrored",
  seed: 8,
  threads: 1,
};
const { images: { shape, data }, labels } = imagesFor(small, 30);
const images = { shape, data: new Uint8Array(data) };
const indices = (...values: number[]) => ({
  shape: [values.length],
  data: Int32Array.from(values),
});
const split = {
  train: indices(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20),
  validation: indices(1, 3, 5),
};

/** What the job writes, by name; `offered` gets its checkpoints. */
async function ran(
  parameters: Omit<Parameters<typeof run>[0]["parameters"], "model" | "regime">,
  kept?: Uint8Array,
  offered: Uint8Array[] = [],
) {
  const written = new Map<string, unknown>();
  const writer = (name: string) => ({
    write: (value: unknown) => Promise.resolve(written.set(name, value)).then(() => name),
  });
  const reader = <T>(value: T) => ({
    read: () => Promise.resolve(value),
    file: { path: "", sha256: "" },
  });
  await run({
    parameters: { model: small, regime, ...parameters },
    equipment: { variant: "layers", facts: {} },
    inputs: {
      trainImages: reader(images),
      trainLabels: reader(labels),
      trainIndices: reader(split.train),
      validationIndices: reader(split.validation),
      testImages: reader(parameters.test ? images : undefined),
      testLabels: reader(parameters.test ? labels : undefined),
    },
    outputs: {
      summary: writer("summary"),
      weights: writer("weights"),
      validationProbabilities: writer("validationProbabilities"),
      validationMirrored: writer("validationMirrored"),
      testProbabilities: writer("testProbabilities"),
      testMirrored: writer("testMirrored"),
    },
    record() {},
    progress() {},
    checkpoint: {
      read: () => Promise.resolve(kept),
      offer: async (make) => void offered.push(await make()),
    },
  });
  return Object.fromEntries(written);
}

Deno.test("the job trains to what a course in memory gives", async () => {
  const written = await ran({ test: true });
  const trainer = await openTrainer({ variant: "layers" }, 1);
  const network = await trainer.train(
    small,
    { optimizer: regime.optimizer, loss: lossOf(regime), seed: seedFor(8, "dropout") },
    heWeights(small, seedFor(8, "weights")),
  );
  const rowsOf = ({ data }: { data: Int32Array }) => ({
    images: {
      shape: [data.length, 10, 10, 1],
      data: Uint8Array.from(
        [...data].flatMap((row) => [...images.data.subarray(100 * row, 100 * row + 100)]),
      ),
    },
    labels: {
      shape: [data.length],
      data: Uint8Array.from(data, (row) => labels.data[row]),
    },
  });
  const { history, weights, validation } = await train(network, {
    training: rowsOf(split.train),
    rows: split.train.data,
    validation: rowsOf(split.validation),
  }, regime);
  await network.close();
  assertEquals(written.summary, { history });
  assertEquals(written.weights, encodeWeights(weights));
  assertEquals(written.validationProbabilities, validation.plain);
  assertEquals(written.validationMirrored, validation.mirrored);
  assertEquals((written.testProbabilities as typeof validation.plain).shape, [30, 5]);
  assertEquals((written.testMirrored as typeof validation.plain).shape, [30, 5]);
});

Deno.test("the job goes on from a checkpoint, and begins anew where it can make nothing of one", async () => {
  const offered: Uint8Array[] = [];
  const whole = await ran({ test: false }, undefined, offered);
  assertEquals(offered.length, 2);
  assert(!("testProbabilities" in whole));
  const fewer: Uint8Array[] = [];
  assertEquals(await ran({ test: false }, offered[1], fewer), whole);
  assertEquals(fewer, []);
  assertEquals(await ran({ test: false }, Uint8Array.of(1, 2, 3)), whole);
});

Deno.test("the first images of the split alone are trained on where that is asked for", async () => {
  const { validationProbabilities } = await ran({
    test: false,
    subset: { train: 9, validation: 2 },
  });
  assertEquals((validationProbabilities as { shape: number[] }).shape, [2, 5]);
});

Deno.test("the job takes a champion by a regime, and nothing that it does not know", () => {
  const asked = { model: compact([32, 32, 1], 10), regime, test: true };
  const { parameters } = job;
  assertEquals(parameters.parse(asked), asked);
  const refused = parameters.safeParse({ ...asked, evaluate: ["test"] });
  assert(!refused.success);
  assertStringIncludes(z.prettifyError(refused.error), "there is no evaluate");
});
