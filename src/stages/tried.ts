/** What has come of a run with other settings, beside the study's own results. @module */
import { bytesOf } from "../files/size.ts";
import type { StageStatus } from "../pipeline/status.ts";
import type { Workspace } from "../pipeline/workspace.ts";
import { count, counted, decimal, duration, listed, NONE, signed } from "../report/markdown.ts";
import { shortly } from "../schema.ts";
import { allMetrics } from "./all_metrics.ts";
import { sizeText } from "./graph.ts";
import type { CheckedStudy, Study } from "./plan.ts";
import type { Run } from "./runs.ts";
import { type Setting, valueAt } from "./set.ts";

/** A run as `deno task runs --json` prints it. */
export interface Tried extends Omit<Run, "set"> {
  /** What was set, and what `study.ts` has now in its place; left out where that has nothing. */
  readonly set: readonly (Setting & { readonly study?: unknown })[];
  /** Its folder, from that of the study. */
  readonly folder: string;
  /** Every stage, and whether its result is of these settings, of others, or not there. */
  readonly stages: readonly {
    readonly stage: string;
    readonly state: "up to date" | "stale" | "not run";
  }[];
  /** Accuracies on test images that are not those of the study, of stages that are up to date; `study` is null where that has none. */
  readonly accuracies: readonly {
    readonly metric: string;
    readonly study: number | null;
    readonly run: number;
  }[];
  /** What its removal frees. */
  readonly bytes: number;
}

/** The accuracies on test images of a study's results, by their names; none where they cannot be read. */
export async function testAccuracies(
  checked: CheckedStudy,
  workspace: Workspace,
): Promise<Map<string, number>> {
  const metrics = await allMetrics(checked, workspace).catch(() => []);
  return new Map(
    metrics.flatMap(({ name, value }): [string, number][] =>
      name.endsWith(".test.accuracy") && value !== null ? [[name, value]] : []
    ),
  );
}

/**
 * What has come of a run.
 *
 * @param place where it keeps its files
 * @param states of its stages
 * @param checked the study with its settings
 * @param own the study as `study.ts` has it, and the accuracies of its results
 */
export async function tried(
  run: Run,
  place: Workspace,
  states: readonly StageStatus[],
  checked: CheckedStudy,
  own: { readonly study: Study; readonly accuracies: ReadonlyMap<string, number> },
): Promise<Tried> {
  const current = states.filter(({ reasons }) => reasons.length === 0)
    .map(({ planned: { stage } }) => stage.name);
  const accuracies = await testAccuracies(checked, place);
  const committed = own.accuracies;
  return {
    ...run,
    set: run.set.map((setting) => ({ ...setting, study: valueAt(own.study, setting.path) })),
    folder: `.cache/runs/${run.name}`,
    stages: states.map(({ planned: { stage: { name } }, last }) => ({
      stage: name,
      state: current.includes(name) ? "up to date" : last ? "stale" : "not run",
    })),
    accuracies: [...accuracies].filter(([metric, value]) =>
      committed.get(metric) !== value && current.includes(metric.split(".")[0])
    ).map(([metric, value]) => ({ metric, study: committed.get(metric) ?? null, run: value })),
    bytes: await bytesOf(place.home),
  };
}

/** So many accuracies of a run are shown. */
const SHOWN = 6;

/** A run in a few lines. `now` is the time in milliseconds. */
export function triedText(run: Tried, now: number): string {
  const stages = (state: Tried["stages"][number]["state"]) =>
    run.stages.filter((stage) => stage.state === state).map(({ stage }) => stage);
  const rest = (["stale", "not run"] as const).flatMap((state) =>
    stages(state).length > 0 ? [`${state}: ${listed(stages(state))}`] : []
  );
  const age = Math.max(0, (now - Date.parse(run.begun)) / 1000);
  const facts = [
    `${stages("up to date").length} of ${counted(run.stages.length, "stage")} up to date`,
    ...rest,
    sizeText(run.bytes) || "0 B",
    `begun ${ageText(age)} ago`,
  ];
  const shown = run.accuracies
    .toSorted((a, b) => weight(b) - weight(a)).slice(0, SHOWN);
  const width = Math.max(...shown.map(({ metric }) => metric.length));
  const more = run.accuracies.length - shown.length;
  return [
    run.name,
    ...run.set.map(({ path, value, study }) =>
      `  ${path}: ${study === undefined ? NONE : shortly(study)} -> ${shortly(value)}`
    ),
    `  ${facts.join("; ")}`,
    ...shown.map(({ metric, study, run }) =>
      `  ${metric.padEnd(width)}  ${study === null ? NONE : decimal(study)} -> ${decimal(run)}` +
      (study === null ? "" : `  ${signed(run - study)}`)
    ),
    ...(more > 0 ? [`  and ${count(more)} more that differ`] : []),
    ...(run.accuracies.length === 0 ? ["  no accuracy on test images that differs"] : []),
  ].join("\n");
}

/** Those that differ most come first. */
const weight = ({ study, run }: Tried["accuracies"][number]): number =>
  study === null ? Infinity : Math.abs(run - study);

/** How long ago something was: seconds no longer count after a day. */
const ageText = (seconds: number): string =>
  seconds < 86_400 ? duration(seconds) : counted(Math.floor(seconds / 86_400), "day");
