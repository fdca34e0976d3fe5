/** The report's section on the search for hyperparameters. @module */
import { studentT } from "../../evaluation/intervals.ts";
import { count, counted, decimal, listed, NONE, sideBySide, table } from "../../report/markdown.ts";
import type { Curve, Explored } from "../../page/explored.ts";
import { expectedScores, sharesWithout } from "../../tuning/forest.ts";
import type { OracleOptions } from "../../tuning/oracle.ts";
import { names, type Space, type Value, valueOf } from "../../tuning/space.ts";
import { metricOf, type Network, publishedOf, spreadIn, titleOf } from "../network.ts";
import type { SectionContextOf } from "../room.ts";
import { curves, epochs, keptBy, layersTable, optimizerOf, scoresTable } from "../shown.ts";
import {
  cellsOf,
  importanceRanges,
  parallelCoordinates,
  scoreByHyperparameter,
  scoreByTwo,
} from "./charts.ts";
import { configurations, type ScoredTrial } from "./configurations.ts";
import { bestSoFar, hyperbandRungs, type RungTrial, type SpentTrial } from "./course.ts";
import type { tune } from "./stage.ts";
import { triedOf } from "./tried.ts";

/** How many configurations the table of the best shows. */
const TOP = 10;

/** Below this R² a forest says little of what it was fitted to. */
const WEAK = 0.3;

/** Writes the section. */
export async function section(context: SectionContextOf<typeof tune>): Promise<string[]> {
  const { settings: { space, oracle, trial: recipe }, inputs } = context;
  const columns = names(space);
  const all = trialsOf(space, await inputs.trials.read());
  const tried = configurations(all);
  const stopped = await inputs.stopped.read();
  const trained = all.reduce((sum, { epochs, initialEpoch }) => sum + epochs - initialEpoch, 0);
  const failed = all.filter(({ score }) => !Number.isFinite(score)).length;

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
    ...(tried.length === 0 ? ["**No trial has a score, so there is no winner.**"] : [
      ...sideBySide(await trialCharts(context, all)),
      ...await importancePart(context, all),
      ...bestTable(tried, columns),
      ...await seedsPart(context, tried),
      ...await winnersPart(context, columns),
    ]),
  ];
}

/** Trials with values of the kinds that the space has. */
const trialsOf = <T extends { readonly values: { readonly [name: string]: unknown } }>(
  space: Space,
  trials: readonly T[],
) =>
  trials.map((trial) => ({
    ...trial,
    values: Object.fromEntries(
      names(space).map((name) => [name, valueOf(space[name], String(trial.values[name]))]),
    ),
  }));

/** The figure of all configurations. */
const PARALLEL = "tune-parallel";

/** `10 trials`, `1 trial`. */
const trials = (n: number): string => counted(n, "trial");

type Context = SectionContextOf<typeof tune>;

/** A trial as the section reads it. */
interface Row extends ScoredTrial, RungTrial, SpentTrial {
  readonly id: number;
  readonly epochs: number;
  readonly score: number;
}

/** What was tried and what it scored; one trial stands in the table below. */
async function trialCharts(
  { settings: { space, oracle }, figure }: Context,
  trials: readonly Row[],
): Promise<string[]> {
  if (trials.filter(({ score }) => Number.isFinite(score)).length < 2) return [];
  return [
    await figure(
      "tune-course",
      bestSoFar("The best score so far", trials),
      "The best validation accuracy so far, by trials and by epochs spent",
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
    await figure(
      PARALLEL,
      parallelCoordinates("Every configuration", space, trials),
      "Parallel coordinates of every configuration's hyperparameters and score",
    ),
    await figure(
      "tune-scores",
      scoreByHyperparameter("Score against each hyperparameter", space, trials),
      "Validation accuracy against each hyperparameter",
    ),
  ];
}

/** What mattered, as far as the trials tell. */
async function importancePart(context: Context, all: readonly Row[]): Promise<string[]> {
  const { settings: { space, seed }, inputs, figure } = context;
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
  const scored = all.filter(({ score }) => Number.isFinite(score));
  const tried = configurations(all).length;
  const without = sharesWithout(space, scored, seed);
  const each = without.length === tried ? "configuration" : "tenth of the configurations";
  return [
    await figure(
      "tune-importance",
      importanceRanges("How much each hyperparameter matters", importance, without, {
        trials: `${trials(scored.length)} of ${counted(tried, "configuration")}`,
        left: `each ${each}`,
      }),
      "Importance of each hyperparameter, and its range where configurations are left out",
    ),
    `Importance is the total effect in a random forest fitted to the trials, by permutation. ` +
    `Forests predict trials that they have not seen with an R² of ${decimal(r2, 2)}` +
    (r2 < WEAK ? ", so these shares say little." : ".") +
    openPlaces(without, trials(scored.length), each),
    ...await pairPart(context, scored, shares),
  ];
}

/** Places of the ranking of hyperparameters that are looked at. */
const PLACES = ["first", "second", "third"];

/** Which place of the ranking the trials leave open, if a forest without some of them ranks otherwise. */
function openPlaces(
  without: readonly { readonly [name: string]: number }[],
  trials: string,
  each: string,
): string {
  if (without.length === 0 || Object.keys(without[0]).length === 1) return "";
  const rankings = without.map((shares) =>
    Object.entries(shares).sort(([, a], [, b]) => b - a).map(([name]) => name)
  );
  const holders = (place: number) => {
    const names = rankings.map((ranking) => ranking[place]);
    return [...new Set(names)]
      .map((name) => ({ name, times: names.filter((other) => other === name).length }))
      .sort((a, b) => b.times - a.times);
  };
  const places = PLACES.slice(0, rankings[0].length);
  const open = places.findIndex((_, place) => holders(place).length > 1);
  if (open < 0) {
    return ` Whichever ${each} is left out, the first ${places.length} places stay as they are.`;
  }
  return ` These ${trials} leave the ${
    places[open]
  } place open: with each ${each} left out in turn, ` +
    listed(
      holders(open).map(({ name, times }, i) =>
        i === 0
          ? `${name} takes it in ${times} of ${without.length} forests`
          : `${name} in ${times}`
      ),
    ) + ".";
}

/** A map of the two hyperparameters that matter most. */
async function pairPart(
  { settings: { space, seed }, figure }: Context,
  trials: readonly Row[],
  shares: { readonly [name: string]: number },
): Promise<string[]> {
  const [first, second] = Object.entries(shares).filter(([, share]) => share > 0)
    .sort(([, a], [, b]) => b - a).map(([name]) => name);
  if (second === undefined) return [];
  const cells = cellsOf(space, [first, second]);
  const expected = expectedScores(space, trials, cells.map(({ values }) => values), seed);
  if (expected === undefined) return [];
  return [
    await figure(
      "tune-pair",
      scoreByTwo("The two that matter most", space, [first, second], trials, expected),
      `Scores by ${first} and ${second}: what was tried, and what a forest expects`,
    ),
    `The shade is a forest's guess, as a mean over the other hyperparameters. Far from any trial it ` +
    `knows nothing and goes on with what was found nearest.`,
  ];
}

/** A table of the best configurations without what is the same for all of them, which a sentence tells. */
function bestTable(
  tried: readonly (Row & { readonly bracket?: number })[],
  names: readonly string[],
): string[] {
  const best = tried.slice(0, TOP);
  const brackets = new Set(tried.map(({ bracket }) => bracket)).size;
  const columns = [
    ...(brackets > 1
      ? [{
        name: "bracket",
        cells: best.map(({ bracket }) => bracket === undefined ? NONE : String(bracket)),
      }]
      : []),
    { name: "epochs", cells: best.map(({ epochs }) => String(epochs)) },
    ...names.map((name) => ({ name, cells: best.map(({ values }) => shortly(values[name])) })),
  ];
  const varies = (cells: readonly string[]) => best.length === 1 || new Set(cells).size > 1;
  const shown = columns.filter(({ cells }) => varies(cells));
  const same = columns.filter(({ cells }) => !varies(cells));
  return [
    (best.length === 1
      ? "The best configuration"
      : `The best ${counted(best.length, "configuration")}`) +
    `, each by its trial with the most epochs` +
    (same.length === 0
      ? ":"
      : `; all have ${listed(same.map(({ name, cells: [value] }) => `${name} ${value}`))}:`),
    table(
      // Spaces let long names break.
      ["score", "trial", ...shown.map(({ name }) => name.replaceAll("_", " "))],
      best.map(({ id, score }, i) => [
        decimal(score),
        String(id),
        ...shown.map(({ cells }) => cells[i]),
      ]),
    ),
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
  const winners = [winner, ...(study ? [study] : [])];
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
      [
        "Hyperparameter",
        "winner of the search",
        ...(study ? ["original study's winner"] : []),
      ],
      columns.map((name) => [name, ...winners.map((values) => shortly(values[name]))]),
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

/** A value in three significant digits where it is no whole number, or as it is. */
const shortly = (value: Value): string =>
  typeof value === "number" && !Number.isInteger(value)
    ? String(Number(value.toPrecision(3)))
    : String(value);

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

/** How the winners learnt, and what was tried. */
export async function explored(
  { settings: { space }, inputs }: Context,
): Promise<Explored> {
  const winners = { winner: inputs.winner, study: inputs.study };
  const curves: Curve[] = [];
  for (const [name, { history }] of Object.entries(winners)) {
    const epochs = await history.read();
    if (epochs) curves.push({ title: titleOf(`tune.${name}`), epochs });
  }
  const trials = triedOf(space, trialsOf(space, await inputs.trials.read()));
  return { curves, ...(trials ? { trials: { figure: PARALLEL, ...trials } } : {}) };
}
