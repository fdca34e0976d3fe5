import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { gunzipSync, gzipSync } from "node:zlib";
import { type Group, ready } from "h5wasm";
import { cutAt } from "../../src/models/cut.ts";
import { decodeKerasWeights, readKerasWeights } from "../../src/models/keras_weights.ts";
import type { ModelSpec } from "../../src/models/spec.ts";
import type { NdArray } from "../../src/ndarray.ts";
import { formulaWeights, kerasFile, tiny, writeNames } from "../support/keras_file.ts";

const spec = tiny;
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

/**
 * The same values in `model_weights`, of float16, float32 and float64 of both byte orders, some of them
 * compressed, with `layer_names` split in two.
 */
const otherForms = new URL("../golden/keras_forms.h5.gz", import.meta.url);

for (
  const [what, file] of [
    ["a file that Keras wrote", byKeras],
    ["a whole saved model with arrays of every floating-point type", otherForms],
  ] as const
) {
  Deno.test(`${what} gives every variable in the order of the model`, async () => {
    await countedIn(gunzipSync(await Deno.readFile(file)));
  });
}

async function countedIn(file: Uint8Array) {
  const read = await decodeKerasWeights(file, spec);
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
}

Deno.test("float64 is rounded to the nearest float32", async () => {
  const doubles = Float64Array.of(0.1, -1e-50);
  const file = await kerasFile(weights, "keras2", (root) => {
    replaceBias(root, doubles);
  });
  const read = await decodeKerasWeights(file, spec);
  assertEquals([...read.get("conv/bias")!.data], [Math.fround(0.1), -0]);
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

/** Puts an array of another type in the place of `conv/bias`. */
function replaceBias(root: Group, data: Float64Array | Int32Array) {
  group(root, "conv").create_dataset({ name: "other", data, shape: [2] });
  rename(group(root, "conv"), "weight_names", ["conv/kernel:0", "other"]);
}

/** Adds a layer `base` with arrays of these names, as Keras does for a model in a model. */
function addNested(root: Group, arrays: readonly string[]) {
  const base = root.create_group("base");
  for (const array of arrays) {
    const inner = array.split("/")[0];
    if (!base.keys().includes(inner)) base.create_group(inner);
    base.create_dataset({ name: array, data: new Float32Array(2), shape: [2] });
  }
  writeNames(base, "weight_names", arrays);
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
    "integers",
    () => kerasFile(weights, "keras2", (root) => replaceBias(root, new Int32Array(2))),
    'tiny.h5: conv, array other is of HDF5 type "<i", ' +
    'expected floating-point numbers of 16, 32 or 64 bits ("e", "f", "d").',
  ],
  [
    "a float64 that no float32 can hold",
    () => kerasFile(weights, "keras2", (root) => replaceBias(root, Float64Array.of(1, -1e39))),
    "tiny.h5: value 1 of conv/bias is -1e+39, expected a finite number of float32.",
  ],
  [
    "a float64 that is no number",
    () => kerasFile(weights, "keras2", (root) => replaceBias(root, Float64Array.of(NaN, 1))),
    "tiny.h5: value 0 of conv/bias is NaN, expected a finite number of float32.",
  ],
  [
    "a value that is no number",
    () => kerasFile(changed("bn/beta", { shape: [2], data: Float32Array.of(1, NaN) })),
    "tiny.h5: value 1 of bn/beta is NaN, expected a finite number of float32. " +
    "The file is damaged, or the model went astray in training.",
  ],
  [
    "an infinite value",
    () => kerasFile(changed("bn/beta", { shape: [2], data: Float32Array.of(-Infinity, 0) })),
    "tiny.h5: value 0 of bn/beta is -Infinity, expected a finite number of float32.",
  ],
  [
    "a nested model",
    () =>
      kerasFile(weights, "keras2", (root) => {
        addNested(root, ["stem/kernel:0", "stem/bias:0", "norm/gamma:0"]);
        rename(root, "layer_names", ["conv", "base"]);
      }),
    "tiny.h5: layer base is a nested model, which is not read; it has the arrays of stem, norm. " +
    'Have Keras write that model by itself: model.get_layer("base").save("model.h5").',
  ],
  [
    "a nested model of one layer",
    () =>
      kerasFile(weights, "keras2", (root) => {
        addNested(root, ["stem/kernel:0"]);
        rename(root, "layer_names", ["base"]);
      }),
    "tiny.h5: layer base is a nested model, which is not read; it has the arrays of stem. ",
  ],
  ...["layers", "vars", "_layer_checkpoint_dependencies"].map((
    key,
  ): [string, () => Promise<Uint8Array>, string] => [
    `Keras 3's own form with ${key}`,
    () =>
      kerasFile(weights, "keras2", (root) => {
        root.delete_attribute("layer_names");
        root.create_group(key);
      }),
    "tiny.h5 is in Keras 3's own form (.weights.h5), which is not read. " +
    'Load the model in Keras and write it with model.save("model.h5").',
  ]),
  [
    "a whole model without a list of layers",
    () =>
      kerasFile(weights, "keras2", (root) => {
        root.delete_attribute("layer_names");
        root.create_group("model_weights");
      }),
    "tiny.h5: /model_weights has no list of names layer_names, so this is no weight file",
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
    "tiny.h5: / has no list of names layer_names, so this is no weight file of Keras 1 or 2, " +
    "nor a whole model in HDF5.",
  ],
  [
    "a list of layers that are numbers",
    () =>
      kerasFile(weights, "keras2", (root) => {
        root.delete_attribute("layer_names");
        root.create_attribute("layer_names", [1, 2]);
      }),
    "tiny.h5: / has no list of names layer_names, so this is no weight file of Keras 1 or 2, " +
    "nor a whole model in HDF5.",
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
    "tiny.h5: /bn has no list of names weight_names, so this is no weight file of Keras 1 or 2, " +
    "nor a whole model in HDF5.",
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

Deno.test("a file cut off anywhere is refused as damaged", async () => {
  const bytes = await kerasFile(weights);
  const lengths = Array.from({ length: 39 }, (_, i) => Math.floor((i + 1) * bytes.length / 40));
  const damaged = [
    ...lengths.map((length) => bytes.subarray(0, length)),
    bytes.subarray(0, bytes.length - 1),
    new Uint8Array(5000),
  ];
  for (const part of damaged) {
    const error = await assertRejects(() => decodeKerasWeights(part, spec, spec, "tiny.h5"), Error);
    assertStringIncludes(error.message, "tiny.h5 is damaged, or is no HDF5 file: ");
    assertStringIncludes(error.message, "(at /)");
  }
  assertEquals(await decodeKerasWeights(bytes, spec), weights);
});

/** A file of so many characters, a byte each, which begins with some and ends with others. */
function begun(begin: string, end = "", length = 5000): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set(Array.from(begin, (character) => character.charCodeAt(0)));
  bytes.set(Array.from(end, (character) => character.charCodeAt(0)), length - end.length);
  return bytes;
}

const zip = "PK\x03\x04\x14\0\0\0\0\0";

const foreign: [file: Uint8Array, what: string][] = [
  [new Uint8Array(0), "empty. Fetch it again."],
  [
    new TextEncoder().encode("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"),
    "a pointer of Git LFS, which stands for the file. ",
  ],
  [
    new TextEncoder().encode("<!DOCTYPE html><title>404</title>".repeat(50)),
    "a web page, or what ",
  ],
  [new TextEncoder().encode("\ufeff\n<html>Ä</html>"), "a web page, or what a server answered "],
  [begun('<?xml version="1.0"?><Error><Code>NoSuchKey</Code>'), "a web page, or what a server "],
  [new TextEncoder().encode('{"format": "layers-model"}'), 'text that begins with "{\\"format'],
  [new TextEncoder().encode("404: Not Found"), 'text that begins with "404: Not Found". '],
  [gzipSync(new Uint8Array(100)), "compressed with gzip. Unpack it first."],
  [begun("weights.h5".padEnd(257, "\0") + "ustar"), "a tar archive. "],
  [
    begun(`${zip}metadata.json`, "PK\x01\x02model.weights.h5"),
    "a model in Keras 3's own form (.keras)",
  ],
  [begun(`${zip}archive/data.pkl`, "PK\x01\x02archive/version"), "a file of PyTorch (.pt, .pth). "],
  [begun(`${zip}kernel.npy`, "PK\x01\x02kernel.npy"), "an archive of NumPy (.npz). "],
  [begun(`${zip}m/saved_model.pb`), "a packed SavedModel of TensorFlow. "],
  [begun(`${zip}weights.h5`), "a ZIP archive. Unpack it first."],
  [begun("\x93NUMPY\x01\0"), "an array of NumPy (.npy). "],
  [begun("\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."), "a file of PyTorch (.pt, .pth). "],
  [begun("\x80\x04\x95"), "a pickle of Python. "],
  [begun('\x40\0\0\0\0\0\0\0{"__metadata__":{}}'), "a file of safetensors. "],
  [begun("\x1c\0\0\0TFL3"), "a model of TensorFlow Lite (.tflite). "],
  [
    begun("\x08\x01\x12\xf0"),
    "a SavedModel of TensorFlow (saved_model.pb). Load the model in Keras ",
  ],
  [begun("\x08\x08\x12\x07pytorch"), "a model of ONNX. "],
];

Deno.test("what is no HDF5 file is called by its name", async () => {
  for (const [file, what] of foreign) {
    const { message } = await assertRejects(
      () => decodeKerasWeights(file, spec, spec, "tiny.h5"),
      Error,
    );
    assertEquals(message.slice(0, 11 + what.length), `tiny.h5 is ${what}`);
  }
});

Deno.test("HDF5 after something that its maker put before it is HDF5", async () => {
  for (const at of [512, 1024, 4096]) {
    const file = new Uint8Array(at + 5000);
    file.set(new TextEncoder().encode("<html>"));
    file.set(await kerasFile(weights).then((bytes) => bytes.subarray(0, 900)), at);
    const error = await assertRejects(() => decodeKerasWeights(file, spec, spec, "tiny.h5"), Error);
    assertStringIncludes(error.message, "tiny.h5 is damaged, or is no HDF5 file: ");
  }
});
