/** Networks as ONNX and as SavedModels predict what the engine predicts. */
import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import { layersEngine } from "../../src/engine/layers/engine.ts";
import { encodeOnnx } from "../../src/engine/onnx.ts";
import { encodeWholeModel } from "../../src/engine/whole.ts";
import { lenet5 } from "../../src/models/lenet5.ts";
import type { ModelSpec } from "../../src/models/spec.ts";
import { baseModel, headModel, withHead } from "../../src/models/transfer.ts";
import type { NdArray } from "../../src/ndarray.ts";
import { loadWasm } from "../../src/runtime/load.ts";
import { enlarged, everything, imagesFor, small, weightsFor } from "../support/models.ts";
import { onnxRuntime } from "../support/onnx_runtime.ts";
import { addon } from "../support/tensorflow.ts";

await loadWasm();
const engine = layersEngine("wasm", 1);

/** Grey images, a convolution that makes them colours, and a head with batch normalisation. */
const finetuned = withHead(
  baseModel({ network: "vgg16", output: "block1_pool", scale: 1 }, [8, 8, 1]).model,
  headModel("dense", [4, 4, 64], 5),
  "head_norm",
);
const models: ModelSpec[] = [small, everything, enlarged, lenet5([32, 32, 1], 10), finetuned];

const bytesOf = (spec: ModelSpec): NdArray<Uint8Array> => {
  const { images } = imagesFor(spec, 7);
  if (!(images.data instanceof Uint8Array)) throw new TypeError("these are bytes");
  return { shape: images.shape, data: images.data };
};

async function expectedOf(spec: ModelSpec): Promise<NdArray<Float32Array>> {
  const network = await engine.open(spec, weightsFor(spec));
  await network.place({ images: bytesOf(spec) });
  const expected = await network.predict(Int32Array.of(0, 1, 2, 3, 4, 5, 6));
  await network.close();
  return expected;
}

/**
 * How far probabilities may lie apart. VGG16 takes pixels in their hundreds, and what it computes is as
 * much larger, its rounding too: there it is what `verify` lets pass from one backend to another.
 */
const toleranceOf = (spec: ModelSpec) => spec === finetuned ? 1e-4 : 2e-6;

function assertNear(
  actual: NdArray<Float32Array>,
  expected: NdArray<Float32Array>,
  tolerance: number,
): void {
  assertEquals([...actual.shape], [...expected.shape]);
  expected.data.forEach((value, i) => assertLess(Math.abs(actual.data[i] - value), tolerance));
  // A graph that gave the same for all would be near to little.
  assert(Math.max(...expected.data) - Math.min(...expected.data) > 0.01);
}

for (const spec of models) {
  Deno.test({
    name: `ONNX Runtime predicts of ${spec.name} what the engine predicts`,
    ignore: onnxRuntime === undefined,
    async fn() {
      const onnx = encodeOnnx(spec, weightsFor(spec));
      assertNear(
        await onnxRuntime!(onnx, bytesOf(spec)),
        await expectedOf(spec),
        toleranceOf(spec),
      );
    },
  });

  Deno.test({
    name: `libtensorflow predicts of ${spec.name} as a SavedModel what the engine predicts`,
    ignore: addon === undefined,
    async fn() {
      const folder = await Deno.makeTempDir();
      try {
        const bytes = encodeWholeModel(spec, weightsFor(spec));
        await Deno.writeFile(`${folder}/saved_model.pb`, bytes);
        const id = addon!.loadSavedModel(folder, "serve");
        const { shape, data } = bytesOf(spec);
        const fed = addon!.createTensor(shape, 4, data);
        const [output] = addon!.runSavedModel(id, [fed], "images:0", "probabilities:0");
        const found = addon!.tensorDataSync(output.id);
        if (!(found instanceof Float32Array)) throw new TypeError("these are floats");
        assertNear({ shape: output.shape, data: found }, await expectedOf(spec), toleranceOf(spec));
        for (const tensor of [fed, output.id]) addon!.deleteTensor(tensor);
        addon!.deleteSavedModel(id);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

Deno.test("an ONNX file says its opset, its input and output, and the texts that it is given", () => {
  const bytes = encodeOnnx(small, weightsFor(small), { classes: '["a","b"]' });
  // From onnx.proto: field 8, opset_import, of 2 bytes: field 2, version, 17.
  const has = (part: readonly number[]) =>
    bytes.some((_, i) => part.every((byte, j) => bytes[i + j] === byte));
  assert(has([8 << 3 | 2, 2, 2 << 3, 17]) || has([8 << 3 | 2, 4, 1 << 3 | 2, 0, 2 << 3, 17]));
  const text = (words: string) => [...new TextEncoder().encode(words)];
  assert(has(text("images")) && has(text("probabilities")) && has(text('["a","b"]')));
});

Deno.test("a network that gives images is refused as ONNX, and weights of another one are", () => {
  const cut: ModelSpec = { ...small, layers: small.layers.slice(0, 2) };
  const weights = new Map([...weightsFor(small)].filter(([name]) => name.startsWith("conv1/")));
  assertThrows(() => encodeOnnx(cut, weights), Error, "gives images");
  assertThrows(() => encodeOnnx(small, weights), Error, "the weights have no conv2/kernel");
  assertThrows(() => encodeWholeModel(small, weights), Error, "the weights have no conv2/kernel");
});
