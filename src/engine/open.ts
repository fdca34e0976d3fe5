/** Opens the engine that this machine has: the graph engine on libtensorflow, or the portable one. @module */
import type { Engine } from "./engine.ts";
import { graphEngine } from "./graph/engine.ts";
import { layersEngine } from "./layers/engine.ts";
import { readChoice } from "../runtime/choice.ts";
import { loadAddon, loadWasm } from "../runtime/load.ts";

/**
 * Opens an engine. `backend` overrides what set-up chose; `threads` is how many one operation may
 * use (WebAssembly has one). Throws an Error where set-up has not run or the backend does not load.
 */
export async function openEngine(
  options: { readonly backend?: "tensorflow" | "wasm"; readonly threads: number },
): Promise<Engine> {
  const backend = options.backend ?? (await readChoice()).backend;
  if (backend === "tensorflow") {
    return graphEngine(await loadAddon({ threads: options.threads }), options.threads);
  }
  await loadWasm();
  return layersEngine("wasm", 1);
}
