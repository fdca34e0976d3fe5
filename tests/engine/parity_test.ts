import { assert, assertEquals, assertLess } from "@std/assert";
import type { Engine, TrainingSpec, Weights } from "../../src/engine/engine.ts";
import { graphEngine } from "../../src/engine/graph/engine.ts";
import { layersEngine } from "../../src/engine/layers/engine.ts";
import { encodeTfjsModel } from "../../src/engine/layers/tfjs_model.ts";
import { loadTensorFlow, loadWasm } from "../../src/runtime/load.ts";
import { lenet5 } from "../../src/models/lenet5.ts";
import type { ModelSpec } from "../../src/models/spec.ts";
import { withNetwork } from "../support/contract.ts";
import {
  everything,
  imagesFor,
  optimizers,
  penalised,
  plain,
  small,
  training,
  weightsFor,
} from "../support/models.ts";
import { addon } from "../support/tensorflow.ts";
import { weightsIn } from "../support/tfjs_files.ts";

if (addon) await loadTensorFlow({ threads: 1 });
await loadWasm();
/** Every engine on every backend here; WebAssembly is everywhere. */
const engines: Record<string, Engine> = {
  "layers on wasm": layersEngine("wasm", 1),
  ...(addon
    ? {
      "graph on tensorflow": graphEngine(addon, 1),
      "layers on tensorflow": layersEngine("tensorflow", 1),
    }
    : {}),
};

const lenet: ModelSpec = lenet5([32, 32, 1], 5);

const runs: [string, ModelSpec, TrainingSpec, rate: number, batch: number][] = [
  // Where two values under a pooling window are equal but for rounding, engines choose differently, and from
  // there on the runs drift apart. LeNet-5 has millions of windows in 50 steps, so it meets such a place;
  // a small rate keeps what follows small.
  [
    "LeNet-5, momentum",
    lenet,
    {
      optimizer: optimizers["sgd with momentum"],
      loss: plain,
      seed: 1,
    },
    2e-4,
    6,
  ],
  ["small, Adam", small, { optimizer: optimizers.adam, loss: plain, seed: 1 }, 1e-3, 8],
  ["small, AdamW", small, { optimizer: optimizers.adamw, loss: penalised, seed: 1 }, 1e-3, 8],
  [
    "small, momentum",
    small,
    {
      optimizer: optimizers["sgd with momentum"],
      loss: plain,
      seed: 1,
    },
    1e-2,
    8,
  ],
  ["every layer, Adam", everything, { optimizer: optimizers.adam, loss: plain, seed: 2 }, 1e-3, 8],
  [
    "every layer, some frozen",
    { ...everything, frozen: ["conv1", "norm1"] },
    { optimizer: optimizers["sgd with momentum"], loss: penalised, seed: 3 },
    1e-2,
    8,
  ],
];

/** 50 steps with batches of every size from 1 to `batch`, at a falling rate. */
async function train(engine: Engine, [, spec, training, rate, batch]: typeof runs[number]) {
  const data = imagesFor(spec, 64);
  const network = await engine.train(spec, training, weightsFor(spec));
  try {
    await network.place(data);
    const all = Int32Array.from({ length: 64 }, (_, i) => i);
    const before = await network.predict(all);
    const steps = [];
    for (let step = 0; step < 50; step++) {
      const length = step % 10 === 9 ? 1 + step % batch : batch;
      const indices = Int32Array.from({ length }, (_, i) => (step * batch + i * 5) % 64);
      steps.push(await network.trainBatch(indices, rate * 0.98 ** step));
    }
    return { before, steps, weights: await network.read() };
  } finally {
    await network.close();
  }
}

const reference = "layers on wasm";
for (const run of runs) {
  Deno.test({
    name: `50 steps from the same weights on the same batches agree on every engine: ${run[0]}`,
    ignore: Object.keys(engines).length < 2,
    async fn() {
      const expected = await train(engines[reference], run);
      for (const [name, engine] of Object.entries(engines)) {
        if (name === reference) continue;
        const found = await train(engine, run);
        found.before.data.forEach((value, i) =>
          assertLess(Math.abs(value - expected.before.data[i]), 1e-5, `prediction ${i} of ${name}`)
        );
        found.steps.forEach(({ loss }, i) =>
          assertLess(
            Math.abs(loss / expected.steps[i].loss - 1),
            1e-4,
            `loss of step ${i + 1} of ${name}`,
          )
        );
        assertEquals(
          found.steps.map(({ correct }) => correct),
          expected.steps.map(({ correct }) => correct),
        );
        assertEquals([...found.weights.keys()], [...expected.weights.keys()]);
        for (const [variable, { data }] of expected.weights) {
          const other = found.weights.get(variable)!.data;
          data.forEach((value, i) =>
            assertLess(Math.abs(value - other[i]), 1e-3, `${variable} ${i} of ${name}`)
          );
        }
      }
    },
  });
}

Deno.test({
  name: "weights travel from engine to engine and through model.json, bit for bit",
  ignore: !addon,
  async fn() {
    const spec = everything;
    const training: TrainingSpec = { optimizer: optimizers.adam, loss: plain, seed: 4 };
    const data = imagesFor(spec, 32);
    const all = Int32Array.from({ length: 32 }, (_, i) => i);
    let weights: Weights = weightsFor(spec);
    const predictions: Float32Array[] = [];
    for (const engine of [...Object.values(engines), ...Object.values(engines)]) {
      const network = await engine.train(spec, training, weights);
      assertEquals(await network.read(), weights);
      await network.place(data);
      predictions.push((await network.predict(all)).data);
      await network.trainBatch(all, 1e-3);
      const file = encodeTfjsModel(spec, await network.read(), "weights.bin");
      weights = weightsIn(file.json, file.weights, spec);
      assertEquals(await network.read(), weights);
      predictions.push((await network.predict(all)).data);
      await network.close();
    }
    // What one engine predicts at its end, the next predicts at its beginning.
    for (let i = 1; i + 1 < predictions.length; i += 2) {
      predictions[i].forEach((value, j) =>
        assertLess(Math.abs(value - predictions[i + 1][j]), 1e-5, `prediction ${j}, hand-over ${i}`)
      );
    }
  },
});

Deno.test("networks on different backends work side by side", {
  ignore: !addon,
}, async () => {
  const data = imagesFor(everything, 6);
  const weights = weightsFor(everything);
  const [wasm, native] = ["layers on wasm", "layers on tensorflow"].map((name) => engines[name]);
  await withNetwork(
    wasm.train(everything, training, weights),
    data,
    (first) =>
      withNetwork(native.train(everything, training, weights), data, async (second) => {
        const indices = Int32Array.of(0, 1, 2, 3);
        for (let step = 0; step < 2; step++) {
          const losses = [
            await first.trainBatch(indices, 1e-3),
            await second.trainBatch(indices, 1e-3),
          ];
          assert(Math.abs(losses[0].loss - losses[1].loss) < 1e-4);
        }
        assertEquals((await first.predict(indices)).shape, [4, 5]);
      }),
  );
});
