/**
 * What stage `baseline` does: trains LeNet-5 once; an epoch is chosen on the validation images, and
 * the test images are looked at once.
 *
 * @module
 */
import { lenet5 } from "../../models/lenet5.ts";
import { imageShape } from "../../files/npy.ts";
import type { ContextOf } from "../../pipeline/stage.ts";
import { writeEvaluation, writeModel } from "../evaluate.ts";
import type { baseline } from "./stage.ts";

/** Writes what the stage declares. */
export async function run(
  { parameters, inputs, outputs, jobs }: ContextOf<typeof baseline>,
): Promise<void> {
  const { classes, recipe } = parameters;
  const model = lenet5(await imageShape(inputs.trainImages.file.path), classes.length);
  const job = await jobs.fit({
    name: model.name,
    parameters: { model, recipe, evaluate: ["train", "test"] },
    inputs,
  });
  const trained = { model, job };
  await writeModel(outputs, trained, "baseline", classes, await inputs.form.read());
  const { metrics, scores } = await writeEvaluation(outputs, inputs, trained, classes, "baseline");
  await outputs.metrics.write(metrics);
  await outputs.scores.write(scores);
}
