/**
 * ONNX Runtime for tests, where Deno's cache has the package. It comes there with
 * `deno run -A --no-config --no-lock --node-modules-dir=none tests/support/onnx_peer.ts`.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { NdArray } from "../../src/ndarray.ts";

async function peer(...args: readonly string[]): Promise<string | undefined> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-q", "-A", "--no-check", "--no-config", "--no-lock", "--node-modules-dir=none"],
      ...["--cached-only", fileURLToPath(new URL("./onnx_peer.ts", import.meta.url)), ...args],
    ],
    stdout: "piped",
    stderr: "null",
  }).output();
  return success ? new TextDecoder().decode(stdout).trim() : undefined;
}

/** What a model makes of images, as ONNX Runtime runs it; undefined where the package is not there. */
export const onnxRuntime = await peer() === "there"
  ? async (model: Uint8Array, images: NdArray<Uint8Array>): Promise<NdArray<Float32Array>> => {
    const folder = await Deno.makeTempDir();
    try {
      const paths = ["model.onnx", "images"].map((name) => join(folder, name));
      await Deno.writeFile(paths[0], model);
      await Deno.writeFile(paths[1], images.data);
      const text = await peer(...paths, images.shape.join(","));
      if (text === undefined) throw new Error("ONNX Runtime does not take the model");
      const { shape, data } = JSON.parse(text);
      return { shape, data: Float32Array.from(data) };
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }
  : undefined;
