/** What differs, for a terminal of 80 columns. @module */
import { counted, NONE, probability, signed, withInterval } from "../../report/markdown.ts";
import type { Diff, MetricDiff, SeedsDiff } from "./document.ts";
import {
  becomes,
  boundText,
  byWeight,
  cut,
  figureText,
  first,
  imagesText,
  type Limits,
  provenanceTexts,
  reasonsOf,
  staleText,
  stateText,
  summaryOf,
} from "./words.ts";

const WIDTH = 80;

/** What is shown unless all is asked for. */
const BRIEF: Limits = { rows: 24, names: 6, letters: 60 };
const WHOLE: Limits = { rows: Infinity, names: Infinity, letters: Infinity };

const widthOf = (text: string) => [...text].length;

/** The lines of a text, none longer than a terminal is wide; all but the first begin with two more spaces. */
function wrapped(text: string, indent = ""): string[] {
  const lines: string[] = [];
  let line = indent;
  // Names that somebody else gave must not move the cursor.
  for (const word of text.replaceAll(/\p{Cc}+/gu, " ").split(" ")) {
    let rest = word;
    const room = () => WIDTH - widthOf(line) - (line.trim() === "" ? 0 : 1);
    if (widthOf(rest) > room() && line.trim() !== "") {
      lines.push(line);
      line = `${indent}  `;
    }
    // A word longer than a line goes on in the next.
    while (widthOf(rest) > room()) {
      const letters = [...rest];
      const most = room();
      lines.push(line + letters.slice(0, most).join(""));
      rest = letters.slice(most).join("");
      line = `${indent}  `;
    }
    line += line.trim() === "" ? rest : ` ${rest}`;
  }
  return [...lines, line];
}

/** What differs, as lines; `all` says whether nothing is left out. */
export function textOf(diff: Diff, all: boolean): string {
  const limits = all ? WHOLE : BRIEF;
  const parts = [
    headPart(diff),
    ...stagesPart(diff, limits),
    figuresPart(diff, limits),
    thresholdsPart(diff, limits),
    networksPart(diff, limits),
    seedsPart(diff, limits),
    listPart("Not compared", diff.notCompared.map((why) => cut(why, limits)), limits),
  ];
  return parts.filter((lines) => lines.length > 0).map((lines) => `${lines.join("\n")}\n`)
    .join("\n");
}

function headPart(diff: Diff): string[] {
  const side = ({ name, commit }: Diff["from"]) =>
    commit === null || commit.startsWith(name) ? name : `${name} (${commit.slice(0, 12)})`;
  return [
    ...wrapped(`${side(diff.from)} -> ${side(diff.to)}`),
    ...wrapped(summaryOf(diff)),
    ...staleText(diff).flatMap((line) => wrapped(line)),
  ];
}

/** A heading and its lines, the first of many; nothing where there are none. */
function listPart(
  heading: string,
  entries: readonly string[],
  { rows }: Limits,
  lines: (entry: string) => string[] = (entry) => wrapped(entry, "  "),
): string[] {
  if (entries.length === 0) return [];
  const { shown, more } = first(entries, rows);
  return [heading, ...shown.flatMap(lines), ...moreLine(more)];
}

const moreLine = (more: number) => more > 0 ? [`  and ${more} more; \`--all\` lists them`] : [];

function stagesPart(diff: Diff, limits: Limits): string[][] {
  const { shown, more } = first(diff.stages, limits.rows);
  return [
    ...shown.map((stage) => [
      ...wrapped(`${cut(stage.stage, limits)}: ${stateText(stage, diff)}`),
      ...reasonsPart(reasonsOf(stage, diff), limits),
      ...(provenanceTexts(stage).length > 0
        ? wrapped(`(${cut(provenanceTexts(stage).join(", "), { ...limits, letters: 400 })})`, "  ")
        : []),
    ]),
    moreLine(more),
  ];
}

function reasonsPart(reasons: ReturnType<typeof reasonsOf>, limits: Limits): string[] {
  const { shown, more } = first(reasons, limits.rows);
  return [
    ...shown.flatMap(({ label, names }) => {
      const { shown, more } = first(names, limits.names);
      const list = shown.map((name) => cut(name, { ...limits, letters: 2 * limits.letters }));
      return wrapped(
        `${label}${label === "parameter" ? "" : ":"} ${list.join(", ")}` +
          (more > 0 ? ` and ${more} more` : ""),
        "  ",
      );
    }),
    ...moreLine(more),
  ];
}

function figuresPart({ metrics }: Diff, limits: Limits): string[] {
  if (metrics.length === 0) return [];
  const { shown, more } = first(byWeight(metrics), limits.rows);
  return [
    "Figures [95%], and what is added to them",
    ...shown.flatMap((metric) => metricLines(metric, limits)),
    ...moreLine(more),
  ];
}

function metricLines(metric: MetricDiff, limits: Limits): string[] {
  const { from, to, difference } = metric;
  const side = (figure: typeof from) => figure ? withInterval(figure.value, figure.interval) : NONE;
  const name = `${cut(metric.metric, limits)}, ${imagesText(metric)}`;
  const values = `${side(from)} -> ${side(to)}`;
  const added = difference ? withInterval(difference.value, difference.interval, signed) : "";
  // As few lines as there is room for.
  const [one, two] = [`${name}: ${values}  ${added}`, `  ${values}  ${added}`]
    .map((line) => line.trimEnd());
  if (widthOf(one) <= WIDTH) return [one];
  if (widthOf(two) <= WIDTH) return [...wrapped(name), two];
  return [...wrapped(name), `  ${values}`, `    ${added}`];
}

const thresholdsPart = ({ thresholds }: Diff, limits: Limits): string[] =>
  listPart(
    "Thresholds",
    thresholds.map((threshold) => {
      const { metric, from, to } = threshold;
      const name = cut(metric, limits);
      // Most often it is the figure that is another one.
      return from.threshold === to.threshold
        ? `${name} ${becomes(threshold)}: ${figureText(from)} -> ${boundText(metric, to)}`
        : `${name} ${becomes(threshold)}: ${boundText(metric, from)} -> ${boundText(metric, to)}`;
    }),
    limits,
  );

const networksPart = ({ networks }: Diff, limits: Limits): string[] =>
  listPart(
    "Networks on the same test images (McNemar's test; p corrected for their number)",
    networks.map(({ network, mcnemar, why }) =>
      `${cut(network, limits)}: ` + (mcnemar
        ? `${counted(mcnemar.onlyFrom, "image")} right only before, ` +
          `${counted(mcnemar.onlyTo, "image")} only after; p ${said(mcnemar.p)}, ` +
          `corrected ${said(mcnemar.corrected)}`
        : `no test, since ${why}`)
    ),
    limits,
  );

const seedsPart = ({ seeds }: Diff, limits: Limits): string[] =>
  listPart(
    "Means over seeds [95%] (Welch's test)",
    seeds.map(({ network, part, from, to, welch }) =>
      `${cut(network, limits)}, ${part} images: ${trainingsText(from)} -> ${trainingsText(to)}` +
      (welch ? `; ${withInterval(welch.value, welch.interval, signed)}, p ${said(welch.p)}` : "")
    ),
    limits,
  );

const trainingsText = (of: SeedsDiff["from"]): string =>
  of ? `${withInterval(of.mean, of.interval)} of ${counted(of.seeds.length, "seed")}` : NONE;

const said = (p: number) => probability(p).replaceAll("\u00a0", " ");
