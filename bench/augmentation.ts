/**
 * How much changing the images of each epoch slows training down: the same network trained with and without
 * it, by turns, on drawn bytes. `deno run -A bench/augmentation.ts [compact|residual] [threads] [images] [rounds]`
 *
 * The first epoch of each training is not counted: the worker starts in it, and nothing is drawn ahead yet.
 *
 * @module
 */
import { openTrainer } from "../src/engine/open_trainer.ts";
import { compact, residual } from "../src/models/champions.ts";
import { heWeights } from "../src/models/he.ts";
import { type CourseData, train } from "../src/training/course.ts";
import { lossOf } from "../src/training/loss.ts";
import type { Regime } from "../src/training/regime.ts";

const [name = "compact", threads = "2", images = "12800", rounds = "3"] = Deno.args;
const model = (name === "residual" ? residual : compact)([32, 32, 1], 10);
const n = Number(images);
const EPOCHS = 3;

const regime: Regime = {
  epochs: EPOCHS,
  learningRate: 0.01,
  schedule: { type: "linear", warmup: 0.2, final: 0 },
  batchSize: 128,
  optimizer: { type: "sgd", momentum: 0.9, nesterov: true },
  labelSmoothing: 0.1,
  seed: 1,
  threads: Number(threads),
};
const augmentation: Regime["augmentation"] = {
  mirror: "alternating",
  translation: 2,
  erasing: { probability: 0.5, size: [4, 10], fill: 73 },
};

const labelled = (count: number) => ({
  images: {
    shape: [count, 32, 32, 1],
    data: Uint8Array.from({ length: count * 1024 }, (_, i) => Math.imul(i, 2654435761) >>> 24),
  },
  labels: { shape: [count], data: Uint8Array.from({ length: count }, (_, i) => i % 10) },
});
const data: CourseData = {
  training: labelled(n),
  rows: Int32Array.from({ length: n }, (_, i) => i),
  validation: labelled(128),
};

/** Milliseconds that an epoch took, the first one left out. */
async function timed(regime: Regime): Promise<number> {
  const trainer = await openTrainer({ variant: "graph" }, regime.threads);
  const network = await trainer.train(
    model,
    { optimizer: regime.optimizer, loss: lossOf(regime), seed: 1 },
    heWeights(model, 1),
  );
  let began = 0;
  await train(network, data, regime, undefined, (done) => {
    if (done === n + 128) began = performance.now();
  });
  const ended = performance.now();
  await network.close();
  return (ended - began) / (EPOCHS - 1);
}

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1];
const regimes = { without: regime, with: { ...regime, augmentation } };
const times: Record<keyof typeof regimes, number[]> = { without: [], with: [] };
for (let round = 0; round < Number(rounds); round++) {
  for (const key of round % 2 === 0 ? ["without", "with"] as const : ["with", "without"] as const) {
    times[key].push(await timed(regimes[key]));
  }
}
const [without, changed] = [median(times.without), median(times.with)];
console.log(
  `${model.name}, ${threads} threads, batches of 128, median of ${rounds} epochs of ${n}`,
);
console.log(`without: ${(n / without * 1000).toFixed(0)} images/s`);
console.log(`with:    ${(n / changed * 1000).toFixed(0)} images/s`);
console.log(`slowed by ${(100 * (changed / without - 1)).toFixed(1)}%`);
