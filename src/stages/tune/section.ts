/** The report's section on the search for hyperparameters. @module */
import { studentT } from "../../evaluation/intervals.ts";
import { count, counted, decimal, listed, NONE, table } from "../../report/markdown.ts";
import type { OracleOptions } from "../../tuning/oracle.ts";
import { names, type Space, type Value, valueOf } from "../../tuning/space.ts";
import { ranked } from "../../tuning/trial.ts";
import { metricOf, type Network, publishedOf, spreadIn, titleOf } from "../network.ts";
import type { SectionContextOf } from "../room.ts";
import { curves, epochs, keptBy, layersTable, optimizerOf, scoresTable } from "../shown.ts";
import {
  hyperbandRungs,
  importanceBars,
  parallelCoordinates,
  scoreByHyperparameter,
} from "./charts.ts";
import type { tune } from "./stage.ts";

/** How many trials the table of the best shows. */
const TOP = 10;

/** Below this R² a forest says little of what it was fitted to. */
const WEAK = 0.3;

/** Writes the section. */
export async function section(context: SectionContextOf<typeof tune>): Promise<string[]> {
  const { settings: { space, oracle, trial: recipe }, inputs } = context;
  const columns = names(space);
  const all = (await inputs.trials.read()).map((trial) => ({
    ...trial,
    values: Object.fromEntries(
      columns.map((name) => [name, valueOf(space[name], String(trial.values[name]))]),
    ),
  }));
  const scored = ranked(all);
  const best = scored.slice(0, TOP);
  const stopped = await inputs.stopped.read();
  const trained = all.reduce((sum, { epochs, initialEpoch }) => sum + epochs - initialEpoch, 0);
  const failed = all.length - scored.length;

  return [
    "## Tuning",
    `${oracleName(oracle)} over the space below: ` +
    `${trials(all.length)}, ${epochs(trained)} in all, batches of ${recipe.batchSize} with ` +
    `${
      optimizerOf(recipe)
    }. A trial's score is the validation accuracy of the epoch that is kept, ${
      keptBy(recipe.keep)
    }` +
    (failed > 0 ? `; ${trials(failed)} failed.` : "."),
    ...(stopped === undefined ? [] : [stopped]),
    table(["Hyperparameter", "range"], columns.map((name) => [name, rangeText(space, name)])),
    ...(scored.length === 0 ? ["**No trial has a score, so there is no winner.**"] : [
      ...await trialCharts(context, all),
      ...await importancePart(context),
      best.length === 1 ? "The best trial:" : `The best ${trials(best.length)}:`,
      table(
        ["Trial", "bracket", "epochs", ...columns, "score"],
        best.map(({ id, bracket, epochs, values, score }) => [
          String(id),
          bracket === undefined ? NONE : String(bracket),
          String(epochs),
          ...columns.map((name) => shortly(values[name])),
          decimal(score),
        ]),
      ),
      ...await seedsPart(context, scored),
      ...await winnersPart(context, columns),
    ]),
  ];
}

/** `10 trials`, `1 trial`. */
const trials = (n: number): string => counted(n, "trial");

type Context = SectionContextOf<typeof tune>;

/** What was tried, what it scored, and what mattered; one trial stands in the table below. */
async function trialCharts(
  { settings: { space, oracle }, figure }: Context,
  trials: Parameters<typeof hyperbandRungs>[1] & Parameters<typeof parallelCoordinates>[2],
): Promise<string[]> {
  if (trials.filter(({ score }) => Number.isFinite(score)).length < 2) return [];
  return [
    await figure(
      "tune-parallel",
      parallelCoordinates("Every trial", space, trials),
      "Parallel coordinates of every trial's hyperparameters and score",
    ),
    await figure(
      "tune-scores",
      scoreByHyperparameter("Score against each hyperparameter", space, trials),
      "Validation accuracy against each hyperparameter",
    ),
    ...(oracle.type === "hyperband"
      ? [
        await figure(
          "tune-rungs",
          hyperbandRungs("The rungs of the brackets", trials),
          "Validation accuracy by epochs in each bracket of Hyperband",
        ),
      ]
      : []),
  ];
}

/** What mattered, as far as the trials tell. */
async function importancePart({ inputs, figure }: Context): Promise<string[]> {
  const importance = await inputs.importance.read();
  if (importance === null) {
    return [
      "How much each hyperparameter matters is unknown: too few different sets of values have a " +
      "score to fit a forest to.",
    ];
  }
  const { shares, r2 } = importance;
  if (Object.values(shares).every((share) => share === 0)) {
    return [
      "To a forest fitted to the trials no hyperparameter matters: it predicts one score for all.",
    ];
  }
  return [
    await figure(
      "tune-importance",
      importanceBars("How much each hyperparameter matters", shares),
      "Importance of each hyperparameter",
    ),
    `Importance is the total effect in a random forest fitted to the trials, by permutation. ` +
    `Forests predict trials that they have not seen with an R² of ${decimal(r2, 2)}` +
    (r2 < WEAK ? ", so these shares say little." : "."),
  ];
}

/** Which trials the spread of seeds cannot tell apart from the best, where the winner was trained again. */
async function seedsPart(
  { shows }: Context,
  [best, ...others]: readonly { readonly id: number; readonly score: number }[],
): Promise<string[]> {
  const spread = (await shows.seedSpread.read())?.find(({ network, part }) =>
    network === "winner" && part === "validation"
  );
  if (!spread || others.length === 0) return [];
  const { runs, std } = spread;
  const apart = studentT(runs - 1) * std * Math.SQRT2;
  const near = others.filter(({ score }) => best.score - score <= apart);
  const named = near.slice(0, TOP - 1).map(({ id }) => String(id));
  const more = near.length - named.length;
  return [
    `Trained with ${
      count(runs)
    } seeds, the winner has validation accuracies with a standard deviation of ` +
    `${
      decimal(std)
    } ([more on that](#how-much-another-training-run-would-differ)), so that two runs ` +
    `may lie ${
      decimal(apart)
    } apart by their seeds alone (95%, Student's t); trials of fewer epochs ` +
    `may spread more. ` +
    (near.length === 0
      ? `No other trial comes so near to the best.`
      : `That cannot tell the best trial, ${best.id}, apart from ${near.length} of the ` +
        `${counted(others.length, "other")}: ${
          listed(more > 0 ? [...named, `${more} more`] : named)
        }.`),
  ];
}

/** The winner of the search and, if there is one, the one that was told beforehand. */
async function winnersPart(context: Context, columns: readonly string[]): Promise<string[]> {
  const { settings, study: { published }, inputs, link } = context;
  const { finalEpochs, trial: { keep } } = settings;
  const { winner, study } = await inputs.winners.read();
  const layers = await inputs.winner.layers.read();
  const history = await inputs.winner.history.read();
  const theirLayers = await inputs.study.layers.read();
  const theirHistory = await inputs.study.history.read();
  if (!winner || !layers || !history) throw new Error("the winner of the search was not trained");
  const missing = columns.filter((name) => !(name in (published?.winner ?? {})));
  const rows = {
    "winner of the search": winner,
    ...(study ? { "original study's winner": study } : {}),
  };
  return [
    study ? "### The winners, trained alike" : "### The winner",
    `The winner of the search${
      study ? `, and the winner that the original study names, each` : ""
    } ` +
    `trained for ${epochs(finalEpochs)} from fresh weights; the epoch kept was ${keptBy(keep)}.` +
    (study && missing.length > 0
      ? ` The original study does not tell ${
        new Intl.ListFormat("en", { type: "disjunction" }).format(missing)
      } of its winner; here it has ${missing.length === 1 ? "that" : "those"} of the first.`
      : ""),
    table(
      ["", ...columns],
      Object.entries(rows).map(([name, values]) => [
        name,
        ...columns.map((column) => shortly(values[column])),
      ]),
    ),
    "The winner of the search:",
    layersTable(layers),
    await curves("tune-winner", "The winner of the search", history, context),
    scoresTable("tune.winner", [...await inputs.metrics.read(), ...await inputs.scores.read()]),
    `Its weights are a TensorFlow.js layers model: ${
      link(inputs.winner.model, "model.json")
    } with ` +
    `${link(inputs.winner.weights, "weights.bin")}.`,
    ...(theirLayers && theirHistory
      ? [
        "The original study's winner:",
        layersTable(theirLayers, published, published?.tunedParameters),
        await curves("tune-study", "The original study's winner", theirHistory, context),
      ]
      : []),
  ];
}

/** A value in four significant digits, or as it is. */
const shortly = (value: Value): string =>
  typeof value === "number" ? String(Number(value.toPrecision(4))) : String(value);

const oracleName = ({ type }: OracleOptions): string => ({
  hyperband: "Hyperband",
  randomSearch: "Random search",
  bayesianOptimization: "Bayesian optimisation",
}[type]);

function rangeText(space: Space, name: string): string {
  const parameter = space[name];
  if (parameter.type === "choice") return parameter.values.join(" or ");
  const { minValue, maxValue, step, type } = parameter;
  const how = parameter.type === "float" && parameter.sampling === "log"
    ? "logarithmic"
    : `step ${step ?? (type === "int" ? 1 : NONE)}`;
  return `${minValue} to ${maxValue}, ${how}`;
}

/** The winner of the search and, if there is one, the one that was told beforehand. */
export async function networks(
  { study: { published }, inputs, shows }: Context,
): Promise<Network[]> {
  const metrics = await inputs.metrics.read();
  const spread = await shows.seedSpread.read();
  const { provenance: { jobs } } = await inputs.manifest.read();
  const winners = { winner: inputs.winner, study: inputs.study };
  const networks: Network[] = [];
  for (const [name, { layers, testPredictions }] of Object.entries(winners)) {
    const id = `tune.${name}`;
    const [own, predictions] = [await layers.read(), await testPredictions.read()];
    if (!own || !predictions) continue;
    const parameters = own.reduce((sum, layer) => sum + layer.parameters, 0);
    networks.push({
      id,
      title: titleOf(id),
      published: publishedOf(published?.figures, id, "its tuned network"),
      validation: metricOf(metrics, `${id}.validation.accuracy`),
      test: metricOf(metrics, `${id}.test.accuracy`),
      spread: spreadIn(spread, name),
      parameters,
      trained: parameters,
      seconds: jobs[name].seconds,
      final: true,
      predictions,
    });
  }
  return networks;
}
