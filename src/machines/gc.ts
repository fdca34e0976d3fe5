/** Takes out of a store what nobody needs. @module */
import { readRecord } from "../pipeline/finished.ts";
import { isUnfinished } from "./folder.ts";
import { type Entry, PATIENCE, type Patience, type Place } from "./place.ts";
import { entryOf, entryText } from "./store.ts";

/** What is kept and how. */
export interface Keeping {
  /** Digests of files and keys of jobs, perhaps among others that are neither. */
  readonly needed: ReadonlySet<string>;
  /** What is younger stays, in milliseconds: somebody may be about to name it. A day if omitted. */
  readonly grace?: number;
  /** Whether it is only told what would go; it goes if omitted. */
  readonly dryRun?: boolean;
  readonly patience?: Patience;
  readonly progress?: (done: number, total: number) => void;
}

/** How much went, and how much stays, of files and jobs. What is not of a store's layout is in neither. */
export interface Collected {
  readonly gone: Amount;
  readonly stays: Amount;
}

/** How much there is. */
export interface Amount {
  readonly jobs: number;
  readonly files: number;
  readonly bytes: number;
}

const DAY = 24 * 60 * 60_000;

const JOB = /^jobs\/([0-9a-f]{64})$/;
const FILE = /^files\/([0-9a-f]{32}|[0-9a-f]{64})$/;

/**
 * Removes from a store what is not needed: jobs first, so that none is there without its files, then files
 * that neither are needed nor belong to a job that stays.
 *
 * @throws {Error} where the store cannot be reached, or may not be read or written
 */
export async function collectStore(
  place: Place,
  { needed, grace = DAY, dryRun = false, patience = PATIENCE, progress = () => {} }: Keeping,
): Promise<Collected> {
  const oldest = Date.now() - grace;
  // What has no time, or one to come, is young.
  const isOld = ({ put }: Entry) => put.getTime() < oldest;
  const jobs = (await Array.fromAsync(place.list("jobs/"))).filter(({ name }) => isOurs(name));
  const files = (await Array.fromAsync(place.list("files/"))).filter(({ name }) => isOurs(name));
  const digests = new Set(needed);
  const gone: Entry[] = [];
  const total = jobs.length + files.length;
  let done = 0;
  for (const job of jobs) {
    const [, key] = JOB.exec(job.name) ?? [];
    if (key === undefined ? isOld(job) : isOld(job) && !needed.has(key)) gone.push(job);
    else if (key !== undefined) {
      const text = await entryText(place, job.name, patience);
      const read = text === undefined ? undefined : entryOf(text);
      for (const digest of Object.values(readRecord(read?.job ?? "")?.files ?? {})) {
        digests.add(digest);
      }
    }
    progress(++done, total);
  }
  for (const file of files) {
    const [, digest] = FILE.exec(file.name) ?? [];
    if (isOld(file) && (digest === undefined || !digests.has(digest))) gone.push(file);
  }
  const going = new Set(gone.map(({ name }) => name));
  for (const { name } of gone) {
    if (!dryRun) await place.remove(name);
    progress(Math.min(++done, total), total);
  }
  return {
    gone: amountOf(gone),
    stays: amountOf([...jobs, ...files].filter(({ name }) => !going.has(name))),
  };
}

/** Whether a store has put something there, whole or not. */
const isOurs = (name: string) => JOB.test(name) || FILE.test(name) || isUnfinished(name);

const amountOf = (entries: readonly Entry[]): Amount => ({
  jobs: entries.filter(({ name }) => JOB.test(name)).length,
  files: entries.filter(({ name }) => !JOB.test(name)).length,
  bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0),
});
