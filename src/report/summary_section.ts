/** The report's summary: every accuracy beside the study's, with its difference and intervals. @module */
import { difference } from "../evaluation/intervals.ts";
import type { Metric } from "../evaluation/metrics.ts";
import { accuracyComparison } from "./charts/comparison.ts";
import { count, decimal, NONE, signed, table, withInterval } from "./markdown.ts";
import type { Published } from "./published.ts";
import type { Sources } from "./sources.ts";

/** What the section says besides the metrics. */
export interface SummarySection {
  readonly thresholds: { readonly [metric: string]: number };
  readonly published: Published | null;
}

/** Writes the section; `metrics` in the order in which they are shown. */
export async function summarySection(
  { thresholds, published }: SummarySection,
  metrics: readonly Metric[],
  from: Sources,
): Promise<string[]> {
  const gated = Object.keys(thresholds).length > 0;
  const rows = metrics.map(({ name, value, interval, n }) => {
    const theirs = published?.figures[name];
    const versus = theirs && difference({ value, n }, theirs);
    const least = thresholds[name];
    return [
      `\`${name}\``,
      ...(published ? [theirs ? decimal(theirs.value) : NONE] : []),
      withInterval(value, interval),
      ...(published
        ? [versus ? withInterval(versus.value, [versus.low, versus.high], signed) : NONE]
        : []),
      count(n),
      ...(gated
        ? [
          least === undefined
            ? NONE
            : `${value >= least ? "at least" : "**below**"} ${decimal(least)}`,
        ]
        : []),
    ];
  });
  const header = [
    "Accuracy",
    ...(published ? ["the study"] : []),
    "here [95%]",
    ...(published ? ["difference [95%]"] : []),
    "images",
    ...(gated ? ["threshold"] : []),
  ];
  return [
    "## In short",
    table(header, rows),
    `Intervals are Wilson's; those of differences are Newcombe's. They say how far an accuracy on ` +
    `other images of the same kind may lie, not how much another training run would differ. ` +
    `Training accuracies are of images that the network has learnt from.`,
    await from.poster(
      "accuracies",
      accuracyComparison(
        published ? "Accuracies here and in the study" : "Accuracies",
        metrics.map(({ name, value, interval }) => ({
          name: name.replace(/\.accuracy$/, "").replaceAll(".", " "),
          study: published?.figures[name]?.value ?? null,
          value,
          low: interval?.[0] ?? value,
          high: interval?.[1] ?? value,
        })),
      ),
      "Accuracies with their 95% intervals, the study's figures beside them",
    ),
  ];
}
