/** A study with other settings than its `study.ts` has, as tasks are told them. @module */
import { join } from "node:path";
import { beginRun, checkedName, nameOf, type Run, workspaceOf } from "../src/stages/runs.ts";
import { runNames } from "../src/pipeline/needed.ts";
import { SettingError } from "../src/stages/set.ts";
import { unknownWord } from "../src/schema.ts";
import { refusalOf, Refused } from "./exits.ts";
import type { Flags } from "./commands.ts";
import { type Project, project } from "./workspace.ts";

/** Where stages are to run, and the run that this is, if anything is set. */
export interface Trial extends Project {
  readonly run?: Run;
  /** The home of the study's own results, which a run begins with. */
  readonly from?: string;
  /** Names of the stages that are to run. */
  readonly targets: readonly string[];
}

/**
 * The study that is asked for; with `--set`, its run with these settings, which is begun where it is not
 * there yet.
 *
 * @param targetsOf the stages that are to run, or a refusal
 * @throws {Refused} where study, settings, stages or name cannot be meant so, before anything is written
 */
export async function trial(
  { study, set, name }: Pick<Flags<"run">, "study" | "set" | "name">,
  targetsOf: (project: Project) => readonly string[],
): Promise<Trial> {
  if (set.length === 0) {
    if (name !== undefined) throw new Refused("--name is for runs with other settings: --set=...");
    const found = await project(study);
    return { ...found, targets: targetsOf(found) };
  }
  const found = await project(study, set);
  const targets = targetsOf(found);
  const { workspace, settings, folder } = found;
  return await refusing(async () => {
    const run = await beginRun(workspace, {
      name: name === undefined ? nameOf(settings) : checkedName(name),
      set: settings,
      study: join(folder, "study.ts").replaceAll("\\", "/"),
    });
    return {
      ...found,
      targets,
      run,
      from: workspace.home,
      workspace: workspaceOf(workspace, run.name),
    };
  });
}

/**
 * The names of runs that are there.
 *
 * @throws {Refused} for one that is not
 */
export async function namedRuns(
  { workspace }: Project,
  words: readonly string[],
): Promise<readonly string[]> {
  const there = await runNames(workspace);
  return [...new Set(words.map((word) => requireRun(there, runWord(word))))];
}

/**
 * The name of a run that must be among those that are there.
 *
 * @throws {Refused} where it is not
 */
export function requireRun(there: readonly string[], name: string): string {
  if (there.includes(name)) return name;
  throw new Refused(
    there.length === 0
      ? `There is no run ${name}: there are none.`
      : unknownWord("run", name, there),
  );
}

/** A run may be named by its folder, too, which no revision is called like. */
export const RUNS = ".cache/runs/";

/** The name of a run in a word. */
export const runWord = (word: string): string =>
  word.startsWith(RUNS) ? word.slice(RUNS.length).replace(/\/$/, "") : word;

/** Says what cannot be meant so as a refusal. */
export async function refusing<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw refusalOf(error, SettingError);
  }
}
