/**
 * What stage `transfer` does. For each base: features once, heads on them, then its upper layers
 * together with the better head. And an experiment on what makes such a network fail, starting from
 * one that works.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { encodeTfjsModel } from "../../engine/layers/tfjs_model.ts";
import { decodeWeights } from "../../engine/weights.ts";
import { classify, confusionMatrix } from "../../evaluation/confusion.ts";
import { accuracyMetric } from "../../evaluation/accuracy.ts";
import type { Metric, Score } from "../../evaluation/metrics.ts";
import { overallScores, recalls } from "../../evaluation/scores.ts";
import { imageShape } from "../../files/npy.ts";
import { causeModel } from "../../models/causes.ts";
import { resolveLayers } from "../../models/shapes.ts";
import type { ModelSpec, Shape } from "../../models/spec.ts";
import { baseModel, headModel, heads, withHead } from "../../models/transfer.ts";
import type { NdArray } from "../../ndarray.ts";
import { JobFailure } from "../../pipeline/executor.ts";
import type { ContextOf, Reader, Readers } from "../../pipeline/stage.ts";
import type { FitSummary, job as fit } from "../../training/job.ts";
import type { job as featuresJob } from "./features_job.ts";
import { randomNetworks } from "./random.ts";
import { metadataOf } from "../model_metadata.ts";
import type { BaseRecord, CauseRecord, transfer } from "./stage.ts";

type Context = ContextOf<typeof transfer>;
type Base = Context["parameters"]["bases"][number];
type Fit = Readers<typeof fit["writes"]>;
type FitRequest = Parameters<Context["jobs"]["fit"]>[0];

/** Writes what the stage declares. */
export async function run(context: Context): Promise<void> {
  const { parameters: { bases, causes, classes }, inputs, outputs } = context;
  const input = await imageShape(inputs.trainImages.file.path);
  await checkSubsets(context);
  const files = await Promise.all(bases.map(({ weights }) => context.outside(weights)));
  const started = new Map(bases.flatMap((base, i) => {
    const file = files[i];
    return file ? [[base.name, trainHeads(base, file, input, context)] as const] : [];
  }));
  const [results, trainings, randomMetrics] = await Promise.all([
    Promise.all(bases.map((base) => finetune(base, started.get(base.name), input, context))),
    explain(started.get(causes.base), context),
    randomNetworks(input, context),
  ]);
  const networks = results.flatMap(({ networks }) => networks);
  await outputs.history.write(
    networks.flatMap(({ name, summary: { history, keptEpoch } }) =>
      history.map((epoch) => ({ network: name, ...epoch, kept: epoch.epoch === keptEpoch }))
    ),
  );

  const labels = (await inputs.trainLabels.read()).data;
  const indices = (await inputs.validationIndices.read()).data;
  const truth = {
    validation: Uint8Array.from(indices, (index) => labels[index]),
    test: (await inputs.testLabels.read()).data,
  };
  const metrics: Metric[][] = networks.map(() => []);
  const scores: Score[][] = networks.map(() => []);
  for (const part of ["validation", "test"] as const) {
    const predicted = await Promise.all(networks.map(async ({ name, job }) => {
      const probabilities = await job[`${part}Probabilities`].read();
      if (!probabilities) throw new Error(`${name} was not evaluated on the ${part} images`);
      return classify(probabilities);
    }));
    await outputs[`${part}Predictions`].write(
      Array.from(truth[part], (label, i) => ({
        label,
        networks: Object.fromEntries(networks.map(({ name }, n) => [name, predicted[n][i]])),
      })),
    );
    networks.forEach(({ name }, n) => {
      const of = `transfer.${name}.${part}`;
      metrics[n].push(accuracyMetric(`${of}.accuracy`, predicted[n], truth[part]));
      const confusion = confusionMatrix(truth[part], predicted[n], classes.length);
      scores[n].push(...overallScores(of, confusion));
      if (part === "test") scores[n].push(...recalls(of, confusion, classes));
    });
  }
  await keep(networks, metrics.map(([validation]) => validation.value), context);
  await outputs.bases.write(results.map(({ record }) => record));
  await outputs.causes.write(trainings);
  await outputs.metrics.write([...metrics.flat(), ...randomMetrics]);
  await outputs.scores.write(scores.flat());
}

/**
 * Sees to it that there are as many images as the experiments want, before anything is trained.
 *
 * @throws {Error} where there are not
 */
async function checkSubsets(
  { parameters: { causes, random }, inputs }: Context,
): Promise<void> {
  const there = {
    train: (await inputs.trainIndices.read()).data.length,
    validation: (await inputs.validationIndices.read()).data.length,
  };
  const subsets = {
    "causes.subset": causes.subset,
    ...(random ? { "random.trained.subset": random.trained.subset } : {}),
  };
  for (const [setting, subset] of Object.entries(subsets)) {
    for (const part of ["train", "validation"] as const) {
      if (subset[part] > there[part]) {
        throw new Error(
          `transfer.${setting}.${part} in study.ts is ${subset[part]}, and only ` +
            `${there[part]} such images are there`,
        );
      }
    }
  }
}

/** Most bytes of weights that are kept; they are committed. */
const MOST_BYTES = 6e6;

/** Writes the best of the networks that are small enough, in half precision. */
async function keep(
  networks: readonly Whole[],
  accuracies: readonly number[],
  { parameters: { classes }, inputs, outputs }: Context,
): Promise<void> {
  const ranked = networks.map((network, i) => ({ ...network, accuracy: accuracies[i] }))
    .toSorted((a, b) => b.accuracy - a.accuracy);
  for (const { name, whole } of ranked) {
    if (2 * parametersOf(whole.model).all > MOST_BYTES) continue;
    const bytes = await Promise.all(whole.weights.map((weights) => weights.read()));
    const weights = decodeWeights(Buffer.concat(bytes), whole.model);
    const metadata = metadataOf(
      `transfer.${name}`,
      whole.model,
      classes,
      await inputs.form.read(),
    );
    const half = (file: string) =>
      encodeTfjsModel(whole.model, weights, file, { metadata, precision: "float16" });
    const file = await outputs.kept.weights.write(half("").weights);
    await outputs.kept.model.write(half(file).json);
    return;
  }
}

/** A network and how it was trained. */
interface Trained {
  /** As its metrics call it. */
  readonly name: string;
  readonly model: ModelSpec;
  readonly job: Fit;
  readonly summary: FitSummary;
}

/** A network with all that it takes from images on: its base, too. */
interface Whole extends Trained {
  readonly whole: { readonly model: ModelSpec; readonly weights: readonly Reader<Uint8Array>[] };
}

/** Trains a network. */
async function train(request: FitRequest, { jobs }: Context): Promise<Trained> {
  const job = await jobs.fit(request);
  const { name, parameters: { model } } = request;
  return { name, model, job, summary: await job.summary.read() };
}

/** A base with what is learnt on top of it while it stays as it is. */
interface WithHeads {
  readonly model: ModelSpec;
  readonly features: Readers<typeof featuresJob["writes"]>;
  readonly heads: readonly Trained[];
  /** The head with the better validation accuracy. */
  readonly better: Trained;
}

/** Features of a base, and heads on them. */
async function trainHeads(
  base: Base,
  weightFile: Reader<Uint8Array>,
  input: Shape,
  context: Context,
): Promise<WithHeads> {
  const { parameters: { classes, threads, head }, inputs, jobs } = context;
  const { model, architecture, turned } = baseModel(base, input);
  const features = await jobs.features({
    name: `${base.name}.features`,
    label: `${base.name} features`,
    parameters: { model, architecture, turned, file: base.weights.name, threads },
    inputs: { ...inputs, weightFile },
  });
  const output = resolveLayers(model).at(-1)!.outputShape;
  const trained = await Promise.all(heads.map((kind) =>
    train({
      name: `${base.name}.${kind}`,
      parameters: {
        model: headModel(kind, output, classes.length),
        recipe: head,
        evaluate: ["test"],
      },
      inputs: {
        ...inputs,
        trainImages: features.trainFeatures,
        testImages: features.testFeatures,
      },
    }, context)
  ));
  const better = trained.reduce((a, b) => keptAccuracy(b) > keptAccuracy(a) ? b : a);
  return { model, features, heads: trained, better };
}

/** One base: its heads, then fine-tuning. Nothing but a record where its weights are not there. */
async function finetune(
  base: Base,
  starting: Promise<WithHeads> | undefined,
  input: Shape,
  context: Context,
): Promise<{ record: BaseRecord; networks: Whole[] }> {
  const { model } = baseModel(base, input);
  const record = {
    name: base.name,
    file: base.weights.name,
    available: starting !== undefined,
    pixels: input[0] * base.scale,
    features: resolveLayers(model).at(-1)!.outputShape,
    parameters: parametersOf(model).all,
  };
  if (!starting) return { record: { ...record, networks: [] }, networks: [] };

  const { features, heads, better } = await starting;
  const finetuned = await train({
    name: `${base.name}.finetuned`,
    parameters: {
      model: withHead(model, better.model, base.trainedFrom),
      recipe: base.finetuned,
      evaluate: ["test"],
    },
    inputs: {
      ...context.inputs,
      weights: features.weights,
      headWeights: better.job.weights,
    },
  }, context);
  const networks: Whole[] = [
    ...heads.map((head) => ({
      ...head,
      whole: {
        model: withHead(model, head.model, head.model.layers[0].name),
        weights: [features.weights, head.job.weights],
      },
    })),
    { ...finetuned, whole: { model: finetuned.model, weights: [finetuned.job.weights] } },
  ];
  return {
    record: {
      ...record,
      networks: networks.map((network) => {
        const { all, trained } = parametersOf(network.model);
        const parameters = network.name === finetuned.name ? all : record.parameters + all;
        return { name: network.name, parameters, trained };
      }),
    },
    networks,
  };
}

/** How many parameters a model has, and how many of them training changes. */
function parametersOf(model: ModelSpec): { all: number; trained: number } {
  let [all, trained] = [0, 0];
  for (const { layer, variables } of resolveLayers(model)) {
    for (const { shape, trainable } of variables) {
      const size = shape.reduce((product, n) => product * n, 1);
      all += size;
      if (trainable && !model.frozen?.includes(layer.name)) trained += size;
    }
  }
  return { all, trained };
}

/** The validation accuracy of the epoch kept. */
const keptAccuracy = ({ summary: { history, keptEpoch } }: Trained) =>
  history.find(({ epoch }) => epoch === keptEpoch)!.validationAccuracy;

/** Fine-tunes as it should be done, and once more for every change of one thing. */
async function explain(
  starting: Promise<WithHeads> | undefined,
  context: Context,
): Promise<CauseRecord[]> {
  if (!starting) return [];
  const { model, features, better } = await starting;
  const { parameters: { causes: { reference, changes, recipe, subset } }, inputs } = context;
  const { trainImages, trainLabels, trainIndices, validationIndices } = inputs;
  return await Promise.all([reference, ...changes].map(async (change, i): Promise<CauseRecord> => {
    const { name, ...cause } = { ...reference, ...change };
    try {
      const { job, summary: { history } } = await train({
        name: `cause${i}`,
        label: `cause: ${name}`,
        parameters: {
          model: causeModel(model, better.model, cause),
          recipe: { ...recipe, learningRate: cause.learningRate },
          subset,
          evaluate: [],
        },
        inputs: {
          trainImages,
          trainLabels,
          trainIndices,
          validationIndices,
          weights: features.weights,
          headWeights: better.job.weights,
        },
      }, context);
      return {
        ...cause,
        losses: history.map(({ loss }) => loss),
        validationLosses: history.map(({ validationLoss }) => validationLoss),
        validationAccuracies: history.map(({ validationAccuracy }) => validationAccuracy),
        constant: isConstant(await job.validationProbabilities.read()),
        diverged: false,
      };
    } catch (error) {
      if (!(error instanceof JobFailure && error.kind === "DivergenceError")) throw error;
      return {
        ...cause,
        losses: [],
        validationLosses: [],
        validationAccuracies: [],
        constant: false,
        diverged: true,
      };
    }
  }));
}

/** Whether all rows are the same, to within float32's rounding. */
function isConstant({ shape: [count, width], data }: NdArray<Float32Array>): boolean {
  for (let i = width; i < count * width; i++) {
    if (Math.abs(data[i] - data[i % width]) > 1e-6) return false;
  }
  return true;
}
