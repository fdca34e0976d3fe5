/**
 * ONNX Runtime in a process of its own: `onnx_peer.ts MODEL IMAGES SHAPE` runs a model on images and prints
 * what comes out as JSON; without arguments it prints that it is there. The package is for tests alone
 * and large (100 MB), so no map of imports has it: `onnx_runtime.ts` says how it is had.
 *
 * @module
 */
import process from "node:process";

/** The part of `onnxruntime-node` that is used. */
interface Runtime {
  readonly InferenceSession: {
    create(model: Uint8Array): Promise<{
      run(
        feeds: Record<string, unknown>,
      ): Promise<Record<string, { readonly dims: readonly number[]; readonly data: Float32Array }>>;
    }>;
  };
  readonly Tensor: new (
    type: "uint8" | "float32",
    data: Uint8Array | Float32Array,
    shape: readonly number[],
  ) => unknown;
}

const [model, images, shape] = process.argv.slice(2);
// Not a literal, so that neither checks nor the lock ask for the package.
const name = "npm:onnxruntime-node@1.30.0";
const { InferenceSession, Tensor }: Runtime = await import(name);
if (model === undefined) {
  console.log("there");
} else {
  const session = await InferenceSession.create(await Deno.readFile(model));
  const data = await Deno.readFile(images);
  const { probabilities } = await session.run({
    images: new Tensor("uint8", data, shape.split(",").map(Number)),
  });
  console.log(JSON.stringify({ shape: probabilities.dims, data: [...probabilities.data] }));
}
