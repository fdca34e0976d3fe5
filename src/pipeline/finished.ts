/**
 * Finished jobs, kept on this machine under their keys and found again: which is what makes an
 * interrupted stage continue with what is missing.
 *
 * @module
 */
import { join } from "node:path";
import { z } from "zod";
import { digest, sha256File } from "../files/digest.ts";
import { placeFolder, removeIfThere, UNFINISHED, writeWhole } from "../files/whole.ts";
import type { Executor, Outcome, ReadyJob } from "./executor.ts";
import { digestsOf } from "./keys.ts";
import type { Facts, Progress, StoredFile } from "./stage.ts";

/** A job that has run. */
export interface Finished extends Outcome {
  /** What it wrote, by name. */
  readonly files: ReadonlyMap<string, StoredFile>;
}

const record = z.strictObject({
  key: z.string(),
  job: z.string(),
  /** Digest of its module's path and of all files that it read: of what the key says, told again. */
  made: z.string(),
  seconds: z.number(),
  facts: z.record(z.string(), z.json()),
  files: z.record(z.string().regex(/^[^/\\]+$/), z.string()),
});

const RECORD = "job.json";

const madeOf = ({ module, files }: ReadyJob): string => digest({ module, files: digestsOf(files) });

/** Runs jobs that have not finished before; equal jobs asked for at once run once. */
export interface JobRunner {
  run(job: ReadyJob, progress: Progress): Promise<Finished>;
  /** Resolves once all that was started has come to its end, good or bad. */
  settled(): Promise<void>;
}

/**
 * A runner that keeps finished jobs in `directory`. With `force`, what finished in an earlier run is
 * run again.
 */
export function jobRunner(directory: string, executor: Executor, force: boolean): JobRunner {
  const started = new Map<string, Promise<Finished>>();
  const run = async (job: ReadyJob, progress: Progress): Promise<Finished> => {
    const found = force ? undefined : await find(directory, job);
    if (found) return found;
    const workplace = await Deno.makeTempDir({ dir: directory, prefix: UNFINISHED });
    try {
      const { seconds, facts } = await executor.run(job, workplace, progress);
      await keep(directory, workplace, job, { seconds, facts });
      const kept = await find(directory, job);
      if (!kept) throw new Error(`What job ${job.label} wrote is gone from ${directory}.`);
      return kept;
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
    async settled() {
      await Promise.allSettled(started.values());
    },
  };
}

/** How long a finished job that no run asked for is kept, in days. */
const KEPT_DAYS = 30;

/** Removes finished jobs that no run has asked for in 30 days; what is no finished job stays. */
export async function prune(directory: string): Promise<void> {
  const oldest = Date.now() - KEPT_DAYS * 24 * 60 * 60_000;
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    if (!isDirectory || !/^[0-9a-f]{64}$/.test(name)) continue;
    const { mtime } = await Deno.stat(join(directory, name, RECORD)).catch(() => ({ mtime: null }));
    if (mtime && mtime.getTime() < oldest) await removeIfThere(join(directory, name));
  }
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
  const content = record.parse({
    key: job.key,
    job: job.job,
    made: madeOf(job),
    seconds,
    facts,
    files,
  });
  await writeWhole(join(workplace, RECORD), JSON.stringify(content, null, 2));
  await placeFolder(workplace, join(directory, job.key));
}

/** A finished job; undefined where it is missing, damaged, incomplete, or the record of another one. */
async function find(directory: string, job: ReadyJob): Promise<Finished | undefined> {
  const folder = join(directory, job.key);
  try {
    const found = record.parse(JSON.parse(await Deno.readTextFile(join(folder, RECORD))));
    if (found.key !== job.key || found.job !== job.job || found.made !== madeOf(job)) {
      return undefined;
    }
    const files = new Map<string, StoredFile>();
    for (const [name, sha256] of Object.entries(found.files)) {
      const path = join(folder, name);
      if (await sha256File(path) !== sha256) return undefined;
      files.set(name, { path, sha256 });
    }
    // When it was last asked for; see `prune`. It is good where that cannot be noted, too.
    await Deno.utime(join(folder, RECORD), new Date(), new Date()).catch(() => {});
    return { seconds: found.seconds, facts: found.facts, files };
  } catch {
    // Whatever cannot be read is made again.
    return undefined;
  }
}
