/** Opens the engine that this machine has: the graph engine on libtensorflow, or the portable one. @module */
import { readChoice } from "../runtime/choice.ts";
import { loadAddon, loadWasm } from "../runtime/load.ts";
import type { Engine } from "./engine.ts";

/**
 * Opens an engine. `backend` overrides what set-up chose; `threads` is how many one operation may
 * use (WebAssembly has one).
 *
 * @throws {Error} where set-up has not run or the backend does not load.
 */
export async function openEngine(
  options: { readonly backend?: "tensorflow" | "wasm"; readonly threads: number },
): Promise<Engine> {
  const backend = options.backend ?? (await readChoice()).backend;
  // Imported where it is chosen: the graph engine has no use for TensorFlow.js.
  if (backend === "tensorflow") {
    const { graphEngine } = await import("./graph/engine.ts");
    return graphEngine(await loadAddon({ threads: options.threads }), options.threads);
  }
  const { layersEngine } = await import("./layers/engine.ts");
  await loadWasm();
  return layersEngine("wasm", 1);
}
