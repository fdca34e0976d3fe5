/** Stage `ablate`: what LeNet-5's accuracy comes from, by networks that differ from it in one thing. @module */
import { z } from "zod";
import { int, number, word } from "../../files/table.ts";
import { lenet5 } from "../../models/lenet5.ts";
import type { Shape } from "../../models/spec.ts";
import { array, table } from "../../pipeline/artifacts.ts";
import { count, seed, settings } from "../../schema.ts";
import { job as fit } from "../../training/job.ts";
import { recipe } from "../../training/recipe.ts";
import { metrics } from "../metrics.ts";
import { preparedImages } from "../prepare/stage.ts";
import { defineRoom, type Fault, tooSmall } from "../room.ts";
import { job as moved } from "./moved_job.ts";
import { metricName, variantNames } from "./plan.ts";
import { job as shuffle } from "./shuffle_job.ts";

export { ablateMetrics } from "./figures.ts";
export { movesOf, sizesOf, trainings } from "./plan.ts";

const said = settings({
  /** How every variant is trained; its seed is the first one. */
  recipe,
  /** How many seeds each is trained with: this one and those that follow. */
  seeds: z.int().min(2),
  /** How many images of the split, its first ones, all variants learn from, and all trainings are validated on. */
  subset: settings({ train: count, validation: count }),
  /** Other numbers of images that LeNet-5 and the perceptron learn from; fewer take more epochs. */
  curve: z.array(settings({ train: count, epochs: count })).min(1),
  /** By how many pixels test images are moved, in each of four directions. */
  moves: z.array(count).min(1),
  /** Seed of the order in which pixels are shuffled. */
  shuffle: seed,
});

/** What is wrong with seeds, moves and numbers of images; how many there are is known only when they are read. */
function ablateFaults(
  { recipe, seeds, subset, curve, moves }: z.infer<typeof said>,
  [height, width]: Shape,
): Fault[] {
  const fault = (at: readonly PropertyKey[], message: string): Fault => ({
    path: ["ablate", ...at],
    message,
  });
  const images = [subset.train, ...curve.map(({ train }) => train)];
  const again = curve.findIndex(({ train }, i) => images.indexOf(train) !== i + 1);
  const twice = moves.findIndex((pixels, i) => moves.indexOf(pixels) !== i);
  const far = moves.findIndex((pixels) => pixels >= Math.min(height, width));
  const last = recipe.seed + seeds - 1;
  return [
    ...(again < 0 ? [] : [
      fault(
        ["curve", again, "train"],
        `${curve[again].train} images are learnt from already` +
          (curve[again].train === subset.train ? ", as subset.train says" : ""),
      ),
    ]),
    ...(twice < 0 ? [] : [fault(["moves", twice], `${moves[twice]} is listed twice`)]),
    ...(far < 0 ? [] : [
      fault(
        ["moves", far],
        `moved by ${moves[far]} pixels, nothing is left of images of ${height}x${width}`,
      ),
    ]),
    ...(last <= 0xffffffff ? [] : [fault(["seeds"], `the last seed would be ${last}`)]),
  ];
}

const predicted = array("uint8", [null, null]);

/** The stage. */
export const ablate = defineRoom({
  name: "ablate",
  about: "What LeNet-5's accuracy comes from: variants with one thing changed",
  optional: true,
  settings: said,
  module: import.meta.resolve("./run.ts"),
  section: import.meta.resolve("./section.ts"),
  parameters: (ablate, { classes }) => ({ classes: classes.length, ...ablate }),
  keyed: (parameters) => parameters,
  faults: (ablate, study, input) => [
    ...tooSmall(() => lenet5(input, study.classes.length)),
    ...ablateFaults(ablate, input),
  ],
  metrics: () => variantNames.map(metricName),
  reads: preparedImages,
  writes: {
    /** Means over seeds, of what was trained on the images that all variants have. */
    metrics,
    /** How large each variant is, and how many multiplications it takes to predict an image. */
    variants: table({ variant: word, parameters: int, multiplications: int }),
    /** A row a training, in the order of `trainings`. */
    trainings: table({
      variant: word,
      images: int,
      seed: int,
      epochs: int,
      keptEpoch: int,
      validationAccuracy: number,
    }),
    testLabels: array("uint8", [null]),
    /** What each training predicts of every test image, `[trainings, N]`. */
    testPredictions: predicted,
    /** A row for each time that a training predicts moved test images. */
    moved: table({ variant: word, seed: int, down: int, right: int }),
    /** Of which images it was right then, a bit an image as NumPy packs them, `[moved, ceil(N / 8)]`. */
    movedRight: predicted,
  },
  jobs: { fit, shuffle, moved },
  shows: {},
});
