import { Buffer } from "node:buffer";
import { join } from "node:path";
import { assertEquals, assertLess } from "@std/assert";
import { readIdx } from "../../src/data/idx.ts";
import { padImages, take } from "../../src/data/prepare.ts";
import type { Engine, TrainingSpec, Weights } from "../../src/engine/engine.ts";
import { graphEngine } from "../../src/engine/graph/engine.ts";
import { layersEngine } from "../../src/engine/layers/engine.ts";
import { loadWasm } from "../../src/runtime/load.ts";
import { cutAt } from "../../src/models/cut.ts";
import { readKerasWeights } from "../../src/models/keras_weights.ts";
import { resnetV2 } from "../../src/models/resnet_v2.ts";
import type { ModelSpec } from "../../src/models/spec.ts";
import { vgg16 } from "../../src/models/vgg16.ts";
import type { NdArray } from "../../src/ndarray.ts";
import { addon } from "../support/tensorflow.ts";
import { formulaWeights, kerasFile, lcg, type Naming } from "../support/keras_file.ts";

await loadWasm();
const engines: Record<string, Engine> = {
  "layers on wasm": layersEngine("wasm", 1),
  ...(addon ? { "graph on tensorflow": graphEngine(addon, 1) } : {}),
};

/** What Keras 3.15.1 computes: `first` and `last` values of each image's flattened output, mean and standard deviation of all. */
interface Reference {
  readonly shape: readonly number[];
  readonly mean: number;
  readonly std: number;
  readonly first: readonly (readonly number[])[];
  readonly last?: readonly (readonly number[])[];
}

/** Prediction does not depend on it. */
const training: TrainingSpec = {
  optimizer: { type: "sgd", momentum: 0 },
  loss: { labelSmoothing: 0, l2: 0 },
  seed: 1,
};

/** Predicts on every engine and compares; 1e-3 of the standard deviation is what counts as equal. */
async function assertParity(
  spec: ModelSpec,
  weights: Weights,
  images: NdArray<Uint8Array>,
  expected: Reference,
) {
  const count = images.shape[0];
  for (const [name, engine] of Object.entries(engines)) {
    const network = await engine.open(spec, training, weights);
    await network.place({ images, labels: { shape: [count], data: new Uint8Array(count) } });
    const { shape, data } = await network.predict(Int32Array.from({ length: count }, (_, i) => i));
    await network.close();
    assertEquals(shape, expected.shape, name);
    const near = (actual: number, value: number, what: string) =>
      assertLess(Math.abs(actual - value), 1e-3 * expected.std, `${name}: ${what}`);
    const size = data.length / count;
    for (let image = 0; image < count; image++) {
      const output = data.subarray(image * size, (image + 1) * size);
      const { first, last = [] } = expected;
      first[image].forEach((value, i) => near(output[i], value, `image ${image}, value ${i}`));
      last[image]?.toReversed().forEach((value, i) =>
        near(output[size - 1 - i], value, `image ${image}, value ${size - 1 - i}`)
      );
    }
    const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
    near(mean, expected.mean, "mean");
    const variance = data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length;
    near(Math.sqrt(variance), expected.std, "standard deviation");
  }
}

/**
 * The reference inputs are floats, 2 u - 1 for 32-bit fractions u. Networks here take bytes, so the
 * four bytes of each fraction become four channels, which a convolution of 1 x 1 puts together again
 * in the place of the preprocessing.
 */
function onFractions(spec: ModelSpec, size: number): { spec: ModelSpec; decoder: Weights } {
  const kernel = new Float32Array(12 * 3);
  for (let channel = 0; channel < 3; channel++) {
    for (let byte = 0; byte < 4; byte++) {
      kernel[(4 * channel + byte) * 3 + channel] = 2 ** (8 * byte - 31);
    }
  }
  return {
    spec: {
      ...spec,
      input: [size, size, 12],
      layers: [
        { type: "conv2d", name: "fraction", filters: 3, kernelSize: [1, 1], padding: "valid" },
        ...spec.layers.slice(1),
      ],
    },
    decoder: new Map([
      ["fraction/kernel", { shape: [1, 1, 12, 3], data: kernel }],
      ["fraction/bias", { shape: [3], data: new Float32Array(3).fill(-1) }],
    ]),
  };
}

const formulaCases: {
  readonly model: ModelSpec;
  readonly size: number;
  readonly naming: Naming;
  readonly expected: Reference;
}[] = [
  {
    model: vgg16([32, 32, 3]),
    size: 32,
    naming: "keras1",
    expected: {
      shape: [2, 1, 1, 512],
      mean: 0.4416484236717224,
      std: 0.3067146837711334,
      first: [[
        0.5322607159614563,
        0.24613045156002045,
        0.5823607444763184,
        0.6083537936210632,
        0.30743908882141113,
        0.33525973558425903,
        0.5185326337814331,
        0.2794502377510071,
        0.5716935396194458,
        0.5306315422058105,
        0.32341161370277405,
        0.0,
      ], [
        0.41585633158683777,
        0.2644456923007965,
        0.6443167924880981,
        0.5916131734848022,
        0.3355025351047516,
        0.3355488181114197,
        0.4465683400630951,
        0.3269343972206116,
        0.5920164585113525,
        0.566988468170166,
        0.4020177125930786,
        0.0,
      ]],
      last: [[0.015417978167533875, 0.6219683885574341, 0.9229699969291687, 0.5028506517410278], [
        0.07629628479480743,
        0.5893498659133911,
        1.0866036415100098,
        0.4397510886192322,
      ]],
    },
  },
  {
    model: resnetV2(50, [64, 64, 3]),
    size: 64,
    naming: "keras2",
    expected: {
      shape: [2, 2, 2, 2048],
      mean: 0.6249372363090515,
      std: 0.927377462387085,
      first: [[
        0.0,
        0.0,
        0.10968324542045593,
        0.44099533557891846,
        0.0,
        0.6236162781715393,
        1.056174635887146,
        0.27530741691589355,
        0.1926271915435791,
        0.49583059549331665,
        0.0,
        0.0,
      ], [
        0.101964071393013,
        0.0,
        0.0,
        0.0,
        0.0,
        0.13510751724243164,
        0.4729817807674408,
        1.5357868671417236,
        0.0,
        1.6216768026351929,
        0.0,
        0.0,
      ]],
      last: [[0.0, 0.0, 4.188882350921631, 1.9111077785491943], [
        0.08865257352590561,
        0.21700195968151093,
        3.6661510467529297,
        1.392978549003601,
      ]],
    },
  },
  {
    model: resnetV2(152, [32, 32, 3]),
    size: 32,
    naming: "keras2",
    expected: {
      shape: [2, 1, 1, 2048],
      mean: 0.6885286569595337,
      std: 1.0039807558059692,
      first: [[
        0.17277280986309052,
        0.0,
        0.0,
        0.6458922624588013,
        0.0,
        0.0,
        0.0,
        0.0,
        2.4389712810516357,
        0.5915053486824036,
        0.0,
        0.0,
      ], [
        0.46769264340400696,
        0.0,
        0.0,
        0.9703037738800049,
        0.2453017234802246,
        0.31320658326148987,
        0.0,
        0.0,
        2.9101128578186035,
        0.12470467388629913,
        0.0,
        0.0,
      ]],
      last: [[0.0, 0.29816511273384094, 2.0876498222351074, 1.2358614206314087], [
        0.0,
        0.0,
        2.7830657958984375,
        1.0939867496490479,
      ]],
    },
  },
];

for (const { model, size, naming, expected } of formulaCases) {
  Deno.test(`${model.name}, read from a complete file of formula-filled weights, computes what Keras does`, async () => {
    const formula = formulaWeights(model, 1);
    const read = await readKerasWeights(await kerasFile(formula, naming), model);
    assertEquals([...read.keys()], [...formula.keys()]);
    for (const [name, { shape, data }] of formula) {
      assertEquals(read.get(name)!.shape, shape);
      const same = new Uint8Array(read.get(name)!.data.buffer);
      // Bytes, since comparing 58 million elements one by one takes long.
      assertEquals(Buffer.compare(same, new Uint8Array(data.buffer)), 0, name);
    }
    const { spec, decoder } = onFractions(model, size);
    const images = new Uint8Array(lcg(7, 2 * size * size * 3).buffer);
    await assertParity(
      spec,
      new Map([...decoder, ...read]),
      { shape: [2, size, size, 12], data: images },
      expected,
    );
  });
}

/** The output for the first four test images, padded to 32 x 32, with the published weights. */
const imagenetCases: {
  readonly model: ModelSpec;
  readonly cut: string;
  readonly file: string;
  readonly expected: Reference;
}[] = [
  {
    model: vgg16([32, 32, 1]),
    cut: "block3_pool",
    file: "vgg16_block3_imagenet_notop.h5",
    expected: {
      shape: [4, 4, 4, 256],
      mean: 789.9832153320312,
      std: 1322.054443359375,
      first: [[
        78.13053894042969,
        237.45013427734375,
        0.0,
        0.0,
        419.9642639160156,
        66.86849975585938,
        107.18424987792969,
        3.1301956176757812,
        61.36076736450195,
        420.9259948730469,
        0.0,
        307.6267395019531,
      ], [
        457.0400695800781,
        0.0,
        0.0,
        0.0,
        1097.6300048828125,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
        206.727783203125,
      ], [
        504.7843017578125,
        0.0,
        153.5458526611328,
        0.0,
        396.23907470703125,
        0.0,
        0.9310924410820007,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
      ], [
        363.3664245605469,
        0.0,
        0.0,
        0.0,
        1144.789794921875,
        0.0,
        25.76736068725586,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
      ]],
    },
  },
  {
    model: resnetV2(101, [32, 32, 1]),
    cut: "conv5_block1_preact_relu",
    file: "resnet101v2_conv4_imagenet_notop.h5",
    expected: {
      shape: [4, 1, 1, 1024],
      mean: 0.16454212367534637,
      std: 0.4575137197971344,
      first: [[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.7999998927116394], [
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
        0.5943683385848999,
        0.1599552184343338,
      ], [
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
        0.005926996469497681,
        0.6017336845397949,
      ], [
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
        0.40465331077575684,
        0.19955533742904663,
      ]],
    },
  },
];

const weights = Deno.env.get("IMAGENET_WEIGHTS_DIR");
const data = Deno.env.get("FASHION_MNIST_DIR");

for (const { model, cut, file, expected } of imagenetCases) {
  Deno.test({
    name: `${file} gives Keras's features of the first test images`,
    ignore: weights === undefined || data === undefined,
    fn: async () => {
      const spec = cutAt(model, cut);
      const { images } = await readIdx(
        join(data!, "t10k-images-idx3-ubyte.gz"),
        join(data!, "t10k-labels-idx1-ubyte.gz"),
        10,
      );
      await assertParity(
        spec,
        await readKerasWeights(await Deno.readFile(join(weights!, file)), spec, model, file),
        padImages(take(images, [0, 1, 2, 3]), 32, 32),
        expected,
      );
    },
  });
}
