/** A network in halves computes what it does in one, and gives what lies between. */
import { assertEquals } from "@std/assert";
import { openClassifier } from "../../src/engine/classifier.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { graphEngine } from "../../src/engine/graph/engine.ts";
import { layersEngine } from "../../src/engine/layers/engine.ts";
import { halvesOf } from "../../src/models/halves.ts";
import { lenet5 } from "../../src/models/lenet5.ts";
import type { ModelSpec } from "../../src/models/spec.ts";
import { headModel } from "../../src/models/transfer.ts";
import { loadWasm } from "../../src/runtime/load.ts";
import { everything, imagesFor, small, weightsFor } from "../support/models.ts";
import { addon } from "../support/tensorflow.ts";

await loadWasm();
const engines: Record<string, Engine | undefined> = {
  WebAssembly: layersEngine("wasm", 1),
  libtensorflow: addon && graphEngine(addon, 1),
};
const withDropout: ModelSpec = {
  ...small,
  name: "with.dropout",
  layers: [
    ...small.layers.slice(0, -1),
    { type: "dropout", name: "dropout", rate: 0.5 },
    small.layers[small.layers.length - 1],
  ],
};

for (const [name, engine] of Object.entries(engines)) {
  Deno.test({
    name: `on ${name} halves give the bits of the whole, whatever is asked for at once`,
    ignore: engine === undefined,
    async fn() {
      for (const spec of [small, withDropout, lenet5([32, 32, 1], 10)]) {
        const [weights, { images }] = [weightsFor(spec), imagesFor(spec, 70)];
        const all = Int32Array.from({ length: 70 }, (_, i) => i);
        const network = await engine!.open(spec, weights);
        await network.place({ images });
        const expected = await network.predict(all);
        await network.close();
        const classifier = await openClassifier(engine!, spec, weights);
        await classifier.place(images);
        const { probabilities, features } = await classifier.classify(all);
        assertEquals(probabilities, expected);
        assertEquals(features?.shape, [70, halvesOf(spec)!.features]);
        const few = await classifier.classify(Int32Array.of(69, 3, 4));
        const [, classes] = expected.shape;
        assertEquals(few.probabilities.data.slice(0, classes), expected.data.slice(69 * classes));
        await classifier.close();
      }
    },
  });
}

Deno.test("a network that does not end in a dense layer, or in one that reads too much, stays whole", async () => {
  assertEquals(halvesOf(everything), undefined);
  assertEquals(halvesOf(headModel("linear", [8, 8, 16], 10)), undefined);
  assertEquals(halvesOf(headModel("dense", [8, 8, 16], 10))?.features, 256);
  const weights = weightsFor(everything);
  const { images } = imagesFor(everything, 3);
  const classifier = await openClassifier(engines.WebAssembly!, everything, weights);
  await classifier.place(images);
  const { probabilities, features } = await classifier.classify(Int32Array.of(2));
  assertEquals([probabilities.shape, features], [[1, 5], undefined]);
  await classifier.close();
});
