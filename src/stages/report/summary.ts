/** The report's summary: every accuracy beside the original study's, with its difference and intervals. @module */
import type { TopLevelSpec } from "vega-lite";
import { difference } from "../../evaluation/intervals.ts";
import type { Metric } from "../../evaluation/metrics.ts";
import { count, decimal, NONE, signed, table, withInterval } from "../../report/markdown.ts";
import type { Basics } from "../study.ts";
import { accuracyComparison } from "./charts.ts";

/** Writes the section; `metrics` in the order in which they are shown, `poster` renders its chart. */
export async function summaryPart(
  { thresholds, published }: Basics,
  metrics: readonly Metric[],
  poster: (spec: TopLevelSpec, description: string) => Promise<string>,
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
    ...(published ? ["the original study"] : []),
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
    await poster(
      accuracyComparison(
        published ? "Accuracies here and in the original study" : "Accuracies",
        metrics.map(({ name, value, interval }) => ({
          name: name.replace(/\.accuracy$/, "").replaceAll(".", " "),
          study: published?.figures[name]?.value ?? null,
          value,
          low: interval?.[0] ?? value,
          high: interval?.[1] ?? value,
        })),
      ),
      published
        ? "Accuracies with their 95% intervals, the original study's figures beside them"
        : "Accuracies with their 95% intervals",
    ),
  ];
}
