/** What the job `drawn` does. @module */
import { openEngine } from "../../engine/open.ts";
import { openNpy } from "../../files/npy.ts";
import { initialWeights } from "../../models/initialize.ts";
import { resolveLayers } from "../../models/shapes.ts";
import type { JobContextOf } from "../../pipeline/stage.ts";
import { seedFor } from "../../random.ts";
import type { job } from "./drawn_job.ts";

/** Images whose features are held in memory at once. */
const CHUNK = 512;

/** Draws the weights, and writes the features part after part. */
export async function run(
  { parameters, equipment, inputs, outputs, record, progress }: JobContextOf<typeof job>,
): Promise<void> {
  const { model, seed, threads } = parameters;
  const engine = await openEngine(equipment, threads);
  record({ ...engine.description });
  const network = await engine.open(model, initialWeights(model, seedFor(seed, "weights")));
  const images = await openNpy(inputs.trainImages.file.path, "training images");
  const [count] = images.shape;
  await network.place({ images });
  const parts = async function* (): AsyncGenerator<Float32Array> {
    for (let begin = 0; begin < count; begin += CHUNK) {
      const length = Math.min(CHUNK, count - begin);
      const { data } = await network.predict(Int32Array.from({ length }, (_, i) => begin + i));
      yield data;
      progress(begin + length, count, "features");
    }
  };
  const { outputShape } = resolveLayers(model).at(-1)!;
  await outputs.trainFeatures.write({ shape: [count, ...outputShape], parts: parts() });
  await network.close();
}
