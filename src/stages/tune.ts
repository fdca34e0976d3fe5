/**
 * Stage `tune`: the study's search. An oracle asks for trials, every trial is a job; the winner and
 * the study's own winner are then trained alike and evaluated once on the test images.
 *
 * @module
 */
import { stringify } from "@std/csv";
import type { Recipe } from "../training/loop.ts";
import type { FitParameters, FitSummary } from "../jobs/fit.ts";
import { tunedLenet, type TunedLenetValues } from "../models/tuned_lenet.ts";
import type { Json } from "../files/digest.ts";
import { JobFailure } from "../pipeline/failure.ts";
import type { JobResult, StageContext } from "../pipeline/stage.ts";
import { importance } from "../tuning/importance.ts";
import { openOracle, type OracleOptions, planned } from "../tuning/oracle.ts";
import { names, type Space, type Values } from "../tuning/space.ts";
import { type Outcome, ranked, search, type Trial } from "../tuning/trial.ts";
import { writeEvaluation, writeModel } from "./trained.ts";

/** What `study.ts` says of the search. */
export interface Tuning {
  readonly space: Space;
  readonly oracle: OracleOptions;
  /** Seed of the oracle. */
  readonly seed: number;
  /** How trials are trained, except for their epochs and learning rates. */
  readonly trial: Omit<Recipe, "epochs" | "learningRate">;
  /** Epochs of the winner, trained once more from fresh weights. */
  readonly finalEpochs: number;
  /** The winner of the study reproduced; what it does not tell is taken from the winner here. */
  readonly publishedWinner: Values;
}

/**
 * Writes `trials.csv` (a row a trial, in the order of their ids), `importance.json` (null where too
 * few trials have a score), `winner.json` (the values of both winners), `metrics.json`, and of both
 * networks what `trained.ts` says, as `winner-*` and `study-*`.
 */
export async function run(context: StageContext): Promise<void> {
  const { classes, space, oracle, seed, trial: recipe, finalEpochs, publishedWinner } = context
    .parameters as unknown as Tuning & { classes: string[] };
  const fit = (
    label: string,
    values: Values,
    epochs: number,
    more: Pick<FitParameters, "start" | "initialEpoch" | "evaluate">,
    parent?: JobResult,
  ) =>
    context.job({
      module: "src/jobs/fit.ts",
      label,
      parameters: {
        model: tunedLenet(values as unknown as TunedLenetValues, classes.length),
        recipe: { ...recipe, epochs, learningRate: Number(values.learning_rate) },
        ...more,
      } satisfies FitParameters as unknown as Json,
      inputs: context.inputs,
      after: parent && { parent },
    });

  // The search. A trial's score is its best validation accuracy, as in Keras Tuner.
  const jobs = new Map<number, JobResult>();
  const total = planned(oracle).trials;
  let best = 0;
  const runTrial = async (
    { id, values, initialEpoch, epochs, parent }: Trial,
  ): Promise<Outcome> => {
    try {
      const started = parent === undefined ? undefined : jobs.get(parent);
      const start = started && ["parent/weights.bin"];
      const job = await fit(
        `trial ${id}`,
        values,
        epochs,
        { start, initialEpoch, evaluate: [] },
        started,
      );
      jobs.set(id, job);
      const { history, keptEpoch } = JSON.parse(
        new TextDecoder().decode(await job.read("summary.json")),
      ) as FitSummary;
      const score = history.find(({ epoch }) => epoch === keptEpoch)!.validationAccuracy;
      best = Math.max(best, score);
      return { score };
    } catch (error) {
      // A loss that is not a number makes a failed trial, not a failed search.
      if (error instanceof JobFailure && error.kind === "DivergenceError") {
        return { failed: "diverged" };
      }
      throw error;
    } finally {
      context.progress(jobs.size, total, `trials, best so far ${best.toFixed(4)}`);
    }
  };
  const { trials, stopped } = await search(openOracle(space, oracle, seed), runTrial);
  const columns = ["id", "parent", "iteration", "bracket", "rung", "initialEpoch", "epochs"];
  await context.write(
    "trials.csv",
    stringify(trials.map(({ values, ...trial }) => ({ ...trial, ...values })), {
      columns: [...columns, ...names(space), "score"],
    }),
  );
  await context.write(
    "importance.json",
    JSON.stringify(importance(space, trials, seed), null, 2) + "\n",
  );

  // Both winners from fresh weights, alike.
  const first = ranked(trials).at(0);
  if (first === undefined) throw new Error(stopped ?? "No trial of the search has a score.");
  const winner = first.values;
  const study = { ...winner, ...publishedWinner };
  await context.write("winner.json", JSON.stringify({ winner, study }, null, 2) + "\n");
  const finals = await Promise.all(
    Object.entries({ winner, study }).map(async ([name, values]) => ({
      name,
      model: tunedLenet(values as unknown as TunedLenetValues, classes.length),
      job: await fit(`${name} retrained`, values, finalEpochs, { evaluate: ["train", "test"] }),
      prefix: `${name}-`,
    })),
  );
  await writeModel(context, finals[0]);
  const metrics = [];
  for (const final of finals) {
    metrics.push(...await writeEvaluation(context, final, classes, `tune.${final.name}`));
  }
  await context.write("metrics.json", JSON.stringify(metrics, null, 2) + "\n");
}
