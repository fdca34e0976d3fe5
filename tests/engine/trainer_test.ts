import { assert, assertAlmostEquals, assertEquals, assertLess, assertRejects } from "@std/assert";
import type { OptimizerSpec, Trainer, Weights } from "../../src/engine/engine.ts";
import { graphTrainer } from "../../src/engine/graph/trainer.ts";
import { layersEngine } from "../../src/engine/layers/engine.ts";
import { pooledMoments } from "../../src/engine/moments.ts";
import type { ModelSpec } from "../../src/models/spec.ts";
import { loadWasm } from "../../src/runtime/load.ts";
import {
  everything,
  imagesFor,
  optimizers,
  penalised,
  plain,
  small,
  weightsFor,
} from "../support/models.ts";
import { noise } from "../support/reference.ts";
import { addon } from "../support/tensorflow.ts";

await loadWasm();
const trainers: Record<string, Trainer> = {
  layers: layersEngine("wasm", 1),
  ...(addon ? { graph: graphTrainer(addon, 1) } : {}),
};

const all = Int32Array.from({ length: 32 }, (_, i) => i);
const batchAt = (step: number) => Int32Array.from({ length: 8 }, (_, i) => (step * 7 + i * 3) % 32);

const rules: Record<string, OptimizerSpec> = {
  ...optimizers,
  "nesterov": { type: "sgd", momentum: 0.9, nesterov: true },
  "sgd with weight decay": { type: "sgd", momentum: 0, weightDecay: 0.3 },
  "nesterov with weight decay": { type: "sgd", momentum: 0.9, nesterov: true, weightDecay: 0.3 },
};

/** A network of two convolutions with batch normalisation, in which nothing but that is out of the ordinary. */
const normalised: ModelSpec = {
  name: "normalised",
  input: [5, 4, 1],
  layers: [
    { type: "rescaling", name: "rescaling", scale: 1 / 255, offset: 0 },
    {
      type: "conv2d",
      name: "conv1",
      filters: 3,
      kernelSize: [2, 2],
      padding: "valid",
      useBias: false,
    },
    { type: "batchNormalization", name: "norm1", epsilon: 1e-3, momentum: 0.9 },
    { type: "activation", name: "relu1", activation: "relu" },
    { type: "flatten", name: "flatten" },
    { type: "dense", name: "dense1", units: 4, useBias: false },
    { type: "batchNormalization", name: "norm2", epsilon: 1e-3, momentum: 0.9 },
    { type: "dense", name: "logits", units: 5, activation: "softmax" },
  ],
};

for (const [name, trainer] of Object.entries(trainers)) {
  for (const [called, optimizer] of Object.entries(rules)) {
    Deno.test(`${name}, ${called}: taken up again, a training gives the same bits`, async () => {
      const training = { optimizer, loss: penalised, seed: 2 };
      const open = async () => {
        const network = await trainer.train(everything, training, weightsFor(everything));
        await network.place(imagesFor(everything, 32));
        return network;
      };
      const undisturbed = await open();
      for (let step = 0; step < 3; step++) await undisturbed.trainBatch(batchAt(step), 0.01);
      const [weights, state] = [await undisturbed.read(), await undisturbed.state()];
      assertEquals(state.steps, 3);
      const kept = structuredClone({ weights, state });
      const losses = [];
      for (let step = 3; step < 6; step++) {
        losses.push(await undisturbed.trainBatch(batchAt(step), 0.01));
      }
      const resumed = await open();
      await resumed.trainBatch(batchAt(9), 0.5);
      await resumed.resume(kept.weights, kept.state);
      for (let step = 3; step < 6; step++) {
        assertEquals(await resumed.trainBatch(batchAt(step), 0.01), losses[step - 3]);
      }
      assertEquals(await resumed.read(), await undisturbed.read());
      assertEquals(await resumed.state(), await undisturbed.state());
      await undisturbed.close();
      await resumed.close();
    });
  }

  // The gradient comes from a step of plain descent; what the rule makes of it is computed here in float64.
  for (const called of ["nesterov", "nesterov with weight decay", "sgd with weight decay"]) {
    const optimizer = rules[called] as Extract<OptimizerSpec, { type: "sgd" }>;
    Deno.test(`${name}, ${called}: three steps are those of the formula`, async () => {
      const { momentum, nesterov, weightDecay = 0 } = optimizer;
      const loss = plain;
      const network = await trainer.train(small, { optimizer, loss, seed: 1 }, weightsFor(small));
      const descent = await trainer.train(
        small,
        { optimizer: { type: "sgd", momentum: 0 }, loss, seed: 1 },
        weightsFor(small),
      );
      for (const each of [network, descent]) await each.place(imagesFor(small, 32));
      const velocity = new Map<string, Float64Array>();
      for (let step = 0; step < 3; step++) {
        const rate = 0.1 * 0.7 ** step;
        const before = await network.read();
        await descent.assign(before);
        await descent.trainBatch(batchAt(step), 1);
        const moved = await descent.read();
        await network.trainBatch(batchAt(step), rate);
        const after = await network.read();
        for (const [variable, { data }] of before) {
          const v = velocity.get(variable) ?? new Float64Array(data.length);
          velocity.set(variable, v);
          const decay = variable.endsWith("/kernel") ? rate * weightDecay : 0;
          data.forEach((w, i) => {
            const g = w - moved.get(variable)!.data[i];
            // Keras's SGD: `m = momentum * m - rate * g`, and `w += m` or `w += momentum * m - rate * g`.
            v[i] = momentum * v[i] - rate * g;
            const change = nesterov ? momentum * v[i] - rate * g : v[i];
            assertAlmostEquals(
              after.get(variable)!.data[i],
              (1 - decay) * w + change,
              2e-6,
              `${variable} ${i}`,
            );
          });
        }
      }
      await network.close();
      await descent.close();
    });
  }

  Deno.test(`${name}: statistics counted anew are those of a plain pass in float64`, async () => {
    const weights = weightsFor(normalised);
    const training = { optimizer: optimizers.sgd, loss: plain, seed: 1 };
    const network = await trainer.train(normalised, training, weights);
    const { images, labels } = imagesFor(normalised, 32);
    await network.place({ images, labels });
    const found = await network.statistics(all.subarray(0, 30), 8);
    assertEquals(await network.read(), weights, "the network stays as it is");
    const expected = plainStatistics(weights, images.data, 30, 8);
    assertEquals([...found.keys()].sort(), [...expected.keys()].sort());
    for (const [variable, values] of expected) {
      values.forEach((value, i) =>
        assertAlmostEquals(found.get(variable)!.data[i], value, 1e-5, `${variable} ${i}`)
      );
    }
    await network.close();
    const without = await trainer.train(small, training, weightsFor(small));
    await without.place(imagesFor(small, 32));
    assertEquals(await without.statistics(all, 8), new Map());
    await without.close();
  });

  Deno.test(`${name}: images are replaced in their places, and nowhere else`, async () => {
    const training = { optimizer: optimizers.sgd, loss: plain, seed: 1 };
    const network = await trainer.train(small, training, weightsFor(small));
    const { images, labels } = imagesFor(small, 32);
    await network.place({ images, labels });
    const before = await network.predict(all);
    const others = Uint8Array.from(noise(300, 77), (value) => Math.floor(127.999 * (value + 1)));
    await network.replace(4, { shape: [3, 10, 10, 1], data: others });
    const after = await network.predict(all);
    all.forEach((row) => {
      const of = ({ data }: typeof before) => [...data.subarray(5 * row, 5 * row + 5)];
      assertEquals(of(before).join() === of(after).join(), row < 4 || row >= 7, `row ${row}`);
    });
    const changed = images.data.slice();
    changed.set(others, 400);
    await network.place({ images: { shape: images.shape, data: changed }, labels });
    assertEquals(await network.predict(all), after);
    await assertRejects(
      () => network.replace(30, { shape: [3, 10, 10, 1], data: others }),
      Error,
      "3 images from row 30 on reach over the 32 placed ones",
    );
    await network.close();
  });

  Deno.test(`${name}: a state that is another network's is refused`, async () => {
    const training = { optimizer: optimizers.adam, loss: plain, seed: 1 };
    const network = await trainer.train(small, training, weightsFor(small));
    await assertRejects(
      () => network.resume(weightsFor(small), { steps: 2, slots: new Map() }),
      Error,
      "the state of its training has no conv1/kernel/m, expected shape [3,3,1,4]",
    );
    await network.close();
  });
}

for (const called of ["nesterov", "nesterov with weight decay"]) {
  Deno.test({
    name: `ten steps agree on both engines: ${called}`,
    ignore: !addon,
    async fn() {
      const found: Weights[] = [];
      for (const trainer of Object.values(trainers)) {
        const training = { optimizer: rules[called], loss: penalised, seed: 3 };
        const network = await trainer.train(everything, training, weightsFor(everything));
        await network.place(imagesFor(everything, 32));
        for (let step = 0; step < 10; step++) {
          await network.trainBatch(batchAt(step), 0.01 * 0.9 ** step);
        }
        found.push(await network.read());
        await network.close();
      }
      for (const [variable, { data }] of found[0]) {
        data.forEach((value, i) =>
          assertLess(Math.abs(value - found[1].get(variable)!.data[i]), 1e-4, `${variable} ${i}`)
        );
      }
    },
  });
}

Deno.test("moments of batches put together are those of all, batches of other sizes too", () => {
  const values = noise(50, 8);
  const pooled = pooledMoments();
  const momentsOf = (part: Float64Array) => {
    const mean = part.reduce((sum, x) => sum + x, 0) / part.length;
    return [mean, part.reduce((sum, x) => sum + (x - mean) ** 2, 0) / part.length];
  };
  for (const [begin, end] of [[0, 20], [20, 40], [40, 50]]) {
    const [mean, variance] = momentsOf(values.subarray(begin, end));
    pooled.add("norm", end - begin, Float64Array.of(mean), Float64Array.of(variance));
  }
  const [mean, variance] = momentsOf(values);
  const result = pooled.result();
  assertAlmostEquals(result.get("norm/moving_mean")!.data[0], mean, 1e-7);
  assertAlmostEquals(result.get("norm/moving_variance")!.data[0], variance, 1e-7);
  assert(result.size === 2);
});

/** What `statistics` is by definition, for `normalised`: batch by batch in float64. */
function plainStatistics(
  weights: Weights,
  images: ArrayLike<number>,
  count: number,
  batchSize: number,
): Map<string, number[]> {
  const of = (name: string) => weights.get(name)!.data;
  const seen: Record<string, number[][]> = { norm1: [], norm2: [] };
  for (let start = 0; start < count; start += batchSize) {
    const end = Math.min(count, start + batchSize);
    // Positions of all images of the batch, each of three channels.
    const positions: number[][] = [];
    for (let n = start; n < end; n++) {
      for (let y = 0; y < 4; y++) {
        for (let x = 0; x < 3; x++) {
          positions.push([0, 1, 2].map((f) => {
            let sum = 0;
            for (const [dy, dx] of [[0, 0], [0, 1], [1, 0], [1, 1]]) {
              sum += images[(n * 5 + y + dy) * 4 + x + dx] / 255 *
                of("conv1/kernel")[(dy * 2 + dx) * 3 + f];
            }
            return sum;
          }));
        }
      }
    }
    seen.norm1.push(...positions);
    const moments = [0, 1, 2].map((f) => {
      const mean = positions.reduce((sum, p) => sum + p[f], 0) / positions.length;
      const variance = positions.reduce((sum, p) => sum + (p[f] - mean) ** 2, 0) / positions.length;
      return [mean, variance];
    });
    const activated = positions.map((p) =>
      p.map((value, f) =>
        Math.max(
          0,
          of("norm1/gamma")[f] * (value - moments[f][0]) / Math.sqrt(moments[f][1] + 1e-3) +
            of("norm1/beta")[f],
        )
      )
    );
    for (let n = 0; n < end - start; n++) {
      const features = activated.slice(12 * n, 12 * (n + 1)).flat();
      seen.norm2.push(
        [0, 1, 2, 3].map((u) =>
          features.reduce((sum, value, i) => sum + value * of("dense1/kernel")[4 * i + u], 0)
        ),
      );
    }
  }
  return new Map(
    Object.entries(seen).flatMap(([layer, rows]) => {
      const means = rows[0].map((_, c) => rows.reduce((sum, row) => sum + row[c], 0) / rows.length);
      const variances = means.map((mean, c) =>
        rows.reduce((sum, row) => sum + (row[c] - mean) ** 2, 0) / rows.length
      );
      return [[`${layer}/moving_mean`, means], [`${layer}/moving_variance`, variances]] as const;
    }).map(([name, values]) => [name, [...values]]),
  );
}
