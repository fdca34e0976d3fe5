/** Opens an engine: the graph engine on libtensorflow, or the portable one on WebAssembly. @module */
import type { Engine } from "./engine.ts";

/**
 * Opens an engine by its name, `graph` or `layers`; `threads` is how many one operation may use
 * (WebAssembly has one).
 *
 * @throws {Error} where there is no engine of that name, set-up has not run, or the backend does not load
 */
export async function openEngine(
  { variant }: { readonly variant: string },
  threads: number,
): Promise<Engine> {
  // Imported where it is chosen: the graph engine has no use for TensorFlow.js.
  const { loadAddon, loadWasm } = await import("../runtime/load.ts");
  switch (variant) {
    case "graph": {
      const { graphEngine } = await import("./graph/engine.ts");
      return graphEngine(await loadAddon({ threads }), threads);
    }
    case "layers": {
      const { layersEngine } = await import("./layers/engine.ts");
      await loadWasm();
      return layersEngine("wasm", 1);
    }
    default:
      throw new Error(`There is no engine ${variant}; there are graph and layers.`);
  }
}
