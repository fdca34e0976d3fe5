import { assert, assertAlmostEquals, assertEquals, assertLess, assertNotEquals } from "@std/assert";
import { initialWeights } from "../../src/models/initialize.ts";
import { lenet5 } from "../../src/models/lenet5.ts";
import { modelVariables } from "../../src/models/shapes.ts";
import type { ModelSpec } from "../../src/models/spec.ts";

const spec = lenet5([32, 32, 1], 10);

/** Keras's `GlorotUniform` limits for LeNet-5, from fan-in and fan-out written out by hand. */
const limits = {
  "conv1/kernel": Math.sqrt(6 / (25 * 1 + 25 * 32)),
  "conv2/kernel": Math.sqrt(6 / (25 * 32 + 25 * 48)),
  "dense1/kernel": Math.sqrt(6 / (1728 + 256)),
  "dense2/kernel": Math.sqrt(6 / (256 + 84)),
  "logits/kernel": Math.sqrt(6 / (84 + 10)),
};

Deno.test("every variable is there, in order, with its shape", () => {
  const weights = initialWeights(spec, 43);
  const variables = modelVariables(spec);
  assertEquals([...weights.keys()], variables.map(({ name }) => name));
  for (const { name, shape } of variables) {
    const array = weights.get(name)!;
    assertEquals(array.shape, shape);
    assertEquals(array.data.length, shape.reduce((product, n) => product * n, 1));
  }
});

Deno.test("kernels are uniform within Glorot's limit", () => {
  const weights = initialWeights(spec, 43);
  for (const [name, limit] of Object.entries(limits)) {
    const { data } = weights.get(name)!;
    const n = data.length;
    assert(data.every((value) => Math.abs(value) <= Math.fround(limit)), name);
    assertLess(
      limit - data.reduce((max, value) => Math.max(max, Math.abs(value)), 0),
      0.02 * limit,
    );
    const mean = data.reduce((sum, value) => sum + value, 0) / n;
    const variance = data.reduce((sum, value) => sum + value * value, 0) / n;
    // Of a uniform distribution: variance limit^2 / 3, of its square 4 limit^4 / 45. Five deviations.
    assertAlmostEquals(mean, 0, 5 * limit / Math.sqrt(3 * n), name);
    const deviation = limit * limit * Math.sqrt(4 / 45 / n);
    assertAlmostEquals(variance, limit * limit / 3, 5 * deviation, name);
  }
});

Deno.test("biases, betas and moving means begin at 0, gammas and moving variances at 1", () => {
  const weights = initialWeights({
    name: "m",
    input: [4, 4, 1],
    layers: [
      { type: "conv2d", name: "c", filters: 2, kernelSize: [1, 1], padding: "same" },
      { type: "batchNormalization", name: "bn", epsilon: 1e-3, momentum: 0.99 },
    ],
  }, 1);
  assertEquals([...weights].slice(1).map(([name, { data }]) => [name, [...data]]), [
    ["c/bias", [0, 0]],
    ["bn/gamma", [1, 1]],
    ["bn/beta", [0, 0]],
    ["bn/moving_mean", [0, 0]],
    ["bn/moving_variance", [1, 1]],
  ]);
});

Deno.test("the same seed draws the same weights, another seed others", () => {
  assertEquals(initialWeights(spec, 43), initialWeights(spec, 43));
  assertNotEquals(
    initialWeights(spec, 43).get("logits/kernel"),
    initialWeights(spec, 44).get("logits/kernel"),
  );
});

Deno.test("a layer put in between leaves the weights of the others as they were", () => {
  const [first, ...rest] = spec.layers;
  const longer: ModelSpec = {
    ...spec,
    layers: [
      first,
      { type: "conv2d", name: "extra", filters: 1, kernelSize: [3, 3], padding: "same" },
      ...rest,
    ],
  };
  const before = initialWeights(spec, 43);
  const after = initialWeights(longer, 43);
  for (const [name, array] of before) assertEquals(after.get(name), array);
});

Deno.test("the first values are fixed: changing them changes every trained network", () => {
  // numpy.random.RandomState(FNV-1a of "43/conv1/kernel").random_sample(3), by Glorot's limit.
  const { data } = initialWeights(spec, 43).get("conv1/kernel")!;
  assertEquals([...data.slice(0, 3)], [
    -0.0433628186583519,
    0.01655500940978527,
    -0.03337312862277031,
  ]);
});
