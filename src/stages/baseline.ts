/**
 * Stage `baseline`: LeNet-5, trained once, an epoch chosen on the validation images and evaluated
 * once on the test images.
 *
 * @module
 */
import type { Recipe } from "../training/loop.ts";
import type { FitParameters } from "../jobs/fit.ts";
import { lenet5 } from "../models/lenet5.ts";
import type { Json } from "../files/digest.ts";
import type { StageContext } from "../pipeline/stage.ts";
import { writeEvaluation, writeModel } from "./trained.ts";

/** Writes `metrics.json` and, of the network, what `trained.ts` says. */
export async function run(context: StageContext): Promise<void> {
  const { classes, recipe } = context.parameters as unknown as {
    classes: string[];
    recipe: Recipe;
  };
  const model = lenet5(classes.length);
  const job = await context.job({
    module: "src/jobs/fit.ts",
    label: model.name,
    parameters: {
      model,
      recipe,
      evaluate: ["train", "test"],
    } satisfies FitParameters as unknown as Json,
    inputs: context.inputs,
  });
  const trained = { model, job, prefix: "" };
  await writeModel(context, trained);
  const metrics = await writeEvaluation(context, trained, classes, "baseline");
  await context.write("metrics.json", JSON.stringify(metrics, null, 2) + "\n");
}
