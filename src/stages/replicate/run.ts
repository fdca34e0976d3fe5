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
import type { Values } from "../../tuning/space.ts";
import { type SeedSpread, seedSpreadOf } from "../seed_spread.ts";
import { trialValues } from "../trial_values.ts";
import { columnOf, type Network, type replicate } from "./stage.ts";

type Context = ContextOf<typeof replicate>;

/** The prediction of an image, as stages keep it. */
interface Row {
  readonly label: number;
  readonly predicted: number;
}

/** A network that is trained again. */
interface Again {
  readonly network: Network;
  readonly model: ModelSpec;
  /** As of its first training. */
  readonly recipe: Recipe;
  readonly first: {
    readonly validationPredictions: Reader<readonly Row[] | undefined>;
    readonly testPredictions: Reader<readonly Row[] | undefined>;
  };
  /** Of the trainings after it. */
  readonly seeds: readonly number[];
}

/** Writes what the stage declares. */
export async function run(context: Context): Promise<void> {
  const { inputs, outputs, jobs } = context;
  const networks = await networksIn(context);
  const trainings = await Promise.all(
    networks.flatMap(({ network, model, recipe, seeds }) =>
      seeds.map(async (seed) => {
        const job = await jobs.fit({
          name: columnOf(network, seed),
          label: `${network}, seed ${seed}`,
          parameters: { model, recipe: { ...recipe, seed }, evaluate: ["test"] },
          inputs,
        });
        const { history, keptEpoch } = await job.summary.read();
        return { network, seed, job, history, keptEpoch };
      })
    ),
  );
  await outputs.history.write(
    trainings.flatMap(({ network, seed, history, keptEpoch }) =>
      history.map((epoch) => ({ network, seed, ...epoch, kept: epoch.epoch === keptEpoch }))
    ),
  );

  const rows: SeedSpread[] = [];
  for (const part of ["validation", "test"] as const) {
    const again = new Map(
      await Promise.all(trainings.map(async ({ network, seed, job }) => {
        const column = columnOf(network, seed);
        const probabilities = await job[`${part}Probabilities`].read();
        if (!probabilities) throw new Error(`${column} was not evaluated on the ${part} images`);
        return [column, classify(probabilities)] as const;
      })),
    );
    const columns = new Map<string, ArrayLike<number>>();
    let truth: number[] = [];
    for (const { network, recipe, first, seeds } of networks) {
      const given = await first[`${part}Predictions`].read();
      if (!given) throw new Error(`nothing is kept of what ${network} predicts`);
      truth = given.map(({ label }) => label);
      columns.set(columnOf(network, recipe.seed), given.map(({ predicted }) => predicted));
      for (const seed of seeds) {
        const column = columnOf(network, seed);
        columns.set(column, again.get(column)!);
      }
      const own = [recipe.seed, ...seeds].map((seed) => columns.get(columnOf(network, seed))!);
      rows.push(seedSpreadOf(network, part, truth, own));
    }
    await outputs[`${part}Predictions`].write(
      truth.map((label, i) => ({
        label,
        networks: Object.fromEntries([...columns].map(([column, of]) => [column, of[i]])),
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
  const tunedNetwork = (
    network: "winner" | "study",
    values: Values | null | undefined,
  ): Again[] => {
    if (!values || !tuned || tuned[network].length === 0) return [];
    const known = trialValues(values);
    return [{
      network,
      model: tunedLenet(known, input, classes),
      recipe: { ...tuned.trial, epochs: tuned.epochs, learningRate: known.learning_rate },
      first: inputs[network],
      seeds: tuned[network],
    }];
  };
  return [
    {
      network: "lenet5",
      model: lenet5(input, classes),
      ...parameters.lenet5,
      first: inputs.lenet5,
    },
    ...tunedNetwork("winner", winners?.winner),
    ...tunedNetwork("study", winners?.study),
  ];
}
