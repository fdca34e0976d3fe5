/** What a gate asks of a study's results: that every threshold is met, by results that are not stale. @module */
import { boundOf, isLoss, meets } from "../evaluation/metrics.ts";
import { decimal, withInterval } from "../report/markdown.ts";
import type { ReportedMetric } from "./all_metrics.ts";

/** A metric, and whether the result that it is of is stale. */
export interface MarkedMetric extends ReportedMetric {
  /** Whether it does not belong to the code, parameters and inputs of now. */
  readonly stale: boolean;
}

/** Metrics, each with whether its stage is among the stale ones. */
export const marked = (
  metrics: readonly ReportedMetric[],
  stale: readonly string[],
): MarkedMetric[] => metrics.map((metric) => ({ ...metric, stale: stale.includes(metric.stage) }));

/** A threshold that does not let results through. */
export interface Missed {
  readonly name: string;
  readonly threshold: number;
  /** A sentence's end, after the name: how it is missed, by how much, and whether the interval holds it. */
  readonly why: string;
}

/** A difference that is not shown as none. */
const byText = (by: number) => by < 0.00005 ? "less than 0.0001" : decimal(by);

/** Every threshold that is missed, that has no figure, or that only a stale figure meets, in the order of the study. */
export function missed(
  metrics: readonly MarkedMetric[],
  thresholds: Readonly<Record<string, number>>,
): Missed[] {
  return Object.entries(thresholds).flatMap(([name, threshold]) => {
    const asked = `${boundOf(name)} ${decimal(threshold)}`;
    const said = (why: string): Missed[] => [{ name, threshold, why }];
    const metric = metrics.find((metric) => metric.name === name);
    if (metric === undefined) return said(`is not there, and must be ${asked}: no result holds it`);
    const { value, interval, stale } = metric;
    if (value === null) return said(`is undefined, and must be ${asked}`);
    const old = stale ? "; its result is stale" : "";
    if (meets(name, value, threshold)) {
      return stale ? said(`is ${decimal(value)}, ${asked}, but its result is stale`) : [];
    }
    const away = `${byText(Math.abs(value - threshold))} ${isLoss(name) ? "above" : "below"}`;
    const holds = interval === null
      ? "it has no interval"
      : interval[0] <= threshold && threshold <= interval[1]
      ? "its interval holds the threshold"
      : "its interval does not hold the threshold";
    const is = withInterval(value, interval);
    return said(`is ${is}, ${away} ${decimal(threshold)}: ${holds}${old}`);
  });
}
