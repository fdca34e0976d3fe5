/** Stage `baseline`: LeNet-5, trained once. @module */
import { lenet5 } from "../../models/lenet5.ts";
import { job as fit } from "../../training/job.ts";
import { recipe } from "../../training/recipe.ts";
import { evaluated, modelFiles } from "../evaluated.ts";
import { accuraciesOf, scoresOf } from "../accuracies.ts";
import { metrics, scores } from "../metrics.ts";
import { prepare, preparedImages } from "../prepare/stage.ts";
import { defineRoom, tooSmall } from "../room.ts";
import { seedSpread } from "../seed_spread.ts";

/** The stage. */
export const baseline = defineRoom({
  name: "baseline",
  about: "Train and evaluate LeNet-5",
  optional: false,
  settings: recipe,
  module: import.meta.resolve("./run.ts"),
  section: import.meta.resolve("./section.ts"),
  parameters: (recipe, { classes }) => ({ classes, recipe }),
  keyed: (parameters) => parameters,
  faults: (_, { classes }, input) => tooSmall(() => lenet5(input, classes.length)),
  metrics: (_, { classes }) => [
    ...accuraciesOf("baseline"),
    ...scoresOf("baseline", classes, true),
  ],
  reads: { ...preparedImages, form: prepare.writes.form },
  writes: { ...modelFiles, ...evaluated, metrics, scores },
  jobs: { fit },
  shows: { seedSpread },
});
