/**
 * ONNX Runtime for tests, where Deno's cache has its package: `deno run -A tests/support/onnx_runtime.ts`
 * fetches it. It is large, and for tests alone, so the project's map and lock have no such package.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { NdArray } from "../../src/ndarray.ts";

/** Runs `onnx_peer.ts` where no configuration is found, and so no lock that misses the package. */
async function peer(
  flags: readonly string[],
  model?: Uint8Array,
  images?: NdArray<Uint8Array>,
): Promise<string | undefined> {
  const folder = await Deno.makeTempDir();
  try {
    const [module, ...paths] = ["peer.ts", "model.onnx", "images"].map((name) =>
      join(folder, name)
    );
    await Deno.copyFile(fileURLToPath(new URL("./onnx_peer.ts", import.meta.url)), module);
    const given = model && images ? [...paths, images.shape.join(",")] : [];
    if (model && images) {
      await Deno.writeFile(paths[0], model);
      await Deno.writeFile(paths[1], images.data);
    }
    const { success, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "-A", "--no-check", ...flags, module, ...given],
      cwd: folder,
      stdout: "piped",
      stderr: "null",
    }).output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const CACHED = ["--cached-only"];

/** What a model makes of images, as ONNX Runtime runs it; undefined where the package is not there. */
export const onnxRuntime = await peer(CACHED) === "there"
  ? async (model: Uint8Array, images: NdArray<Uint8Array>): Promise<NdArray<Float32Array>> => {
    const text = await peer(CACHED, model, images);
    if (text === undefined) throw new Error("ONNX Runtime does not take the model");
    const { shape, data } = JSON.parse(text);
    return { shape, data: Float32Array.from(data) };
  }
  : undefined;

if (import.meta.main) {
  const found = await peer([]) === "there";
  console.log(found ? "ONNX Runtime is there." : "ONNX Runtime cannot be fetched or loaded.");
  Deno.exit(found ? 0 : 1);
}
