/**
 * What stage `champion` does: trains each network from several seeds and evaluates it on the test images
 * once a seed, at its end; trains one of them again and again, shortened, without one ingredient of its
 * regime, which is looked at on validation images alone.
 *
 * @module
 */
import { encodeTfjsModel } from "../../engine/layers/tfjs_model.ts";
import { decodeWeights } from "../../engine/weights.ts";
import { accuracyMetric } from "../../evaluation/accuracy.ts";
import { classify } from "../../evaluation/confusion.ts";
import { imageShape } from "../../files/npy.ts";
import { trainingFlop } from "../../models/computation.ts";
import { countMultiplications } from "../../models/multiplications.ts";
import { countParameters } from "../../models/shapes.ts";
import type { ModelSpec } from "../../models/spec.ts";
import type { NdArray } from "../../ndarray.ts";
import type { ContextOf, Readers } from "../../pipeline/stage.ts";
import type { job as trainJob } from "../../training/train_job.ts";
import { metadataOf } from "../model_metadata.ts";
import {
  accuraciesOf,
  championMetrics,
  isMirrored,
  type Part,
  parts,
  predictionsOf,
} from "./figures.ts";
import {
  architectures,
  championOf,
  evaluationsOf,
  shortenedOf,
  type Training,
  trainingsOf,
} from "./plan.ts";
import type { champion } from "./stage.ts";

type Context = ContextOf<typeof champion>;
type Probabilities = NdArray<Float32Array>;

/** A training that has come to its end. */
interface Trained extends Training {
  readonly job: Readers<typeof trainJob["writes"]>;
}

/** Writes what the stage declares. */
export async function run(context: Context): Promise<void> {
  const { parameters, inputs, outputs } = context;
  const { networks, leaveOneOut } = parameters;
  const truth = await labelsOf(context);
  for (const part of ["train", "validation"] as const) {
    const there = (await inputs[`${part}Indices`].read()).data.length;
    const asked = leaveOneOut.subset[part];
    if (asked > there) {
      throw new Error(
        `champion.leaveOneOut.subset.${part} in study.ts is ${asked}, and only ${there} such images are there`,
      );
    }
  }
  const input = await imageShape(inputs.trainImages.file.path);
  const modelOf = (network: string) =>
    architectures[championOf(networks, network).network](input, parameters.classes.length);

  const whole = trainingsOf(parameters).map(async ({ network, seed }): Promise<Trained> => ({
    network,
    seed,
    job: await context.jobs.train({
      name: `${network}.${seed}`,
      label: `${network}, seed ${seed}`,
      parameters: {
        model: modelOf(network),
        regime: { ...championOf(networks, network).regime, seed },
        test: true,
      },
      inputs,
    }),
  }));
  const shortened = shortenedOf(parameters);
  const left = shortened.map(async ({ ingredient, seed, regime }) => {
    const job = await context.jobs.train({
      name: `${leaveOneOut.network}.short.${ingredient}.${seed}`,
      label: `${leaveOneOut.network}, shortened, ` +
        `${ingredient === "none" ? "whole" : `without ${ingredient}`}, seed ${seed}`,
      parameters: {
        model: modelOf(leaveOneOut.network),
        regime,
        subset: leaveOneOut.subset,
        test: false,
      },
      inputs,
    });
    return Uint8Array.from(classify(await job.validationProbabilities.read()));
  });
  const [trained, leftOut] = await Promise.all([Promise.all(whole), Promise.all(left)]);

  const images = (await inputs.trainIndices.read()).data.length;
  await outputs.sizes.write(networks.map(({ name, regime: { epochs } }) => ({
    network: name,
    parameters: countParameters(modelOf(name)),
    multiplications: countMultiplications(modelOf(name)),
    flop: trainingFlop(modelOf(name), images, epochs),
  })));
  await outputs.history.write(
    (await Promise.all(
      trained.map(async ({ network, seed, job }) =>
        (await job.summary.read()).history.map((epoch) => ({ network, seed, ...epoch }))
      ),
    )).flat(),
  );
  await outputs.leftOut.write(shortened.map(({ ingredient, seed }) => ({ ingredient, seed })));
  await outputs.leftOutPredictions.write(matrixOf(leftOut));

  const evaluations = evaluationsOf(parameters);
  const predictions = async (part: Part) =>
    matrixOf(
      await Promise.all(evaluations.map(async ({ network, seed, mirrored }) =>
        Uint8Array.from(
          classify(await probabilitiesOf(trainedOf(trained, network, seed), part, mirrored)),
        )
      )),
    );
  const together = async (part: Part) => {
    const mirrored = isMirrored(parameters, parameters.ensemble);
    const all = await Promise.all(
      trained.filter(({ network }) => network === parameters.ensemble)
        .map((training) => probabilitiesOf(training, part, mirrored)),
    );
    return vector(Uint8Array.from(classify(meanOf(all))));
  };
  const kept = {
    evaluations,
    validationLabels: vector(truth.validation),
    testLabels: vector(truth.test),
    validationPredictions: await predictions("validation"),
    testPredictions: await predictions("test"),
    ensemble: {
      validationPredictions: await together("validation"),
      testPredictions: await together("test"),
    },
  };
  await outputs.evaluations.write(evaluations);
  for (const part of parts) {
    await outputs[`${part}Labels`].write(kept[`${part}Labels`]);
    await outputs[`${part}Predictions`].write(kept[`${part}Predictions`]);
    await outputs.ensemble[`${part}Predictions`].write(kept.ensemble[`${part}Predictions`]);
  }
  await outputs.metrics.write(championMetrics(kept, parameters));

  const [best] = networks
    .map(({ name }) => ({ name, accuracy: accuraciesOf(kept, "validation", name, false)[0] }))
    .toSorted((a, b) => b.accuracy - a.accuracy);
  const { regime } = championOf(networks, best.name);
  await keep(trainedOf(trained, best.name, regime.seed), modelOf(best.name), context);
  await outputs.kept.metrics.write(
    parts.map((part) =>
      accuracyMetric(
        `champion.${best.name}.${part}.accuracy`,
        predictionsOf(kept, part, best.name, false)[0],
        truth[part],
      )
    ),
  );
}

/** Classes of the images that networks are evaluated on. */
async function labelsOf({ inputs }: Context): Promise<{ readonly [P in Part]: Uint8Array }> {
  const labels = (await inputs.trainLabels.read()).data;
  return {
    validation: Uint8Array.from(
      (await inputs.validationIndices.read()).data,
      (index) => labels[index],
    ),
    test: (await inputs.testLabels.read()).data,
  };
}

/** A training by its name. */
function trainedOf(trained: readonly Trained[], network: string, seed: number): Trained {
  const found = trained.find((of) => of.network === network && of.seed === seed);
  if (!found) throw new Error(`${network} was not trained from seed ${seed}`);
  return found;
}

/** What a training says of images. @throws {Error} where its job has not written that */
async function probabilitiesOf(
  { network, seed, job }: Trained,
  part: Part,
  mirrored: boolean,
): Promise<Probabilities> {
  const probabilities = await job[`${part}${mirrored ? "Mirrored" : "Probabilities"}`].read();
  if (probabilities) return probabilities;
  throw new Error(
    `${network}, seed ${seed}, was not evaluated on the ${part} images` +
      (mirrored ? " and their mirror images" : ""),
  );
}

/** The means of several probabilities of the same images. */
function meanOf(all: readonly Probabilities[]): Probabilities {
  const [{ shape, data }] = all;
  return {
    shape,
    data: data.map((_, i) => all.reduce((sum, { data }) => sum + data[i], 0) / all.length),
  };
}

/** Keeps a network in half precision. */
async function keep(
  { network, job }: Trained,
  model: ModelSpec,
  { parameters: { classes }, inputs, outputs }: Context,
): Promise<void> {
  const weights = decodeWeights(await job.weights.read(), model);
  const metadata = metadataOf(`champion.${network}`, model, classes, await inputs.form.read());
  const half = (file: string) =>
    encodeTfjsModel(model, weights, file, { metadata, precision: "float16" });
  const file = await outputs.kept.weights.write(half("").weights);
  await outputs.kept.model.write(half(file).json);
}

const vector = (data: Uint8Array) => ({ shape: [data.length], data });

/** Rows of one length as a matrix. */
function matrixOf(rows: readonly Uint8Array[]): NdArray<Uint8Array> {
  const [{ length }] = rows;
  const data = new Uint8Array(rows.length * length);
  rows.forEach((row, i) => data.set(row, i * length));
  return { shape: [rows.length, length], data };
}
