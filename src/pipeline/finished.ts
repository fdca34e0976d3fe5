/**
 * Finished jobs, kept on this machine under their keys and found again: which is what makes an
 * interrupted stage continue with what is missing.
 *
 * @module
 */
import { join } from "node:path";
import { z } from "zod";
import { digest, sha256File } from "../files/digest.ts";
import { parseJson } from "../files/json.ts";
import { readPlainText } from "../files/plain.ts";
import {
  placeFolder,
  removeIfMine,
  removeIfThere,
  unfinishedIn,
  writeWhole,
} from "../files/whole.ts";
import { checkpointFolder, pruneCheckpoints } from "./checkpoints.ts";
import type { Executor, Outcome, ReadyJob } from "./executor.ts";
import { digestsOf } from "./keys.ts";
import type { SharedStore } from "./shared.ts";
import type { Facts, Progress, StoredFile } from "./stage.ts";

/** A job that has run. */
export interface Finished extends Outcome {
  /** What it wrote, by name. */
  readonly files: ReadonlyMap<string, StoredFile>;
  /** Whether it had finished in an earlier run. */
  readonly found: boolean;
}

/** The file in a finished job's folder that says what it is; all others are its own. */
export const RECORD = "job.json";

const record = z.strictObject({
  key: z.string(),
  job: z.string(),
  /** Digest of its module's path and of all files that it read: of what the key says, told again. */
  made: z.string(),
  seconds: z.number(),
  facts: z.record(z.string(), z.json()),
  /** Digests of its files by their names, which lead nowhere else. */
  files: z.record(
    z.string().regex(/^[^/\\:]+$/).refine((name) => ![".", "..", RECORD].includes(name)),
    z.string().regex(/^[0-9a-f]{64}$/),
  ),
  /** Digest of all this, so that an edit shows. */
  seal: z.string(),
});

/** What a record's text says; undefined where it is none, or has been edited. */
export function readRecord(text: string): Omit<z.infer<typeof record>, "seal"> | undefined {
  try {
    const { seal, ...content } = record.parse(parseJson(text));
    return seal === digest(content) ? content : undefined;
  } catch {
    return undefined;
  }
}

const madeOf = ({ module, files }: ReadyJob): string => digest({ module, files: digestsOf(files) });

/** Runs jobs that have not finished before; equal jobs asked for at once run once. */
export interface JobRunner {
  run(job: ReadyJob, progress: Progress): Promise<Finished>;
  /** Whether a job has finished before, here or in the store. */
  has(job: ReadyJob): Promise<boolean>;
  /** Resolves once all that was started has come to its end, good or bad. */
  settled(): Promise<void>;
}

/**
 * A runner that keeps finished jobs in `directory`, and in a store that machines share where there is
 * one. With `force`, what finished in an earlier run is run again.
 */
export function jobRunner(
  directory: string,
  executor: Executor,
  force: boolean,
  shared?: SharedStore,
): JobRunner {
  const started = new Map<string, Promise<Finished>>();
  // Looked for twice at once, a job would come from the store twice, to one place.
  const looking = new Map<string, Promise<Finished | undefined>>();
  const look = (job: ReadyJob): Promise<Finished | undefined> => {
    if (force) return Promise.resolve(undefined);
    const already = looking.get(job.key);
    if (already) return already;
    const found = find(directory, job).then((here) => here ?? findShared(directory, job, shared))
      .finally(() => looking.delete(job.key));
    looking.set(job.key, found);
    return found;
  };
  const run = async (job: ReadyJob, progress: Progress): Promise<Finished> => {
    const found = await look(job);
    if (found) return found;
    const workplace = await unfinishedIn(directory);
    const checkpoints = checkpointFolder(directory, job.key);
    try {
      if (job.resumes && force) await removeIfThere(checkpoints);
      const { seconds, facts } = await executor.run(job, workplace, progress);
      await keep(directory, workplace, job, { seconds, facts });
      if (job.resumes) await removeIfThere(checkpoints);
      const kept = await find(directory, job);
      if (!kept) throw new Error(`What job ${job.label} wrote is gone from ${directory}.`);
      await shared?.keepJob(job.key, join(directory, job.key));
      return { ...kept, found: false };
    } finally {
      await removeIfThere(workplace);
    }
  };
  return {
    run(job, progress) {
      const earlier = started.get(job.key);
      if (earlier) return earlier;
      const running = run(job, progress);
      started.set(job.key, running);
      return running;
    },
    has: async (job) => await look(job) !== undefined,
    async settled() {
      await Promise.allSettled([...started.values(), ...looking.values()]);
    },
  };
}

/**
 * A finished job of the shared store, which is then kept here, too; undefined where it has none.
 *
 * @throws {Error} where what it has is not that job
 */
async function findShared(
  directory: string,
  job: ReadyJob,
  shared: SharedStore | undefined,
): Promise<Finished | undefined> {
  if (!shared || !await fetchJob(directory, job.key, shared)) return undefined;
  const found = await find(directory, job);
  if (found) return found;
  const text = await readPlainText(join(directory, job.key, RECORD)).catch(() => "");
  const other = readRecord(text);
  await removeIfMine(join(directory, job.key));
  // Made by the same code at another path: in no key, but told in the record.
  if (other?.key === job.key && other.job === job.job && other.made !== madeOf(job)) {
    return undefined;
  }
  throw new Error(somethingElse(shared, job));
}

/**
 * Puts a finished job of the shared store among those of this machine, whether it is the right one or
 * not: who asks for it finds that out.
 *
 * @returns whether the store has it
 * @throws {Error} as `SharedStore`
 */
export async function fetchJob(
  directory: string,
  key: string,
  shared: SharedStore,
): Promise<boolean> {
  const workplace = await unfinishedIn(directory);
  try {
    if (!await shared.fetchJob(key, workplace)) return false;
    await placeFolder(workplace, join(directory, key));
    return true;
  } finally {
    await removeIfThere(workplace);
  }
}

/** How long what no run asked for is kept, in days. */
const KEPT_DAYS = 30;

/** What was asked for before, in milliseconds since 1970, has been kept long enough. */
export const oldestKept = (): number => Date.now() - KEPT_DAYS * 24 * 60 * 60_000;

/** The keys of the finished jobs in a folder, and when each was last asked for; what is no finished job is not among them. */
export async function finishedIn(directory: string): Promise<Map<string, Date>> {
  const found = new Map<string, Date>();
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    if (!isDirectory || !/^[0-9a-f]{64}$/.test(name)) continue;
    const { mtime } = await Deno.stat(join(directory, name, RECORD)).catch(() => ({ mtime: null }));
    if (mtime) found.set(name, mtime);
  }
  return found;
}

/**
 * Removes finished jobs that no run has asked for in 30 days, and that are not among those needed; and
 * checkpoints as old.
 */
export async function prune(directory: string, needed: ReadonlySet<string>): Promise<void> {
  const oldest = oldestKept();
  for (const [key, asked] of await finishedIn(directory)) {
    if (asked.getTime() < oldest && !needed.has(key)) await removeIfMine(join(directory, key));
  }
  await pruneCheckpoints(directory, oldest);
}

/** Gives a finished job's folder its record and its key as its name. */
async function keep(
  directory: string,
  workplace: string,
  job: ReadyJob,
  { seconds, facts }: { readonly seconds: number; readonly facts: Facts },
): Promise<void> {
  const files: Record<string, string> = {};
  for await (const entry of Deno.readDir(workplace)) {
    files[entry.name] = await sha256File(join(workplace, entry.name));
  }
  const content = { key: job.key, job: job.job, made: madeOf(job), seconds, facts, files };
  const sealed = record.parse({ ...content, seal: digest(content) });
  await writeWhole(join(workplace, RECORD), JSON.stringify(sealed, null, 2));
  await placeFolder(workplace, join(directory, job.key));
}

/**
 * Takes what a finished job left from a store that machines share: its files to `folder`, which is empty.
 *
 * @returns how it went; undefined where the store does not have it
 * @throws {Error} where what it has is not that job
 */
export async function takeFinished(
  shared: SharedStore,
  job: ReadyJob,
  folder: string,
): Promise<Outcome | undefined> {
  if (!await shared.fetchJob(job.key, folder)) return undefined;
  const found = await read(folder, job);
  if (!found) throw new Error(somethingElse(shared, job));
  await Deno.remove(join(folder, RECORD));
  return { seconds: found.seconds, facts: found.facts };
}

const somethingElse = ({ name }: SharedStore, { label, key }: ReadyJob) =>
  `${name} has something else in the place of job ${label} (${key}).`;

/** A finished job of a directory, by its key; see `read`. */
const find = (directory: string, job: ReadyJob): Promise<Finished | undefined> =>
  read(join(directory, job.key), job);

/** A finished job; undefined where it is missing, damaged, incomplete, or the record of another one. */
async function read(folder: string, job: ReadyJob): Promise<Finished | undefined> {
  try {
    const found = readRecord(await readPlainText(join(folder, RECORD)));
    if (found?.key !== job.key || found.job !== job.job || found.made !== madeOf(job)) {
      return undefined;
    }
    const files = new Map<string, StoredFile>();
    for (const [name, sha256] of Object.entries(found.files)) {
      const path = join(folder, name);
      if (await sha256File(path) !== sha256) return undefined;
      files.set(name, { path, sha256 });
    }
    for await (const { name } of Deno.readDir(folder)) {
      if (name !== RECORD && !files.has(name)) return undefined;
    }
    // When it was last asked for; see `prune`. That of somebody else's cannot be told, and it is used all the same.
    await Deno.utime(join(folder, RECORD), new Date(), new Date()).catch(() => {});
    return { seconds: found.seconds, facts: found.facts, files, found: true };
  } catch {
    // Whatever cannot be read is made again.
    return undefined;
  }
}
