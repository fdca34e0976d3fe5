/**
 * What stage `replicate` does: trains networks of other stages again, each on the same split by the same
 * recipe with other seeds, so that first weights, the order of batches and dropout are others. The first
 * training is that of its own stage.
 *
 * @module
 */
import { classify } from "../../evaluation/confusion.ts";
import { imageShape } from "../../files/npy.ts";
import { lenet5 } from "../../models/lenet5.ts";
import type { ModelSpec } from "../../models/spec.ts";
import { tunedLenet } from "../../models/tuned_lenet.ts";
import type { ContextOf, Reader } from "../../pipeline/stage.ts";
import type { Recipe } from "../../training/recipe.ts";
import { type SeedSpread, seedSpreadOf } from "../seed_spread.ts";
import { trialValues } from "../trial_values.ts";
import { columnOf, type Network, type replicate } from "./stage.ts";

type Context = ContextOf<typeof replicate>;

/** What images are taken for, as stages keep it. */
type Predictions = readonly { readonly label: number; readonly predicted: number }[];

/** A network that is trained again. */
interface Again {
  readonly network: Network;
  readonly model: ModelSpec;
  /** As of its first training. */
  readonly recipe: Recipe;
  /** What its first training predicts. */
  readonly first: { readonly validation: Predictions; readonly test: Predictions };
  /** Of the trainings after it. */
  readonly seeds: readonly number[];
}

/** Writes what the stage declares. */
export async function run(context: Context): Promise<void> {
  const { inputs, outputs, jobs } = context;
  const networks = await networksIn(context);
  const trained = await Promise.all(networks.map(async ({ model, recipe, seeds, ...network }) => ({
    ...network,
    firstSeed: recipe.seed,
    others: await Promise.all(seeds.map(async (seed) => {
      const name = columnOf(network.network, seed);
      const job = await jobs.fit({
        name,
        label: `${network.network}, seed ${seed}`,
        parameters: { model, recipe: { ...recipe, seed }, evaluate: ["test"] },
        inputs,
      });
      return { name, seed, job, ...await job.summary.read() };
    })),
  })));
  await outputs.history.write(
    trained.flatMap(({ network, others }) =>
      others.flatMap(({ seed, history, keptEpoch }) =>
        history.map((epoch) => ({ network, seed, ...epoch, kept: epoch.epoch === keptEpoch }))
      )
    ),
  );

  const rows: SeedSpread[] = [];
  for (const part of ["validation", "test"] as const) {
    const truth = networks[0].first[part].map(({ label }) => label);
    const columns = new Map<string, ArrayLike<number>>();
    for (const { network, first, firstSeed, others } of trained) {
      const own = new Map<string, ArrayLike<number>>([
        [columnOf(network, firstSeed), first[part].map(({ predicted }) => predicted)],
      ]);
      for (const { name, job } of others) {
        const probabilities = await job[`${part}Probabilities`].read();
        if (!probabilities) throw new Error(`${name} was not evaluated on the ${part} images`);
        own.set(name, classify(probabilities));
      }
      rows.push(seedSpreadOf(network, part, truth, [...own.values()]));
      own.forEach((predicted, name) => columns.set(name, predicted));
    }
    await outputs[`${part}Predictions`].write(
      truth.map((label, i) => ({
        label,
        networks: Object.fromEntries([...columns].map(([name, of]) => [name, of[i]])),
      })),
    );
  }
  // Network by network, as their metrics are declared.
  const spread = networks.flatMap(({ network }) => rows.filter((row) => row.network === network));
  await outputs.seedSpread.write(spread);
  await outputs.metrics.write(
    spread.map(({ network, part, mean, low, high, images }) => ({
      name: `replicate.${network}.${part}.accuracy`,
      value: mean,
      interval: [low, high],
      n: images,
    })),
  );
}

/** What there is to train again: of the search, whatever winners it has. */
async function networksIn({ parameters, inputs }: Context): Promise<Again[]> {
  const { classes, tuned } = parameters;
  const input = await imageShape(inputs.trainImages.file.path);
  const winners = await inputs.winners.read();
  const networks: Again[] = [{
    network: "lenet5",
    model: lenet5(input, classes),
    ...parameters.lenet5,
    first: await firstOf("lenet5", inputs.lenet5),
  }];
  for (const network of ["winner", "study"] as const) {
    const values = winners?.[network];
    if (!tuned || !values) continue;
    const known = trialValues(values);
    networks.push({
      network,
      model: tunedLenet(known, input, classes),
      recipe: { ...tuned.trial, epochs: tuned.epochs, learningRate: known.learning_rate },
      first: await firstOf(network, inputs[network]),
      seeds: tuned[network],
    });
  }
  return networks;
}

/**
 * What the first training of a network predicts.
 *
 * @throws {Error} where its stage has not kept it
 */
async function firstOf(
  network: Network,
  { validationPredictions, testPredictions }: {
    readonly validationPredictions: Reader<Predictions | undefined>;
    readonly testPredictions: Reader<Predictions | undefined>;
  },
): Promise<Again["first"]> {
  const [validation, test] = [await validationPredictions.read(), await testPredictions.read()];
  if (validation && test) return { validation, test };
  throw new Error(`Of ${network}, which is to be trained again, no predictions are kept.`);
}
