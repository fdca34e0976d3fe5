/** What the job `moved` does. @module */
import { moveImages } from "../../data/rearrange.ts";
import { openEngine } from "../../engine/open.ts";
import { decodeWeights } from "../../engine/weights.ts";
import { classify } from "../../evaluation/confusion.ts";
import type { JobContextOf } from "../../pipeline/stage.ts";
import type { job } from "./moved_job.ts";

/** Predicts the test images at each of their places. */
export async function run(
  { parameters, equipment, inputs, outputs, record, progress }: JobContextOf<typeof job>,
): Promise<void> {
  const { model, moves, threads } = parameters;
  const engine = await openEngine(equipment, threads);
  record({ ...engine.description });
  const network = await engine.open(model, decodeWeights(await inputs.weights.read(), model));
  const images = await inputs.testImages.read();
  const [rows] = images.shape;
  const all = Int32Array.from({ length: rows }, (_, index) => index);
  const predicted = new Uint8Array(moves.length * rows);
  for (const [i, { down, right }] of moves.entries()) {
    await network.place({ images: moveImages(images, down, right) });
    predicted.set(classify(await network.predict(all)), i * rows);
    progress(i + 1, moves.length, "moves");
  }
  await outputs.predicted.write({ shape: [moves.length, rows], data: predicted });
  await network.close();
}
