import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { layersEngine } from "../../../src/engine/layers/engine.ts";
import { forward } from "../../../src/engine/layers/forward.ts";
import { loadWasm } from "../../../src/runtime/load.ts";
import { resolveLayers } from "../../../src/models/shapes.ts";
import { testEngine, withNetwork } from "../../support/contract.ts";
import {
  everything,
  imagesFor,
  optimizers,
  penalised,
  small,
  training,
  weightsFor,
} from "../../support/models.ts";

await loadWasm();
const wasm = layersEngine("wasm", 1);
testEngine("layers on wasm", wasm);
// On the native backend this engine is held to the others by `parity_test.ts`.

Deno.test("training in bfloat16 is refused, with what to do", async () => {
  await assertRejects(
    () => wasm.train(small, { ...training, precision: "bfloat16" }, weightsFor(small)),
    Error,
    "Model small is to be trained in bfloat16, which the portable engine cannot do: leave precision out",
  );
});

Deno.test("training, predicting and reading leave no tensor behind, closing none at all", async () => {
  const data = imagesFor(everything, 20);
  const weights = weightsFor(everything);
  const how = { optimizer: optimizers.adamw, loss: penalised, seed: 1 };
  const before = tf.memory();
  await withNetwork(wasm.train(everything, how, weights), data, async (network) => {
    const indices = Int32Array.of(1, 2, 3, 4, 5);
    const opened = tf.memory();
    assertEquals(opened.numTensors - before.numTensors, weights.size);
    for (let step = 0; step < 5; step++) {
      await network.trainBatch(indices, 1e-3);
      await network.predict(indices);
      await network.read();
      await network.assign(weights);
      await network.place(data);
      assertEquals(tf.memory().numTensors, opened.numTensors);
      assertEquals(tf.memory().numDataBuffers, opened.numDataBuffers);
      assertEquals(tf.memory().numBytes, opened.numBytes);
    }
  });
  assertEquals(tf.memory().numTensors, before.numTensors);
  assertEquals(tf.memory().numDataBuffers, before.numDataBuffers);
});

Deno.test("what fails on the way leaves no tensor behind either", async () => {
  const weights = weightsFor(everything);
  weights.get("logits/bias")!.data[0] = NaN;
  const before = tf.memory().numTensors;
  await withNetwork(
    wasm.train(everything, training, weights),
    imagesFor(everything, 4),
    async (network) => {
      const held = tf.memory().numTensors;
      await assertRejects(() => network.trainBatch(Int32Array.of(0, 1), 1e-3), Error, "became NaN");
      assertEquals(tf.memory().numTensors, held);
    },
  );
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("an error of TensorFlow.js's names model and layer", () => {
  const wrong = () => tf.zeros([1, 2, 3, 4]);
  tf.tidy(() => {
    assertThrows(
      () => forward("small", resolveLayers(small), tf.zeros([1, ...small.input]), wrong),
      Error,
      "Model small, layer conv1 (conv2d): Error in conv2d: depth of input (1)",
    );
  });
});

Deno.test("an engine says what it runs on", () => {
  assertEquals(wasm.description, {
    engine: "layers",
    backend: "wasm",
    version: tf.version_core,
    threads: 1,
  });
});
