import { Buffer } from "node:buffer";
import { join } from "node:path";
import { assertEquals, assertLess } from "@std/assert";
import { readIdx } from "../../src/data/idx.ts";
import { padImages, take } from "../../src/data/prepare.ts";
import type { Engine, Weights } from "../../src/engine/engine.ts";
import { graphEngine } from "../../src/engine/graph/engine.ts";
import { layersEngine } from "../../src/engine/layers/engine.ts";
import { loadWasm } from "../../src/runtime/load.ts";
import { cutAt } from "../../src/models/cut.ts";
import { decodeKerasWeights, readKerasWeights } from "../../src/models/keras_weights.ts";
import { resnetV2 } from "../../src/models/resnet_v2.ts";
import type { ModelSpec } from "../../src/models/spec.ts";
import { vgg16 } from "../../src/models/vgg16.ts";
import type { NdArray } from "../../src/ndarray.ts";
import { addon } from "../support/tensorflow.ts";
import { formulaWeights, kerasFile, lcg, type Naming } from "../support/keras_file.ts";
import formula from "../golden/keras_features.json" with { type: "json" };
import imagenet from "../golden/imagenet_features.json" with { type: "json" };

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

/** Predicts on every engine and compares; 1e-3 of the standard deviation is what counts as equal. */
async function assertParity(
  spec: ModelSpec,
  weights: Weights,
  images: NdArray<Uint8Array>,
  expected: Reference,
) {
  const count = images.shape[0];
  for (const [name, engine] of Object.entries(engines)) {
    const network = await engine.open(spec, weights);
    await network.place({ images });
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
    expected: formula.vgg16,
  },
  {
    model: resnetV2(50, [64, 64, 3]),
    size: 64,
    naming: "keras2",
    expected: formula.resnet50v2,
  },
  {
    model: resnetV2(152, [32, 32, 3]),
    size: 32,
    naming: "keras2",
    expected: formula.resnet152v2,
  },
];

for (const { model, size, naming, expected } of formulaCases) {
  Deno.test(`${model.name}, read from a complete file of formula-filled weights, computes what Keras does`, async () => {
    const filled = formulaWeights(model, 1);
    const read = await decodeKerasWeights(await kerasFile(filled, naming), model);
    assertEquals([...read.keys()], [...filled.keys()]);
    for (const [name, { shape, data }] of filled) {
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
    expected: imagenet.vgg16,
  },
  {
    model: resnetV2(101, [32, 32, 1]),
    cut: "conv5_block1_preact_relu",
    file: "resnet101v2_conv4_imagenet_notop.h5",
    expected: imagenet.resnet101v2,
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
