/**
 * How the report begins: what was found, what an original study reported, and every network beside the
 * others. A sentence is chosen by the results that it speaks of, or left out.
 *
 * @module
 */
import type { TopLevelSpec } from "vega-lite";
import { difference } from "../../evaluation/intervals.ts";
import type { Score } from "../../evaluation/metrics.ts";
import {
  anchorOf,
  count,
  counted,
  decimal,
  duration,
  listed,
  NONE,
  plain,
  sentence,
  table,
  withInterval,
} from "../../report/markdown.ts";
import { nameOf, type Network, testOf } from "../network.ts";
import type { Basics } from "../study.ts";
import { networksChart } from "./charts.ts";
import { classesPart, pairsPart } from "./comparison.ts";
import type { ToldBySection } from "./told.ts";

/** The heading of the networks' section. */
const NETWORKS = "The networks";
/** The heading of the list of all metrics. */
export const METRICS = "All metrics";

/** What the list of sections begins with. */
export const CONTENTS = "**Contents:**";

const linkTo = (heading: string) => `[${heading}](#${anchorOf(heading)})`;

/**
 * Writes the beginning, up to the sections of the stages.
 *
 * @param metrics of all stages
 * @param poster renders the chart of all networks
 */
export async function openingPart(
  study: Basics,
  told: readonly ToldBySection[],
  metrics: readonly Score[],
  poster: (spec: TopLevelSpec, description: string) => Promise<string>,
): Promise<string[]> {
  const networks = told.flatMap(({ networks }) => networks).toSorted(bestFirst);
  const findings = [
    ...bestFinding(networks).map((text) => ({ heading: NETWORKS, text })),
    ...originalFinding(study, metrics).map((text) => ({ heading: METRICS, text })),
    ...told.flatMap(({ heading, finding }) => finding ? [{ heading, text: finding }] : []),
  ];
  return [
    ...(findings.length > 0
      ? [
        "## What was found",
        findings.map(({ heading, text }) => `- ${text} (${linkTo(heading)})`).join("\n"),
      ]
      : []),
    ...originalPart(study, networks),
    `${CONTENTS} ${
      [...(networks.length > 0 ? [NETWORKS] : []), ...told.map(({ heading }) => heading), METRICS]
        .map(linkTo).join(" · ")
    }`,
    ...(networks.length > 0 ? await networksPart(study, networks, poster) : []),
  ];
}

/** By test accuracy; those without one last, by validation accuracy. */
export function bestFirst(a: Network, b: Network): number {
  const [first, second] = [a, b].map((network) => testOf(network)?.value ?? -1);
  return second - first || (b.validation?.value ?? -1) - (a.validation?.value ?? -1);
}

const isTested = (network: Network) => testOf(network) !== undefined;

/** `0.9098 [0.9080, 0.9116] (the mean of 6 trainings)`. */
function testText(network: Network): string {
  const { value, interval, runs } = testOf(network)!;
  return withInterval(value, interval) +
    (runs > 1 ? ` (the mean of ${counted(runs, "training")})` : "");
}

/** Which network is the best, beside the first one. */
function bestFinding(networks: readonly Network[]): string[] {
  const [best, ...others] = networks.filter(isTested);
  if (!best) return [];
  const first = others.find(({ id }) => id === "baseline");
  return [
    others.length === 0
      ? `**${sentence(plain(nameOf(best.id)))} gets ${testText(best)} of the test images right.**`
      : `**Of ${counted(others.length + 1, "network")}, ${
        plain(nameOf(best.id))
      } does best on the test ` +
        `images**: it gets ${testText(best)} of them right` +
        (first ? `; ${nameOf(first.id)} gets ${testText(first)}.` : "."),
  ];
}

/** How the accuracies here compare with those of an original study. */
function originalFinding({ published }: Basics, metrics: readonly Score[]): string[] {
  const differences = metrics.flatMap(({ name, value, n, interval }) => {
    const theirs = published?.figures?.[name];
    if (!theirs || value === null || !interval) return [];
    return [difference({ value, n }, theirs)];
  });
  if (differences.length === 0) return [];
  const all = differences.length;
  const beyond = [
    { words: "higher", of: differences.filter(({ low }) => low > 0) },
    { words: "lower", of: differences.filter(({ high }) => high < 0) },
  ].filter(({ of }) => of.length > 0);
  const range = (of: typeof differences) => {
    const values = of.map(({ value }) => Math.abs(value)).sort((a, b) => a - b);
    const [least, most] = [values[0], values[values.length - 1]].map((value) => decimal(value));
    return least === most ? `by ${least}` : `by ${least} to ${most}`;
  };
  return [
    beyond.length === 0
      ? `**None of the ${all} accuracies that the original study reports differs from those here by ` +
        `more than chance.**`
      : beyond.map(({ words, of }, i) =>
        i === 0
          ? `**${count(of.length)} of the ${
            counted(all, "accuracy", "accuracies")
          } that the original ` +
            `study reports ${of.length === 1 ? "is" : "are"} ${words} here** by more than chance, ${
              range(of)
            }`
          : `${count(of.length)} ${of.length === 1 ? "is" : "are"} ${words}, ${range(of)}`
      ).join("; ") + ".",
  ];
}

/** Who the original study is, and what it reported. */
function originalPart({ published }: Basics, networks: readonly Network[]): string[] {
  if (!published) return [];
  const theirs = networks.flatMap(({ published }) => published ?? [])
    .toSorted((a, b) => b.validation - a.validation);
  // Several networks here may answer one of theirs.
  const reported = new Map(
    theirs.map(({ of, validation }) => [of, `${decimal(validation)} for ${of}`]),
  );
  const text = [
    ...(published.about ? [published.about] : []),
    ...(reported.size > 0
      ? [`Its accuracies on validation images are ${listed([...reported.values()])}.`]
      : []),
  ];
  return text.length > 0 ? [text.join(" ")] : [];
}

/** Every network, the best first, as a table and a chart, and what tells them apart. */
async function networksPart(
  study: Basics,
  networks: readonly Network[],
  poster: (spec: TopLevelSpec, description: string) => Promise<string>,
): Promise<string[]> {
  const { thresholds, published } = study;
  const theirs = networks.some((network) => network.published);
  const several = networks.some(({ spread, runs = 1 }) => spread || runs > 1);
  const tested = networks.filter(isTested);
  const header = [
    "Network",
    theirs ? "validation (original)" : "validation",
    "test [95%]",
    ...(several ? ["trainings"] : []),
    "parameters",
    "training time",
  ];
  return [
    `## ${NETWORKS}`,
    table(
      header,
      networks.map((network) => {
        const test = testOf(network);
        const { title, published, validation, spread, parameters, seconds, lacking } = network;
        const mean = spread?.validation.mean ?? validation?.value;
        return [
          plain(title),
          (mean === undefined ? NONE : decimal(mean)) +
          (published ? ` (${decimal(published.validation)})` : ""),
          whole(test ? withInterval(test.value, test.interval) : lacking ?? NONE),
          ...(several ? [lacking ? NONE : count(spread?.test.runs ?? network.runs ?? 1)] : []),
          parameters === undefined ? NONE : count(parameters),
          seconds === undefined ? NONE : whole(duration(seconds)),
        ];
      }),
    ),
    `Accuracies on validation and on test images${
      networks.length > 1 ? ", the best network first" : ""
    }; test images were looked at once per network, at the end.` +
    (several
      ? ` Where there were several trainings, accuracies are means over their seeds with Student's ` +
        `interval; else the interval is Wilson's, and says nothing of how much another training would ` +
        `differ.`
      : ` Intervals are Wilson's: how far the accuracy on other such images may lie.`) +
    ` Times are those of one training's own process by the clock, while others may have run beside it.` +
    [...new Set(networks.flatMap(({ remark }) => remark ? [` ${remark}`] : []))].join("") +
    (networks.some(({ lacking }) => lacking)
      ? " Why some networks have no figures is said in their section."
      : ""),
    await poster(
      networksChart(
        tested.length === 1 ? "Test accuracy" : "Test accuracy of every network",
        tested.map((network) => ({
          title: network.title,
          ...testOf(network)!,
          published: network.published?.validation ?? null,
          threshold: thresholdOf(network, thresholds),
        })),
      ),
      "Test accuracy of every network with its 95% interval" +
        (published ? ", and the original study's figures" : ""),
    ),
    ...pairsPart(tested),
    ...classesPart(study, tested),
  ];
}

/** A cell that is not broken into lines. */
const whole = (text: string) => text.replaceAll(" ", "\u00a0");

/** What its accuracy on test images has to be, by `study.ts`. */
function thresholdOf(
  { id, spread }: Network,
  thresholds: Basics["thresholds"],
): number | null {
  const own = thresholds[`${id}.test.accuracy`];
  return (spread && thresholds[`replicate.${spread.test.network}.test.accuracy`]) ?? own ?? null;
}
