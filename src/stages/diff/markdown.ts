/** What differs, as Markdown for a comment on a pull request, which may not be long. @module */
import {
  count,
  counted,
  NONE,
  plain,
  probability,
  signed,
  table,
  withInterval,
} from "../../report/markdown.ts";
import { escapeXml } from "../../report/text.ts";
import { nameCell } from "../metric_cells.ts";
import type { Diff, SeedsDiff, StageDiff } from "./document.ts";
import {
  becomes,
  boundText,
  byWeight,
  cut,
  first,
  imagesText,
  type Limits,
  provenanceTexts,
  reasonsOf,
  staleText,
  stateText,
  summaryOf,
} from "./words.ts";

/** Bytes; GitHub takes 65,536 letters. */
const LARGEST = 60_000;

/** From nearly everything to a few words: the first that is short enough is taken. */
const ladder: readonly Limits[] = [
  { rows: 1000, names: 30, letters: 200 },
  { rows: 200, names: 12, letters: 150 },
  { rows: 100, names: 8, letters: 100 },
  { rows: 50, names: 6, letters: 100 },
  { rows: 20, names: 4, letters: 80 },
  { rows: 8, names: 3, letters: 60 },
  { rows: 4, names: 2, letters: 40 },
];

/** What differs, in less than 60,000 bytes; what is left out is said where it would stand. */
export function markdownOf(diff: Diff): string {
  const sizes = ladder.values().map((limits) => markdownWithin(diff, limits));
  for (const text of sizes) if (bytesOf(text) < LARGEST) return text;
  throw new Error("the shortest form is too long");
}

const bytesOf = (text: string) => new TextEncoder().encode(text).length;

function markdownWithin(diff: Diff, limits: Limits): string {
  const side = ({ name, commit }: Diff["from"]) =>
    (commit === null ? name : code(name, limits)) +
    (commit === null || commit.startsWith(name) ? "" : ` (${commit.slice(0, 12)})`);
  return [
    `### Results: ${side(diff.from)} → ${side(diff.to)}`,
    plain(summaryOf(diff)),
    ...staleText(diff).map((text) => cut(text, { ...limits, letters: 1000 })),
    ...thresholdsPart(diff, limits),
    ...figuresPart(diff, limits),
    ...networksPart(diff, limits),
    ...seedsPart(diff, limits),
    ...stagesPart(diff, limits),
    ...section("Not compared", diff.notCompared, limits, (shown) => [
      shown.map((why) => `- ${plain(cut(why, { ...limits, letters: 4 * limits.letters }))}\n`)
        .join(""),
    ]),
  ].map((block) => block.endsWith("\n") ? block : `${block}\n`).join("\n");
}

/** Somebody else's words as code, which mentions nobody and shows them as they are. */
const code = (words: string, limits: Limits) => nameCell(cut(words, limits));

/** A part with a heading, and what is left out of it; nothing where there is nothing to show. */
function section<T>(
  heading: string,
  all: readonly T[],
  { rows }: Limits,
  body: (shown: readonly T[]) => readonly string[],
): string[] {
  if (all.length === 0) return [];
  const { shown, more } = first(all, rows);
  return [`#### ${heading}`, ...body(shown), ...leftOut(more)];
}

const leftOut = (more: number): string[] =>
  more > 0
    ? [`${count(more)} more left out here to keep this short: see \`deno task diff --all\`.`]
    : [];

const thresholdsPart = ({ thresholds }: Diff, limits: Limits): string[] =>
  section("Thresholds", thresholds, limits, (shown) => [
    table(
      ["Threshold", "", "before", "after"],
      shown.map((threshold) => [
        code(threshold.metric, limits),
        threshold.to.holds === false ? `**${becomes(threshold)}**` : becomes(threshold),
        boundText(threshold.metric, threshold.from),
        boundText(threshold.metric, threshold.to),
      ]),
    ),
  ]);

const figuresPart = ({ metrics }: Diff, limits: Limits): string[] =>
  section("Figures", byWeight(metrics), limits, (shown) => [
    table(
      ["Metric", "before [95%]", "after [95%]", "difference [95%]", "images"],
      shown.map((metric) => {
        const { from, to, difference } = metric;
        const side = (figure: typeof from) =>
          figure ? withInterval(figure.value, figure.interval) : NONE;
        return [
          code(metric.metric, limits),
          side(from),
          side(to),
          difference ? withInterval(difference.value, difference.interval, signed) : NONE,
          imagesText(metric).replace(/ images?$/, ""),
        ];
      }),
    ),
  ]);

const networksPart = ({ networks }: Diff, limits: Limits): string[] =>
  section("Networks on the same test images", networks, limits, (shown) => [
    table(
      ["Network", "right only before", "right only after", "p", "p, corrected"],
      shown.map(({ network, mcnemar }) => [
        code(network, limits),
        ...(mcnemar
          ? [
            count(mcnemar.onlyFrom),
            count(mcnemar.onlyTo),
            probability(mcnemar.p),
            probability(mcnemar.corrected),
          ]
          : [NONE, NONE, NONE, NONE]),
      ]),
    ),
    "McNemar's test (mid-p), corrected with Holm's method for the number of networks.",
    ...shown.filter(({ why }) => why !== null).map(({ network, why }) =>
      `No test of ${code(network, limits)}, since ${why}.`
    ),
  ]);

const seedsPart = ({ seeds }: Diff, limits: Limits): string[] =>
  section("Means over seeds", seeds, limits, (shown) => [
    table(
      ["Network", "images", "before [95%]", "after [95%]", "difference [95%]", "p"],
      shown.map(({ network, part, from, to, welch }) => [
        code(network, limits),
        part,
        trainingsText(from),
        trainingsText(to),
        welch ? withInterval(welch.value, welch.interval, signed) : NONE,
        welch ? probability(welch.p) : NONE,
      ]),
    ),
    "Welch's test of the accuracies of trainings that differ in their seeds.",
  ]);

const trainingsText = (of: SeedsDiff["from"]): string =>
  of ? `${withInterval(of.mean, of.interval)}, ${counted(of.seeds.length, "seed")}` : NONE;

function stagesPart(diff: Diff, limits: Limits): string[] {
  const { shown, more } = first(diff.stages, limits.rows);
  if (shown.length === 0) return [];
  return [
    "#### Stages",
    ...shown.map((stage) => stagePart(stage, diff, limits)),
    ...leftOut(more),
  ];
}

/** A stage, its reasons folded away. */
function stagePart(stage: StageDiff, diff: Diff, limits: Limits): string {
  const reasons = first(reasonsOf(stage, diff), limits.rows);
  const provenance = provenanceTexts(stage);
  const lines = [
    ...reasons.shown.map(({ label, names }) => {
      const { shown, more } = first(names, limits.names);
      const list = shown.map((name) => code(name, limits)).join(", ");
      return `- ${label}: ${list}${more > 0 ? ` and ${count(more)} more` : ""}`;
    }),
    ...(reasons.more > 0 ? [`- and ${count(reasons.more)} more`] : []),
    ...(provenance.length > 0
      ? [`- came about otherwise: ${provenance.map((fact) => code(fact, limits)).join(", ")}`]
      : []),
  ];
  // Where Markdown means nothing.
  const title = escapeXml(cut(`${stage.stage}: ${stateText(stage, diff)}`, limits));
  return lines.length === 0
    ? `<p>${title}</p>`
    : `<details><summary>${title}</summary>\n\n${lines.join("\n")}\n\n</details>`;
}
