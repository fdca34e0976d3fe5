/**
 * The experiment on random weights. Each network is drawn several times; of each draw the features are
 * computed once, and a softmax is trained on them. The same draw is also trained whole, on some images.
 *
 * @module
 */
import { accuracy, classify, confusionMatrix } from "../../evaluation/confusion.ts";
import type { Metric } from "../../evaluation/metrics.ts";
import { spreadOf } from "../../evaluation/spread.ts";
import { countParameters, resolveLayers } from "../../models/shapes.ts";
import type { Shape } from "../../models/spec.ts";
import { softmaxHead, untrained, withSoftmax } from "../../models/untrained.ts";
import { JobFailure } from "../../pipeline/executor.ts";
import type { ContextOf } from "../../pipeline/stage.ts";
import type { FitSummary } from "../../training/job.ts";
import { randomMetric } from "./names.ts";
import type { RandomRecord, transfer } from "./stage.ts";

type Context = ContextOf<typeof transfer>;
type Settings = NonNullable<Context["parameters"]["random"]>;
type FitRequest = Parameters<Context["jobs"]["fit"]>[0];

/**
 * Writes what is kept of them, and returns their metrics; nothing of either where the study does not
 * ask for them.
 *
 * @param input shape of the images
 */
export async function randomNetworks(input: Shape, context: Context): Promise<Metric[]> {
  const { parameters: { random, classes }, inputs, outputs } = context;
  if (!random) return [];
  const { networks, seeds } = random;
  const draws = networks.flatMap((network) => seeds.map((seed) => ({ network, seed })));
  const [frozen, trained] = await Promise.all(
    [trainHead, trainWhole].map((train) =>
      Promise.all(draws.map((draw) => train(draw, random, input, context)))
    ),
  );

  await outputs.random.networks.write(networks.map((network): RandomRecord => {
    const model = untrained(network, input);
    const features = resolveLayers(model).at(-1)!.outputShape;
    return {
      network,
      input,
      features,
      parameters: countParameters(withSoftmax(model, classes.length)),
      head: countParameters(softmaxHead(features, classes.length)),
    };
  }));
  await outputs.random.history.write(
    [...frozen, ...trained].flatMap(({ network, training, seed, history, keptEpoch }) =>
      history.map((epoch) => ({
        network,
        training,
        seed,
        ...epoch,
        kept: epoch.epoch === keptEpoch,
      }))
    ),
  );
  const labels = (await inputs.trainLabels.read()).data;
  const indices = (await inputs.validationIndices.read()).data;
  const truth = Array.from(indices, (index) => labels[index]);
  await outputs.random.predictions.write(truth.map((label, i) => ({
    label,
    networks: Object.fromEntries(frozen.map(({ name, predicted }) => [name, predicted[i]])),
  })));
  const whole = trained.filter(({ history }) => history.length > 0);
  await outputs.random.trainedPredictions.write(
    truth.slice(0, random.trained.subset.validation).map((label, i) => ({
      label,
      networks: Object.fromEntries(whole.map(({ name, predicted }) => [name, predicted[i]])),
    })),
  );
  return networks.map((network) => {
    const { mean, low, high } = spreadOf(
      frozen.filter((draw) => draw.network === network).map(({ predicted }) =>
        accuracy(confusionMatrix(truth, predicted, classes.length))
      ),
    );
    // Draws that all score the same tell nothing of how much they differ.
    const interval: Metric["interval"] = low < high ? [low, high] : null;
    return { name: randomMetric(network), value: mean, interval, n: truth.length };
  });
}

/** A network, and the seed that its weights are drawn from. */
interface Draw {
  readonly network: Settings["networks"][number];
  readonly seed: number;
}

/** What became of a draw. */
interface Trained extends Draw {
  /** As predictions call it: `vgg16.43`. */
  readonly name: string;
  readonly training: "frozen" | "trained";
  /** Empty where it diverged. */
  readonly history: FitSummary["history"];
  readonly keptEpoch: number;
  /** Classes of the validation images. */
  readonly predicted: Int32Array;
}

/** Features of a draw, and a softmax on them. */
async function trainHead(
  { network, seed }: Draw,
  { head }: Settings,
  input: Shape,
  context: Context,
): Promise<Trained> {
  const { parameters: { classes, threads }, inputs, jobs } = context;
  const model = untrained(network, input);
  const name = `${network}.random${seed}`;
  const { trainFeatures } = await jobs.drawn({
    name: `${name}.features`,
    label: `${name} features`,
    parameters: { model, seed, threads },
    inputs,
  });
  const { trainLabels, trainIndices, validationIndices } = inputs;
  const training = await train({
    name,
    parameters: {
      model: softmaxHead(resolveLayers(model).at(-1)!.outputShape, classes.length),
      recipe: { ...head, seed },
      evaluate: [],
    },
    inputs: { trainImages: trainFeatures, trainLabels, trainIndices, validationIndices },
  }, context);
  return { network, seed, name: `${network}.${seed}`, training: "frozen", ...training };
}

/** A draw with all its layers trained. */
async function trainWhole(
  { network, seed }: Draw,
  { head, trained: { epochs, subset } }: Settings,
  input: Shape,
  context: Context,
): Promise<Trained> {
  const { parameters: { classes }, inputs } = context;
  const { trainImages, trainLabels, trainIndices, validationIndices } = inputs;
  const about = { network, seed, name: `${network}.${seed}`, training: "trained" } as const;
  try {
    const training = await train({
      name: `${network}.random${seed}.trained`,
      label: `${network}.random${seed}, all layers`,
      parameters: {
        model: withSoftmax(untrained(network, input), classes.length),
        recipe: { ...head, epochs, seed },
        subset,
        evaluate: [],
      },
      inputs: { trainImages, trainLabels, trainIndices, validationIndices },
    }, context);
    return { ...about, ...training };
  } catch (error) {
    if (!(error instanceof JobFailure && error.kind === "DivergenceError")) throw error;
    return { ...about, history: [], keptEpoch: 0, predicted: new Int32Array() };
  }
}

/** A training's history, and what it takes the validation images for. */
async function train(request: FitRequest, { jobs }: Context) {
  const job = await jobs.fit(request);
  const { history, keptEpoch } = await job.summary.read();
  return { history, keptEpoch, predicted: classify(await job.validationProbabilities.read()) };
}
