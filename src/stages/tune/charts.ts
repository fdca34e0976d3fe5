/**
 * Charts of a search for hyperparameters: what was tried, what it scored, what mattered.
 *
 * Each function takes plain data and gives a Vega-Lite specification for `renderSvg`. Trials that
 * failed (their score is NaN) are counted below the title and have no point.
 *
 * @module
 */
import type { TopLevelSpec } from "vega-lite";
import {
  type Choice,
  fromUnit,
  type Hyperparameter,
  isCategorical,
  names,
  type Space,
  toUnit,
  type Value,
  type Values,
} from "../../tuning/space.ts";
import { shareScale } from "../../report/charts/axes.ts";
import { counted } from "../../report/markdown.ts";
import { categoryColors } from "../../report/svg.ts";

/** A trial, as far as these charts tell of it; a `FinishedTrial` is one. */
export interface ScoredTrial {
  readonly values: Values;
  /** Epochs done when it ended. */
  readonly epochs: number;
  /** Accuracy on the validation images, 0 to 1; NaN where the trial failed. */
  readonly score: number;
}

/** A trial of Hyperband; a `FinishedTrial` of that oracle is one. */
export interface RungTrial {
  /** Unique among the trials. */
  readonly id: number;
  /** The trial that this one went on from, if any. */
  readonly parent?: number;
  /** Which sweep over all brackets, counted from 0. */
  readonly iteration?: number;
  /** How often the bracket sorts out. */
  readonly bracket?: number;
  /** Epochs done when it ended. */
  readonly epochs: number;
  /** Accuracy on the validation images, 0 to 1; NaN where the trial failed. */
  readonly score: number;
}

/** From a poor score to a good one: pale to dark, so that the good ones stand out on white. */
const scoreColors = ["#dbe7f1", "#56a0ce", "#08306b"];
const grey = "#8c959f";

/** The trials with a score, worst first, so that the best are drawn last and on top. */
function ascending<T extends { readonly score: number }>(
  title: string,
  trials: readonly T[],
): { scored: T[]; failed: string | undefined } {
  const scored = trials.filter(({ score }) => Number.isFinite(score))
    .sort((a, b) => a.score - b.score);
  if (scored.length === 0) throw new RangeError(`Chart "${title}": no trial has a score.`);
  const failed = trials.length - scored.length;
  return {
    scored,
    failed: failed === 0
      ? undefined
      : `${failed} of ${counted(trials.length, "trial")} failed and ${
        failed === 1 ? "has" : "have"
      } no score`,
  };
}

/**
 * A value as an axis shows it: two significant digits where it lies on no step, and in quotes a word
 * that is empty or looks like another of the choice's values.
 */
function label(parameter: Hyperparameter, value: Value): string {
  if (typeof value === "number" && !Number.isInteger(value)) {
    return String(Number(value.toPrecision(2)));
  }
  const alike = parameter.type === "choice" &&
    parameter.values.some((other) => other !== value && String(other) === String(value));
  return value === "" || alike ? JSON.stringify(value) : String(value);
}

/** How many numbers or words an axis of parallel coordinates has room for. */
const MAX_LABELS = 20;

/** Where an axis of parallel coordinates is labelled: a range at its quarters, categories one by one. */
function labelled(parameter: Hyperparameter): number[] {
  if (parameter.type !== "choice" || !isCategorical(parameter)) return [0, 0.25, 0.5, 0.75, 1];
  const { length } = parameter.values;
  const every = Math.ceil(length / MAX_LABELS);
  return parameter.values.flatMap((_, i) => i % every === 0 ? [(i + 0.5) / length] : []);
}

/**
 * Parallel coordinates: a vertical axis for each hyperparameter and one for the score, a line a
 * trial, dark where the score is good. Failed trials are dashed and end before the score.
 *
 * @param space The axes; values lie where the oracle sees them, evenly on a logarithmic axis too.
 * @throws {RangeError} where no trial has a score
 * @throws {Error} where a trial's value is missing or outside the space, by name
 */
export function parallelCoordinates(
  title: string,
  space: Space,
  trials: readonly ScoredTrial[],
): TopLevelSpec {
  const { scored, failed } = ascending(title, trials);
  const parameters = names(space);
  const scoreAxis = "score";
  const axes = [...parameters, scoreAxis];
  const worst = scored[0].score;
  const best = scored[scored.length - 1].score;
  const height = (score: number) => best === worst ? 0.5 : (score - worst) / (best - worst);
  // One very poor trial would make all others equally dark: the lower quarter shares one colour.
  const pale = scored[Math.floor(scored.length / 4)].score;

  /** A line's points, in the order of the axes. */
  const line = ({ values, score }: ScoredTrial, trial: number) => {
    const places = toUnit(space, values);
    return axes.flatMap((axis, i) => {
      const place = axis === scoreAxis ? height(score) : places[i];
      return Number.isFinite(place) ? [{ trial, axis, place, score }] : [];
    });
  };
  const width = 760;
  // Names that do not fit side by side are tilted.
  const crowded = Math.max(...axes.map((axis) => axis.length)) * 8 > width / axes.length;
  const scores = [0, 0.25, 0.5, 0.75, 1];
  const ticksOf = (axis: string) => {
    const alone = { [axis]: space[axis] };
    return labelled(space[axis]).map((at) => {
      const values = fromUnit(alone, [at]);
      return { axis, place: toUnit(alone, values)[0], label: label(space[axis], values[axis]) };
    });
  };
  const scoreTicks = scores.map((score) => ({
    axis: scoreAxis,
    place: best === worst ? 0.5 : score,
    label: (worst + score * (best - worst)).toFixed(4),
  }));
  const columns = [...parameters.map(ticksOf), scoreTicks];
  const most = Math.max(...columns.map(({ length }) => length));
  const ticks = Array.from({ length: most }, (_, i) => columns.flatMap((ticks) => ticks[i] ?? []))
    .flat();
  const unique = [...new Map(ticks.map((tick) => [`${tick.place} ${tick.axis}`, tick])).values()];

  const x = {
    field: "axis",
    type: "nominal" as const,
    title: null,
    scale: { domain: axes, type: "point" as const, padding: 0.45 },
    axis: {
      orient: "top" as const,
      domain: false,
      ticks: false,
      labelAngle: crowded ? -20 : 0,
      labelPadding: 14,
    },
  };
  const y = {
    field: "place",
    type: "quantitative" as const,
    scale: { domain: [0, 1] },
    axis: null,
  };
  const text = {
    data: { values: unique },
    encoding: { x, y, text: { field: "label", type: "nominal" as const } },
  };
  const mark = {
    type: "text" as const,
    align: "left" as const,
    dx: 6,
    fontSize: 11,
    // Long words end before the next axis.
    limit: width / axes.length - 12,
  };
  return {
    title: {
      text: title,
      subtitle: `Dark: a good score${failed === undefined ? "" : `. Dashed: ${failed}`}`,
    },
    description: `${counted(trials.length, "trial as a line", "trials as lines")} over ` +
      `${parameters.join(", ")} and the score, which goes from ${worst.toFixed(4)} to ${
        best.toFixed(4)
      }.`,
    width,
    height: 320,
    layer: [
      {
        data: { values: trials.filter(({ score }) => !Number.isFinite(score)).flatMap(line) },
        mark: { type: "line", strokeWidth: 1, strokeDash: [4, 3], color: grey },
        encoding: { x, y, detail: { field: "trial", type: "nominal" }, order: { value: 0 } },
      },
      {
        data: { values: scored.flatMap(line) },
        mark: { type: "line", strokeWidth: 1.5, opacity: 0.9 },
        encoding: {
          x,
          y,
          detail: { field: "trial", type: "nominal" },
          order: { value: 0 },
          color: {
            field: "score",
            type: "quantitative",
            title: "Score",
            scale: {
              domain: pale < best ? [pale, best] : [best - 0.01, best],
              range: scoreColors,
              clamp: true,
            },
            legend: null,
          },
        },
      },
      {
        data: { values: axes.map((axis) => ({ axis, low: 0, high: 1 })) },
        mark: { type: "rule", color: "#57606a" },
        encoding: {
          x,
          y: { ...y, field: "low" },
          y2: { field: "high" },
        },
      },
      {
        data: { values: unique },
        mark: { type: "tick", orient: "horizontal", color: "#57606a", size: 7, thickness: 1 },
        encoding: { x, y },
      },
      // Numbers twice: a white rim first, to keep them readable among the lines.
      { ...text, mark: { ...mark, stroke: "white", strokeWidth: 4, opacity: 0.85 } },
      { ...text, mark },
    ],
  };
}

/**
 * How an axis of `width` writes words: tilted and cut where they do not fit side by side, and not all
 * of them where they do not fit tilted either.
 */
function wordAxis({ values }: Choice, width: number) {
  const longest = Math.max(...values.map((value) => String(value).length));
  return longest * 7 * values.length <= width
    ? { labelAngle: 0 }
    : { labelAngle: -40, labelLimit: 90, labelOverlap: values.length * 13 > width };
}

/**
 * The score against each hyperparameter, one small chart each, on a common score axis; the darker a
 * point, the more epochs.
 *
 * @throws {RangeError} where no trial has a score
 */
export function scoreByHyperparameter(
  title: string,
  space: Space,
  trials: readonly ScoredTrial[],
): TopLevelSpec {
  const { scored, failed } = ascending(title, trials);
  const parameters = names(space);
  const epochs = [...new Set(scored.map((trial) => trial.epochs))].sort((a, b) => a - b);
  const scale = shareScale(scored.map(({ score }) => score));
  const width = 200;
  return {
    title: failed === undefined ? title : { text: title, subtitle: failed },
    description:
      `The scores of ${counted(scored.length, "trial")} against ${parameters.join(", ")}, ` +
      `a scatter plot each.`,
    columns: Math.min(3, parameters.length),
    spacing: { row: 26, column: 30 },
    resolve: { scale: { y: "shared" } },
    concat: parameters.map((name) => {
      const parameter = space[name];
      const logarithmic = parameter.type === "float" && parameter.sampling === "log";
      const categorical = isCategorical(parameter);
      return {
        width,
        height: 150,
        // One column under a name of its own: names of hyperparameters may hold dots and brackets.
        data: {
          values: scored.map(({ values, score, epochs }) => ({
            value: categorical ? label(parameter, values[name]) : values[name],
            score,
            epochs,
          })),
        },
        mark: { type: "point", filled: true, size: 45, opacity: 0.85 },
        encoding: {
          x: parameter.type === "choice"
            ? {
              field: "value",
              type: "nominal",
              title: name,
              scale: {
                domain: parameter.values.map((value) =>
                  categorical ? label(parameter, value) : value
                ),
              },
              axis: categorical ? wordAxis(parameter, width) : { labelAngle: 0 },
            }
            : {
              field: "value",
              type: "quantitative",
              title: name,
              scale: {
                type: logarithmic ? "log" : "linear",
                domain: [parameter.minValue, parameter.maxValue],
                nice: false,
                padding: 6,
              },
              axis: {
                grid: false,
                ...(logarithmic ? { format: "~e", tickCount: 3 } : { tickCount: 5 }),
              },
            },
          y: {
            field: "score",
            type: "quantitative",
            title: "Validation accuracy",
            scale,
            axis: { tickCount: 5 },
          },
          color: epochs.length === 1 ? { value: categoryColors[0] } : {
            field: "epochs",
            type: "quantitative",
            title: "Epochs",
            scale: {
              type: "log",
              domain: [epochs[0], epochs.at(-1)!],
              range: ["#8fc1de", "#08306b"],
            },
            legend: { type: "symbol", values: epochs, orient: "top", direction: "horizontal" },
          },
        },
      };
    }),
  };
}

/**
 * The rungs of each bracket of Hyperband: the score of every trial at its number of epochs, lines
 * from a trial to the one that went on from it.
 *
 * @throws {RangeError} where no trial has a score, or a parent is not among the trials
 */
export function hyperbandRungs(title: string, trials: readonly RungTrial[]): TopLevelSpec {
  const { scored, failed } = ascending(title, trials);
  const byId = new Map(trials.map((trial) => [trial.id, trial]));
  const promoted = new Set(trials.map(({ parent }) => parent));
  const sweeps = new Set(trials.map(({ iteration }) => iteration)).size;
  const panelOf = ({ iteration = 0, bracket = 0 }: RungTrial) =>
    sweeps > 1 ? `Sweep ${iteration + 1}, bracket ${bracket}` : `Bracket ${bracket}`;
  const rootOf = (trial: RungTrial): number => {
    if (trial.parent === undefined) return trial.id;
    const parent = byId.get(trial.parent);
    if (parent === undefined) {
      throw new RangeError(
        `Chart "${title}": trial ${trial.id} went on from trial ${trial.parent}, which is not given.`,
      );
    }
    return rootOf(parent);
  };
  const lastEpochs = new Map<string, number>();
  for (const trial of trials) {
    const panel = panelOf(trial);
    lastEpochs.set(panel, Math.max(lastEpochs.get(panel) ?? 0, trial.epochs));
  }
  // Brackets in the order in which they are run: sweep by sweep, those that sort out most first.
  const panels = [
    ...new Set(
      trials.toSorted((a, b) =>
        (a.iteration ?? 0) - (b.iteration ?? 0) || (b.bracket ?? 0) - (a.bracket ?? 0)
      ).map(panelOf),
    ),
  ];
  const kinds = ["stopped", "promoted", "last rung", "best"];
  const best = scored[scored.length - 1];
  const columns = Math.min(4, panels.length);
  return {
    title: failed === undefined ? title : { text: title, subtitle: failed },
    description:
      `${counted(scored.length, "trial")} in ${
        counted(panels.length, "bracket")
      }, score by epochs; the best, ` +
      `${best.score.toFixed(4)}, is in ${panelOf(best).toLowerCase()} at ${
        counted(best.epochs, "epoch")
      }.`,
    data: {
      values: scored.map((trial) => ({
        panel: panelOf(trial),
        configuration: rootOf(trial),
        epochs: trial.epochs,
        score: trial.score,
        kind: trial === best
          ? "best"
          : promoted.has(trial.id)
          ? "promoted"
          : trial.epochs === lastEpochs.get(panelOf(trial))
          ? "last rung"
          : "stopped",
      })),
    },
    facet: { field: "panel", type: "nominal", title: null, sort: panels },
    columns,
    spacing: 18,
    resolve: { scale: { x: "independent" } },
    spec: {
      width: Math.floor(740 / columns) - 18,
      height: 240,
      encoding: {
        x: {
          field: "epochs",
          type: "ordinal",
          title: "Epochs",
          scale: { type: "point", padding: 0.4 },
          axis: { labelAngle: 0 },
        },
        y: {
          field: "score",
          type: "quantitative",
          title: "Validation accuracy",
          scale: shareScale(scored.map(({ score }) => score)),
          axis: { tickCount: 6 },
        },
      },
      layer: [
        {
          mark: { type: "line", color: "#afb8c1", strokeWidth: 1 },
          encoding: { detail: { field: "configuration", type: "nominal" } },
        },
        {
          mark: { type: "point", filled: true, size: 50, opacity: 0.9 },
          encoding: {
            color: {
              field: "kind",
              type: "nominal",
              title: null,
              scale: {
                domain: kinds,
                range: [grey, categoryColors[0], categoryColors[2], categoryColors[1]],
              },
              legend: { orient: "top", direction: "horizontal" },
            },
            shape: {
              field: "kind",
              type: "nominal",
              title: null,
              scale: { domain: kinds, range: ["circle", "circle", "square", "diamond"] },
            },
            size: {
              condition: { test: "datum.kind === 'best'", value: 140 },
              value: 50,
            },
          },
        },
      ],
    },
  };
}

/**
 * Bars: how much of the score's variance each hyperparameter has a part in, the largest first.
 *
 * @param shares By hyperparameter, 0 or more, as `importance` gives them.
 * @throws {RangeError} where there is none, or one is negative or not a number
 */
export function importanceBars(
  title: string,
  shares: { readonly [name: string]: number },
): TopLevelSpec {
  const rows = Object.entries(shares).sort(([, a], [, b]) => b - a);
  if (rows.length === 0) throw new RangeError(`Chart "${title}": there is no hyperparameter.`);
  for (const [name, share] of rows) {
    if (!(share >= 0 && share < Infinity)) {
      throw new RangeError(
        `Chart "${title}": the importance of ${name} is a number of 0 or more; got ${share}.`,
      );
    }
  }
  return {
    title,
    description: rows.map(([name, share]) => `${name} ${share.toFixed(2)}`).join(", ") + ".",
    width: 560,
    height: { step: 26 },
    data: { values: rows.map(([name, share]) => ({ name, share })) },
    encoding: {
      y: {
        field: "name",
        type: "nominal",
        title: null,
        scale: { domain: rows.map(([name]) => name) },
        axis: { ticks: false },
      },
      x: {
        field: "share",
        type: "quantitative",
        title: "Share of the variance of scores",
        axis: { tickCount: 6 },
      },
    },
    layer: [
      { mark: { type: "bar", color: categoryColors[0], height: { band: 0.72 } } },
      {
        mark: { type: "text", align: "left", dx: 5 },
        encoding: { text: { field: "share", type: "quantitative", format: ".2f" } },
      },
    ],
  };
}
