/**
 * Runs jobs by putting them on a queue, from which workers of any number of machines take them; what
 * comes of them is taken from the store that all share.
 *
 * @module
 */
import type { Queue, QueueEvents } from "bullmq";
import { digest } from "../files/digest.ts";
import type { RunEvent } from "../pipeline/events.ts";
import {
  type Executor,
  JobFailure,
  type Outcome,
  type ReadyJob,
  Stopped,
} from "../pipeline/executor.ts";
import { takeFinished } from "../pipeline/finished.ts";
import { asJson, digestsOf } from "../pipeline/keys.ts";
import type { SharedStore } from "../pipeline/shared.ts";
import type { Equipment, Progress } from "../pipeline/stage.ts";
import {
  jobEnd,
  LOST_MOST,
  openLine,
  PREFIX,
  queuedJob,
  queueOf,
  type Whereabouts,
  within,
  type WorkerSign,
  workerTells,
} from "./line.ts";

/** What a driver is told. */
export interface DriverOptions {
  /** See `queueAddress`. */
  readonly queue: string;
  /** Where jobs find their inputs, and workers keep what comes of them. */
  readonly shared: SharedStore;
  /** Whether jobs may go to workers of any processor family. */
  readonly mixed: boolean;
  /** Whether a worker with this equipment will do; any if omitted. */
  fits?(equipment: Equipment): boolean;
  /** What this machine would compute with; undefined where that is not known. */
  readonly here?: Equipment;
  /** The revision of this code, for people. */
  readonly revision: string | null;
  tell(event: Extract<RunEvent, { type: "queue" }>): void;
  /** Ends the waiting for a worker. */
  readonly signal?: AbortSignal;
}

/** What takes the place of this machine in a run. */
export interface Driver {
  readonly executor: Executor;
  /** What the workers compute with; waits until one is there. */
  equip(): Promise<Equipment>;
  /** Where no worker is there, what jobs may have finished with: see `RunOptions`. Where one is, that decides. */
  earlier(): Promise<Equipment[]>;
}

/** How often it is looked whether a worker has come, in milliseconds. */
const LOOK = 2000;

/** How often it is seen to it that the jobs waited for are on the queue, in milliseconds; never where there are none. */
const CHECK = 5000;

/** How long what has ended stays on the queue for drivers that were away, in seconds. */
const KEPT = 3600;

/** BullMQ takes the lowest number first, and whatever has none before all others. */
const LOWEST_PRIORITY = 2 ** 21;

/** How long a driver that ends waits for the queue, in milliseconds. */
const PATIENCE = 5000;

/** What BullMQ gives as the reason where a job has lost its workers too often, and what that means. */
const STALLED = "job stalled more than allowable limit";
const LOST =
  `${LOST_MOST} workers were lost with it, one after another. It may be what ends them, ` +
  `by the memory that it takes, say. Run again, it is tried anew.`;

/** How a wait for a job ended. */
type Ended =
  | { readonly type: "finished"; readonly host: string }
  | { readonly type: "threw"; readonly failure: JobFailure }
  | { readonly type: "failed"; readonly reason: string }
  | { readonly type: "gone" };

const isSame = (a: Equipment, b: Equipment) => digest(asJson(a)) === digest(asJson(b));

/** A job that is waited for. */
interface Wait {
  readonly job: ReadyJob;
  readonly progress: Progress;
  end(ended: Ended): void;
  fail(error: Error): void;
  /** Whether it was seen to have ended without a word of it. */
  ended: boolean;
}

/** The queue of the class of workers that this run uses. */
interface Chosen {
  readonly equipment: Equipment;
  readonly name: string;
  readonly queue: Queue;
  readonly events: QueueEvents;
}

/**
 * Joins a queue as one who wants jobs done.
 *
 * @throws {Error} as `openLine`
 */
export async function drive(options: DriverOptions): Promise<Driver> {
  const { shared, tell, fits = () => true, here, mixed, signal } = options;
  const line = await openLine(options.queue);
  const { Queue, QueueEvents } = await import("bullmq");
  const me = crypto.randomUUID();
  const waits = new Map<string, Wait>();
  const kept = new Map<string, Promise<void>>();
  const stopping = Promise.withResolvers<never>();
  stopping.promise.catch(() => {});
  let chosen: Promise<Chosen> | undefined;
  let stopped: Promise<void> | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;
  /** What was said last of workers that are not there; undefined while there are some. */
  let lacking: string | undefined;
  line.onChange((there, refused) =>
    tell(
      there
        ? { type: "queue", state: "back", message: `The queue at ${line.name} is there again.` }
        : {
          type: "queue",
          state: "lost",
          message: refused ?? `The queue at ${line.name} is out of reach; this run waits for it.`,
        },
    )
  );

  const nobody = (of: string, others: readonly WorkerSign[] = []) => {
    const there = [...new Set(others.map(({ equipment }) => queueOf(equipment)))].sort();
    const what = `wait for a worker${of}: \`deno task worker --queue=${line.name} ` +
      `--store=${shared.name}\` starts one.` + (there.length === 0 ? "" : ` Those that are there ` +
        `are of ${there.join(", ")}: they do the jobs of a run that is started now.`);
    if (what === lacking) return;
    lacking = what;
    // By the clock, since this may stand on the screen for hours.
    const since = new Date().toTimeString().slice(0, 8);
    tell({ type: "queue", state: "nobody", message: `Since ${since} jobs ${what}` });
  };
  const came = (workers: readonly WorkerSign[], of: string) => {
    const slots = workers.reduce((sum, worker) => sum + worker.slots, 0);
    const hosts = [...new Set(workers.map(({ host }) => host))];
    lacking = undefined;
    tell({
      type: "queue",
      state: "somebody",
      message: `Jobs go to ${hosts.join(", ")}, ${slots} at once (${of}).`,
    });
  };

  /** The workers that are there and fit. */
  const present = async () => (await line.workers()).filter(({ equipment }) => fits(equipment));

  /** Waits for workers, of some equipment or of any, and returns the class of them that runs most jobs at once. */
  const arrival = async (
    of?: Equipment,
  ): Promise<{ readonly name: string; readonly workers: readonly WorkerSign[] }> => {
    for (;;) {
      signal?.throwIfAborted();
      if (stopped) throw new Stopped("The run has ended.");
      const there = await present();
      const classes = Map.groupBy(
        there.filter(({ equipment }) => of === undefined || isSame(equipment, of)),
        ({ equipment, processor }) => queueOf(equipment, mixed ? undefined : processor),
      );
      const slots = (workers: readonly WorkerSign[]) =>
        workers.reduce((sum, worker) => sum + worker.slots, 0);
      const [most] = [...classes].sort(([, a], [, b]) => slots(b) - slots(a));
      if (most) return { name: most[0], workers: most[1] };
      if (of) nobody(` of ${queueOf(of)}`, there);
      // What jobs are computed with may have been found out meanwhile.
      else if (!chosen) nobody("");
      await within(LOOK, stopping.promise);
    }
  };

  /** Opens the queue for a run's jobs, which are all computed with the same. */
  const choose = async (equipment: Equipment): Promise<Chosen> => {
    const { name, workers } = await arrival(equipment);
    came(workers, name);
    const queue = new Queue(name, { connection: line.connection, prefix: PREFIX });
    // From now on: what is told between two looks counts, too.
    const lastEventId = `${await line.now() - 1}-0`;
    const events = new QueueEvents(name, {
      connection: line.connection,
      prefix: PREFIX,
      lastEventId,
    });
    // What goes wrong with the connection is told by the line.
    queue.on("error", () => {});
    events.on("error", () => {});
    listen(events);
    await events.waitUntilReady();
    return { equipment, name, queue, events };
  };
  const choice = (equipment: Equipment) => chosen ??= choose(equipment);

  const labelOf = (key: string) => waits.get(key)?.job.label;

  const listen = (events: QueueEvents) => {
    events.on("progress", ({ jobId, data }) => {
      const wait = waits.get(jobId);
      const { data: told } = workerTells.safeParse(data);
      if (!wait || !told) return;
      switch (told.type) {
        case "progress": {
          const { note, host, done, total } = told;
          return wait.progress(done, total, [...(note ? [note] : []), `on ${host}`].join(", "));
        }
        case "refused":
          return tell({ type: "queue", state: "refused", message: told.message });
        case "again":
          return tell({
            type: "queue",
            state: "again",
            message: `${wait.job.label} is tried again: ${told.message} (${told.host})`,
          });
      }
    });
    events.on("completed", ({ jobId, returnvalue }) => ended(jobId, returnvalue));
    events.on("failed", ({ jobId, failedReason }) => failed(jobId, failedReason));
    events.on("stalled", ({ jobId }) => {
      const label = labelOf(jobId);
      if (label === undefined) return;
      const message = `${label} is tried again: its worker is gone, or out of reach.`;
      tell({ type: "queue", state: "again", message });
    });
  };

  const ended = (key: string, value: unknown) => {
    const { data: end } = jobEnd.safeParse(value);
    if (!end) return failed(key, "what its worker tells of it is not understood.");
    if (end.type === "finished") return waits.get(key)?.end(end);
    const failure = new JobFailure(end.message, end.kind, end.data);
    waits.get(key)?.end({ type: "threw", failure });
  };
  const failed = (key: string, reason: string) =>
    waits.get(key)?.end({ type: "failed", reason: reason === STALLED ? LOST : reason });

  /** Sees to it that what is waited for is still to be had, and that somebody is there to do it. */
  const check = async () => {
    if (!chosen) return;
    const { queue, name, equipment } = await chosen;
    const keys = [...waits.keys()];
    const found = await line.want(me, queue.toKey(""), keys);
    for (const [i, key] of keys.entries()) {
      const wait = waits.get(key);
      if (!wait) continue;
      if (found[i] === "missing") wait.end({ type: "gone" });
      // Its word may be on the way; the next time it is not.
      else if (found[i] === "ended" && wait.ended) await settle(queue, key);
      else wait.ended = found[i] === "ended";
    }
    const workers = (await line.workers()).filter((worker) =>
      name === queueOf(worker.equipment, mixed ? undefined : worker.processor)
    );
    if (workers.length === 0) nobody(` of ${queueOf(equipment)}, as the one that is gone`);
    else if (lacking !== undefined) came(workers, name);
  };

  /** Takes from the queue how a job ended whose word was missed. */
  const settle = async (queue: Queue, key: string) => {
    const job = await queue.getJob(key);
    if (job?.failedReason) failed(key, job.failedReason);
    else if (job?.finishedOn) ended(key, job.returnvalue);
  };

  let checking: Promise<void> | undefined;
  const wake = () => {
    timer ??= setInterval(() => {
      checking ??= check().catch(() => {}).finally(() => checking = undefined);
    }, CHECK);
  };
  const rest = () => {
    if (waits.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };

  /** Keeps what a job reads in the store, once. */
  const keepInputs = ({ files }: ReadyJob) =>
    Promise.all(
      Object.values(files).map((file) => {
        if (!kept.has(file.sha256)) kept.set(file.sha256, shared.keep(file));
        return kept.get(file.sha256);
      }),
    );

  const add = async ({ queue }: Chosen, job: ReadyJob) => {
    const { key, label, declaration, module, parameters, equipment, files, expected } = job;
    const asked = queuedJob.parse({
      ...{ label, job: job.job, declaration, module, parameters, equipment },
      files: digestsOf(files),
      revision: options.revision,
      failures: [],
    });
    // The longest first. Nobody knows how long one takes that has not run yet: it may be the longest.
    const priority = expected === undefined
      ? 0
      : Math.max(1, LOWEST_PRIORITY - 1 - Math.round(10 * expected));
    await queue.add(job.job, asked, {
      jobId: key,
      priority,
      // A worker counts itself how often a job has failed, and gives up.
      attempts: 100,
      removeOnComplete: { age: KEPT },
      removeOnFail: { age: KEPT },
    });
  };

  const run = async (job: ReadyJob, output: string, progress: Progress): Promise<Outcome> => {
    const { key, label } = job;
    // A run that ends waits for nothing but what writes to its folders.
    await Promise.race([keepInputs(job), stopping.promise]);
    const line = await Promise.race([choice(job.equipment), stopping.promise]);
    const take = () => takeFinished(shared, job, output);
    for (;;) {
      const end = await attempt(line, job, progress, take);
      if (end.type === "taken") return end.outcome;
      if (end.type === "threw") throw end.failure;
      if (end.type === "failed") throw new Error(`Job ${label} failed: ${end.reason}`);
      const outcome = await take();
      if (outcome) return outcome;
      if (end.type === "finished") {
        throw new Error(
          `Job ${label} (${key}) has run on ${end.host}, and ${shared.name} does not have it: ` +
            `workers and this run must be given the same store.`,
        );
      }
    }
  };

  /** Asks for a job and waits until something has become of it. */
  const attempt = async (
    line: Chosen,
    job: ReadyJob,
    progress: Progress,
    take: () => Promise<Outcome | undefined>,
  ): Promise<Ended | { readonly type: "taken"; readonly outcome: Outcome }> => {
    const { key } = job;
    const { promise, resolve: end, reject: fail } = Promise.withResolvers<Ended>();
    // It may be told before it is listened to.
    promise.catch(() => {});
    waits.set(key, { job, progress, end, fail, ended: false });
    wake();
    try {
      const [before] = await wanted(line, key);
      if (before === "ended") {
        // In an earlier run. What came to a good end is taken, all else is tried again.
        const outcome = await take();
        if (outcome) return { type: "taken", outcome };
        await line.queue.remove(key);
      }
      if (before !== "there") await add(line, job);
      if (stopped) throw new Stopped(`Job ${job.label} was not run.`);
      return await promise;
    } finally {
      waits.delete(key);
      rest();
      if (!stopped) await drop([key]).catch(() => {});
    }
  };
  const wanted = ({ queue }: Chosen, key: string): Promise<Whereabouts[]> =>
    line.want(me, queue.toKey(""), [key]);
  const drop = (keys: readonly string[]) => line.drop(me, keys);

  /** Takes back what waits and nobody else wants; what runs comes to its end, and into the store. */
  const withdraw = async ({ queue }: Chosen, keys: readonly string[]) => {
    if (keys.length === 0) return;
    const free = await drop(keys);
    await Promise.all(free.map((key) => queue.remove(key).catch(() => {})));
  };

  const stop = async () => {
    clearInterval(timer);
    const keys = [...waits.keys()];
    for (const { job, fail } of waits.values()) {
      fail(new Stopped(`Job ${job.label} was not run.`));
    }
    stopping.reject(new Stopped("The run has ended."));
    if (chosen) {
      const opened = await Promise.race([chosen, stopping.promise]).catch(() => undefined);
      if (opened) {
        await within(PATIENCE, withdraw(opened, keys));
        await within(PATIENCE, Promise.all([opened.events.close(), opened.queue.close()]));
      }
    }
    line.close();
  };

  return {
    async equip() {
      const { workers: [{ equipment }] } = await Promise.race([arrival(), stopping.promise]);
      return equipment;
    },
    async earlier() {
      if ((await present()).length > 0) return [];
      const known = [...here ? [here] : [], ...await line.equipments()];
      return known.filter((it, i) => fits(it) && known.findIndex((by) => isSame(it, by)) === i);
    },
    executor: {
      run(job, output, progress) {
        if (stopped) return Promise.reject(new Stopped(`Job ${job.label} was not run.`));
        return run(job, output, progress);
      },
      stop: () => stopped ??= stop(),
    },
  };
}
