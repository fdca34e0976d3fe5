/** What of a cache nobody needs any more: how much it is, and its removal. @module */
import { dirname, join } from "node:path";
import { openLock } from "../files/open_lock.ts";
import { bytesOf } from "../files/size.ts";
import { isPart, isUnfinished, makeFolder, putAside, removeIfThere } from "../files/whole.ts";
import { AGAIN } from "./alone.ts";
import { isCheckpoint } from "./checkpoints.ts";
import { finishedIn } from "./finished.ts";
import { lockUnused, type Waiting } from "./lock.ts";
import { readManifest } from "./manifest.ts";
import { homesOf, neededJobs, withRuns } from "./needed.ts";
import { leftovers } from "./store.ts";
import { localDirectory, runsDirectory, type Workspace } from "./workspace.ts";

/** What can go, of one kind. */
export interface Garbage {
  /**
   * Runs that are named; finished jobs that no result names; artifacts in the cache that no manifest
   * lists; and what runs that were killed have left.
   */
  readonly kind: "runs" | "jobs" | "artifacts" | "left";
  /** Files and folders, each with what it frees. */
  readonly found: readonly { readonly path: string; readonly bytes: number }[];
  /** Paths of what belongs to somebody else, and could not be removed. */
  readonly stays: readonly string[];
}

/** What is looked at, and what becomes of it. */
export interface GcOptions {
  /** Names of runs of the study that go, with what only they need. */
  readonly runs: readonly string[];
  /** Homes of more studies that share the cache, besides those that it remembers. */
  readonly homes: readonly string[];
  /** Whether what is found is removed; it is only looked at otherwise. */
  readonly remove: boolean;
  onWait(waiting: Waiting): void;
  readonly signal?: AbortSignal;
}

/**
 * Finds what nobody needs of the cache of a study, and removes it if that is asked for. No run is at work
 * meanwhile: it waits for one that is. What is in none of the pipeline's own places and forms stays, and
 * so do results, downloads and libraries.
 *
 * @throws {Error} before anything is removed, where a manifest that is there cannot be read
 */
export async function collect(workspace: Workspace, options: GcOptions): Promise<Garbage[]> {
  const { onWait, signal, remove } = options;
  const { cache } = workspace;
  const unlock = await lockUnused(cache, onWait, signal);
  try {
    // Scratch places are used without the other lock.
    using used = await openLock(join(cache, AGAIN));
    const unused = await used.tryLock(true);
    const found = await garbageOf(workspace, options, unused);
    signal?.throwIfAborted();
    return remove ? await Promise.all(found.map(removed)) : found;
  } finally {
    await unlock();
  }
}

async function garbageOf(
  workspace: Workspace,
  { runs, homes }: GcOptions,
  unused: boolean,
): Promise<Garbage[]> {
  const { cache, home } = workspace;
  const going = runs.map((name) => join(runsDirectory(workspace), name));
  const own = (await withRuns(home)).filter((home) => !going.includes(home));
  const others = (await Promise.all(homes.map(withRuns))).flat();
  const all = [...own, ...others, ...await homesOf(cache)].filter((home) => !going.includes(home));
  const needed = await neededJobs(all);

  const directory = join(cache, "jobs");
  await makeFolder(directory);
  const jobs = [...(await finishedIn(directory)).keys()].filter((key) => !needed.has(key));

  const artifacts: string[] = [];
  for (const home of own) artifacts.push(...await localLeftovers({ ...workspace, home }));
  const left = [
    ...await pathsIn(directory, (name) => isUnfinished(name) || isCheckpoint(name)),
    ...await pathsIn(runsDirectory(workspace), isUnfinished),
    ...(unused ? await pathsIn(cache, (name) => isUnfinished(name, AGAIN)) : []),
    ...artifacts.filter((path) => isPart(path.slice(dirname(path).length + 1))),
  ];
  return await Promise.all([
    measured("runs", going),
    measured("jobs", jobs.map((key) => join(directory, key))),
    measured("artifacts", artifacts.filter((path) => !left.includes(path))),
    measured("left", left),
  ]);
}

/** Artifacts in the cache of a home that its manifests do not list. */
async function localLeftovers(workspace: Workspace): Promise<string[]> {
  const found: string[] = [];
  for (const folder of await pathsIn(dirname(localDirectory(workspace, "any")), () => true)) {
    const stage = folder.slice(dirname(folder).length + 1);
    const read = await readManifest(workspace, stage);
    // Of a manifest that cannot be used nobody knows what it lists.
    if ("problem" in read && read.problem !== "is missing") continue;
    const kept = "manifest" in read ? Object.values(read.manifest.outputs) : [];
    found.push(
      ...(await leftovers(workspace, stage, kept)).filter((path) => dirname(path) === folder),
    );
  }
  return found;
}

/** Folders and files in a folder by their names, links apart; none where it is not there. */
async function pathsIn(folder: string, isOne: (name: string) => boolean): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder)).catch(() => []);
  return entries.filter(({ name, isSymlink }) => isOne(name) && !isSymlink)
    .map(({ name }) => join(folder, name)).sort();
}

const measured = async (kind: Garbage["kind"], paths: readonly string[]): Promise<Garbage> => ({
  kind,
  found: await Promise.all(paths.map(async (path) => ({ path, bytes: await bytesOf(path) }))),
  stays: [],
});

/** Removes what was found; what belongs to somebody else, and may not be removed, stays. */
async function removed({ kind, found }: Garbage): Promise<Garbage> {
  const stays: string[] = [];
  for (const { path } of found) {
    try {
      // Half of a run is none: it goes in one step, and then file by file.
      await removeIfThere(kind === "runs" ? await putAside(path) ?? path : path);
    } catch (error) {
      if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
      stays.push(path);
    }
  }
  return { kind, found: found.filter(({ path }) => !stays.includes(path)), stays };
}
