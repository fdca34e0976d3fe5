/**
 * The report's list of metrics: every accuracy with its interval, and beside the original study's where
 * there is one; of all else that stages tell what has a threshold or a published figure.
 *
 * @module
 */
import { difference } from "../../evaluation/intervals.ts";
import { figureOf, type Score } from "../../evaluation/metrics.ts";
import {
  count,
  decimal,
  listed,
  NONE,
  signed,
  table,
  withInterval,
} from "../../report/markdown.ts";
import { nameCell, thresholdCell } from "../metric_cells.ts";
import type { Basics } from "../study.ts";
import { METRICS } from "./opening.ts";

/** What networks are told to be worth beside their accuracies: much, so that only some of it is shown. */
const FURTHER = [
  "balancedAccuracy",
  "macroF1",
  "logLoss",
  "recall",
  "ece",
  "eceScaled",
  "logLossScaled",
];

/** What names of accuracies have in them that are means over seeds. */
const AVERAGED = ["replicate", "ablate", "random", "champion"];

/** Writes the section; `all` metrics in the order in which they are shown. */
export function metricsPart({ thresholds, published }: Basics, all: readonly Score[]): string[] {
  const metrics = all.filter(({ name }) =>
    !FURTHER.includes(figureOf(name)) || name in thresholds ||
    name in (published?.figures ?? {})
  );
  const accuracies = metrics.filter(({ name }) => figureOf(name) === "accuracy");
  const gated = Object.keys(thresholds).length > 0;
  const averaged = AVERAGED.filter((word) =>
    accuracies.some(({ name }) => name.split(".").includes(word))
  );
  return [
    `## ${METRICS}`,
    table(
      [
        accuracies.length === metrics.length ? "Accuracy" : "Metric",
        "here [95%]",
        "images",
        ...(gated ? ["threshold"] : []),
      ],
      metrics.map(({ name, value, interval, n }) => [
        nameCell(name),
        withInterval(value, interval),
        count(n),
        ...(gated ? [thresholdCell(name, value, thresholds[name] ?? null)] : []),
      ]),
    ),
    `Intervals are Wilson's. They say how far an accuracy on ` +
    `other images of the same kind may lie, not how much another training run would differ` +
    (averaged.includes("replicate")
      ? ": [that is told above](#how-much-another-training-run-would-differ). "
      : ". ") +
    (averaged.length > 0
      ? `Figures of ${
        listed(averaged.map((word) => `\`${word}\``))
      } are means over several seeds, with ` +
        `Student's intervals of these means` +
        (averaged.includes("champion") ? ", except an ensemble's. " : ". ")
      : "") +
    `Training accuracies are of images that the network has learnt from.` +
    (metrics.some(({ value }) => value === null)
      ? ` A class without images has no recall: ${NONE}.`
      : ""),
    ...originalPart(published, metrics),
  ];
}

/** Metrics that an original study reports as well, side by side. */
function originalPart(published: Basics["published"], metrics: readonly Score[]): string[] {
  const rows = metrics.flatMap(({ name, value, interval, n }) => {
    const theirs = published?.figures?.[name];
    if (!theirs) return [];
    const versus = interval && value !== null ? difference({ value, n }, theirs) : undefined;
    return [[
      nameCell(name),
      decimal(theirs.value),
      withInterval(value, interval),
      versus ? withInterval(versus.value, [versus.low, versus.high], signed) : NONE,
    ]];
  });
  if (rows.length === 0) return [];
  return [
    "### Beside the original study's",
    table(["Metric", "original study", "here [95%]", "difference [95%]"], rows),
    "Intervals of differences are Newcombe's.",
  ];
}
