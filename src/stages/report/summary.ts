/** The report's summary: every accuracy with its interval, and beside the original study's where there is one. @module */
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
  const accuracies = metrics.filter(({ name }) => name.endsWith(".accuracy"));
  const gated = Object.keys(thresholds).length > 0;
  const compared = metrics.some(({ name }) => published?.figures?.[name]);
  const rows = metrics.map(({ name, value, interval, n }) => {
    const theirs = published?.figures?.[name];
    const versus = theirs && difference({ value, n }, theirs);
    const least = thresholds[name];
    return [
      `\`${name}\``,
      ...(compared ? [theirs ? decimal(theirs.value) : NONE] : []),
      withInterval(value, interval),
      ...(compared
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
    accuracies.length === metrics.length ? "Accuracy" : "Metric",
    ...(compared ? ["the original study"] : []),
    "here [95%]",
    ...(compared ? ["difference [95%]"] : []),
    "images",
    ...(gated ? ["threshold"] : []),
  ];
  return [
    "## In short",
    table(header, rows),
    `Intervals are Wilson's${
      compared ? "; those of differences are Newcombe's" : ""
    }. They say how far an accuracy on ` +
    `other images of the same kind may lie, not how much another training run would differ. ` +
    `Training accuracies are of images that the network has learnt from.`,
    await poster(
      accuracyComparison(
        compared ? "Accuracies here and in the original study" : "Accuracies",
        accuracies.map(({ name, value, interval }) => ({
          name: name.replace(/\.accuracy$/, "").replaceAll(".", " "),
          study: published?.figures?.[name]?.value ?? null,
          value,
          low: interval?.[0] ?? value,
          high: interval?.[1] ?? value,
        })),
      ),
      compared
        ? "Accuracies with their 95% intervals, the original study's figures beside them"
        : "Accuracies with their 95% intervals",
    ),
  ];
}
