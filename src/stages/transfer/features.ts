/** What the job `features` does. @module */
import { openEngine } from "../../engine/open.ts";
import { encodeWeights } from "../../engine/weights.ts";
import { openNpy } from "../../files/npy.ts";
import { readKerasWeights } from "../../models/keras_weights.ts";
import { resolveLayers } from "../../models/shapes.ts";
import { redFirst } from "../../models/transfer.ts";
import type { JobContextOf } from "../../pipeline/stage.ts";
import type { job } from "./features_job.ts";

/** Images whose features are held in memory at once. */
const CHUNK = 512;

/** Writes the weights, and the features part after part. */
export async function run(
  { parameters, equipment, inputs, outputs, record, progress }: JobContextOf<typeof job>,
): Promise<void> {
  const { model, architecture, turned, file, threads } = parameters;
  const bytes = await inputs.weightFile.read();
  const read = await readKerasWeights(bytes, model, architecture, file);
  const weights = turned ? redFirst(read, turned) : read;
  await outputs.weights.write(encodeWeights(weights));

  const engine = await openEngine(equipment, threads);
  record({ ...engine.description });
  const network = await engine.open(model, weights);
  const { outputShape } = resolveLayers(model).at(-1)!;
  const sets = [
    {
      images: await openNpy(inputs.trainImages.file.path, "training images"),
      output: outputs.trainFeatures,
    },
    {
      images: await openNpy(inputs.testImages.file.path, "test images"),
      output: outputs.testFeatures,
    },
  ];
  const total = sets.reduce((sum, { images }) => sum + images.shape[0], 0);
  let done = 0;
  for (const { images, output } of sets) {
    const [count] = images.shape;
    await network.place({ images });
    const parts = async function* (): AsyncGenerator<Float32Array> {
      for (let begin = 0; begin < count; begin += CHUNK) {
        const length = Math.min(CHUNK, count - begin);
        const indices = Int32Array.from({ length }, (_, i) => begin + i);
        const { data } = await network.predict(indices);
        yield data;
        done += length;
        progress(done, total, "features");
      }
    };
    await output.write({ shape: [count, ...outputShape], parts: parts() });
  }
  await network.close();
}
