import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { cutAt, upsampled } from "../../src/models/cut.ts";
import { resnetV2 } from "../../src/models/resnet_v2.ts";
import { countParameters, modelVariables, resolveLayers } from "../../src/models/shapes.ts";
import type { ModelSpec, Shape } from "../../src/models/spec.ts";
import { vgg16 } from "../../src/models/vgg16.ts";

/**
 * What Keras 3.15.1 says of its models, `include_top=False`, for an input of 64 x 64 x 3: the number
 * of layers (the input left out) and the SHA-256 of a line `name shape parameters` each, in the order
 * of `model.layers`, such as `conv1_conv 32x32x64 9472`.
 */
const keras = [
  {
    build: vgg16,
    name: "VGG16",
    layers: 18,
    parameters: 14_714_688,
    tensors: 26,
    sha256: "b425208f2340172052393cbbde79681a6f9a2e24094055e3f2da841c6c2b0c77",
  },
  {
    build: (input: Shape) => resnetV2(50, input),
    name: "ResNet50V2",
    layers: 189,
    parameters: 23_564_800,
    tensors: 270,
    sha256: "7ad0cb3b86f944f897af61ca0686228cf624268e466ce604ad204783a3afa8fe",
  },
  {
    build: (input: Shape) => resnetV2(101, input),
    name: "ResNet101V2",
    layers: 376,
    parameters: 42_626_560,
    tensors: 542,
    sha256: "053ca4e7c1fb59bf45e196839842bb0cfe46046b37d3be0a106f05587a5fe5cf",
  },
  {
    build: (input: Shape) => resnetV2(152, input),
    name: "ResNet152V2",
    layers: 563,
    parameters: 58_331_648,
    tensors: 814,
    sha256: "509f2a7137f563006ee8a74046e0a7719cd4c34af837687bf16e5b086bc5aebb",
  },
];

for (const { build, name, layers, parameters, tensors, sha256 } of keras) {
  Deno.test(`${name} has Keras's layers, by name, order, shape and parameters`, async () => {
    // Ours begins with the preprocessing, which Keras leaves to the caller.
    const [preprocessing, ...resolved] = resolveLayers(build([64, 64, 3]));
    assertEquals(preprocessing.layer.type, "normalization");
    assertEquals(resolved.length, layers);
    const lines = resolved.map(({ layer, outputShape, parameters }) =>
      `${layer.name} ${outputShape.join("x")} ${parameters}\n`
    );
    const digest = await crypto.subtle.digest(
      "SHA-256",
      new TextEncoder().encode(lines.join("")),
    );
    assertEquals(new Uint8Array(digest).toHex(), sha256);
    assertEquals(countParameters(build([64, 64, 3])), parameters);
    assertEquals(modelVariables(build([64, 64, 3])).length, tensors);
  });

  Deno.test(`${name} takes grey and coloured images of any size from 32 on`, () => {
    for (const size of [32, 33, 63, 64, 96, 224]) {
      for (const channels of [1, 3]) {
        const spec = build([size, size + 5, channels]);
        assertEquals(countParameters(spec), parameters);
        // Pooling drops what is left over in VGG16; convolutions pad it in ResNetV2.
        const halves = name === "VGG16" ? Math.floor : Math.ceil;
        const { outputShape } = resolveLayers(spec).at(-1)!;
        assertEquals(outputShape.slice(0, 2), [halves(size / 32), halves((size + 5) / 32)]);
      }
    }
  });
}

for (const spec of [vgg16([64, 64, 1]), resnetV2(50, [64, 64, 1])]) {
  Deno.test(`${spec.name} cut at any layer ends there and has only what that layer needs`, () => {
    const whole = new Map(resolveLayers(spec).map((resolved) => [resolved.layer.name, resolved]));
    for (const { name: at } of spec.layers) {
      const cut = cutAt(spec, at);
      const resolved = resolveLayers(cut);
      assertEquals(resolved.at(-1), whole.get(at));
      const read = new Set(resolved.flatMap(({ inputs }) => inputs));
      assert(resolved.slice(0, -1).every(({ layer }) => read.has(layer.name)), at);
      // The same layers reading the same ones.
      for (const layer of resolved) assertEquals(layer, whole.get(layer.layer.name));
    }
  });
}

Deno.test("cut where the genuine partial weight files end, as many parameters as they hold", () => {
  assertEquals(countParameters(cutAt(vgg16([32, 32, 1]), "block3_pool")), 1_735_488);
  const resnet = cutAt(resnetV2(101, [32, 32, 1]), "conv5_block1_preact_relu");
  assertEquals(countParameters(resnet), 27_639_296);
  assertEquals(resnet.name, "resnet101v2-conv5_block1_preact_relu");
});

Deno.test("a cut keeps what is frozen of it, and leaves the model as it was", () => {
  const spec: ModelSpec = { ...vgg16([32, 32, 1]), frozen: ["block1_conv1", "block5_conv1"] };
  const before = structuredClone(spec);
  assertEquals(cutAt(spec, "block2_pool").frozen, ["block1_conv1"]);
  assertEquals(spec, before);
  assert(!("frozen" in cutAt(vgg16([32, 32, 1]), "block2_pool")));
});

Deno.test("a cut at no layer is refused by name, and so is an image too small", () => {
  const error = assertThrows(() => cutAt(vgg16([32, 32, 1]), "block6_pool"), Error);
  assertMatch(error.message, /^Model vgg16 cannot be cut at block6_pool, .*: .*block5_pool\.$/);
  const small = assertThrows(() => resolveLayers(vgg16([31, 32, 1])), Error);
  assertMatch(
    small.message,
    /^Model vgg16, layer block5_pool \(maxPooling2d\): .* larger than its input/,
  );
});

Deno.test("a model for smaller images repeats their pixels and is the same from there on", () => {
  const spec = cutAt(resnetV2(101, [64, 96, 1]), "conv5_block1_preact_relu");
  const [upsampling, ...resolved] = resolveLayers(upsampled(spec, 2));
  assertEquals(upsampling.inputShapes, [[32, 48, 1]]);
  assertEquals(upsampling.outputShape, [64, 96, 1]);
  const expected = resolveLayers(spec);
  assertEquals(resolved.map((layer) => layer.outputShape), expected.map((l) => l.outputShape));
  assertEquals(resolved[0].inputs, ["upsampling"]);
  assertEquals(resolved.slice(1), expected.slice(1));
  const reading = { ...spec.layers[0], inputs: ["input"] };
  const explicit = upsampled({ ...spec, layers: [reading, ...spec.layers.slice(1)] }, 2);
  assertEquals(explicit.layers[1].inputs, ["upsampling"]);
  for (const times of [0, 3, 1.5, NaN]) {
    const { message } = assertThrows(() => upsampled(spec, times), Error);
    assertMatch(message, /^Model resnet101v2-conv5_block1_preact_relu takes images of 64 x 96, /);
  }
});
