/**
 * Runs of a study with other settings than its `study.ts` has: each has a folder of its own in
 * `.cache/runs/` of the study, with `results/`, the reports, and `run.json`, which says what was set.
 *
 * @module
 */
import { join } from "node:path";
import { z } from "zod";
import { canonicalJson, digest, type Json } from "../files/digest.ts";
import { messageOf } from "../files/explain.ts";
import { parseJson } from "../files/json.ts";
import { openLock } from "../files/open_lock.ts";
import { readPlainText } from "../files/plain.ts";
import { isPart, isUnfinished, makeFolder, removeParts, writeWhole } from "../files/whole.ts";
import { revision } from "../pipeline/machine.ts";
import { runNames } from "../pipeline/needed.ts";
import { runsDirectory, type Workspace } from "../pipeline/workspace.ts";
import { shortly } from "../schema.ts";
import { type Setting, SettingError, settingText } from "./set.ts";

/** A run, as `run.json` has it. */
export interface Run {
  /** Name of its folder. */
  readonly name: string;
  /** What was set. */
  readonly set: readonly Setting[];
  /** The study, from the project. */
  readonly study: string;
  /** Git commit when it was begun, with `+` where files differed from it; null outside git. */
  readonly revision: string | null;
  /** When it was begun, as ISO 8601. */
  readonly begun: string;
}

const json: z.ZodType<Json> = z.json();
const record = z.strictObject({
  /** Raised when the meaning of the file changes. */
  format: z.literal(1),
  set: z.array(z.strictObject({ path: z.string(), value: json })),
  study: z.string(),
  revision: z.string().nullable(),
  begun: z.string(),
});

const FILE = "run.json";

/** Letters of a name that nobody has chosen. */
const LONGEST = 60;

/** The name of a run of these settings, whatever their order: as they are written, shorter with a digest where that is long or no name of a folder. */
export function nameOf(settings: readonly Setting[]): string {
  const texts = settings.map(settingText).sort();
  const name = texts.join("_");
  const isPlain = texts.every((text) =>
    /^[A-Za-z][A-Za-z0-9.-]*=[A-Za-z0-9.-]*[A-Za-z0-9-]$/.test(text)
  );
  if (isPlain && name.length <= LONGEST) return name;
  const safe = name.replaceAll(/[^A-Za-z0-9.=_-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "") || "run";
  return `${safe.slice(0, LONGEST - 9)}-${digest(texts).slice(0, 8)}`;
}

/**
 * A name that somebody gives to a run.
 *
 * @throws {SettingError} where it can be none
 */
export function checkedName(name: string): string {
  const isOne = /^[A-Za-z0-9][A-Za-z0-9._=-]{0,99}$/.test(name) && !name.endsWith(".");
  if (isOne && !isUnfinished(name)) return name;
  throw new SettingError(
    `--name takes letters, digits and . - _ =, 100 at most, a letter or digit first; got ${
      shortly(name)
    }.`,
  );
}

/** Where a study is. */
type Home = Pick<Workspace, "home">;

/** Where a run keeps its files. */
export const workspaceOf = (workspace: Workspace, name: string): Workspace => ({
  ...workspace,
  home: join(runsDirectory(workspace), name),
});

/**
 * Begins the run of some settings, or finds the one that was begun.
 *
 * @param workspace of the study
 * @throws {SettingError} where the name is that of a run with other settings, or of something else
 */
export async function beginRun(
  workspace: Workspace,
  { name, set, study }: Pick<Run, "name" | "set" | "study">,
): Promise<Run> {
  const folder = runsDirectory(workspace);
  await makeFolder(folder);
  // Of two that begin at once, one is the first.
  using first = await openLock(join(folder, "lock"));
  await first.lock(true);
  const { home } = workspaceOf(workspace, name);
  const found = await Array.fromAsync(Deno.readDir(home)).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return [];
    throw new SettingError(`${home} cannot be the folder of a run: ${messageOf(error)}.`);
  });
  if (found.some(({ name }) => !isPart(name))) {
    const run = await readRun(workspace, name);
    const texts = (settings: readonly Setting[]) => settings.map(settingText).sort();
    if (canonicalJson(texts(run.set)) === canonicalJson(texts(set))) return run;
    throw new SettingError(
      `There is a run ${name} already, of other settings: ${texts(run.set).join(", ")}. ` +
        "Give this one another name with --name=NAME.",
    );
  }
  await makeFolder(home);
  await removeParts(home);
  const run = {
    set,
    study,
    revision: await revision(workspace.root),
    begun: new Date().toISOString(),
  };
  const text = JSON.stringify(record.parse({ format: 1, ...run }), null, 2);
  await writeWhole(join(home, FILE), `${text}\n`);
  return { name, ...run };
}

/**
 * A run by its name.
 *
 * @throws {SettingError} where its `run.json` is not there, or cannot be used
 */
export async function readRun(study: Home, name: string): Promise<Run> {
  const path = join(runsDirectory(study), name, FILE);
  try {
    const { format: _, ...run } = record.parse(parseJson(await readPlainText(path)));
    return { name, ...run };
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound
      ? "it is missing"
      : error instanceof z.ZodError
      ? "it is no description of a run"
      : messageOf(error);
    throw new SettingError(`${path}, which says what was set, cannot be used: ${why}.`);
  }
}

/** All runs of a study, the oldest first, and what is wrong with those that cannot be read. */
export async function runsOf(
  study: Home,
): Promise<{ readonly runs: readonly Run[]; readonly faults: readonly string[] }> {
  const [runs, faults]: [Run[], string[]] = [[], []];
  for (const name of await runNames(study)) {
    try {
      runs.push(await readRun(study, name));
    } catch (error) {
      if (!(error instanceof SettingError)) throw error;
      faults.push(error.message);
    }
  }
  return { runs: runs.sort((a, b) => a.begun < b.begun ? -1 : a.begun > b.begun ? 1 : 0), faults };
}
