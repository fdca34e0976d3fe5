/** What differs, in words: what the terminal and Markdown say alike. @module */
import { boundOf } from "../../evaluation/metrics.ts";
import { canonicalJson, type Json } from "../../files/digest.ts";
import { type Change, valueText } from "../../pipeline/differences.ts";
import { count, counted, decimal, duration, listed, NONE } from "../../report/markdown.ts";
import type { Diff, MetricDiff, StageDiff, ThresholdDiff } from "./document.ts";
import { WORKING_TREE } from "./side.ts";

/** How much is shown of what is long. */
export interface Limits {
  /** Rows of a list; stages too. */
  readonly rows: number;
  /** Names in a sentence. */
  readonly names: number;
  /** Letters of a name or a value. */
  readonly letters: number;
}

/**
 * A text's first letters. Of a digest twelve digits do; what moves the cursor or ends a line becomes a
 * space.
 */
export function cut(text: string, { letters }: Limits): string {
  // Digests become shorter, so that more of the text may count; the rest of a long one need not be read.
  const visible = text.slice(0, 6 * letters + 128).replaceAll(/\p{Cc}+/gu, " ")
    .replaceAll(/\b([0-9a-f]{12})[0-9a-f]{52}\b/g, "$1…");
  const all = [...visible];
  const whole = all.length <= letters && text.length <= 6 * letters + 128;
  return whole ? visible : `${all.slice(0, letters).join("")}…`;
}

/** The first of many, and how many more there are; none where there are no more. */
export function first<T>(many: readonly T[], most: number): { shown: readonly T[]; more: number } {
  return { shown: many.slice(0, most), more: Math.max(0, many.length - most) };
}

/** What became of a stage's result. */
export function stateText({ state, changes, provenance, lacking }: StageDiff, { from, to }: Diff) {
  switch (state) {
    case "same":
      return provenance.length + lacking.length > 0 ? "the same results, made again" : "the same";
    case "remade":
      return "the same results, made of something else";
    case "changed":
      return changes.length > 0 ? "other results" : "other results, made of the same";
    case "added":
      return `only in ${to.name}`;
    case "removed":
      return `only in ${from.name}`;
  }
}

/** Things of one kind that differ, such as `code changed`. */
export interface Reason {
  readonly label: string;
  readonly names: readonly string[];
}

/** Why a stage's result differs and in what, by kinds. */
export function reasonsOf(stage: StageDiff, { stages }: Diff): Reason[] {
  const { artifacts, lacking } = stage;
  const changes = stage.stage === "report" ? ownChanges(stage, stages) : stage.changes;
  const kind = (of: Change["of"], text: (change: Change) => string) =>
    changes.filter((change) => change.of === of).map(text);
  const nameOf = ({ name }: Change) => name;
  const ways = (of: Change["of"], labels: readonly [string, string, string]) =>
    howMany(changes.filter((change) => change.of === of), nameOf, labels);
  const values = ({ name, from, to }: Change) =>
    `${name || "as a whole"}: ${valueText(from)} -> ${valueText(to)}`;
  const versions = ({ name, from, to }: Change) => `${name}: ${from ?? "none"} -> ${to ?? "none"}`;
  const single = stage.state === "added" || stage.state === "removed";
  return [
    ...kind("parameter", values).map((name) => ({ label: "parameter", names: [name] })),
    ...ways("code", ["code changed", "code newly used", "code no longer used"]),
    { label: "packages", names: kind("package", versions) },
    ...ways("input", ["reads other bytes of", "newly reads", "no longer reads"]),
    { label: "other form of", names: kind("form", nameOf) },
    {
      label: "jobs are computed by",
      names: kind("variant", ({ from, to }) => `${from ?? "none"} -> ${to ?? "none"}`),
    },
    { label: "its jobs execute", names: kind("compiled", () => "something else") },
    ...(single ? [] : howMany(artifacts.filter(({ from, to }) => from !== to), ({ name }) => name, [
      "other bytes",
      "new artifacts",
      "artifacts no more",
    ])),
    {
      label: "before without",
      names: lacking.filter((file) => file.in === "from").map(({ name }) => name),
    },
    {
      label: "now without",
      names: lacking.filter((file) => file.in === "to").map(({ name }) => name),
    },
  ].filter(({ names }) => names.length > 0);
}

/** Things that changed, those that are only there afterwards, and those that were only there before. */
function howMany<T extends { readonly from?: unknown; readonly to?: unknown }>(
  things: readonly T[],
  nameOf: (thing: T) => string,
  [changed, added, removed]: readonly [string, string, string],
): Reason[] {
  const names = (holds: (thing: T) => boolean) => things.filter(holds).map(nameOf);
  return [
    {
      label: changed,
      names: names(({ from, to }) => from !== undefined && to !== undefined),
    },
    { label: added, names: names(({ from }) => from === undefined) },
    { label: removed, names: names(({ to }) => to === undefined) },
  ];
}

/** What changed of the report's ingredients, without the parameters that other stages tell already. */
function ownChanges(report: StageDiff, stages: readonly StageDiff[]): readonly Change[] {
  const inWords = ({ name, from, to }: Change) =>
    `${name.slice(name.lastIndexOf(".") + 1)} ${canonicalJson([from ?? null, to ?? null])}`;
  const told = new Map(
    stages.map(({ stage, changes }) => [stage, new Set(changes.map(inWords))]),
  );
  return report.changes.filter((change) => {
    const [, stage = ""] = change.of === "parameter" ? change.name.split(".") : [];
    return stage === report.stage || !told.get(stage)?.has(inWords(change));
  });
}

/** How a result came about otherwise: `deno 2.9.5 -> 2.9.6`. */
export const provenanceTexts = ({ provenance }: StageDiff): string[] =>
  provenance.map(({ fact, from, to }) =>
    `${FACTS[fact] ?? fact} ${factText(fact, from)} -> ${factText(fact, to)}`
  );

/** What facts are called that do not say it themselves. */
const FACTS: { readonly [fact: string]: string } = {
  finishedAt: "finished",
  seconds: "took",
  memoryGiB: "memory in GiB",
  madeWith: "made with",
};

function factText(fact: string, value: Json): string {
  if (fact === "seconds" && typeof value === "number") return duration(value);
  if (fact === "finishedAt") return String(value).slice(0, 16).replace("T", " ");
  if (typeof value === "string") return value;
  return Array.isArray(value) ? value.join("; ") || "none" : valueText(value);
}

/** `10,000 images`, `10,000 -> 5,000 images`. */
export function imagesText({ from, to }: MetricDiff): string {
  const [before, after] = [from?.n, to?.n];
  const n = after ?? before ?? 0;
  return before !== undefined && after !== undefined && before !== after
    ? `${count(before)} -> ${counted(after, "image")}`
    : counted(n, "image");
}

/** What becomes of a threshold. */
export function becomes({ from, to }: ThresholdDiff): string {
  const holds = to.holds ? "holds" : "does not hold";
  if (to.threshold === null) return "is no longer set";
  if (from.threshold === null) return `is new and ${holds}`;
  if (from.holds !== to.holds) return to.holds ? "begins to hold" : "ceases to hold";
  return from.threshold === to.threshold ? holds : `still ${holds}`;
}

/** The figure that a threshold is on, on one side. */
export const figureText = ({ value }: ThresholdDiff["from"]): string =>
  value === null ? NONE : decimal(value);

/** `0.8991, at least 0.9000`: a figure and the threshold that it has on one side. */
export const boundText = (metric: string, bound: ThresholdDiff["from"]): string =>
  figureText(bound) +
  (bound.threshold === null ? "" : `, ${boundOf(metric)} ${decimal(bound.threshold)}`);

/** What differs, in a sentence or two. */
export function summaryOf({ stages, thresholds, differs }: Diff): string {
  if (!differs) return "Nothing differs.";
  const number = (state: StageDiff["state"], one: string, many: string) => {
    const n = stages.filter((stage) => stage.state === state).length;
    return n > 0 ? [`${counted(n, "stage")} ${n === 1 ? one : many}`] : [];
  };
  const bounds = (what: string, one: string, many: string) => {
    const n = thresholds.filter((threshold) => becomes(threshold) === what).length;
    return n > 0 ? [`${counted(n, "threshold")} ${n === 1 ? one : many}`] : [];
  };
  const told = [
    ...bounds("ceases to hold", "ceases to hold", "cease to hold"),
    ...bounds("begins to hold", "begins to hold", "begin to hold"),
    ...number("changed", "has other results", "have other results"),
    ...number(
      "remade",
      "has the same results, made of something else",
      "have the same results, made of something else",
    ),
    ...number("added", "is new", "are new"),
    ...number("removed", "is no longer there", "are no longer there"),
  ];
  return told.length > 0 ? `${listed(told)}.` : "Something differs; see below.";
}

/** Of stages whose results are not of the code beside them; nothing where there are none. */
export const staleText = ({ from, to }: Diff): string[] =>
  [from, to].filter(({ stale }) => stale.length > 0).map(({ name, stale }) =>
    `Stale in ${name}, so what is compared is not of the study and the code as they stand: ` +
    `${listed(stale)}.` + (name === WORKING_TREE ? " `deno task status` says why." : "")
  );

/** Accuracies first, which say most. */
export const byWeight = (metrics: readonly MetricDiff[]): MetricDiff[] => {
  const isAccuracy = ({ metric }: MetricDiff) => metric.endsWith(".accuracy");
  return [...metrics.filter(isAccuracy), ...metrics.filter((metric) => !isAccuracy(metric))];
};
