/** What the job `shuffle` does. @module */
import { shufflePixels } from "../../data/rearrange.ts";
import type { JobContextOf } from "../../pipeline/stage.ts";
import type { job } from "./shuffle_job.ts";

/** Writes the images with their pixels in another order. */
export async function run(
  { parameters: { seed }, inputs, outputs, progress }: JobContextOf<typeof job>,
): Promise<void> {
  await outputs.trainImages.write(shufflePixels(await inputs.trainImages.read(), seed));
  progress(1, 2, "images");
  await outputs.testImages.write(shufflePixels(await inputs.testImages.read(), seed));
  progress(2, 2, "images");
}
