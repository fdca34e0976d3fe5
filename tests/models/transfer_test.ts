import { assertEquals, assertThrows } from "@std/assert";
import { causeModel } from "../../src/models/causes.ts";
import { resolveLayers } from "../../src/models/shapes.ts";
import { baseModel, headModel, heads, withHead } from "../../src/models/transfer.ts";
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
