/**
 * The job that gives a network its first weights where some of them come from another network.
 *
 * @module
 */
import { encodeWeights } from "../engine/weights.ts";
import { initialWeights } from "../models/initialize.ts";
import { modelVariables } from "../models/shapes.ts";
import type { ModelSpec } from "../models/spec.ts";
import type { JobContext } from "../pipeline/stage.ts";
import { seedFor } from "../random.ts";

/** All that the weights depend on, besides those of the base. */
export interface StartParameters {
  readonly model: ModelSpec;
  readonly seed: number;
}

/** Writes `weights.bin`: those of `base/weights.bin` for the model's first layers, drawn ones for the others. */
export async function run(context: JobContext): Promise<void> {
  const { model, seed } = context.parameters as unknown as StartParameters;
  const bytes = encodeWeights(initialWeights(model, seedFor(seed, "weights")));
  const base = await context.read("base/weights.bin");
  let end = 0;
  for (const { shape } of modelVariables(model)) {
    if (end >= base.length) break;
    end += 4 * shape.reduce((product, n) => product * n, 1);
  }
  if (end !== base.length) {
    throw new Error(
      `The base's weights take ${base.length} bytes, the first layers of ${model.name} ${end}.`,
    );
  }
  bytes.set(base);
  await context.write("weights.bin", bytes);
}
