/** What the job `predict` does. @module */
import { openEngine } from "../../engine/open.ts";
import { decodeWeights } from "../../engine/weights.ts";
import { openNpy } from "../../files/npy.ts";
import type { JobContextOf } from "../../pipeline/stage.ts";
import type { job } from "./predict_job.ts";

/** Predicts the validation images and the test images. */
export async function run(
  { parameters, equipment, inputs, outputs }: JobContextOf<typeof job>,
): Promise<void> {
  const { model, threads } = parameters;
  const weights = decodeWeights(await inputs.weights.read(), model);
  const network = await (await openEngine(equipment, threads)).open(model, weights);
  const training = await openNpy(inputs.trainImages.file.path, "training images");
  await network.place({ images: training });
  const validation = (await inputs.validationIndices.read()).data;
  await outputs.validationProbabilities.write(await network.predict(validation));
  const test = await openNpy(inputs.testImages.file.path, "test images");
  await network.place({ images: test });
  const all = Int32Array.from({ length: test.shape[0] }, (_, index) => index);
  await outputs.testProbabilities.write(await network.predict(all));
  await network.close();
}
