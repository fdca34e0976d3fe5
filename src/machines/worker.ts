/**
 * Takes jobs from a queue and runs them on this machine, each in a process of its own; what they leave
 * goes into the store that all share.
 *
 * @module
 */
import type { Job as Queued, Worker } from "bullmq";
import { extname, join } from "node:path";
import type { z } from "zod";
import { digest, sha256File } from "../files/digest.ts";
import { messageOf, takesNothing } from "../files/explain.ts";
import { makeFolder, removeIfMine } from "../files/whole.ts";
import { type Executor, JobFailure, type ReadyJob } from "../pipeline/executor.ts";
import { jobRunner, oldestKept } from "../pipeline/finished.ts";
import { placesFor } from "../pipeline/pool.ts";
import { asJson, type Code, compiledBy, readyJob } from "../pipeline/keys.ts";
import { modulePath } from "../pipeline/code.ts";
import type { SharedStore } from "../pipeline/shared.ts";
import type { Job, Planned, StoredFile } from "../pipeline/stage.ts";
import {
  jobEnd,
  LOST_MOST,
  openLine,
  PREFIX,
  type QueuedJob,
  queuedJob,
  queueOf,
  within,
  type WorkerSign,
  workerTells,
} from "./line.ts";

/** What a worker is told. */
export interface WorkOptions
  extends Pick<WorkerSign, "host" | "slots" | "equipment" | "processor"> {
  /** See `queueAddress`. */
  readonly queue: string;
  /** Where inputs are, and where what has finished goes. */
  readonly shared: SharedStore;
  /** The stages whose jobs it may run, and what their code comes to here. */
  readonly plan: readonly Planned[];
  readonly code: Code;
  /** The revision of this code, for people. */
  readonly revision: string | null;
  /** A folder of its own, for finished jobs and inputs. */
  readonly cache: string;
  /** Starts processes; each runs one job, and is stopped with it. */
  executor(): Executor;
  /** How long a job's process may say nothing, in milliseconds. */
  readonly silence: number;
  /** Told what happens, in lines. */
  tell(line: string): void;
  /** Ends it: what runs is given back. */
  readonly signal: AbortSignal;
}

/** The code of a driver is not this worker's. */
export class OtherCode extends Error {
  /** Its class. */
  override name = "OtherCode";
}

/** How long a job is a worker's without a sign of it, in milliseconds. */
const LOCK = 15_000;

/** How often it is looked for jobs without a worker, in milliseconds. */
const STALLED = 5000;

/** How long a call waits for a job before it asks again, in seconds. */
const BLOCK = 10;

/** How often a worker says that it is there, in milliseconds. */
const SIGN = 5000;

/** How often progress of a job is passed on at most, in milliseconds. */
const TELL = 1000;

/** How often a job may end badly. */
const ATTEMPTS = 3;

/** How long a job that ended badly is left to other workers, in milliseconds, and how often it is looked whether one took it. */
const LEFT = 30_000;
const LEFT_LOOK = 2000;

/** How long a worker that ends waits for the queue, in milliseconds. */
const PATIENCE = 5000;

/**
 * Works until it is ended, by `signal` or because it has other code than a driver.
 *
 * @throws {OtherCode} where it was given a job that its own code makes another one
 * @throws {Error} as `openLine`
 */
export async function work(options: WorkOptions): Promise<void> {
  const { shared, host, slots, equipment, processor, revision, tell, signal } = options;
  const line = await openLine(options.queue);
  const bullmq = await import("bullmq");
  const id = crypto.randomUUID();
  const [jobs, inputs] = [join(options.cache, "jobs"), join(options.cache, "inputs")];
  await makeFolder(jobs);
  await makeFolder(inputs);
  await pruneInputs(inputs);
  const fetching = new Map<string, Promise<StoredFile>>();
  const running = new Map<string, Promise<JobEnd>>();
  const places = placesFor(slots);
  let refused: OtherCode | undefined;
  const over = Promise.withResolvers<void>();
  let ending = false;

  /** A job's input on this machine: as it lies here, or from the store; verified once. */
  const input = (sha256: string, name: string): Promise<StoredFile> => {
    const path = join(inputs, `${sha256}${extname(name)}`);
    const fetched = async () => {
      if (await sha256File(path).catch(() => "") !== sha256) {
        if (!await shared.fetch(sha256, path)) {
          throw new Error(
            `${shared.name} does not have input ${name} (${sha256}): ` +
              `workers and the run must be given the same store.`,
          );
        }
      }
      await Deno.utime(path, new Date(), new Date()).catch(() => {});
      return { path, sha256 };
    };
    const known = fetching.get(path);
    if (known) return known;
    const found = fetched();
    fetching.set(path, found);
    found.catch(() => fetching.delete(path));
    return found;
  };

  /** A job as this worker's own code makes it. */
  const own = async (asked: QueuedJob, key: string): Promise<ReadyJob> => {
    const job = options.plan.flatMap(({ stage }) => Object.values(stage.jobs)).find((job) =>
      job.name === asked.job && modulePath(options.code.root, job.declaration) === asked.declaration
    );
    const same = digest(asked.equipment) === digest(asJson(equipment));
    const keyed = job && same && await keyOf(job, asked, options.code);
    if (keyed && keyed.key === key) return keyed;
    const [here, there] = [revision, asked.revision].map((revision) => revision ?? "no revision");
    throw new OtherCode(
      `Job ${asked.label} is refused by the worker on ${host}: its code (${here}) makes ` +
        `${job && same ? "another job" : "no job"} of it than that of the run (${there}). ` +
        `Bring both to the same revision, with the same study.`,
    );
  };

  /** Runs a job to its end, good or bad. */
  const runOne = async (ready: ReadyJob, queued: Queued): Promise<JobEnd> => {
    const executor = options.executor();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let silent = false;
    const heard = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        silent = true;
        void executor.stop();
      }, options.silence);
    };
    const stop = () => void executor.stop();
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    const told = reporter(queued, host);
    try {
      const files = Object.fromEntries(
        await Promise.all(
          Object.entries(ready.files).map(async ([name, { sha256 }]) => [
            name,
            await input(sha256, name),
          ]),
        ),
      );
      heard();
      const runner = jobRunner(
        jobs,
        {
          async run(job, output, progress) {
            const { seconds, facts } = await executor.run(job, output, progress);
            return { seconds, facts: { ...facts, machine: { host, processor } } };
          },
          stop: () => executor.stop(),
        },
        false,
        shared,
      );
      const { found } = await runner.run({ ...ready, files }, (done, total, note) => {
        heard();
        told(done, total, note);
      });
      // It may have been found here, and never have got there.
      if (found) await shared.keepJob(ready.key, join(jobs, ready.key));
      return { type: "finished", host };
    } catch (error) {
      if (silent) {
        throw new Error(
          `its process said nothing for ${options.silence / 60_000} minutes and was ended.`,
        );
      }
      // What a full disk does to a job is no result of it.
      if (!(error instanceof JobFailure) || takesNothing(error.data)) throw error;
      const { kind, message, data } = error;
      return jobEnd.parse({ type: "threw", host, kind, message, data });
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    }
  };

  /** What BullMQ calls with every job that this worker gets. */
  const process = async (queued: Queued, token?: string): Promise<JobEnd> => {
    const key = queued.id!;
    const giveBack = async () => {
      await queued.moveToWait(token);
      throw new bullmq.WaitingError();
    };
    if (ending || refused) return await giveBack();
    const asked = queuedJob.safeParse(queued.data).data;
    if (asked && await isLeft(asked)) {
      await queued.moveToDelayed(Date.now() + LEFT_LOOK, token);
      throw new bullmq.DelayedError();
    }
    await places.take();
    try {
      if (ending || refused) return await giveBack();
      let ready: ReadyJob;
      try {
        if (!asked) {
          throw new OtherCode(
            `A job is refused by the worker on ${host}: another version of Atelier asks for it.`,
          );
        }
        ready = await own(asked, key);
      } catch (error) {
        refuse(error instanceof OtherCode ? error : new OtherCode(messageOf(error)));
        await say(queued, { type: "refused", host, message: refused!.message });
        return await giveBack();
      }
      tell(`${asked.label}: runs`);
      const began = performance.now();
      try {
        const end = await joined(key, () => runOne(ready, queued));
        const seconds = ((performance.now() - began) / 1000).toFixed(1);
        tell(`${asked.label}: ${end.type === "finished" ? "done" : "failed"} in ${seconds} s`);
        return end;
      } catch (error) {
        if (ending) return await giveBack();
        return await failed(queued, asked, messageOf(error));
      }
    } finally {
      places.free();
    }
  };

  /** What this worker runs already, as where the queue has forgotten whose the job is, runs once. */
  const joined = async (key: string, start: () => Promise<JobEnd>): Promise<JobEnd> => {
    const already = running.get(key);
    if (already) return await already;
    const done = start();
    running.set(key, done);
    try {
      return await done;
    } finally {
      running.delete(key);
    }
  };

  /** Whether a job that ended badly here is left to somebody else for a while. */
  const isLeft = async ({ failures }: QueuedJob): Promise<boolean> => {
    const mine = failures.some(({ worker }) => worker === id);
    const last = failures.at(-1);
    if (!mine || !last || Date.now() - last.at > LEFT) return false;
    const name = queueOf(equipment, processor);
    const others = (await line.workers()).filter((worker) =>
      queueOf(worker.equipment, worker.processor) === name &&
      !failures.some((failure) => failure.worker === worker.id)
    );
    return others.length > 0;
  };

  /** Has a job that ended badly tried again, or given up where it has often enough. */
  const failed = async (queued: Queued, asked: QueuedJob, message: string): Promise<never> => {
    tell(`${asked.label}: failed: ${message}`);
    const failures = [...asked.failures, { worker: id, host, message, at: Date.now() }];
    if (failures.length >= ATTEMPTS) {
      const all = failures.map(({ host, message }) => `on ${host}: ${message}`).join("\n");
      throw new bullmq.UnrecoverableError(`it ended badly ${ATTEMPTS} times:\n${all}`);
    }
    await queued.updateData({ ...asked, failures });
    await say(queued, { type: "again", host, message });
    throw new Error(message);
  };

  const refuse = (error: OtherCode) => {
    if (refused) return;
    refused = error;
    tell(error.message);
    for (const worker of workers) void worker.pause(true);
    over.resolve();
  };

  const sign: WorkerSign = {
    ...{ id, host, slots, equipment, processor, revision },
    since: new Date().toISOString(),
    store: shared.name,
  };
  const workers: Worker[] = [queueOf(equipment, processor), queueOf(equipment)].map((name) => {
    const worker = new bullmq.Worker(name, process, {
      connection: line.connection,
      prefix: PREFIX,
      name: host,
      concurrency: slots,
      lockDuration: LOCK,
      stalledInterval: STALLED,
      // With the next one after these it fails.
      maxStalledCount: LOST_MOST - 1,
      drainDelay: BLOCK,
      // What could not be told is told again after this time.
      runRetryDelay: 2000,
    });
    // What goes wrong with the connection is told below. A job that has become another worker's meanwhile
    // is of no concern: what came of it is in the store, and the same.
    worker.on("error", () => {});
    return worker;
  });
  line.onChange((there, refused) =>
    tell(refused ?? `The queue at ${line.name} is ${there ? "there again" : "out of reach"}.`)
  );
  await line.sign(sign);
  const timer = setInterval(() => void line.sign(sign).catch(() => {}), SIGN);
  const end = () => {
    ending = true;
    over.resolve();
  };
  signal.addEventListener("abort", end);
  if (signal.aborted) end();
  tell(`Waits for jobs of ${queueOf(equipment, processor)} at ${line.name}, ${slots} at once.`);
  try {
    await over.promise;
    clearInterval(timer);
    // Other drivers' jobs, which are this code's, come to their end where no signal came.
    const left = async () => {
      await Promise.all(workers.map((worker) => worker.pause(true)));
      await line.leave(id);
      await Promise.all(workers.map((worker) => worker.close()));
    };
    if (ending) await within(PATIENCE, left());
    else {
      const ended = new Promise<void>((resolve) =>
        signal.addEventListener("abort", () => resolve())
      );
      const leaving = left();
      await Promise.race([leaving, ended]);
      await within(PATIENCE, leaving);
    }
  } finally {
    clearInterval(timer);
    signal.removeEventListener("abort", end);
    await within(PATIENCE, Promise.all(workers.map((worker) => worker.close(true))));
    line.close();
  }
  signal.throwIfAborted();
  if (refused) throw refused;
}

type JobEnd = z.infer<typeof jobEnd>;
type Tells = z.infer<typeof workerTells>;

/** Tells the driver something of a job; that it does not get there is of no consequence. */
const say = (queued: Queued, what: Tells): Promise<void> =>
  queued.updateProgress(what).catch(() => {});

/** Passes on the progress of a job: at once that it has begun, and then at most once a second. */
function reporter(queued: Queued, host: string) {
  let [last, sending] = [-Infinity, false];
  const report = (done: number, total: number, note?: string) => {
    const now = performance.now();
    if (sending || now - last < TELL) return;
    [last, sending] = [now, true];
    const told: Tells = { type: "progress", host, done, total, ...(note ? { note } : {}) };
    void say(queued, told).finally(() => sending = false);
  };
  report(0, 1);
  return report;
}

/** The key that a job of a declaration has by this code; undefined where it takes other parameters. */
async function keyOf(job: Job, asked: QueuedJob, code: Code): Promise<ReadyJob | undefined> {
  const checked = job.parameters.safeParse(asked.parameters);
  if (!checked.success) return undefined;
  const { label, equipment } = asked;
  const files = Object.fromEntries(
    Object.entries(asked.files).map(([name, sha256]) => [name, { path: "", sha256 }]),
  );
  const compiled = await compiledBy(job, equipment.variant, checked.data);
  const parameters = asJson(checked.data);
  return readyJob(job, { label, parameters, files, equipment, compiled, code });
}

/** Removes inputs that no job has asked for as long as finished jobs are kept. */
async function pruneInputs(folder: string): Promise<void> {
  const oldest = oldestKept();
  for await (const { name } of Deno.readDir(folder)) {
    const { mtime } = await Deno.stat(join(folder, name)).catch(() => ({ mtime: null }));
    if (mtime && mtime.getTime() < oldest) await removeIfMine(join(folder, name));
  }
}
