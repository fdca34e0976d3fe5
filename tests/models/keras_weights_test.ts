import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { gunzipSync } from "node:zlib";
import { type Group, ready } from "h5wasm";
import { cutAt } from "../../src/models/cut.ts";
import { decodeKerasWeights, readKerasWeights } from "../../src/models/keras_weights.ts";
import type { ModelSpec } from "../../src/models/spec.ts";
import type { NdArray } from "../../src/ndarray.ts";
import { formulaWeights, kerasFile, writeNames } from "../support/keras_file.ts";

const spec: ModelSpec = {
  name: "tiny",
  input: [8, 8, 1],
  layers: [
    { type: "zeroPadding2d", name: "pad", padding: [[1, 1], [1, 1]] },
    { type: "conv2d", name: "conv", filters: 2, kernelSize: [3, 3], padding: "valid" },
    { type: "batchNormalization", name: "bn", epsilon: 1e-3, momentum: 0.99 },
    { type: "activation", name: "relu", activation: "relu" },
    {
      type: "conv2d",
      name: "top",
      filters: 3,
      kernelSize: [1, 1],
      padding: "valid",
      useBias: false,
    },
  ],
};
const weights = formulaWeights(spec, 1);

/** Without one variable, or with one changed. */
function changed(name: string, array?: NdArray<Float32Array>): Map<string, NdArray<Float32Array>> {
  const copy = new Map(weights);
  if (array) copy.set(name, array);
  else copy.delete(name);
  return copy;
}

/**
 * `tiny` as Keras 3.15.1 writes it: values n / 8 for n = 0, 1, ... from 0 in the first variable, from
 * 100 in the second, and so on.
 */
const byKeras = new URL("../golden/keras_file.h5.gz", import.meta.url);

Deno.test("a file that Keras wrote gives every variable in the order of the model", async () => {
  const read = await decodeKerasWeights(gunzipSync(await Deno.readFile(byKeras)), spec);
  const counted = (shape: readonly number[], from: number) => ({
    shape,
    data: Float32Array.from(
      { length: shape.reduce((product, n) => product * n, 1) },
      (_, i) => (from + i) / 8,
    ),
  });
  assertEquals([...read], [
    ["conv/kernel", counted([3, 3, 1, 2], 0)],
    ["conv/bias", counted([2], 100)],
    ["bn/gamma", counted([2], 200)],
    ["bn/beta", counted([2], 300)],
    ["bn/moving_mean", counted([2], 400)],
    ["bn/moving_variance", counted([2], 500)],
    ["top/kernel", counted([1, 1, 2, 3], 600)],
  ]);
});

Deno.test("arrays named as Keras 1 did are found by their order", async () => {
  const convolutions: ModelSpec = {
    ...spec,
    layers: spec.layers.filter(({ type }) => type === "conv2d"),
  };
  const expected = formulaWeights(convolutions, 3);
  assertEquals(
    await decodeKerasWeights(await kerasFile(expected, "keras1"), convolutions),
    expected,
  );
});

Deno.test("a complete file serves every cut, and a partial one the cuts it reaches", async () => {
  const complete = await kerasFile(weights);
  for (const { name } of spec.layers) {
    const cut = cutAt(spec, name);
    const expected = new Map(
      [...weights].filter(([key]) => cut.layers.some((layer) => layer.name === key.split("/")[0])),
    );
    assertEquals(await decodeKerasWeights(complete, cut, spec), expected, name);
    const partial = await kerasFile(expected);
    assertEquals(await decodeKerasWeights(partial, cut, spec), expected, name);
    assertEquals(await decodeKerasWeights(partial, cut), expected, name);
  }
});

Deno.test("the file is read where it lies and left as it was", async () => {
  const bytes = await kerasFile(weights);
  const within = new Uint8Array(bytes.length + 20);
  within.set(bytes, 7);
  const view = within.subarray(7, 7 + bytes.length);
  for (const read of [readKerasWeights, decodeKerasWeights, decodeKerasWeights]) {
    assertEquals(await read(view, spec), weights);
  }
  assertEquals(view, bytes);
});

Deno.test("a worker refuses in the same words, and what it holds goes with it", async () => {
  const bytes = await kerasFile(changed("top/kernel"));
  const refusals = await Promise.all([readKerasWeights, decodeKerasWeights].map(async (read) => {
    return (await assertRejects(() => read(bytes, spec, spec, "tiny.h5"), Error)).message;
  }));
  assertEquals(refusals[0], refusals[1]);
  const { FS } = await ready;
  const open = () => (FS as unknown as { streams: unknown[] }).streams.filter(Boolean).length;
  const [before, whole] = [open(), await kerasFile(weights)];
  for (let i = 0; i < 3; i++) {
    await assertRejects(() => readKerasWeights(whole.subarray(0, 900), spec), Error, "damaged");
  }
  assertEquals(open(), before);
});

Deno.test("a file that the library would read for ever is refused after its time", async () => {
  const bytes = gunzipSync(await Deno.readFile(byKeras));
  // The size of a name in the heap of names: the walk through it no longer gets on.
  bytes[1320] = 152;
  const error = await assertRejects(() => readKerasWeights(bytes, spec, spec, "tiny.h5", 2000));
  assertEquals(
    (error as Error).message,
    "tiny.h5 is damaged, or is no HDF5 file: it was still being read after 2 s. " +
      "Compare its digest with the published one, and fetch it again.",
  );
});

const group = (root: Group, name: string) => root.get(name) as Group;

/** Adds a layer to a file, with one array of the given values. */
function addLayer(root: Group, name: string, data: Float32Array | Float64Array) {
  const layer = root.create_group(name);
  layer.create_dataset({ name: "kernel:0", data, shape: [data.length] });
  writeNames(layer, "weight_names", ["kernel:0"]);
}

/** Replaces a list of names. */
function rename(holder: Group, attribute: string, names: readonly string[]) {
  holder.delete_attribute(attribute);
  writeNames(holder, attribute, names);
}

const refused: [what: string, file: () => Promise<Uint8Array>, why: string][] = [
  [
    "a missing layer",
    () => kerasFile(changed("top/kernel")),
    "tiny.h5: top/kernel is missing, which model tiny needs. The file has 6 arrays of model tiny.",
  ],
  [
    "a missing array",
    () => kerasFile(changed("conv/bias")),
    "tiny.h5: layer conv has conv/kernel:0, expected kernel, bias.",
  ],
  [
    "a superfluous array",
    () => kerasFile(changed("top/bias", { shape: [3], data: new Float32Array(3) })),
    "tiny.h5: layer top has top/kernel:0, top/bias:0, expected kernel.",
  ],
  [
    "a superfluous layer",
    () => kerasFile(changed("predictions/kernel", { shape: [3], data: new Float32Array(3) })),
    "tiny.h5: layer predictions with predictions/kernel:0 is superfluous; model tiny has no weights of that name.",
  ],
  [
    "weights of a layer that has none",
    () => kerasFile(changed("relu/alpha", { shape: [3], data: new Float32Array(3) })),
    "tiny.h5: layer relu with relu/alpha:0 is superfluous; model tiny has no weights of that name.",
  ],
  [
    "a misshapen array",
    () => kerasFile(changed("conv/kernel", { shape: [3, 3, 2, 1], data: new Float32Array(18) })),
    "tiny.h5: conv, array conv/kernel:0 has the shape [3,3,2,1], expected [3,3,1,2].",
  ],
  [
    "an array without a shape",
    () => kerasFile(changed("conv/bias", { shape: [], data: new Float32Array(1) })),
    "tiny.h5: conv, array conv/bias:0 has the shape [], expected [2].",
  ],
  [
    "arrays in another order",
    () =>
      kerasFile(weights, "keras2", (root) => {
        const names = ["beta", "gamma", "moving_mean", "moving_variance"];
        rename(group(root, "bn"), "weight_names", names.map((name) => `bn/${name}:0`));
      }),
    "tiny.h5: bn, array bn/beta:0 stands in the place of bn/gamma.",
  ],
  [
    "float64",
    () =>
      kerasFile(weights, "keras2", (root) => {
        group(root, "conv").create_dataset({
          name: "double",
          data: new Float64Array(2),
          shape: [2],
        });
        rename(group(root, "conv"), "weight_names", ["conv/kernel:0", "double"]);
      }),
    'tiny.h5: conv, array double is of HDF5 type "<d", expected "<f" (float32, little-endian).',
  ],
  [
    "a value that is no number",
    () => kerasFile(changed("bn/beta", { shape: [2], data: Float32Array.of(1, NaN) })),
    "tiny.h5: value 1 of bn/beta is NaN; the file is damaged.",
  ],
  [
    "an infinite value",
    () => kerasFile(changed("bn/beta", { shape: [2], data: Float32Array.of(-Infinity, 0) })),
    "tiny.h5: value 0 of bn/beta is -Infinity; the file is damaged.",
  ],
  [
    "a layer that is listed and not there",
    () =>
      kerasFile(weights, "keras2", (root) => rename(root, "layer_names", ["conv", "bn", "tip"])),
    "tiny.h5: layer_names lists tip, but there is no such group.",
  ],
  [
    "a layer that is listed and an array",
    () =>
      kerasFile(weights, "keras2", (root) => {
        root.create_dataset({ name: "lone", data: new Float32Array(2) });
        rename(root, "layer_names", ["lone"]);
      }),
    "tiny.h5: layer_names lists lone, but there is no such group.",
  ],
  [
    "a layer listed twice",
    () =>
      kerasFile(weights, "keras2", (root) => rename(root, "layer_names", ["conv", "bn", "conv"])),
    "tiny.h5: layer conv is listed twice.",
  ],
  [
    "an array that is listed and not there",
    () =>
      kerasFile(weights, "keras2", (root) => {
        rename(group(root, "top"), "weight_names", ["top/kernel"]);
      }),
    "tiny.h5: top, array top/kernel: weight_names lists it, but there is no such array.",
  ],
  [
    "an array in another file",
    () =>
      kerasFile(weights, "keras2", (root) => {
        group(root, "top").create_external_link("elsewhere.h5", "/kernel", "away");
        rename(group(root, "top"), "weight_names", ["away"]);
      }),
    "tiny.h5: top, array away: weight_names lists it, but there is no such array.",
  ],
  [
    "no list of layers",
    () => kerasFile(weights, "keras2", (root) => void root.delete_attribute("layer_names")),
    "tiny.h5: / has no list of names layer_names, so this is no weight file of Keras 1 or 2.",
  ],
  [
    "a list of layers that are numbers",
    () =>
      kerasFile(weights, "keras2", (root) => {
        root.delete_attribute("layer_names");
        root.create_attribute("layer_names", [1, 2]);
      }),
    "tiny.h5: / has no list of names layer_names, so this is no weight file of Keras 1 or 2.",
  ],
  [
    "a list of more names than any model has",
    () =>
      kerasFile(weights, "keras2", (root) => {
        rename(group(root, "bn"), "weight_names", Array(3000).fill("x".repeat(400)));
      }),
    "tiny.h5 is damaged, or is no HDF5 file: 3000 names of 400 bytes are more than any model has " +
    "(at /bn weight_names).",
  ],
  [
    "no list of arrays",
    () =>
      kerasFile(
        weights,
        "keras2",
        (root) => void group(root, "bn").delete_attribute("weight_names"),
      ),
    "tiny.h5: /bn has no list of names weight_names, so this is no weight file of Keras 1 or 2.",
  ],
];

for (const [what, file, why] of refused) {
  Deno.test(`refused: ${what}`, async () => {
    const bytes = await file();
    const error = await assertRejects(
      () => decodeKerasWeights(bytes, spec, spec, "tiny.h5"),
      Error,
    );
    assertStringIncludes(error.message, why);
    // Nothing is left behind that the next file would meet.
    assertEquals(await decodeKerasWeights(await kerasFile(weights), spec), weights);
  });
}

Deno.test("what a model lacks is refused beyond its cut too, but not what it has", async () => {
  const cut = cutAt(spec, "bn");
  const more = await kerasFile(weights, "keras2", (root) => {
    addLayer(root, "predictions", new Float32Array(5));
    rename(root, "layer_names", ["conv", "bn", "top", "predictions"]);
  });
  const superfluous = await assertRejects(() => decodeKerasWeights(more, cut, spec), Error);
  assertStringIncludes(superfluous.message, "layer predictions with kernel:0 is superfluous");
  const uncut = await assertRejects(() =>
    kerasFile(weights).then((f) => decodeKerasWeights(f, cut))
  );
  assertStringIncludes((uncut as Error).message, "layer top with top/kernel:0 is superfluous");
  const wrong = await kerasFile(changed("top/kernel", { shape: [6], data: new Float32Array(6) }));
  const misshapen = await assertRejects(() => decodeKerasWeights(wrong, cut, spec), Error);
  assertStringIncludes(misshapen.message, "has the shape [6], expected [1,1,2,3]");
});

Deno.test("a file cut off anywhere, an empty one and other files are refused as damaged", async () => {
  const bytes = await kerasFile(weights);
  const lengths = Array.from({ length: 40 }, (_, i) => Math.floor(i * bytes.length / 40));
  const damaged = [
    ...lengths.map((length) => bytes.subarray(0, length)),
    bytes.subarray(0, bytes.length - 1),
    new Uint8Array(5000),
    new TextEncoder().encode("<!DOCTYPE html><title>404</title>".repeat(50)),
  ];
  for (const part of damaged) {
    const error = await assertRejects(() => decodeKerasWeights(part, spec, spec, "tiny.h5"), Error);
    assertStringIncludes(error.message, "tiny.h5 is damaged, or is no HDF5 file: ");
    assertStringIncludes(error.message, "(at /)");
  }
  assertEquals(await decodeKerasWeights(bytes, spec), weights);
});
