/** What a search tried, for whoever looks into it on the page. @module */
import type { Trial, Trials } from "../../page/explored.ts";
import { names, type Space, toUnit } from "../../tuning/space.ts";
import { ticksOf } from "./charts.ts";
import { configurations, type ScoredTrial } from "./configurations.ts";

/**
 * Every configuration by its trial with the most epochs, the best first, and trials that failed; the
 * axes as `parallelCoordinates` has them. Undefined where fewer than two have a score, as for the chart.
 */
export function triedOf(
  space: Space,
  trials: readonly (ScoredTrial & { readonly id: number })[],
): Trials | undefined {
  const scored = configurations(trials);
  if (trials.filter(({ score }) => Number.isFinite(score)).length < 2) return undefined;
  const most = Math.max(...scored.map(({ epochs }) => epochs));
  const compared = scored.filter(({ epochs }) => epochs === most).map(({ score }) => score);
  const [low, high] = [Math.min(...compared), Math.max(...compared)];
  const parameters = names(space);
  const failed = trials.filter(({ score }) => !Number.isFinite(score));
  const rows = [...scored, ...failed].map(({ id, epochs, score, values }): Trial => {
    const isScored = Number.isFinite(score);
    const end = isScored && epochs === most
      ? [high === low ? 0.5 : (score - low) / (high - low)]
      : [];
    return {
      id,
      epochs,
      score: isScored ? score : null,
      values: parameters.map((name) => values[name]),
      places: [...toUnit(space, values), ...end],
    };
  });
  return {
    axes: parameters.map((name) => ({ name, ticks: ticksOf(space[name]) })),
    score: { low, high, epochs: most },
    rows,
  };
}
