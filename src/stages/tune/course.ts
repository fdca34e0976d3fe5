/**
 * Charts of the course of a search: how it sorted out, and when it found what it found.
 *
 * @module
 */
import type { TopLevelSpec } from "vega-lite";
import { shareScale } from "../../report/charts/axes.ts";
import { counted } from "../../report/markdown.ts";
import { colors, meanings } from "../../report/svg.ts";
import { crowding, failures, look, pointsBy } from "./looks.ts";

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

/** A trial, and the epochs that it took. */
export interface SpentTrial {
  /** Epochs done before it began. */
  readonly initialEpoch: number;
  /** Epochs done when it ended. */
  readonly epochs: number;
  /** Accuracy on the validation images, 0 to 1; NaN where the trial failed. */
  readonly score: number;
}

/** The trials with a score, worst first, so that the best are drawn last and on top. */
function ascending<T extends { readonly score: number }>(title: string, trials: readonly T[]): T[] {
  const scored = trials.filter(({ score }) => Number.isFinite(score))
    .toReversed().sort((a, b) => a.score - b.score);
  if (scored.length === 0) throw new RangeError(`Chart "${title}": no trial has a score.`);
  return scored;
}

/**
 * The rungs of Hyperband: a panel for each bracket, a point a trial, lines from those that were
 * promoted to what became of them.
 *
 * @throws {RangeError} where no trial has a score, or a trial's parent is not among the trials
 */
export function hyperbandRungs(title: string, trials: readonly RungTrial[]): TopLevelSpec {
  const scored = ascending(title, trials);
  const failed = failures(trials);
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
  const best = scored[scored.length - 1];
  const kinds = {
    best: { label: "the best", ...look.best },
    last: { label: "last rung", ...look.next },
    promoted: { label: "promoted", ...look.fewer, fill: colors.muted },
    stopped: { label: "stopped", ...look.fewer },
  };
  const values = scored.map((trial) => ({
    panel: panelOf(trial),
    configuration: rootOf(trial),
    epochs: trial.epochs,
    score: trial.score,
    kind: kinds[
      trial === best
        ? "best"
        : promoted.has(trial.id)
        ? "promoted"
        : trial.epochs === lastEpochs.get(panelOf(trial))
        ? "last"
        : "stopped"
    ].label,
  }));
  const columns = Math.min(2, panels.length);
  return {
    title: failed.length === 0 ? title : { text: title, subtitle: failed },
    description:
      `${counted(scored.length, "trial")} in ${
        counted(panels.length, "bracket")
      }, score by epochs; the best, ` +
      `${best.score.toFixed(4)}, is in ${panelOf(best).toLowerCase()} at ${
        counted(best.epochs, "epoch")
      }.`,
    data: { values },
    facet: { field: "panel", type: "nominal", title: null, sort: panels },
    columns,
    spacing: { row: 12, column: 18 },
    resolve: { scale: { x: "independent" } },
    spec: {
      width: columns === 1 ? 330 : 153,
      height: 130,
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
          axis: { tickCount: 5 },
        },
      },
      layer: [
        {
          mark: { type: "line", color: colors.line, strokeWidth: 1 },
          encoding: { detail: { field: "configuration", type: "nominal" } },
        },
        {
          mark: { type: "point", strokeWidth: 1.5, opacity: 1 },
          encoding: pointsBy(
            "kind",
            Object.values(kinds).filter(({ label }) => values.some(({ kind }) => kind === label)),
            crowding(scored.length / panels.length),
          ),
        },
      ],
    },
  };
}

/**
 * The best score so far, in two panels: by trials, in the order of their numbers, and by the epochs that
 * they took together; behind it every trial's own score. Those that run side by side are taken one
 * after another.
 *
 * @param trials By their numbers.
 * @throws {RangeError} where no trial has a score
 */
export function bestSoFar(title: string, trials: readonly SpentTrial[]): TopLevelSpec {
  const scored = ascending(title, trials);
  let [spent, best] = [0, NaN];
  const course = trials.map(({ initialEpoch, epochs, score }, i) => {
    spent += epochs - initialEpoch;
    const better = !(score <= best) && Number.isFinite(score);
    if (better) best = score;
    return { trials: i + 1, epochs: spent, score, best, better };
  }).filter(({ best }) => Number.isFinite(best));
  const found = course.findLast(({ better }) => better)!;
  const scale = shareScale(scored.map(({ score }) => score));
  const panels = [["trials", "Trials", trials.length], ["epochs", "Epochs spent", spent]] as const;
  return {
    title: {
      text: title,
      subtitle: [
        `${found.best.toFixed(4)} after ${found.trials} of ${counted(trials.length, "trial")}, ` +
        `${found.epochs} of ${counted(spent, "epoch")}`,
        "Hollow: each trial's own score",
      ],
    },
    description: `The best score is ${found.best.toFixed(4)}, found after ${
      counted(found.trials, "trial")
    } of ${trials.length} and ${counted(found.epochs, "epoch")} of ${spent}.`,
    spacing: 18,
    align: "each",
    hconcat: panels.map(([field, name, end], i) => {
      const x = {
        field,
        type: "quantitative" as const,
        title: name,
        scale: { domain: [0, end], nice: false, padding: 7 },
        axis: { tickCount: 4, tickMinStep: 1, format: "d", grid: false },
      };
      const y = {
        field: "score",
        type: "quantitative" as const,
        title: i === 0 ? "Validation accuracy" : null,
        scale,
        axis: { tickCount: 5, labels: i === 0 },
      };
      return {
        width: 155,
        height: 150,
        layer: [
          {
            data: { values: course.filter(({ score }) => Number.isFinite(score)) },
            mark: {
              type: "point" as const,
              filled: true,
              fill: colors.paper,
              stroke: colors.muted,
              size: 40 * crowding(scored.length),
              strokeWidth: 1.25,
              opacity: 1,
            },
            encoding: { x, y },
          },
          {
            data: { values: course },
            mark: {
              type: "line" as const,
              interpolate: "step-after" as const,
              color: meanings.validation,
            },
            encoding: { x, y: { ...y, field: "best" } },
          },
          {
            data: { values: [found] },
            mark: {
              type: "point" as const,
              filled: true,
              shape: "diamond",
              size: 150,
              color: meanings.chosen,
              opacity: 1,
            },
            encoding: { x, y: { ...y, field: "best" } },
          },
        ],
      };
    }),
  };
}
