/** All that a clone would otherwise make or download, to a store and from it. @module */
import { join } from "node:path";
import type { Locator, OutsideFile } from "../files/locate.ts";
import { UnavailableError } from "../files/locate.ts";
import { readPlainText } from "../files/plain.ts";
import { makeFolder } from "../files/whole.ts";
import { fetchJob, readRecord, RECORD } from "../pipeline/finished.ts";
import { readManifest, type Stored } from "../pipeline/manifest.ts";
import type { Planned } from "../pipeline/stage.ts";
import { storedPath, verify } from "../pipeline/store.ts";
import type { Workspace } from "../pipeline/workspace.ts";
import type { OpenStore } from "./store.ts";

/** What the results of a study were made with and are not in git. */
export interface Belongings {
  /** Keys of the finished jobs that manifests name. */
  readonly jobs: readonly string[];
  readonly artifacts: readonly { readonly stage: string; readonly stored: Stored }[];
  /** Files of other people's. */
  readonly outside: readonly OutsideFile[];
}

/** Where they are. */
export interface Ends {
  readonly workspace: Workspace;
  readonly store: OpenStore;
  /** Finds files of other people's on this machine and, for what is fetched, in the store. */
  readonly locator: Locator;
  /** Told how many of how many are done. */
  readonly progress: (done: number, total: number) => void;
}

/** What became of them: names for people, of those that are not where they were looked for. */
export interface Carried {
  readonly jobs: number;
  readonly artifacts: number;
  readonly outside: number;
  readonly missing: readonly string[];
}

/** What the manifests of a plan name, and files of other people's. */
export async function belongingsOf(
  workspace: Workspace,
  plan: readonly Planned[],
  outside: readonly OutsideFile[],
): Promise<Belongings> {
  const jobs = new Set<string>();
  const artifacts: { stage: string; stored: Stored }[] = [];
  for (const { stage: { name } } of plan) {
    const read = await readManifest(workspace, name);
    if (!("manifest" in read)) continue;
    for (const { key } of Object.values(read.manifest.provenance.jobs)) jobs.add(key);
    for (const stored of Object.values(read.manifest.outputs)) {
      if (stored.kind === "local") artifacts.push({ stage: name, stored });
    }
  }
  return { jobs: [...jobs], artifacts, outside };
}

/** Keeps in the store what of it is on this machine. */
export function push(belongings: Belongings, ends: Ends): Promise<Carried> {
  const { workspace, store, locator } = ends;
  return carry(belongings, ends, {
    async job(key) {
      const folder = join(workspace.cache, "jobs", key);
      if (!await holdsJob(folder, key)) return false;
      await store.keepJob(key, folder);
      return true;
    },
    async artifact(stage, stored) {
      if (await verify(workspace, stage, stored)) return false;
      const path = storedPath(workspace, stage, stored);
      await store.keep({ path, sha256: stored.sha256 });
      return true;
    },
    async outside(file) {
      // Folders are found by a digest of their own, under which no store has bytes.
      if (file.digestOf || !await locator.isThere(file)) return false;
      const path = await foundHere(file, locator);
      if (path === undefined) return false;
      await store.keep({ path, sha256: file.digest }, file.digest);
      return true;
    },
  });
}

/** Brings to this machine what of it the store has; the caller sees to it that no run is at work. */
export async function pull(belongings: Belongings, ends: Ends): Promise<Carried> {
  const { workspace, store, locator } = ends;
  const directory = join(workspace.cache, "jobs");
  await makeFolder(directory);
  return await carry(belongings, ends, {
    job: async (key) =>
      await holdsJob(join(directory, key), key) || await fetchJob(directory, key, store),
    artifact: async (stage, stored) =>
      await verify(workspace, stage, stored) === undefined ||
      await store.fetch(stored.sha256, storedPath(workspace, stage, stored)),
    outside: async (file) => await foundHere(file, locator) !== undefined,
  });
}

/** Where a file lies without being downloaded; undefined where it does not. */
async function foundHere(file: OutsideFile, locator: Locator): Promise<string | undefined> {
  try {
    return await locator.find({ ...file, addresses: [] }, () => {});
  } catch (error) {
    if (error instanceof UnavailableError) return undefined;
    throw error;
  }
}

/** Whether a folder has the record of a finished job; whether its files are right is seen when it is used. */
async function holdsJob(folder: string, key: string): Promise<boolean> {
  const text = await readPlainText(join(folder, RECORD)).catch(() => "");
  return readRecord(text)?.key === key;
}

/** So many things go over the line at once. */
const AT_ONCE = 4;

/** Does what is to be done with each; each returns whether it was there. */
async function carry(
  { jobs, artifacts, outside }: Belongings,
  { progress }: Ends,
  each: {
    job(key: string): Promise<boolean>;
    artifact(stage: string, stored: Stored): Promise<boolean>;
    outside(file: OutsideFile): Promise<boolean>;
  },
): Promise<Carried> {
  const counts = { jobs: 0, artifacts: 0, outside: 0 };
  const missing: string[] = [];
  const tasks: readonly (readonly [keyof typeof counts, string, () => Promise<boolean>])[] = [
    ...outside.map((file) => ["outside", file.name, () => each.outside(file)] as const),
    ...artifacts.map(({ stage, stored }) =>
      ["artifacts", `${stage}/${stored.file}`, () => each.artifact(stage, stored)] as const
    ),
    ...jobs.map((key) => ["jobs", `job ${key.slice(0, 12)}`, () => each.job(key)] as const),
  ];
  let done = 0;
  const waiting = tasks.values();
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    // All take from the same.
    for (const [kind, name, work] of waiting) {
      if (await work()) counts[kind]++;
      else missing.push(name);
      progress(++done, tasks.length);
    }
  }));
  return { ...counts, missing: missing.sort() };
}
