/**
 * What stage `tune` does: an oracle asks for trials, every trial is a job; the winner, and the winner
 * of the original study, are then trained alike and evaluated once on the test images.
 *
 * @module
 */
import { imageShape } from "../../files/npy.ts";
import { resolveLayers } from "../../models/shapes.ts";
import type { ModelSpec } from "../../models/spec.ts";
import { tunedLenet } from "../../models/tuned_lenet.ts";
import { JobFailure } from "../../pipeline/executor.ts";
import type { ContextOf } from "../../pipeline/stage.ts";
import { importance } from "../../tuning/importance.ts";
import { openOracle, planned } from "../../tuning/oracle.ts";
import type { Values } from "../../tuning/space.ts";
import { type Outcome, ranked, search, type Trial } from "../../tuning/trial.ts";
import { type Trained, writeEvaluation, writeModel } from "../evaluate.ts";
import type { tune } from "./stage.ts";
import { trialValues } from "../trial_values.ts";

/** Writes what the stage declares: of the search as soon as it has ended, then of the winners. */
export async function run(
  { parameters, inputs, outputs, jobs, progress }: ContextOf<typeof tune>,
): Promise<void> {
  const { classes, space, oracle, seed, trial: recipe, finalEpochs, publishedWinner } = parameters;
  const input = await imageShape(inputs.trainImages.file.path);
  const { trainImages, trainLabels, trainIndices, validationIndices } = inputs;
  const training = { trainImages, trainLabels, trainIndices, validationIndices };
  const modelOf = (values: Values) => tunedLenet(trialValues(values), input, classes.length);
  const recipeOf = (values: Values, epochs: number) => ({
    ...recipe,
    epochs,
    learningRate: trialValues(values).learning_rate,
  });

  // The search. A trial's score is that of the epoch which is kept.
  const finished = new Map<number, Trained["job"]>();
  const total = planned(oracle).trials;
  let [done, best] = [0, 0];
  const runTrial = async (
    { id, values, initialEpoch, epochs, parent }: Trial,
  ): Promise<Outcome> => {
    try {
      const model = modelOf(values);
      if (!isPossible(model)) return { failed: "impossible" };
      const weights = parent === undefined ? undefined : finished.get(parent)?.weights;
      const job = await jobs.fit({
        name: `trial${id}`,
        label: `trial ${id}`,
        parameters: { model, recipe: recipeOf(values, epochs), initialEpoch, evaluate: [] },
        inputs: { ...training, weights },
      });
      finished.set(id, job);
      const { history, keptEpoch } = await job.summary.read();
      const score = history.find(({ epoch }) => epoch === keptEpoch)!.validationAccuracy;
      best = Math.max(best, score);
      return { score };
    } catch (error) {
      // A loss that is not a number makes a failed trial, not a failed search.
      if (!(error instanceof JobFailure && error.kind === "DivergenceError")) throw error;
      return { failed: "diverged" };
    } finally {
      progress(++done, total, `trials, best so far ${best.toFixed(4)}`);
    }
  };
  const { trials, stopped } = await search(openOracle(space, oracle, seed), runTrial);
  await outputs.trials.write(
    trials.map(({ failed: _, parent, iteration, bracket, rung, ...trial }) => ({
      ...trial,
      parent,
      iteration,
      bracket,
      rung,
    })),
  );
  if (stopped !== null) await outputs.stopped.write(stopped);
  await outputs.importance.write(importance(space, trials, seed));

  // The winners from fresh weights, alike. A search without a score has none.
  const winner = ranked(trials).at(0)?.values;
  const study = winner && publishedWinner && { ...winner, ...publishedWinner };
  await outputs.winners.write({ winner: winner ?? null, study });
  const retrain = async (name: string, values: Values): Promise<Trained> => {
    const model = modelOf(values);
    const job = await jobs.fit({
      name,
      label: `${name} retrained`,
      parameters: {
        model,
        recipe: recipeOf(values, finalEpochs),
        evaluate: ["train", "test"],
      },
      inputs,
    });
    return { model, job };
  };
  const [ours, theirs] = await Promise.all([
    winner && retrain("winner", winner),
    study && retrain("study", study),
  ]);
  if (ours) {
    await writeModel(outputs.winner, ours, "tune.winner", classes, await inputs.form.read());
  }
  const worth = [
    ...(ours ? [await writeEvaluation(outputs.winner, inputs, ours, classes, "tune.winner")] : []),
    ...(theirs
      ? [await writeEvaluation(outputs.study, inputs, theirs, classes, "tune.study")]
      : []),
  ];
  await outputs.metrics.write(worth.flatMap(({ metrics }) => metrics));
  await outputs.scores.write(worth.flatMap(({ scores }) => scores));
}

/** Whether values make a network: a window, say, may be larger than what is left of the image. */
function isPossible(model: ModelSpec): boolean {
  try {
    resolveLayers(model);
    return true;
  } catch {
    return false;
  }
}
