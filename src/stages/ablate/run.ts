/**
 * What stage `ablate` does: trains every variant with every seed, and LeNet-5 and the perceptron on
 * other numbers of images as well; has these two predict moved test images. The test images of a
 * training are looked at once, at its end.
 *
 * @module
 */
import { rightBits } from "../../evaluation/bits.ts";
import { classify } from "../../evaluation/confusion.ts";
import { imageShape } from "../../files/npy.ts";
import { ablated } from "../../models/ablations.ts";
import type { ContextOf } from "../../pipeline/stage.ts";
import { ablateMetrics, rowOf } from "./figures.ts";
import { directions, movesOf, sizesOf, type Training, trainings, variants } from "./plan.ts";
import type { ablate } from "./stage.ts";

type Context = ContextOf<typeof ablate>;

/** Writes what the stage declares. */
export async function run(context: Context): Promise<void> {
  const { parameters, inputs, outputs, jobs } = context;
  const { classes, recipe, subset, moves, shuffle } = parameters;
  await checkImages(context);
  const input = await imageShape(inputs.trainImages.file.path);
  const labels = (await inputs.testLabels.read()).data;
  const shuffled = jobs.shuffle({
    name: "shuffle",
    label: "shuffled pixels",
    parameters: { seed: shuffle },
    inputs: { trainImages: inputs.trainImages, testImages: inputs.testImages },
  });
  // A failure is told where it is waited for.
  shuffled.catch(() => {});
  const planned = trainings(parameters);
  const networks = planned.map(async ({ variant, images, epochs, seed }: Training) => {
    const { network, shuffled: ofShuffled } = variants[variant];
    const model = ablated(network, input, classes);
    const { trainImages, testImages } = ofShuffled ? await shuffled : inputs;
    const job = await jobs.fit({
      name: `${variant}.${images}.${seed}`,
      label: `${variant}, ${images} images, seed ${seed}`,
      parameters: {
        model,
        recipe: { ...recipe, epochs, seed },
        subset: { train: images, validation: subset.validation },
        evaluate: ["test"],
      },
      inputs: { ...inputs, trainImages, testImages },
    });
    const probabilities = await job.testProbabilities.read();
    if (!probabilities) throw new Error(`${variant} was not evaluated on the test images`);
    return { model, job, predicted: Uint8Array.from(classify(probabilities)) };
  });

  const places = moves.flatMap(directions);
  const moved = movesOf(parameters, moves);
  const predictsMoved = planned.map(async ({ variant, images, seed }, i) => {
    if (images !== subset.train || !moved.some((of) => of.variant === variant)) return [];
    const { model, job } = await networks[i];
    const { predicted } = await jobs.moved({
      name: `${variant}.moved.${seed}`,
      label: `${variant} on moved images, seed ${seed}`,
      parameters: { model, moves: places, threads: recipe.threads },
      inputs: { testImages: inputs.testImages, weights: job.weights },
    });
    const rows = await predicted.read();
    return places.map((_, row) => rightBits(rowOf(rows, row), labels));
  });
  const [trained, right] = await Promise.all([
    Promise.all(networks),
    Promise.all(predictsMoved).then((bits) => bits.flat()),
  ]);

  const rows = await Promise.all(planned.map(async (training, i) => {
    const { history, keptEpoch } = await trained[i].job.summary.read();
    return {
      ...training,
      keptEpoch,
      validationAccuracy: history[keptEpoch - 1].validationAccuracy,
    };
  }));
  const testLabels = { shape: [labels.length], data: labels };
  const testPredictions = matrixOf(trained.map(({ predicted }) => predicted));
  await outputs.variants.write(sizesOf(input, classes));
  await outputs.trainings.write(rows);
  await outputs.testLabels.write(testLabels);
  await outputs.testPredictions.write(testPredictions);
  await outputs.moved.write(moved);
  await outputs.movedRight.write(matrixOf(right));
  const kept = { trainings: rows, testLabels, testPredictions };
  await outputs.metrics.write(ablateMetrics(kept, subset.train));
}

/** Rows of one length as a matrix. */
function matrixOf(rows: readonly Uint8Array[]) {
  const [{ length }] = rows;
  const data = new Uint8Array(rows.length * length);
  rows.forEach((row, i) => data.set(row, i * length));
  return { shape: [rows.length, length], data };
}

/**
 * Sees to it that there are as many images as the settings ask for, before anything is trained.
 *
 * @throws {Error} where there are not
 */
async function checkImages(
  { parameters: { subset, curve }, inputs }: Context,
): Promise<void> {
  const train = (await inputs.trainIndices.read()).data.length;
  const validation = (await inputs.validationIndices.read()).data.length;
  const asked = [
    ["subset.train", subset.train, train],
    ["subset.validation", subset.validation, validation],
    ...curve.map((point, i) => [`curve[${i}].train`, point.train, train] as const),
  ] as const;
  for (const [setting, wanted, there] of asked) {
    if (wanted > there) {
      throw new Error(
        `ablate.${setting} in study.ts is ${wanted}, and only ${there} such images are there`,
      );
    }
  }
}
