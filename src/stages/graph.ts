/** The stages of a study as a graph: what reads from what, with times and sizes. @module */
import type { Manifest } from "../pipeline/manifest.ts";
import { needs, type StageStatus } from "../pipeline/status.ts";
import { duration } from "../report/markdown.ts";

/** A stage in the graph. */
export interface StageNode {
  readonly name: string;
  /** Names of the stages that it reads from, each of which comes before it. */
  readonly needs: readonly string[];
  /** Whether its result belongs to its code, parameters and inputs; undefined where that is not said. */
  readonly current?: boolean;
  /** Of its last result, as `made` has it; undefined where there is none. */
  readonly made?: Made;
}

/** What a result took. */
export interface Made {
  /** Wall-clock time of the stage. */
  readonly seconds: number;
  /** Bytes of its files that git keeps. */
  readonly kept: number;
  /** Bytes of those in `.cache`, which are made again when they are needed. */
  readonly cached: number;
}

/** Times and sizes of a stage's result, by its manifest. */
export function madeOf({ outputs, provenance: { seconds } }: Manifest): Made {
  const sum = (local: boolean) =>
    Object.values(outputs).filter(({ kind }) => (kind === "local") === local)
      .reduce((sum, { bytes }) => sum + bytes, 0);
  return { seconds, kept: sum(false), cached: sum(true) };
}

/** The stages with their states as a graph. */
export const nodesOf = (states: readonly StageStatus[]): StageNode[] =>
  states.map(({ planned: { stage }, reasons, leftovers, last }) => ({
    name: stage.name,
    needs: needs(stage),
    current: reasons.length + leftovers.length === 0,
    made: last && madeOf(last.manifest),
  }));

/** `85 kB`, `1.2 MB`: a size, in units of a thousand; nothing of nothing. */
export function sizeText(bytes: number): string {
  if (bytes === 0) return "";
  if (bytes < 999.5) return `${bytes} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let [value, unit] = [bytes / 1000, 0];
  while (value >= 999.5 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** What is said of a stage's state. */
const stateText = ({ current }: StageNode): string =>
  current === undefined ? "" : current ? "up to date" : "stale";

/**
 * The graph for a terminal: a line a stage, with a rail from each to those that read from it, where a
 * dot says that it does. Columns that there is no room for are left out, rails last.
 *
 * @param nodes each after those that it needs
 * @param width how many columns there are
 */
export function drawn(nodes: readonly StageNode[], width: number): string[] {
  const made = nodes.flatMap(({ made }) => made ?? []);
  const sum = (of: (made: Made) => number) => made.reduce((sum, made) => sum + of(made), 0);
  const row = (state: string, made: Made | undefined) => [
    state,
    made ? duration(made.seconds) : "",
    made ? sizeText(made.kept) : "",
    made ? sizeText(made.cached) : "",
  ];
  const all = {
    seconds: sum((m) => m.seconds),
    kept: sum((m) => m.kept),
    cached: sum((m) => m.cached),
  };
  const names = ["stage", ...nodes.map(({ name }) => name), "in all"];
  const cells = [
    ["", "took", "results", ".cache"],
    ...nodes.map((node) => row(stateText(node), node.made)),
    row("", all),
  ];
  const rails = [3, 2, 1].map((step) => ["", ...railsOf(nodes, step), ""]);
  for (const columns of [[0, 1, 2, 3], [0, 1, 2], [0, 1], [0]]) {
    for (const rail of rails) {
      const lines = aligned(rail, names, cells.map((row) => columns.map((i) => row[i])));
      if (lines.every((line) => [...line].length <= width)) return lines;
    }
  }
  return aligned(names.map(() => ""), names, cells.map(([state]) => [state]));
}

/** Rails, names and cells in columns; the first cell begins at the left, the others end at the right. */
function aligned(
  rails: readonly string[],
  names: readonly string[],
  cells: readonly (readonly string[])[],
): string[] {
  const longest = (texts: readonly string[]) => Math.max(...texts.map((text) => [...text].length));
  const [rail, name] = [longest(rails), longest(names)];
  const widths = cells[0].map((_, i) => longest(cells.map((row) => row[i])));
  return names.map((text, line) => {
    const columns = cells[line].map((cell, i) =>
      i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])
    );
    const before = rail === 0 ? "" : `${rails[line].padEnd(rail)} `;
    return [`${before}${text.padEnd(name)}`, ...columns].join("  ").trimEnd();
  });
}

/** What stands before each stage: where its own rail begins, which ones it reads from, and which ones pass. */
function railsOf(nodes: readonly StageNode[], step: number): string[] {
  const lastReader = nodes.map(({ name }) =>
    nodes.findLastIndex(({ needs }) => needs.includes(name))
  );
  /** By place, from the left: the row whose rail is there; a rail that has ended leaves its place to another. */
  const places: (number | undefined)[] = [];
  const rows = nodes.map(({ needs }, row) => {
    const before = [...places];
    const own = lastReader[row] > row
      ? [...before, undefined].findIndex((owner) => owner === undefined)
      : Infinity;
    const reads = (i: number) => before[i] !== undefined && needs.includes(nodes[before[i]].name);
    const begin = Math.min(own, ...before.flatMap((_, i) => reads(i) ? [i] : []));
    before.forEach((owner, i) => {
      if (owner !== undefined && lastReader[owner] <= row) places[i] = undefined;
    });
    if (own < Infinity) places[own] = row;
    const after = [...places];
    const mark = (i: number): string => {
      if (i === own) return i === begin ? "╭" : "┬";
      if (reads(i)) return i > begin ? "●" : after[i] === undefined ? "╰" : "├";
      if (before[i] !== undefined) return i > begin ? "┼" : "│";
      return i > begin ? "─" : " ";
    };
    return (i: number) => mark(i) + (i >= begin ? "─" : " ").repeat(step - 1);
  });
  return rows.map((row) => Array.from(places, (_, i) => row(i)).join(""));
}

/** A text inside of a Mermaid label: what would end it is written as Mermaid has it. */
const quoted = (text: string) => text.replaceAll("#", "#35;").replaceAll('"', "#quot;");

/**
 * The graph as a Mermaid diagram, as GitHub shows it.
 *
 * @param nodes each after those that it needs
 */
export function mermaid(nodes: readonly StageNode[]): string {
  const lines = nodes.flatMap((node) => {
    const { name, needs, made } = node;
    const facts = made
      ? [duration(made.seconds), sizeText(made.kept + made.cached)].filter(Boolean).join(", ")
      : "";
    const label = [name, facts, node.current === false ? "stale" : ""].filter(Boolean)
      .map(quoted).join("<br>");
    return [`  ${name}["${label}"]`, ...needs.map((need) => `  ${need} --> ${name}`)];
  });
  const stale = nodes.filter(({ current }) => current === false).map(({ name }) => name);
  return [
    "graph LR",
    ...lines,
    ...(stale.length > 0
      ? ["  classDef stale stroke-dasharray: 4", `  class ${stale.join(",")} stale`]
      : []),
  ].map((line) => `${line}\n`).join("");
}
