import { assert, assertAlmostEquals, assertEquals, assertLess, assertThrows } from "@std/assert";
import { graphEngine } from "../../src/engine/graph/engine.ts";
import { layersEngine } from "../../src/engine/layers/engine.ts";
import { initialWeights } from "../../src/models/initialize.ts";
import { countParameters, modelVariables, resolveLayers } from "../../src/models/shapes.ts";
import { baseNetworks } from "../../src/models/transfer.ts";
import { softmaxHead, untrained, withSoftmax } from "../../src/models/untrained.ts";
import { loadWasm } from "../../src/runtime/load.ts";
import { formulaWeights, lcg } from "../support/keras_file.ts";
import { addon } from "../support/tensorflow.ts";
import keras from "../golden/keras_untrained.json" with { type: "json" };

const grey = [32, 32, 1];

/** The study's two networks, with what Keras 3.15.1 says of `weights=None` for grey images. */
const cases = (["vgg16", "resnet152v2"] as const).map((network) => ({
  network,
  model: untrained(network, grey),
  expected: keras[network],
}));

/** Sums over the values of an array. */
function summed(data: Float32Array) {
  let [sum, squares, most] = [0, 0, 0];
  for (const value of data) {
    sum += value;
    squares += value * value;
    most = Math.max(most, Math.abs(value));
  }
  return { mean: sum / data.length, square: squares / data.length, most };
}

for (const { network, model, expected } of cases) {
  Deno.test(`${network} for grey images has as many parameters as Keras's, all drawn as Keras draws them`, () => {
    assertEquals(countParameters(model), expected.parameters);
    const limits = new Map(Object.entries(expected.limits));
    for (const [name, { data }] of initialWeights(model, 43)) {
      const [layer, kind] = name.split("/");
      if (kind !== "kernel") {
        const value = kind === "gamma" || kind === "moving_variance" ? 1 : 0;
        assert(data.every((each) => each === value), name);
        continue;
      }
      const limit = limits.get(layer)!;
      limits.delete(layer);
      const { mean, square, most } = summed(data);
      assert(most <= Math.fround(limit) && most > 0.98 * limit, name);
      // Of a uniform distribution: variance limit^2 / 3, of its square 4 limit^4 / 45. Five deviations.
      assertAlmostEquals(mean, 0, 5 * limit / Math.sqrt(3 * data.length), name);
      const deviation = limit * limit * Math.sqrt(4 / 45 / data.length);
      assertAlmostEquals(square, limit * limit / 3, 5 * deviation, name);
    }
    assertEquals([...limits.keys()], []);
  });

  Deno.test(`${network} for grey images computes what Keras does with the same weights`, async () => {
    // On WebAssembly the large one takes long; the same layers are compared there in colour.
    if (!addon) await loadWasm();
    const engine = addon ? graphEngine(addon, 1) : layersEngine("wasm", 1);
    const states = lcg(7, 2 * 32 * 32);
    const opened = await engine.open(model, formulaWeights(model, 1));
    await opened.place({
      images: { shape: [2, ...grey], data: Uint8Array.from(states, (state) => state >>> 24) },
    });
    const { shape, data } = await opened.predict(Int32Array.of(0, 1));
    await opened.close();
    assertEquals(shape, expected.shape);
    expected.first.forEach((values, image) =>
      values.forEach((value, i) => {
        const error = Math.abs(data[image * data.length / 2 + i] - value);
        assertLess(error, 1e-3 * expected.std, `image ${image}, value ${i}`);
      })
    );
  });
}

Deno.test("weights of two seeds, and of two layers of one seed, have nothing to do with each other", () => {
  const [{ model }] = cases;
  const [first, second] = [43, 44].map((seed) => initialWeights(model, seed));
  /** Correlation of the first values of two kernels; of independent ones within 5 / sqrt(n). */
  const correlation = (a: Float32Array, b: Float32Array, n: number) => {
    let [ab, aa, bb] = [0, 0, 0];
    for (let i = 0; i < n; i++) {
      ab += a[i] * b[i];
      aa += a[i] * a[i];
      bb += b[i] * b[i];
    }
    return ab / Math.sqrt(aa * bb);
  };
  const kernels = modelVariables(model).map(({ name }) => name)
    .filter((name) => name.endsWith("/kernel"));
  kernels.forEach((name, i) => {
    const { data } = first.get(name)!;
    const others = [second.get(name)!.data, ...kernels.slice(0, i).map((k) => first.get(k)!.data)];
    for (const other of others) {
      const n = Math.min(data.length, other.length);
      assertLess(Math.abs(correlation(data, other, n)), 5 / Math.sqrt(n), name);
    }
  });
});

Deno.test("any base can be built untrained, of any channels, and a softmax fits on it", () => {
  for (const network of baseNetworks) {
    for (const channels of [1, 3]) {
      const model = untrained(network, [32, 32, channels]);
      const resolved = resolveLayers(model);
      assertEquals(resolved[0].layer, {
        type: "rescaling",
        name: "rescaling",
        scale: 1 / 255,
        offset: 0,
      });
      const features = resolved.at(-1)!.outputShape;
      const head = softmaxHead(features, 10);
      const whole = withSoftmax(model, 10);
      assertEquals(resolveLayers(head).at(-1)!.outputShape, [10]);
      // The head's variables are called alike on its own and in the whole, so both begin alike.
      assertEquals(modelVariables(whole), [...modelVariables(model), ...modelVariables(head)]);
      assertEquals(whole.frozen, undefined);
    }
  }
  assertThrows(() => resolveLayers(untrained("vgg16", [31, 32, 1])), Error, "block5_pool");
});
