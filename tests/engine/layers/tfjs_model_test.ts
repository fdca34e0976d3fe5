import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { layersEngine } from "../../../src/engine/layers/engine.ts";
import { encodeTfjsModel } from "../../../src/engine/layers/tfjs_model.ts";
import { loadWasm } from "../../../src/runtime/load.ts";
import { lenet5 } from "../../../src/models/lenet5.ts";
import type { ModelSpec } from "../../../src/models/spec.ts";
import { enlarged, everything, imagesFor, small, weightsFor } from "../../support/models.ts";
import { weightsIn } from "../../support/tfjs_files.ts";

await loadWasm();
const engine = layersEngine("wasm", 1);

const frozen: ModelSpec = { ...everything, name: "partly.frozen", frozen: ["conv1", "norm1"] };
const models = [small, everything, frozen, enlarged, lenet5([32, 32, 1], 10)];

/** Loads a model as a page does: `model.json` and the file that it names, from beside it. */
async function loadLayersModel(json: string, files: Record<string, Uint8Array>) {
  const answers: Record<string, BodyInit> = { "https://example.org/m/model.json": json };
  for (const [name, bytes] of Object.entries(files)) {
    answers[`https://example.org/m/${name}`] = bytes as Uint8Array<ArrayBuffer>;
  }
  const fetchFunc = (url: string) => {
    if (!(url in answers)) throw new Error(`nothing at ${url}`);
    const type = url.endsWith(".json") ? "application/json" : "application/octet-stream";
    return Promise.resolve(new Response(answers[url], { headers: { "content-type": type } }));
  };
  return await tf.loadLayersModel(
    tf.io.browserHTTPRequest("https://example.org/m/model.json", {
      fetchFunc: fetchFunc as typeof fetch,
    }),
  );
}

for (const spec of models) {
  Deno.test(`TensorFlow.js loads ${spec.name} and predicts what the engine predicts`, async () => {
    const weights = weightsFor(spec);
    const { json, weights: bytes } = encodeTfjsModel(spec, weights, "weights-3fa9.bin");
    const data = imagesFor(spec, 7);
    const network = await engine.open(spec, weights);
    await network.place(data);
    const expected = await network.predict(Int32Array.of(0, 1, 2, 3, 4, 5, 6));
    await network.close();

    const model = await loadLayersModel(json, { "weights-3fa9.bin": bytes });
    assertEquals(model.inputs[0].shape, [null, ...spec.input]);
    const output = tf.tidy(() =>
      model.predict(tf.tensor(Float32Array.from(data.images.data), data.images.shape as number[]))
    ) as tf.Tensor;
    assertEquals(output.shape, expected.shape);
    const actual = output.dataSync();
    expected.data.forEach((value, i) => assertLess(Math.abs(actual[i] - value), 2e-6));

    assertEquals(
      model.layers.filter((layer) => layer.countParams() > 0 && layer.trainable)
        .map((layer) => layer.name),
      spec.layers.filter((layer) =>
        ["conv2d", "dense", "batchNormalization"].includes(layer.type) &&
        !spec.frozen?.includes(layer.name)
      ).map((layer) => layer.name),
    );
    output.dispose();
    model.dispose();
  });

  Deno.test(`the weights of ${spec.name} come back from its files`, () => {
    const weights = weightsFor(spec);
    const { json, weights: bytes } = encodeTfjsModel(spec, weights, "w.bin");
    const decoded = weightsIn(json, bytes, spec);
    assertEquals(decoded, weights);
    assertEquals([...decoded.keys()], [...weights.keys()]);
  });

  Deno.test(`TensorFlow.js saves of ${spec.name} the weights that it was given`, async () => {
    const weights = weightsFor(spec);
    const { json, weights: bytes } = encodeTfjsModel(spec, weights, "w.bin");
    const model = await loadLayersModel(json, { "w.bin": bytes });
    let saved: tf.io.ModelArtifacts | undefined;
    await model.save(tf.io.withSaveHandler((artifacts) => {
      saved = artifacts;
      return Promise.resolve({
        modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" },
      });
    }));
    model.dispose();
    const theirs = JSON.stringify({ weightsManifest: [{ weights: saved!.weightSpecs }] });
    const data = new Uint8Array(saved!.weightData as ArrayBuffer);
    assertEquals(weightsIn(theirs, data, spec), weights);
  });
}

Deno.test("the same model gives the same bytes, whatever the order of its weights", () => {
  const weights = weightsFor(everything);
  const turned = new Map([...weights].reverse());
  const first = encodeTfjsModel(everything, weights, "w.bin");
  assertEquals(encodeTfjsModel(everything, turned, "w.bin"), first);
  assert(first.json.includes('"w.bin"') && first.json.endsWith("}\n"));
});

Deno.test("loading leaves nothing in memory once the model is disposed of", async () => {
  const { json, weights } = encodeTfjsModel(small, weightsFor(small), "w.bin");
  const before = tf.memory().numTensors;
  (await loadLayersModel(json, { "w.bin": weights })).dispose();
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("weights that are not the model's are not written", () => {
  const weights = weightsFor(small);
  weights.delete("conv2/kernel");
  assertThrows(() => encodeTfjsModel(small, weights, "w.bin"), Error, "no conv2/kernel");
});
