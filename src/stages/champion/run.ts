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
import { imageShape } from "../../files/npy.ts";
import { trainingFlop } from "../../models/computation.ts";
import { countMultiplications } from "../../models/multiplications.ts";
import { countParameters } from "../../models/shapes.ts";
import type { ModelSpec } from "../../models/spec.ts";
import type { NdArray } from "../../ndarray.ts";
import type { ContextOf } from "../../pipeline/stage.ts";
import { metadataOf } from "../model_metadata.ts";
import {
  accuraciesOf,
  championMetrics,
  isMirrored,
  type Part,
  parts,
  predictionsOf,
} from "./figures.ts";
import { architectures, championOf, evaluationsOf, shortenedOf, trainingsOf } from "./plan.ts";
import type { champion } from "./stage.ts";
import { keptBefore, leftOutBy, togetherOf, type Trained, trainedBy } from "./trained.ts";

type Context = ContextOf<typeof champion>;

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

  const ways = evaluationsOf(parameters);
  const whole = trainingsOf(parameters).map(({ network, seed }) =>
    trainedBy({ network, seed }, ways.filter((of) => of.network === network && of.seed === seed), {
      name: `${network}.${seed}`,
      label: `${network}, seed ${seed}`,
      parameters: {
        model: modelOf(network),
        regime: { ...championOf(networks, network).regime, seed },
        test: true,
      },
      inputs,
    }, context)
  );
  const shortened = shortenedOf(parameters);
  const left = shortened.map((one) => {
    const { ingredient, seed, regime } = one;
    return leftOutBy(one, {
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
    }, context);
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
    trained.flatMap(({ network, seed, history }) =>
      history.map((epoch) => ({ ...epoch, network, seed }))
    ),
  );
  await outputs.leftOut.write(shortened.map(({ ingredient, seed }) => ({ ingredient, seed })));
  await outputs.leftOutPredictions.write(matrixOf(leftOut));

  const evaluations = trained.flatMap(({ evaluations }) => evaluations);
  const together = await togetherOf(
    trained.filter(({ network }) => network === parameters.ensemble),
    parameters,
    isMirrored(parameters, parameters.ensemble),
  );
  const kept = {
    evaluations: evaluations.map(({ network, seed, mirrored }) => ({ network, seed, mirrored })),
    validationLabels: vector(truth.validation),
    testLabels: vector(truth.test),
    validationPredictions: matrixOf(evaluations.map(({ validation }) => validation)),
    testPredictions: matrixOf(evaluations.map(({ test }) => test)),
    ensemble: {
      validationPredictions: vector(together.validation),
      testPredictions: vector(together.test),
    },
  };
  await outputs.evaluations.write(kept.evaluations);
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

/** Keeps a network in half precision, or as it was kept before. */
async function keep(
  trained: Trained,
  model: ModelSpec,
  { parameters: { classes }, inputs, outputs }: Context,
): Promise<void> {
  const before = await keptBefore(trained);
  if (before) {
    await outputs.kept.weights.write(before.weights);
    await outputs.kept.model.write(before.model);
    return;
  }
  const weights = decodeWeights(await (await trained.written()).weights.read(), model);
  const name = `champion.${trained.network}`;
  const metadata = metadataOf(name, model, classes, await inputs.form.read());
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
