/** The report's section on the search for hyperparameters. @module */
import type { Recipe } from "../training/loop.ts";
import type { Importance } from "../tuning/importance.ts";
import type { OracleOptions } from "../tuning/oracle.ts";
import { names, type Space, type Value, valueOf, type Values } from "../tuning/space.ts";
import { layersTable, readHistory } from "./baseline_section.ts";
import { learningCurves } from "./charts/training.ts";
import {
  hyperbandRungs,
  importanceBars,
  parallelCoordinates,
  scoreByHyperparameter,
} from "./charts/tuning.ts";
import { count, decimal, NONE, table } from "./markdown.ts";
import type { Published } from "./published.ts";
import type { Sources } from "./sources.ts";

/** What the section says besides what the artifacts hold. */
export interface TuneSection {
  readonly space: Space;
  readonly oracle: OracleOptions;
  readonly trial: Omit<Recipe, "epochs" | "learningRate">;
  readonly finalEpochs: number;
  readonly published: Published | null;
}

/** How many trials the table of the best shows. */
const TOP = 10;

/** Writes the section. */
export async function tuneSection(
  { space, oracle, trial: recipe, finalEpochs, published }: TuneSection,
  from: Sources,
): Promise<string[]> {
  const columns = names(space);
  const all = (await from.table("tune/trials.csv")).map((row) => ({
    id: Number(row.id),
    parent: row.parent === "" ? undefined : Number(row.parent),
    iteration: Number(row.iteration),
    bracket: Number(row.bracket),
    epochs: Number(row.epochs),
    initialEpoch: Number(row.initialEpoch),
    values: Object.fromEntries(columns.map((name) => [name, valueOf(space[name], row[name])])),
    score: Number(row.score),
  }));
  const trials = all.filter(({ score }) => !Number.isNaN(score));
  const best = trials.toSorted((a, b) => b.score - a.score || a.id - b.id).slice(0, TOP);
  const importance = await from.json<Importance | null>("tune/importance.json");
  const { winner, study } = await from.json<{ winner: Values; study: Values }>("tune/winner.json");
  const trained = all.reduce((sum, { epochs, initialEpoch }) => sum + epochs - initialEpoch, 0);
  const value = (value: Value) =>
    typeof value === "number" ? String(Number(value.toPrecision(4))) : String(value);
  const curves = async (name: string, title: string) => {
    const { history, keptEpoch } = await readHistory(`tune/${name}-history.csv`, from);
    return await from.figure(
      `tune-${name}-curves`,
      learningCurves(title, history, keptEpoch),
      `${title}: loss and accuracy by epoch`,
    );
  };

  return [
    "## Tuning",
    `${oracleName(oracle)} over the study's space: ${count(all.length)} trials, ` +
    `${
      count(trained)
    } epochs in all, batches of ${recipe.batchSize}. A trial's score is its best ` +
    `validation accuracy` +
    (all.length > trials.length ? `; ${count(all.length - trials.length)} trials failed.` : "."),
    table(
      ["Hyperparameter", "range"],
      columns.map((name) => [name, rangeText(space, name)]),
    ),
    await from.figure(
      "tune-parallel",
      parallelCoordinates("Every trial", space, all),
      "Parallel coordinates of every trial's hyperparameters and score",
    ),
    await from.figure(
      "tune-scores",
      scoreByHyperparameter("Score against each hyperparameter", space, all),
      "Validation accuracy against each hyperparameter",
    ),
    ...(oracle.type === "hyperband"
      ? [
        await from.figure(
          "tune-rungs",
          hyperbandRungs("The rungs of the brackets", all),
          "Validation accuracy by epochs in each bracket of Hyperband",
        ),
      ]
      : []),
    ...(importance === null
      ? ["Too few sets of values have a score to tell how much each hyperparameter matters."]
      : [
        await from.figure(
          "tune-importance",
          importanceBars("How much each hyperparameter matters", importance.shares),
          "Importance of each hyperparameter",
        ),
        `Importance is the total effect in a random forest fitted to the trials, by permutation. Forests ` +
        `predict trials that they have not seen with an R² of ${decimal(importance.r2, 2)}` +
        (importance.r2 < 0.3 ? ", so these shares say little." : "."),
      ]),
    `The best ${count(best.length)} trials:`,
    table(
      ["Trial", "bracket", "epochs", ...columns, "score"],
      best.map((trial) => [
        String(trial.id),
        Number.isNaN(trial.bracket) ? NONE : String(trial.bracket),
        String(trial.epochs),
        ...columns.map((name) => value(trial.values[name])),
        decimal(trial.score),
      ]),
    ),
    "### The winners, trained alike",
    `The winner of the search, and the winner that the study names, each trained for ${finalEpochs} ` +
    `epochs from fresh weights; the epoch with the best validation accuracy was kept. The study names ` +
    `neither dropout nor learning rate of its winner; here it has those of the first.`,
    table(
      ["", ...columns],
      Object.entries({ "winner of the search": winner, "the study's winner": study }).map((
        [name, values],
      ) => [name, ...columns.map((column) => value(values[column]))]),
    ),
    "The winner of the search:",
    layersTable(await from.table("tune/winner-layers.csv"), null),
    await curves("winner", "The winner of the search"),
    `Its weights are a TensorFlow.js layers model: ${
      from.link("tune/winner-model.json", "model.json")
    } with ${from.link("tune/winner-weights.bin", "weights.bin")}.`,
    "The study's winner:",
    layersTable(
      await from.table("tune/study-layers.csv"),
      published && { source: published.source, parameters: published.tunedParameters },
    ),
    await curves("study", "The study's winner"),
  ];
}

function oracleName(oracle: OracleOptions): string {
  return {
    hyperband: "Hyperband",
    randomSearch: "Random search",
    bayesianOptimization: "Bayesian optimisation",
  }[oracle.type];
}

function rangeText(space: Space, name: string): string {
  const parameter = space[name];
  if (parameter.type === "choice") return parameter.values.join(" or ");
  const { minValue, maxValue, step, type } = parameter;
  const how = parameter.type === "float" && parameter.sampling === "log"
    ? "logarithmic"
    : `step ${step ?? (type === "int" ? 1 : NONE)}`;
  return `${minValue} to ${maxValue}, ${how}`;
}
