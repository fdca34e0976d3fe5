import { assert, assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import { graphEngine } from "../../../src/engine/graph/engine.ts";
import type { Precision } from "../../../src/engine/engine.ts";
import * as op from "../../../src/engine/graph/operations.ts";
import { drawGarments } from "../../../src/data/synthetic.ts";
import { classify } from "../../../src/evaluation/confusion.ts";
import { initialWeights } from "../../../src/models/initialize.ts";
import { lenet5 } from "../../../src/models/lenet5.ts";
import type { ModelSpec } from "../../../src/models/spec.ts";
import { withNetwork } from "../../support/contract.ts";
import { evaluate } from "../../support/graphs.ts";
import { rounded, type Rounding, type Step, stepByDefinition } from "../../support/half.ts";
import {
  enlarged,
  everything,
  imagesFor,
  optimizers,
  plain,
  small,
  weightsFor,
} from "../../support/models.ts";
import { noise, widen } from "../../support/reference.ts";
import { addon } from "../../support/tensorflow.ts";

const ignore = !addon;
const engine = addon && graphEngine(addon, 1);

const all = Int32Array.of(4, 0, 7, 7);

/** The loss of one step, and the gradients, which plain descent at a rate of 1 takes off. */
async function step(spec: ModelSpec, precision: Precision, batch = all) {
  const weights = weightsFor(spec);
  const how = { optimizer: optimizers.sgd, loss: plain, seed: 3, precision };
  return await withNetwork(
    engine!.train(spec, how, weights),
    imagesFor(spec, 10),
    async (network) => {
      const { loss } = await network.trainBatch(batch, 1);
      const gradients = [...await network.read()].filter(([name]) => !/\/moving_/.test(name)).map(
        ([name, { data }]) =>
          [name, data.map((value, i) => weights.get(name)!.data[i] - value)] as const,
      );
      return { loss, gradients: new Map(gradients) };
    },
  );
}

/** How far apart two vectors are, as a share of the second one's length. */
function apart(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const values = Array.from(b);
  return Math.hypot(...values.map((value, i) => a[i] - value)) / (Math.hypot(...values) || 1);
}

Deno.test("rounding to bfloat16 keeps eight binary digits and takes the even one of two as near", () => {
  for (
    const [value, expected] of [
      [0, 0],
      [1, 1],
      [1 + 2 ** -7, 1 + 2 ** -7],
      [1 + 2 ** -8, 1],
      [1 + 3 * 2 ** -8, 1 + 2 ** -6],
      [-(1 + 2 ** -8 + 2 ** -20), -(1 + 2 ** -7)],
      [257, 256],
      [Infinity, Infinity],
      [NaN, NaN],
    ]
  ) assertEquals(rounded(value), expected);
});

// Half of what one rounding can do to a value; where images are made larger, gradients are rounded twice on the way.
for (const [spec, near] of [[small, 2 ** -10], [enlarged, 2 ** -8]] as const) {
  Deno.test({
    name: `${spec.name}: a step in bfloat16 is that of the definition, and one in float32 is not`,
    ignore,
    async fn() {
      // The definition takes its time.
      const batch = spec === small ? all : all.subarray(0, 2);
      const { images, labels } = imagesFor(spec, 10);
      const size = images.data.length / 10;
      const data = [...batch].flatMap((i) => [...images.data.subarray(i * size, (i + 1) * size)]);
      const chosen = { shape: [batch.length, ...spec.input], data: Float64Array.from(data) };
      const classes = [...batch].map((i) => labels.data[i]);
      const define = (rounding: Rounding) =>
        stepByDefinition(spec, widen(weightsFor(spec)), chosen, classes, rounding);
      const single = await step(spec, "float32", batch);
      const half = await step(spec, "bfloat16", batch);
      for (const [name, { data }] of define("never").gradients) {
        assertLess(apart(single.gradients.get(name)!, data), 1e-5, name);
      }
      const definitions = [define("once"), define("twice")];
      const distance = ({ gradients }: Step) =>
        Math.max(
          ...[...gradients].map(([name, { data }]) => apart(half.gradients.get(name)!, data)),
        );
      const [nearest] = definitions.toSorted((a, b) => distance(a) - distance(b));
      assertAlmostEquals(half.loss, nearest.loss, 1e-5);
      for (const [name, { data }] of nearest.gradients) {
        assertLess(apart(half.gradients.get(name)!, data), near, name);
        assertLess(2 ** -10, apart(single.gradients.get(name)!, data), name);
      }
    },
  });
}

Deno.test({
  name: "of every layer, a step in bfloat16 is near the one in float32, and not the same",
  ignore,
  async fn() {
    const single = await step(everything, "float32");
    const half = await step(everything, "bfloat16");
    assertLess(Math.abs(half.loss / single.loss - 1), 2 ** -6);
    for (const [name, gradient] of half.gradients) {
      const distance = apart(gradient, single.gradients.get(name)!);
      assertLess(0, distance, name);
      // Where values cancel, roundings weigh.
      assertLess(distance, 0.25, name);
    }
  },
});

Deno.test({
  name: "gradients of biases are added up in float32, however many values there are",
  ignore,
  async fn() {
    const x = { shape: [4096, 3], data: noise(4096 * 3, 3).map((value) => rounded(value + 0.5)) };
    const { y } = await evaluate({ x }, ({ x }) => ({
      y: op.cast(op.biasAddGradient(op.cast(x, "bfloat16")), "float32"),
    }));
    const sums = [0, 1, 2].map((c) =>
      x.data.reduce((sum, value, i) => i % 3 === c ? sum + value : sum, 0)
    );
    assertLess(apart(y.data, sums), 2 ** -8);
  },
});

Deno.test({
  name: "a network trained in bfloat16 predicts in float32, and keeps its weights in it",
  ignore,
  async fn() {
    const data = imagesFor(everything, 10);
    const how = {
      optimizer: optimizers.adam,
      loss: plain,
      seed: 3,
      precision: "bfloat16" as const,
    };
    await withNetwork(
      engine!.train(everything, how, weightsFor(everything)),
      data,
      async (network) => {
        await network.trainBatch(all, 1e-3);
        const weights = await network.read();
        assert([...weights.get("conv1/kernel")!.data].some((value) => rounded(value) !== value));
        const predicted = await network.predict(all);
        const alone = await withNetwork(
          engine!.open(everything, weights),
          data,
          (other) => other.predict(all),
        );
        assertEquals(predicted, alone);
      },
    );
  },
});

Deno.test({
  name: "the same step in bfloat16 gives the same bits again",
  ignore,
  async fn() {
    assertEquals(await step(everything, "bfloat16"), await step(everything, "bfloat16"));
  },
});

Deno.test({
  name: "LeNet-5 learns drawn garments in bfloat16 as it does in float32",
  ignore,
  async fn() {
    const { images, labels } = drawGarments(1500, 1);
    const spec = lenet5([28, 28, 1], 10);
    const data = { images: { shape: images.shape, data: images.data }, labels };
    const ends = [];
    for (const precision of ["float32", "bfloat16"] as const) {
      const how = { optimizer: optimizers.adam, loss: plain, seed: 3, precision };
      ends.push(
        await withNetwork(
          engine!.train(spec, how, initialWeights(spec, 7)),
          data,
          async (network) => {
            let loss = 0;
            for (let i = 0; i < 200; i++) {
              const start = i * 16 % 1000;
              const indices = Int32Array.from({ length: 16 }, (_, k) => (start + k) % 1000);
              ({ loss } = await network.trainBatch(indices, 1e-3));
            }
            const rest = Int32Array.from({ length: 500 }, (_, k) => 1000 + k);
            const found = classify(await network.predict(rest));
            return {
              loss,
              accuracy: found.filter((label, k) => label === labels.data[1000 + k]).length / 500,
            };
          },
        ),
      );
    }
    const [single, half] = ends;
    assertLess(single.loss, 1);
    assertLess(half.loss, 1);
    // Three standard deviations of an accuracy of 0.9 on 500 images.
    assertLess(Math.abs(single.accuracy - half.accuracy), 0.04);
  },
});
