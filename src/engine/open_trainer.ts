/**
 * Opens an engine for trainings that can be taken up again. A module of its own, because what `open.ts` loads
 * counts in the keys of all jobs that open an engine.
 *
 * @module
 */
import type { Trainer } from "./engine.ts";

/**
 * Opens an engine by its name, as `openEngine` does.
 *
 * @throws {Error} where that does
 */
export async function openTrainer(
  { variant }: { readonly variant: string },
  threads: number,
): Promise<Trainer> {
  const { loadAddon, loadWasm } = await import("../runtime/load.ts");
  switch (variant) {
    case "graph": {
      const { graphTrainer } = await import("./graph/trainer.ts");
      return graphTrainer(await loadAddon({ threads }), threads);
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
