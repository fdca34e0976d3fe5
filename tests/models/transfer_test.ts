import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import type { Weights } from "../../src/engine/engine.ts";
import { layersEngine } from "../../src/engine/layers/engine.ts";
import { causeModel } from "../../src/models/causes.ts";
import { resolveLayers } from "../../src/models/shapes.ts";
import { cutAt } from "../../src/models/cut.ts";
import { initialWeights } from "../../src/models/initialize.ts";
import type { ModelSpec } from "../../src/models/spec.ts";
import { vgg16 } from "../../src/models/vgg16.ts";
import { loadWasm } from "../../src/runtime/load.ts";
import { noise } from "../support/data_files.ts";
import { baseModel, headModel, heads, redFirst, withHead } from "../../src/models/transfer.ts";
import { transfer } from "../../study.ts";

const base = (name: string) => transfer.bases.find((base) => base.name === name)!;

Deno.test("the study's bases give the features that heads are built for", () => {
  const shapes = transfer.bases.map((base) => {
    const { model } = baseModel(base, [32, 32, 1]);
    return [base.name, resolveLayers(model).at(-1)!.outputShape];
  });
  assertEquals(Object.fromEntries(shapes), {
    "vgg16-block3": [4, 4, 256],
    "resnet101v2-conv4": [1, 1, 1024],
    "vgg16": [1, 1, 512],
    "resnet152v2": [1, 1, 2048],
  });
});

Deno.test("a larger input size is made of repeated pixels", () => {
  const { model } = baseModel({ ...base("vgg16-block3"), scale: 2 }, [32, 32, 1]);
  assertEquals(model.input, [32, 32, 1]);
  assertEquals(resolveLayers(model).at(-1)!.outputShape, [8, 8, 256]);
});

Deno.test("in colour VGG16 gives of images with red first what it gives of the same with blue first", async () => {
  const original = cutAt(vgg16([6, 5, 3]), "block1_conv2");
  const weights = initialWeights(original, 3);
  const { model, turned } = baseModel(
    { network: "vgg16", output: "block1_conv2", scale: 1 },
    [6, 5, 3],
  );
  const red = noise(2, 10).images.data.subarray(0, 2 * 6 * 5 * 3);
  const blue = red.map((_, i) => red[i - i % 3 + 2 - i % 3]);
  await loadWasm();
  const engine = layersEngine("wasm", 1);
  const features = async (spec: ModelSpec, weights: Weights, data: Uint8Array) => {
    const network = await engine.open(spec, weights);
    await network.place({ images: { shape: [2, 6, 5, 3], data } });
    const { data: values } = await network.predict(Int32Array.of(0, 1));
    await network.close();
    return values;
  };
  const expected = await features(original, weights, blue);
  const actual = await features(model, redFirst(weights, turned!), red);
  const scale = Math.max(...expected);
  actual.forEach((value, i) => assertAlmostEquals(value, expected[i], 1e-5 * scale));
  assert(scale > 0);
  // In grey the order of the file's colours makes no difference, and nothing is turned.
  assertEquals(baseModel(base("vgg16"), [32, 32, 1]).turned, undefined);
});

Deno.test("a base with its head is one model whose variables are the base's and then the head's", () => {
  for (const study of transfer.bases) {
    const { model } = baseModel(study, [32, 32, 1]);
    const features = resolveLayers(model).at(-1)!.outputShape;
    for (const name of heads) {
      const head = headModel(name, features, 10);
      const whole = withHead(model, head, study.trainedFrom);
      const names = (spec: typeof model) =>
        resolveLayers(spec).flatMap(({ variables }) => variables.map(({ name }) => name));
      assertEquals(names(whole), [...names(model), ...names(head)]);
      // Batch normalisation keeps its statistics; of the rest, what stands from `trainedFrom` on is trained.
      const frozen = new Set(whole.frozen);
      const first = whole.layers.findIndex(({ name }) => name === study.trainedFrom);
      whole.layers.forEach((layer, i) =>
        assertEquals(frozen.has(layer.name), i < first || layer.type === "batchNormalization")
      );
    }
  }
});

Deno.test("a layer to train from that is none is refused by name", () => {
  const { model } = baseModel(base("vgg16-block3"), [32, 32, 1]);
  assertThrows(
    () => withHead(model, headModel("linear", [4, 4, 256], 10), "block9"),
    Error,
    "Model vgg16-block3_pool has no layer block9 to train from.",
  );
});

Deno.test("a cause changes what it says and nothing else", () => {
  const { reference, changes } = transfer.causes;
  const { model } = baseModel(base("vgg16-block3"), [32, 32, 1]);
  const head = headModel("dense", [4, 4, 256], 10);
  const before = causeModel(model, head, reference);
  assertEquals(before, withHead(model, head, reference.trainedFrom));
  for (const change of changes) {
    const after = causeModel(model, head, { ...reference, ...change });
    const expected = withHead(model, head, change.trainedFrom ?? reference.trainedFrom);
    assertEquals(after.frozen, expected.frozen);
    assertEquals(after.layers.slice(1), expected.layers.slice(1));
    const [first] = expected.layers;
    assertEquals(
      after.layers[0],
      change.preprocessing === false
        ? { ...first, mean: [0, 0, 0], std: [1, 1, 1] } as typeof first
        : first,
    );
  }
});
