/** What the job `classify` does. @module */
import { openClassifier } from "../engine/classifier.ts";
import { openEngine } from "../engine/open.ts";
import { decodeTfjsWeights } from "../engine/tfjs_weights.ts";
import { openNpy } from "../files/npy.ts";
import type { JobContextOf } from "../pipeline/stage.ts";
import type { job } from "./classify_job.ts";

/** Pictures between two reports of progress; the batches of the engine are smaller. */
const PART = 512;

/** Predicts the images, part after part. */
export async function run(
  { parameters: { model, threads }, equipment, inputs, outputs, progress }: JobContextOf<
    typeof job
  >,
): Promise<void> {
  const json: unknown = JSON.parse(await inputs.model.read());
  const weights = decodeTfjsWeights(json, await inputs.weights.read(), model);
  const network = await openClassifier(await openEngine(equipment, threads), model, weights);
  const images = await openNpy(inputs.images.file.path, "the pictures");
  const [count] = images.shape;
  await network.place(images);
  const found: { probabilities: Float32Array; features: Float32Array }[] = [];
  let [classes, width] = [0, 0];
  for (let begin = 0; begin < count; begin += PART) {
    const indices = Int32Array.from(
      { length: Math.min(PART, count - begin) },
      (_, i) => begin + i,
    );
    const { probabilities, features } = await network.classify(indices);
    classes = probabilities.shape[1];
    width = features?.shape[1] ?? 0;
    found.push({
      probabilities: probabilities.data,
      features: features?.data ?? new Float32Array(0),
    });
    progress(begin + indices.length, count, "pictures");
  }
  await network.close();
  const joined = (key: "probabilities" | "features", columns: number) => {
    const data = new Float32Array(count * columns);
    let offset = 0;
    for (const part of found) {
      data.set(part[key], offset);
      offset += part[key].length;
    }
    return { shape: [count, columns], data };
  };
  await outputs.probabilities.write(joined("probabilities", classes));
  await outputs.features.write(joined("features", width));
}
