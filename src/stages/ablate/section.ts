/** The report's section on what LeNet-5's accuracy comes from. @module */
import { spreadOf } from "../../evaluation/spread.ts";
import { LEVEL } from "../../evaluation/welch.ts";
import {
  count,
  counted,
  decimal,
  duration,
  NONE,
  probability,
  signed,
  table,
  withInterval,
} from "../../report/markdown.ts";
import type { SectionContextOf } from "../room.ts";
import { epochs, keptBy, optimizerOf } from "../shown.ts";
import { answer, inShort } from "./answer.ts";
import { accuracyByImages, accuracyByPixels, variantAccuracies } from "./charts.ts";
import { type Accuracies, accuraciesIn, type Findings, findingsOf } from "./findings.ts";
import { type Variant, variantNames } from "./plan.ts";
import type { ablate } from "./stage.ts";

type Context = SectionContextOf<typeof ablate>;

/** What each variant is, line by line. */
const titles: { readonly [V in Variant]: readonly string[] } = {
  "lenet5": ["LeNet-5"],
  "mlp": ["perceptron,", "as many parameters"],
  "mlp-multiplications": ["perceptron,", "as many multiplications"],
  "shuffled-lenet5": ["LeNet-5,", "pixels shuffled"],
  "shuffled-mlp": ["perceptron,", "pixels shuffled"],
  "strides": ["strides", "in place of pooling"],
  "average": ["average", "in place of maximum"],
  "frozen": ["first convolution", "as it was drawn"],
  "one-convolution": ["one convolution"],
  "kernels-3": ["kernels of 3 x 3"],
};

/** Writes the section. */
export async function section(context: Context): Promise<string[]> {
  const { settings: { recipe, seeds, subset }, study, inputs } = context;
  const accuracies = await accuraciesIn(inputs, context.settings);
  const findings = findingsOf(accuracies);
  const { shape: [tested] } = await inputs.testLabels.read();
  const { provenance: { jobs } } = await inputs.manifest.read();
  const seconds = Object.values(jobs).reduce((sum, job) => sum + job.seconds, 0);

  return [
    "## Why LeNet-5 does better, if it does",
    (study.published
      ? "The original study asks why LeNet-5 improves the accuracy, if it does at all. Here an " +
        "experiment answers. "
      : "") + answer(findings).join(" "),
    `These sentences are chosen by rule from the figures below. A perceptron is LeNet-5 with one hidden ` +
    `layer and no convolution, as many units in it as its size asks for. Each variant changes one thing and was ` +
    `trained from ${seeds} seeds on the same ${counted(subset.train, "training image")}, for ` +
    `${epochs(recipe.epochs)} in batches of ${recipe.batchSize} with ${optimizerOf(recipe)} at a ` +
    `learning rate of ${recipe.learningRate}; the epoch kept is ${keptBy(recipe.keep)}, of ` +
    `${
      counted(subset.validation, "image")
    }. Compare these accuracies with each other, not with those of ` +
    `networks that learnt from other images. All are of the ${
      counted(tested, "test image")
    }, means over ` +
    `seeds with Student's interval, which leaves out how other test images would do. Two differ where ` +
    `Welch's test over seeds has a p below ${LEVEL}, in this table corrected with Holm's method for ` +
    `its ${findings.comparisons.size} comparisons; intervals of differences are Welch's and not ` +
    `corrected. The perceptron on shuffled pixels is compared with the perceptron, all others with LeNet-5.`,
    await variantsTable(accuracies, findings, context),
    await variantsChart(accuracies, context),
    ...await curvePart(accuracies, findings, context),
    ...await movedPart(accuracies, context),
    `All of it took ${duration(seconds)}, summed over ${
      counted(Object.keys(jobs).length, "process", "processes")
    } of which several ran at a time.`,
  ];
}

/** What LeNet-5's accuracy comes from, in short. */
export const finding = async ({ inputs, settings }: Context): Promise<string> =>
  inShort(findingsOf(await accuraciesIn(inputs, settings)));

/** A mean over seeds as a table shows it. */
function meanCell(values: readonly number[]): string {
  const { mean, low, high } = spreadOf(values);
  return withInterval(mean, [low, high]);
}

/** Each variant with what it is compared with. */
async function variantsTable(
  { variants: of }: Accuracies,
  { comparisons }: Findings,
  { inputs }: Context,
): Promise<string> {
  const sizes = new Map((await inputs.variants.read()).map((size) => [size.variant, size]));
  return table(
    [
      "Variant",
      "test accuracy [95%]",
      "difference [95%]",
      "p",
      "thousand parameters",
      "million multiplications",
    ],
    variantNames.map((variant) => {
      const compared = comparisons.get(variant);
      const { parameters, multiplications } = sizes.get(variant)!;
      return [
        titles[variant].join(" "),
        meanCell(of.get(variant)!),
        compared ? withInterval(compared.value, [compared.low, compared.high], signed) : NONE,
        compared ? probability(compared.p) : NONE,
        count(parameters / 1e3),
        decimal(multiplications / 1e6, 2),
      ];
    }),
  );
}

async function variantsChart({ variants: of }: Accuracies, { figure }: Context): Promise<string> {
  const shown = variantNames.map((variant) => ({
    lines: titles[variant],
    ...spreadOf(of.get(variant)!),
  }));
  return await figure(
    "ablate-variants",
    variantAccuracies("LeNet-5 with one thing changed", shown, shown[0]),
    "Test accuracy of each variant with its 95% interval, the best first",
  );
}

/** What more images do for both. */
async function curvePart(
  { curve }: Accuracies,
  { leads }: Findings,
  { settings, figure }: Context,
): Promise<string[]> {
  const epochsOf = new Map([
    [settings.subset.train, settings.recipe.epochs],
    ...settings.curve.map(({ train, epochs }) => [train, epochs] as const),
  ]);
  return [
    `### With fewer images and more`,
    `Fewer images are learnt from for more epochs, so that there are steps enough.`,
    table(
      ["Training images", "epochs", "LeNet-5 [95%]", "perceptron [95%]", "difference [95%]"],
      curve.map(({ images, lenet5, mlp }, i) => [
        count(images),
        String(epochsOf.get(images)),
        meanCell(lenet5),
        meanCell(mlp),
        withInterval(leads[i].value, [leads[i].low, leads[i].high], signed),
      ]),
    ),
    await figure(
      "ablate-images",
      accuracyByImages(
        "Accuracy by training images",
        curve.map(({ images, lenet5, mlp }) => ({
          at: images,
          lenet5: spreadOf(lenet5),
          mlp: spreadOf(mlp),
        })),
      ),
      "Test accuracy of LeNet-5 and the perceptron by number of training images",
    ),
  ];
}

/** What becomes of both where images lie elsewhere. */
async function movedPart(
  { variants: of, moved }: Accuracies,
  { figure }: Context,
): Promise<string[]> {
  const places = [{ pixels: 0, lenet5: of.get("lenet5")!, mlp: of.get("mlp")! }, ...moved];
  return [
    `### With test images moved`,
    `Moved up, down, to the left and to the right, the mean of the four; zeros come in at the edge. ` +
    `Nothing was trained on moved images.`,
    table(
      ["Pixels", "LeNet-5 [95%]", "perceptron [95%]"],
      places.map(({ pixels, lenet5, mlp }) => [String(pixels), meanCell(lenet5), meanCell(mlp)]),
    ),
    await figure(
      "ablate-moved",
      accuracyByPixels(
        "Accuracy on moved test images",
        places.map(({ pixels, lenet5, mlp }) => ({
          at: pixels,
          lenet5: spreadOf(lenet5),
          mlp: spreadOf(mlp),
        })),
      ),
      "Test accuracy of LeNet-5 and the perceptron by how many pixels test images are moved",
    ),
  ];
}
