import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import type { Engine } from "../../../src/engine/engine.ts";
import { graphEngine } from "../../../src/engine/graph/engine.ts";
import { layersEngine } from "../../../src/engine/layers/engine.ts";
import type { ModelSpec } from "../../../src/models/spec.ts";
import type { NdArray } from "../../../src/ndarray.ts";
import { loadWasm } from "../../../src/runtime/load.ts";
import { testEngine, withNetwork } from "../../support/contract.ts";
import { imagesFor, small, training, weightsFor } from "../../support/models.ts";
import { addon } from "../../support/tensorflow.ts";

const ignore = !addon;
const engine = addon && graphEngine(addon, 1);

testEngine("graph on tensorflow", engine);

Deno.test({
  name: "a specification that cannot be compiled is refused before TensorFlow sees it",
  ignore,
  async fn() {
    const models = addon!.getNumOfSavedModels();
    const bad = {
      ...small,
      layers: small.layers.map((layer) =>
        layer.name === "pool2" ? { ...layer, poolSize: [9, 9] as const } : layer
      ),
    } as ModelSpec;
    await assertRejects(
      () => engine!.train(bad, training, weightsFor(small)),
      Error,
      "Model small, layer pool2 (maxPooling2d): a window of 9 x 9 is larger than its input of 4 x 4",
    );
    assertEquals(addon!.getNumOfSavedModels(), models);
  },
});

Deno.test({
  name:
    "a convolution that libtensorflow computes wrongly is refused, and what to do instead is right",
  ignore,
  async fn() {
    const spec = (strides: readonly [number, number]): ModelSpec => ({
      name: "column",
      input: [8, 3, 1],
      layers: [
        { type: "conv2d", name: "conv", filters: 2, kernelSize: [1, 3], strides, padding: "valid" },
      ],
    });
    await assertRejects(
      () => engine!.open(spec([1, 4]), weightsFor(spec([1, 4]))),
      Error,
      "Layer conv (conv2d): libtensorflow computes convolutions of one channel wrongly",
    );
    const values = async (engine: Engine, strides: readonly [number, number]) => {
      const network = await engine.open(spec(strides), weightsFor(spec(strides)));
      await network.place(imagesFor(spec(strides), 2));
      const { data } = await network.predict(Int32Array.of(0, 1));
      await network.close();
      return data;
    };
    await loadWasm();
    const expected = await values(layersEngine("wasm", 1), [1, 4]);
    const found = await values(engine!, [1, 1]);
    for (const [i, value] of found.entries()) assertAlmostEquals(value, expected[i], 1e-3);
  },
});

Deno.test({
  name: "closing frees everything, and no file is left",
  ignore,
  async fn() {
    const made: string[] = [];
    const { makeTempDir } = Deno;
    Deno.makeTempDir = async (options) => {
      made.push(await makeTempDir(options));
      return made[made.length - 1];
    };
    const before = [addon!.getNumOfTensors(), addon!.getNumOfSavedModels()];
    const weights = weightsFor(small);
    await withNetwork(
      engine!.train(small, training, weights),
      imagesFor(small, 8),
      async (network) => {
        const held = addon!.getNumOfTensors();
        for (let step = 0; step < 3; step++) await network.trainBatch(Int32Array.of(1, 2, 3), 1e-3);
        await network.predict(Int32Array.of(1, 2, 3));
        await network.read();
        assertEquals(addon!.getNumOfTensors(), held);
      },
    );
    assertEquals([addon!.getNumOfTensors(), addon!.getNumOfSavedModels()], before);
    Deno.makeTempDir = makeTempDir;
    assert(made.length > 0);
    for (const folder of made) await assertRejects(() => Deno.stat(folder), Deno.errors.NotFound);
  },
});

Deno.test({
  name: "the engine says what it runs on",
  ignore,
  fn() {
    const { version, ...rest } = engine!.description;
    assertEquals(rest, { engine: "graph", backend: "tensorflow", threads: 1 });
    assert(/^\d+\.\d+\.\d+/.test(version), version);
  },
});

Deno.test({
  name: "layers may be called as the graph's own inputs are",
  ignore,
  async fn() {
    const names = ["indices", "rate", "decay", "loss", "train", "data", "optimizer", "done"];
    const spec: ModelSpec = {
      name: "names",
      input: [2, 2, 1],
      layers: [
        { type: "flatten", name: "flatten" },
        ...names.map((name) => ({ type: "dropout", name, rate: 0.1 }) as const),
        { type: "dense", name: "predict", units: 5, activation: "softmax" },
      ],
    };
    await withNetwork(
      engine!.train(spec, training, weightsFor(spec)),
      imagesFor(spec, 4),
      async (n) => {
        assert((await n.trainBatch(Int32Array.of(0, 1, 2), 1e-3)).loss > 0);
        assertEquals((await n.predict(Int32Array.of(0))).shape, [1, 5]);
      },
    );
  },
});

Deno.test({
  name: "the caller's arrays stay the caller's, wherever they lie in memory",
  ignore,
  async fn() {
    // TensorFlow shares what it is fed if its address is a multiple of 64, and buffers begin at multiples of 16.
    for (const offset of [0, 16, 32, 48]) {
      const moved = <T extends Float32Array | Uint8Array>(array: NdArray<T>): NdArray<T> => {
        const type = array.data.constructor as new (
          buffer: ArrayBuffer,
          at: number,
          n: number,
        ) => T;
        const data = new type(
          new ArrayBuffer(array.data.byteLength + 64),
          offset,
          array.data.length,
        );
        data.set(array.data);
        return { ...array, data };
      };
      const kept = weightsFor(small);
      const weights = new Map([...kept].map(([name, array]) => [name, moved(array)]));
      const { images, labels } = imagesFor(small, 16);
      const data = { images: moved(images), labels: moved(labels) };
      await withNetwork(engine!.train(small, training, weights), data, async (network) => {
        const indices = Int32Array.from({ length: 16 }, (_, i) => i);
        const run = async () => {
          const before = await network.predict(indices);
          for (let step = 0; step < 3; step++) await network.trainBatch(indices, 0.1);
          return [before, await network.predict(indices)];
        };
        const expected = await run();
        assertEquals(weights, kept);
        await network.assign(weights);
        data.images.data.fill(0);
        for (const { data } of weights.values()) data.fill(0);
        assertEquals(await run(), expected);
      });
    }
  },
});
