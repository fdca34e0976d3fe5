/** What every engine has to do, whatever it runs on: the tests of the interface `engine.ts`. @module */
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertLess,
  assertMatch,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import { DivergenceError } from "../../src/engine/checks.ts";
import { dropoutMask } from "../../src/engine/dropout.ts";
import type {
  Engine,
  ImageSet,
  LossSpec,
  Network,
  TrainableNetwork,
  TrainingSpec,
} from "../../src/engine/engine.ts";
import { cutAt } from "../../src/models/cut.ts";
import type { ModelSpec } from "../../src/models/spec.ts";
import { encodeNpy, openNpy } from "../../src/files/npy.ts";
import { kerasRuns } from "./keras_steps.ts";
import {
  enlarged,
  everything,
  type Examples,
  imagesFor,
  optimizers,
  penalised,
  plain,
  small,
  training,
  weightsFor,
} from "./models.ts";
import * as by from "./reference.ts";

/** Places images in a network that is being opened, and closes it after `use`. */
export async function withNetwork<Opened extends Network, T>(
  opening: Promise<Opened>,
  data: ImageSet | undefined,
  use: (network: Opened) => Promise<T>,
): Promise<T> {
  const network = await opening;
  try {
    if (data) await network.place(data);
    return await use(network);
  } finally {
    await network.close();
  }
}

const rows = ({ images }: Pick<Examples, "images">, indices: ArrayLike<number>): by.Batch => {
  const width = images.data.length / images.shape[0];
  const data = Array.from(
    indices,
    (index) => [...images.data.subarray(index * width, (index + 1) * width)],
  );
  return {
    shape: [indices.length, ...images.shape.slice(1)],
    data: Float64Array.from(data.flat()),
  };
};

/** The loss of a training step by definition, and its slope in every trained value. */
function byDefinition(
  spec: ModelSpec,
  weights: by.Weights64,
  data: Examples,
  indices: Int32Array,
  loss: LossSpec,
  mask: by.Training["mask"],
) {
  const labels = Array.from(indices, (index) => data.labels.data[index]);
  const statistics = new Map<string, { mean: Float64Array; variance: Float64Array }>();
  const compute = () => {
    const onStatistics = (layer: string, mean: Float64Array, variance: Float64Array) =>
      statistics.set(layer, { mean, variance });
    return by.forward(spec, weights, rows(data, indices), { mask, onStatistics });
  };
  const lossNow = () => by.lossOf(spec, weights, compute(), labels, loss);
  const logits = compute();
  const correct = labels.filter((label, row) => {
    const values = logits.data.subarray(row * logits.shape[1], (row + 1) * logits.shape[1]);
    return values.indexOf(Math.max(...values)) === label;
  }).length;
  return { loss: lossNow(), correct, statistics: new Map(statistics), lossNow };
}

const moving = (name: string) => /\/moving_(mean|variance)$/.test(name);

/** The largest difference as a share of the largest value. */
function distance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let largest = 1e-9;
  let error = 0;
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i]));
    error = Math.max(error, Math.abs(actual[i] - expected[i]));
  }
  return error / largest;
}

const batch = Int32Array.of(4, 0, 7, 7, 2, 9, 1);

const steps: [string, ModelSpec, LossSpec][] = [
  ["LeNet-5 made small", small, plain],
  ["every layer", everything, plain],
  ["images made larger", enlarged, plain],
  ["every layer, smoothed labels and penalised kernels", everything, penalised],
  ["every layer, some frozen", { ...everything, frozen: ["conv1", "norm1", "dense1"] }, penalised],
  ["every layer, only the last trained", {
    ...everything,
    frozen: ["conv1", "norm1", "conv2", "dense1", "norm2"],
  }, plain],
];
/** Optimisers as their authors and Keras 3 write them, in float64. Gives the update of one value. */
function definition(optimizer: (typeof optimizers)[keyof typeof optimizers], kernel: boolean) {
  let m = 0;
  let v = 0;
  let t = 0;
  return (w: number, gradient: number, rate: number): number => {
    t++;
    if (optimizer.type === "sgd") {
      m = optimizer.momentum * m - rate * gradient;
      return w + m;
    }
    const { beta1, beta2, epsilon } = optimizer;
    if (optimizer.type === "adamw" && kernel) w -= rate * optimizer.weightDecay * w;
    m = beta1 * m + (1 - beta1) * gradient;
    v = beta2 * v + (1 - beta2) * gradient ** 2;
    const alpha = rate * Math.sqrt(1 - beta2 ** t) / (1 - beta1 ** t);
    return w - alpha * m / (Math.sqrt(v) + epsilon);
  };
}

/** Registers the tests of an engine, ignored where there is none; names begin with `title`. */
export function testEngine(title: string, engine: Engine | undefined): void {
  const ignore = !engine;
  for (const [name, spec, loss] of steps) {
    Deno.test({
      name:
        `${title}: a training step of ${name} follows the central differences of the definition`,
      ignore,
      async fn() {
        const data = imagesFor(spec, 10);
        const weights = weightsFor(spec);
        const wide = by.widen(weights);
        const seed = 11;
        const expected = byDefinition(
          spec,
          wide,
          data,
          batch,
          loss,
          (layer, length, rate) => dropoutMask(seed, layer, 1, length, rate),
        );
        // Gradient descent at a rate so large that rounding the weights is small beside the step.
        const rate = 1024;
        const how: TrainingSpec = { optimizer: optimizers.sgd, loss, seed };
        const [result, after] = await withNetwork(
          engine!.train(spec, how, weights),
          data,
          async (network) => [await network.trainBatch(batch, rate), await network.read()] as const,
        );
        assertAlmostEquals(result.loss, expected.loss, 1e-5 * expected.loss);
        assertEquals(result.correct, expected.correct);
        assertEquals([...after.keys()], [...weights.keys()]);
        for (const [variable, { data: before, shape }] of weights) {
          const now = after.get(variable)!;
          assertEquals(now.shape, shape);
          const [layer, kind] = variable.split("/");
          if (spec.frozen?.includes(layer)) {
            assertEquals(now.data, before, `${variable} is frozen`);
          } else if (moving(variable)) {
            const { mean, variance } = expected.statistics.get(layer)!;
            const ofBatch = kind === "moving_mean" ? mean : variance;
            const found = spec.layers.find((l) => l.name === layer)!;
            const momentum = "momentum" in found ? found.momentum : 0;
            const moved = Float64Array.from(
              before,
              (value, i) => value * momentum + ofBatch[i] * (1 - momentum),
            );
            assertLess(distance(now.data, moved), 1e-5, variable);
          } else {
            const { data: values } = wide.get(variable)!;
            const slopes = values.map((_, i) => by.slope(expected.lossNow, values, i));
            const actual = before.map((value, i) => (value - now.data[i]) / rate);
            // A bias under batch normalisation has no slope: both are rounding errors then.
            if (Math.max(...slopes.map(Math.abs)) < 1e-9) {
              assertLess(Math.max(...actual.map(Math.abs)), 1e-6);
            } else assertLess(distance(actual, slopes), 1e-4, variable);
          }
        }
      },
    });
  }

  for (
    const [name, spec] of [["small", small], ["everything", everything], [
      "enlarged",
      enlarged,
    ]] as const
  ) {
    Deno.test({
      name: `${title}: predictions of ${name} are the definition's, for any number of images`,
      ignore,
      async fn() {
        const data = imagesFor(spec, 300);
        const weights = weightsFor(spec);
        const indices = Int32Array.from({ length: 600 }, (_, i) => (i * 7) % 300);
        const found = await withNetwork(
          engine!.train(spec, training, weights),
          data,
          (network) => network.predict(indices),
        );
        assertEquals(found.shape, [600, 5]);
        const expected = by.forward(spec, by.widen(weights), rows(data, indices));
        assertLess(distance(found.data, expected.data), 1e-5);
      },
    });
  }

  Deno.test({
    name: `${title}: a model cut at any layer predicts that layer's output`,
    ignore,
    async fn() {
      const data = imagesFor(everything, 6);
      const weights = weightsFor(everything);
      const indices = Int32Array.of(0, 1, 2, 3, 4, 5);
      for (const last of everything.layers.slice(0, -1)) {
        const spec = cutAt(everything, last.name);
        const names = new Set(spec.layers.map((layer) => layer.name));
        const own = new Map([...weights].filter(([name]) => names.has(name.split("/")[0])));
        await withNetwork(engine!.open(spec, own), { images: data.images }, async (network) => {
          const found = await network.predict(indices);
          const expected = by.forward(spec, by.widen(own), rows(data, indices));
          assertEquals(found.shape, expected.shape);
          assertLess(distance(found.data, expected.data), 1e-5);
        });
        await assertRejects(
          () => engine!.train(spec, training, own),
          Error,
          `Model everything-${last.name} cannot be trained, only predict: its last layer, ${last.name} (${last.type}), is not a softmax`,
        );
      }
    },
  });

  for (const [name, optimizer] of Object.entries(optimizers)) {
    Deno.test({
      name: `${title}: six steps of ${name} at changing rates are the definition's`,
      ignore,
      async fn() {
        const spec: ModelSpec = {
          name: "linear",
          input: [3, 3, 1],
          layers: [
            { type: "rescaling", name: "rescaling", scale: 1 / 127.5, offset: -1 },
            { type: "flatten", name: "flatten" },
            { type: "dense", name: "logits", units: 5, activation: "softmax" },
          ],
        };
        const data = imagesFor(spec, 10);
        const weights = weightsFor(spec);
        const wide = by.widen(weights);
        const updates = new Map(
          [...wide].map(([variable, { data }]) => [
            variable,
            Array.from(data, () => definition(optimizer, variable.endsWith("/kernel"))),
          ]),
        );
        const rates = [0.01, 0.01, 0.05, 0.05, 0.02, 0.001];
        const after = await withNetwork(
          engine!.train(spec, { optimizer, loss: penalised, seed: 0 }, weights),
          data,
          async (network) => {
            for (const [i, rate] of rates.entries()) {
              const indices = Int32Array.of(i, i + 1, i + 2, i + 3);
              const { loss, lossNow } = byDefinition(
                spec,
                wide,
                data,
                indices,
                penalised,
                () => [],
              );
              const result = await network.trainBatch(indices, rate);
              assertAlmostEquals(result.loss, loss, 1e-5);
              const slopes = [...wide.values()].map(({ data }) =>
                data.map((_, j) => by.slope(lossNow, data, j))
              );
              [...wide].forEach(([variable, { data }], k) =>
                data.forEach((w, j) => data[j] = updates.get(variable)![j](w, slopes[k][j], rate))
              );
            }
            return await network.read();
          },
        );
        for (const [variable, { data }] of wide) {
          assertLess(distance(after.get(variable)!.data, data), 1e-4, variable);
        }
      },
    });
  }

  for (const [name, keras] of Object.entries(kerasRuns)) {
    Deno.test({
      name: `${title}: six steps are Keras's: ${name}`,
      ignore,
      async fn() {
        const spec: ModelSpec = {
          ...everything,
          layers: everything.layers.map((layer) =>
            layer.type === "dropout" ? { ...layer, rate: 0 } : layer
          ),
          frozen: keras.frozen,
        };
        const how: TrainingSpec = { optimizer: keras.optimizer, loss: keras.loss, seed: 0 };
        const data = imagesFor(spec, 20);
        await withNetwork(engine!.train(spec, how, weightsFor(spec)), data, async (network) => {
          for (const [step, expected] of keras.losses.entries()) {
            const indices = Int32Array.from({ length: 8 }, (_, i) => (step * 7 + i * 3) % 20);
            const { loss } = await network.trainBatch(indices, 0.01 * 0.9 ** step);
            assertAlmostEquals(loss, expected, 5e-5 * expected, `loss of step ${step + 1}`);
          }
          const { data } = await network.predict(Int32Array.of(0));
          assertLess(distance(data, keras.probabilities), 5e-5);
          const after = await network.read();
          assertEquals([...after.keys()], Object.keys(keras.sums));
          for (const [variable, expected] of Object.entries(keras.sums)) {
            const sum = after.get(variable)!.data.reduce((sum, value) => sum + Math.abs(value), 0);
            assertAlmostEquals(sum, expected, 1e-5 * Math.max(1, expected), variable);
          }
        });
      },
    });
  }

  Deno.test({
    name: `${title}: a run repeated gives the same bits, on a new network and after assigning anew`,
    ignore,
    async fn() {
      const data = imagesFor(everything, 40);
      const weights = weightsFor(everything);
      const run = async (network: TrainableNetwork) => {
        const losses = [];
        for (let step = 0; step < 10; step++) {
          const indices = Int32Array.from({ length: 8 }, (_, i) => (step * 8 + i * 3) % 40);
          losses.push((await network.trainBatch(indices, 1e-2)).loss);
        }
        const probabilities = await network.predict(Int32Array.from({ length: 40 }, (_, i) => i));
        return { losses, weights: await network.read(), probabilities };
      };
      const how: TrainingSpec = { optimizer: optimizers.adamw, loss: penalised, seed: 8 };
      const [first, again] = await withNetwork(
        engine!.train(everything, how, weights),
        data,
        async (network) => {
          const first = await run(network);
          await network.assign(weights);
          return [first, await run(network)];
        },
      );
      const other = await withNetwork(engine!.train(everything, how, weights), data, run);
      assertEquals(again, first);
      assertEquals(other, first);
      const seed9 = await withNetwork(
        engine!.train(everything, { ...how, seed: 9 }, weights),
        data,
        run,
      );
      assertNotEquals(seed9.losses, first.losses);
    },
  });

  Deno.test({
    name: `${title}: training leaves the caller's arrays as they were, and what was read stays`,
    ignore,
    async fn() {
      const data = imagesFor(small, 16);
      const weights = weightsFor(small);
      const kept = structuredClone(weights);
      const pixels = data.images.data.slice();
      await withNetwork(engine!.train(small, training, weights), data, async (network) => {
        const indices = Int32Array.from({ length: 16 }, (_, i) => i);
        const before = await network.read();
        for (let step = 0; step < 5; step++) await network.trainBatch(indices, 0.1);
        assertEquals(weights, kept);
        assertEquals(new Map(before), kept);
        assertEquals(data.images.data, pixels);
        // And the other way round: what the caller changes later does not reach the network.
        const predictions = await network.predict(indices);
        data.images.data.fill(0);
        for (const { data } of weights.values()) data.fill(0);
        assertEquals(await network.predict(indices), predictions);
      });
    },
  });

  Deno.test({
    name: `${title}: features are floats, and the same from memory and from a file`,
    ignore,
    async fn() {
      const spec: ModelSpec = {
        name: "head",
        input: [2, 2, 3],
        inputType: "float32",
        layers: [
          { type: "flatten", name: "flatten" },
          { type: "batchNormalization", name: "norm", epsilon: 1e-3, momentum: 0.9 },
          { type: "dense", name: "logits", units: 5, activation: "softmax" },
        ],
      };
      const { images, labels } = imagesFor(spec, 9);
      const features = {
        shape: images.shape,
        data: Float32Array.from(images.data, (value) => value / 10 - 7),
      };
      const weights = weightsFor(spec);
      const indices = Int32Array.of(8, 0, 3, 3);
      const learn = (images: ImageSet["images"]) =>
        withNetwork(engine!.train(spec, training, weights), undefined, async (network) => {
          await network.place({ images, labels });
          const before = await network.predict(indices);
          const { loss } = await network.trainBatch(indices, 0.01);
          return { before, loss, after: await network.predict(indices) };
        });
      const learnt = await learn(features);
      const examples = rows({ images: features }, indices);
      const expected = by.forward(spec, by.widen(weights), examples);
      assertLess(distance(learnt.before.data, expected.data), 1e-5);
      const folder = await Deno.makeTempDir();
      try {
        await Deno.writeFile(`${folder}/features.npy`, encodeNpy(features));
        assertEquals(await learn(await openNpy(`${folder}/features.npy`, "features")), learnt);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
      await assertRejects(
        () => learn(images),
        Error,
        "Model head takes images of shape [N,2,2,3] and type float32; got [9,2,2,3] of uint8.",
      );
    },
  });

  Deno.test({
    name: `${title}: images may be placed anew, more or fewer`,
    ignore,
    async fn() {
      const weights = weightsFor(small);
      const many = imagesFor(small, 20);
      const few = { ...imagesFor(small, 3) };
      await withNetwork(engine!.train(small, training, weights), few, async (network) => {
        const all = await network.predict(Int32Array.of(0, 1, 2));
        await network.place(many);
        assertEquals((await network.predict(Int32Array.of(19))).shape, [1, 5]);
        await network.place(few);
        assertEquals(await network.predict(Int32Array.of(0, 1, 2)), all);
        await assertRejects(() => network.predict(Int32Array.of(3)), Error, "outside the 3 placed");
      });
    },
  });

  Deno.test({
    name: `${title}: no image predicts nothing, and none cannot be trained on`,
    ignore,
    async fn() {
      await withNetwork(
        engine!.train(small, training, weightsFor(small)),
        imagesFor(small, 3),
        async (network) => {
          assertEquals(await network.predict(new Int32Array()), {
            shape: [0, 5],
            data: new Float32Array(),
          });
          await assertRejects(
            () => network.trainBatch(new Int32Array(), 1e-3),
            Error,
            "Model small: a batch without images",
          );
        },
      );
    },
  });

  Deno.test({
    name:
      `${title}: a loss that is not finite stops training and names the step, counted from assign`,
    ignore,
    async fn() {
      const weights = weightsFor(small);
      const how: TrainingSpec = { ...training, optimizer: optimizers.sgd, loss: penalised };
      await withNetwork(
        engine!.train(small, how, weights),
        imagesFor(small, 8),
        async (network) => {
          const indices = Int32Array.from({ length: 8 }, (_, i) => i);
          await network.trainBatch(indices, 1e-3);
          await network.trainBatch(indices, 1e30);
          const error = await assertRejects(
            () => network.trainBatch(indices, 1e-3),
            DivergenceError,
          );
          assertEquals(error.at, { step: 3, learningRate: 0.001 });
          const message =
            /^Model small: the loss became (NaN|Infinity) at step 3 \(learning rate 0.001\)/;
          assertMatch(error.message, message);
          await network.assign(weights);
          assert(Number.isFinite((await network.trainBatch(indices, 1e-3)).loss));
          const broken = structuredClone(weights);
          broken.get("logits/bias")!.data[2] = NaN;
          await network.assign(broken);
          await assertRejects(
            () => network.trainBatch(indices, 1e-3),
            Error,
            "became NaN at step 1",
          );
        },
      );
    },
  });

  Deno.test({
    name: `${title}: what does not fit is refused by name, and the network goes on`,
    ignore,
    async fn() {
      const weights = weightsFor(small);
      const data = imagesFor(small, 4);
      await withNetwork(engine!.train(small, training, weights), undefined, async (network) => {
        const indices = Int32Array.of(0, 1);
        await assertRejects(() => network.predict(indices), Error, "place images before");
        await assertRejects(() => network.trainBatch(indices, 1e-3), Error, "place images before");
        await assertRejects(
          () => network.place({ ...data, images: { ...data.images, shape: [4, 5, 20, 1] } }),
          Error,
          "Model small takes images of shape [N,10,10,1] and type uint8; got [4,5,20,1]",
        );
        const wrong = Uint8Array.of(0, 1, 5, 2);
        await assertRejects(
          () => network.place({ ...data, labels: { shape: [4], data: wrong } }),
          Error,
          "image 2 has the label 5",
        );
        await network.place(data);
        for (const [index, at] of [[4, 1], [-1, 0], [2 ** 31 - 1, 1]]) {
          const bad = Int32Array.of(0, 0);
          bad[at] = index;
          await assertRejects(
            () => network.trainBatch(bad, 1e-3),
            Error,
            `index ${index} at position ${at}`,
          );
          await assertRejects(
            () => network.predict(bad),
            Error,
            `index ${index} at position ${at}`,
          );
        }
        const lacking = new Map(weights);
        lacking.delete("conv2/bias");
        await assertRejects(() => network.assign(lacking), Error, "no conv2/bias");
        assert(Number.isFinite((await network.trainBatch(indices, 1e-3)).loss));
      });
    },
  });

  Deno.test({
    name:
      `${title}: a model of which every layer is frozen predicts and says why it cannot be trained`,
    ignore,
    async fn() {
      const spec = { ...small, frozen: ["conv1", "conv2", "dense1", "logits"] };
      const weights = weightsFor(spec);
      await withNetwork(engine!.open(spec, weights), imagesFor(spec, 4), async (network) => {
        assertEquals((await network.predict(Int32Array.of(1, 2))).shape, [2, 5]);
      });
      await assertRejects(
        () => engine!.train(spec, training, weights),
        Error,
        "Model small cannot be trained, only predict: none of its layers has weights that are not frozen",
      );
    },
  });

  Deno.test({
    name:
      `${title}: a network that only predicts predicts what one that is trained does, bit for bit`,
    ignore,
    async fn() {
      for (const spec of [small, everything]) {
        const data = imagesFor(spec, 30);
        const weights = weightsFor(spec);
        const indices = Int32Array.from({ length: 30 }, (_, i) => i);
        const predict = (network: Network) => network.predict(indices);
        const trainable = engine!.train(spec, training, weights);
        const expected = await withNetwork(trainable, data, predict);
        const found = await withNetwork(
          engine!.open(spec, weights),
          { images: data.images },
          predict,
        );
        assertEquals(found, expected);
      }
    },
  });

  Deno.test({
    name: `${title}: training asks for labels, predicting does not look at them`,
    ignore,
    async fn() {
      const { images, labels } = imagesFor(small, 4);
      const weights = weightsFor(small);
      const few = { shape: [2], data: labels.data.slice(2) };
      await withNetwork(engine!.train(small, training, weights), undefined, async (network) => {
        await assertRejects(
          () => network.place({ images }),
          Error,
          "Model small is to be trained and needs a label for each of its 4 images; got none.",
        );
        await assertRejects(
          () => network.place({ images, labels: few }),
          Error,
          "Model small: there are 4 images and 2 labels.",
        );
      });
      await withNetwork(
        engine!.open(small, weights),
        { images, labels: few },
        async (network) => assertEquals((await network.predict(Int32Array.of(3))).shape, [1, 5]),
      );
    },
  });
}
