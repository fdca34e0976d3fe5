/**
 * Stage `transfer`: networks trained on ImageNet, put to use on the study's images. For each base:
 * features once, heads on them, then its upper layers together with the better head. And why the
 * study's own attempt ended at chance, by experiment.
 *
 * @module
 */
import { stringify } from "@std/csv";
import type { Recipe } from "../training/loop.ts";
import { classify } from "../evaluation/confusion.ts";
import { accuracyMetric, type Metric } from "../evaluation/metrics.ts";
import type { FeaturesParameters } from "../jobs/features.ts";
import type { FitParameters, FitSummary } from "../jobs/fit.ts";
import { type Cause, causeModel } from "../models/causes.ts";
import { weightsFolder } from "../models/imagenet_source.ts";
import { resolveLayers } from "../models/shapes.ts";
import type { ModelSpec, Shape } from "../models/spec.ts";
import { type Base, baseModel, headModel, heads, withHead } from "../models/transfer.ts";
import type { NdArray } from "../ndarray.ts";
import { locator, UnavailableError } from "../files/locate.ts";
import { decodeFloat32, decodeInt32, decodeUint8 } from "../files/npy.ts";
import { type Json, sha256File } from "../files/digest.ts";
import { JobFailure } from "../pipeline/failure.ts";
import type { JobResult, StageContext, StoredFile } from "../pipeline/stage.ts";

/** What `study.ts` says of transfer learning. */
export interface Transfer {
  /** Each with how its upper layers are trained, starting from the better head. */
  readonly bases: readonly (Base & { readonly finetuned: Recipe })[];
  /** Threads that compute features. */
  readonly threads: number;
  /** How heads are trained on features. */
  readonly head: Recipe;
  readonly causes: Causes;
}

/** The experiment: a reference that works, and what is changed about it, one thing at a time. */
export interface Causes {
  /** Name of the base whose weight file is used. */
  readonly base: string;
  readonly recipe: Omit<Recipe, "learningRate">;
  /** How many images it is done with. */
  readonly subset: { readonly train: number; readonly validation: number };
  readonly reference: Cause;
  readonly changes: readonly (Pick<Cause, "name"> & Partial<Cause>)[];
}

/** The stage's parameters: with the names of the classes, and height and width of the prepared images. */
type Parameters = Transfer & { readonly classes: readonly string[]; readonly size: number };

/** The file `bases.json`: what became of each base. */
export interface BaseRecord {
  readonly name: string;
  readonly file: string;
  /** Whether the weights were there; without them nothing else is known. */
  readonly available: boolean;
  /** Height and width of the images as the network sees them. */
  readonly pixels: number;
  readonly features: Shape;
  readonly parameters: number;
  readonly networks: readonly NetworkRecord[];
}

/** A network that was trained: its metrics begin with `transfer.<name>`. */
export interface NetworkRecord {
  /** Its base, and `linear`, `dense` or `finetuned`: `vgg16-block3.linear`. */
  readonly name: string;
  /** Of base and head together, and how many of them were trained. */
  readonly parameters: number;
  readonly trained: number;
}

/** The file `causes.json`: one training, and what it came to on the images held out. */
export interface CauseRecord {
  readonly name: string;
  readonly losses: readonly number[];
  readonly validationLosses: readonly number[];
  readonly validationAccuracies: readonly number[];
  /** Whether every validation image got the same probabilities, to within float32's rounding. */
  readonly constant: boolean;
  /** Why it ended before its last epoch; null where it did not. */
  readonly ended: string | null;
}

/**
 * Writes `bases.json` (`BaseRecord[]`), `history.csv` (a row an epoch of a network),
 * `validation-predictions.csv` and `test-predictions.csv` (a row an image: its label and what each
 * network predicts), `causes.json` (`CauseRecord[]`, the reference first) and `metrics.json`.
 */
export async function run(context: StageContext): Promise<void> {
  const parameters = context.parameters as unknown as Parameters;
  const { bases } = parameters;
  const { write } = context;
  const files = await Promise.all(bases.map((base) => locate(base, context)));
  const started = new Map(bases.flatMap((base, i) => {
    const file = files[i];
    return file ? [[base.name, trainHeads(base, file, parameters, context)] as const] : [];
  }));
  const [results, causes] = await Promise.all([
    Promise.all(bases.map((base) => transfer(base, started.get(base.name), parameters, context))),
    explain(started.get(parameters.causes.base), parameters, context),
  ]);
  const networks = results.flatMap(({ networks }) => networks);
  await write(
    "history.csv",
    stringify(networks.flatMap(historyOf), {
      columns: ["network", ...Object.keys(networks[0]?.summary.history[0] ?? {}), "kept"],
    }),
  );
  const metrics: Metric[][] = networks.map(() => []);
  for (const part of ["validation", "test"] as const) {
    const labels = await labelsOf(part, context);
    const predictions = await Promise.all(
      networks.map(async ({ job }) =>
        classify(decodeFloat32(await job.read(`${part}-probabilities.npy`)))
      ),
    );
    await write(
      `${part}-predictions.csv`,
      stringify([
        ["label", ...networks.map(({ name }) => name)],
        ...Array.from(labels, (label, i) => [label, ...predictions.map((of) => of[i])]),
      ]),
    );
    networks.forEach(({ name }, i) =>
      metrics[i].push(accuracyMetric(`transfer.${name}.${part}.accuracy`, predictions[i], labels))
    );
  }
  const json = (value: unknown) => JSON.stringify(value, null, 2) + "\n";
  await write("bases.json", json(results.map(({ record }) => record)));
  await write("causes.json", json(causes));
  await write("metrics.json", json(metrics.flat()));
}

/** The rows of a network in `history.csv`. */
const historyOf = ({ name, summary: { history, keptEpoch } }: Trained) =>
  history.map((epoch) => ({ network: name, ...epoch, kept: epoch.epoch === keptEpoch }));

/** The classes of the validation or of the test images. */
async function labelsOf(
  part: "validation" | "test",
  { read }: StageContext,
): Promise<Uint8Array> {
  if (part === "test") return decodeUint8(await read("prepare/test-labels.npy")).data;
  const labels = decodeUint8(await read("prepare/train-labels.npy")).data;
  const indices = decodeInt32(await read("prepare/validation-indices.npy")).data;
  return Uint8Array.from(indices, (index) => labels[index]);
}

/** The weight file of a base; undefined, and recorded as lacking, where it cannot be had. */
async function locate(
  { weights }: Base,
  { surroundings, progress, lacks }: StageContext,
): Promise<StoredFile | undefined> {
  try {
    const folder = weightsFolder(surroundings.cache, surroundings.weightsDirectory);
    const path = await locator({ weights: folder }).find(weights, progress);
    return { path, sha256: await sha256File(path) };
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    lacks(weights.name);
    return undefined;
  }
}

/** A base's output for every image, as a finished job. */
function features(
  base: Base,
  file: StoredFile,
  { size, threads }: Parameters,
  { job, inputs }: StageContext,
): Promise<JobResult> {
  const parameters: FeaturesParameters = {
    ...baseModel(base, size),
    file: base.weights.name,
    threads,
  };
  return job({
    module: "src/jobs/features.ts",
    label: `${base.name} features`,
    parameters: parameters as unknown as Json,
    inputs: inputs.filter((input) => !input.endsWith("-indices.npy")),
    files: { weights: file },
  });
}

/** A network and how it was trained. */
interface Trained {
  readonly name: string;
  readonly model: ModelSpec;
  readonly job: JobResult;
  readonly summary: FitSummary;
}

/** Trains a network and gives it the name that its metrics have. */
async function train(
  name: string,
  parameters: FitParameters,
  inputs: readonly string[],
  after: { readonly [name: string]: JobResult },
  { job: run }: StageContext,
): Promise<Trained> {
  const job = await run({
    module: "src/jobs/fit.ts",
    label: name,
    parameters: parameters as unknown as Json,
    inputs,
    after,
  });
  return { name, model: parameters.model, job, summary: await summaryOf(job) };
}

/** A base with what is learnt on top of it while it stays as it is. */
interface WithHeads {
  readonly model: ModelSpec;
  readonly features: JobResult;
  readonly heads: readonly Trained[];
  /** The head with the better validation accuracy. */
  readonly better: Trained;
}

/** Features of a base, and heads on them. */
async function trainHeads(
  base: Base,
  file: StoredFile,
  parameters: Parameters,
  context: StageContext,
): Promise<WithHeads> {
  const { model } = baseModel(base, parameters.size);
  const extracted = await features(base, file, parameters, context);
  const output = resolveLayers(model).at(-1)!.outputShape;
  const trained = await Promise.all(heads.map((name) =>
    train(
      `${base.name}.${name}`,
      {
        model: headModel(name, output, parameters.classes.length),
        recipe: parameters.head,
        examples: { train: "features/train-features.npy", test: "features/test-features.npy" },
        evaluate: ["test"],
      },
      context.inputs.filter((input) => !input.endsWith("-images.npy")),
      { features: extracted },
      context,
    )
  ));
  const better = trained.reduce((a, b) => keptAccuracy(b) > keptAccuracy(a) ? b : a);
  return { model, features: extracted, heads: trained, better };
}

/** One base: its heads, then fine-tuning. Nothing but a record where its weights are not there. */
async function transfer(
  base: Transfer["bases"][number],
  starting: Promise<WithHeads> | undefined,
  { size }: Parameters,
  context: StageContext,
): Promise<{ record: BaseRecord; networks: Trained[] }> {
  const { model } = baseModel(base, size);
  const record = {
    name: base.name,
    file: base.weights.name,
    available: starting !== undefined,
    pixels: size * base.scale,
    features: resolveLayers(model).at(-1)!.outputShape,
    parameters: parametersOf(model).all,
  };
  if (!starting) return { record: { ...record, networks: [] }, networks: [] };

  const { features, heads, better } = await starting;
  const finetuned = await train(
    `${base.name}.finetuned`,
    {
      model: withHead(model, better.model, base.trainedFrom),
      recipe: base.finetuned,
      start: ["features/weights.bin", "head/weights.bin"],
      evaluate: ["test"],
    },
    context.inputs,
    { features, head: better.job },
    context,
  );
  const networks = [...heads, finetuned];
  return {
    record: {
      ...record,
      networks: networks.map((network) => {
        const { all, trained } = parametersOf(network.model);
        const parameters = network === finetuned ? all : record.parameters + all;
        return { name: network.name, parameters, trained };
      }),
    },
    networks,
  };
}

/** How many parameters a model has, and how many of them training changes. */
function parametersOf(model: ModelSpec): { all: number; trained: number } {
  let all = 0;
  let trained = 0;
  for (const { layer, variables } of resolveLayers(model)) {
    for (const { shape, trainable } of variables) {
      const size = shape.reduce((product, n) => product * n, 1);
      all += size;
      if (trainable && !model.frozen?.includes(layer.name)) trained += size;
    }
  }
  return { all, trained };
}

const summaryOf = async (job: JobResult) =>
  JSON.parse(new TextDecoder().decode(await job.read("summary.json"))) as FitSummary;

/** The validation accuracy of the epoch kept. */
const keptAccuracy = ({ summary: { history, keptEpoch } }: Trained) =>
  history.find(({ epoch }) => epoch === keptEpoch)!.validationAccuracy;

/** Fine-tunes as it should be done, and once more for every change of one thing. */
async function explain(
  starting: Promise<WithHeads> | undefined,
  { causes: { reference, changes, recipe, subset } }: Parameters,
  context: StageContext,
): Promise<CauseRecord[]> {
  if (!starting) return [];
  const { model, features, better } = await starting;
  return await Promise.all(
    [reference, ...changes].map(async (change): Promise<CauseRecord> => {
      const cause = { ...reference, ...change };
      try {
        const { job, summary: { history } } = await train(
          `cause: ${cause.name}`,
          {
            model: causeModel(model, better.model, cause),
            recipe: { ...recipe, learningRate: cause.learningRate },
            subset,
            start: ["features/weights.bin", "head/weights.bin"],
            evaluate: [],
          },
          context.inputs,
          { features, head: better.job },
          context,
        );
        return {
          name: cause.name,
          losses: history.map(({ loss }) => loss),
          validationLosses: history.map(({ validationLoss }) => validationLoss),
          validationAccuracies: history.map(({ validationAccuracy }) => validationAccuracy),
          constant: isConstant(decodeFloat32(await job.read("validation-probabilities.npy"))),
          ended: null,
        };
      } catch (error) {
        if (!(error instanceof JobFailure && error.kind === "DivergenceError")) throw error;
        return {
          name: cause.name,
          losses: [],
          validationLosses: [],
          validationAccuracies: [],
          constant: false,
          ended: error.message,
        };
      }
    }),
  );
}

/** Whether all rows are the same, to within float32's rounding. */
function isConstant({ shape: [count, width], data }: NdArray<Float32Array>): boolean {
  for (let i = width; i < count * width; i++) {
    if (Math.abs(data[i] - data[i % width]) > 1e-6) return false;
  }
  return true;
}
