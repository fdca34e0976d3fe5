/**
 * Which finished jobs are needed: those that the results of any study name which shares the cache. A
 * study may lie anywhere, so the cache remembers where those are that ran.
 *
 * @module
 */
import { join, relative, resolve } from "node:path";
import { z } from "zod";
import { messageOf } from "../files/explain.ts";
import { parseJson } from "../files/json.ts";
import { isUnfinished, writeWhole } from "../files/whole.ts";
import { askedDirectory, keysIn } from "./asked.ts";
import { runsDirectory, type Workspace } from "./workspace.ts";

const homesFile = (cache: string) => join(cache, "homes.json");

/** As paths from the cache, which may be moved together with the studies beside it. */
const homes = z.array(z.string().min(1));

async function remembered(cache: string): Promise<readonly string[]> {
  try {
    return homes.parse(parseJson(await Deno.readTextFile(homesFile(cache))));
  } catch {
    return [];
  }
}

/** The homes of all studies that ran with a cache, those that are gone too; and of their runs with other settings. */
export async function homesOf(cache: string): Promise<string[]> {
  const studies = (await remembered(cache)).map((path) => resolve(cache, path));
  return (await Promise.all(studies.map(withRuns))).flat();
}

/** The home of a study, and those of its runs with other settings. */
export async function withRuns(home: string): Promise<string[]> {
  const names = await runNames({ home }).catch(() => []);
  return [home, ...names.map((name) => join(runsDirectory({ home }), name))];
}

/** Names of all runs of a study with other settings, also of those whose `run.json` cannot be used. */
export async function runNames(study: Pick<Workspace, "home">): Promise<string[]> {
  const found = await Array.fromAsync(Deno.readDir(runsDirectory(study))).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  });
  return found.filter(({ name, isDirectory }) => isDirectory && !isUnfinished(name))
    .map(({ name }) => name).sort();
}

/** Remembers where a study is; whoever calls this has the lock of the cache. */
export async function rememberHome(cache: string, home: string): Promise<void> {
  const [known, path] = [await remembered(cache), relative(cache, home)];
  if (known.includes(path)) return;
  await writeWhole(homesFile(cache), JSON.stringify([...known, path].sort()) + "\n");
}

/**
 * The keys of all jobs that the results of these homes name, and that stages have asked for which are not
 * done yet. Damaged manifests count as well, as far as their text goes.
 *
 * @throws {Error} where a manifest is there and cannot be read, so that nobody knows what it names
 */
export async function neededJobs(homes: readonly string[]): Promise<Set<string>> {
  const needed = new Set<string>();
  for (const home of new Set(homes)) {
    const stages = (await namesIn(join(home, "results")))
      .map((name) => join(home, "results", name, "manifest.json"));
    const asked = askedDirectory({ home });
    const notes = (await namesIn(asked)).map((name) => join(asked, name));
    for (const path of [...stages, ...notes]) {
      for (const key of keysIn(await textOf(path))) needed.add(key);
    }
  }
  return needed;
}

const isAbsent = (error: unknown) =>
  error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;

/** Names in a folder; none where it is not there. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw new Error(`${folder} cannot be read: ${messageOf(error)}.`, { cause: error });
  }
}

/** The text of a file; nothing where there is none. */
async function textOf(path: string): Promise<string> {
  try {
    const { isFile } = await Deno.stat(path);
    return isFile ? await Deno.readTextFile(path) : "";
  } catch (error) {
    if (isAbsent(error)) return "";
    throw new Error(`${path} cannot be read: ${messageOf(error)}.`, { cause: error });
  }
}
