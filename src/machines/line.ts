/**
 * The line between drivers and workers: a Redis, which BullMQ keeps the queues in, and beside them who
 * works and who waits for which jobs. What goes over it is checked on arrival.
 *
 * @module
 */
import type { ConnectionOptions } from "bullmq";
import type { Redis } from "ioredis";
import { z } from "zod";
import { messageOf } from "../files/explain.ts";
import { variable } from "../files/programs.ts";
import type { Equipment } from "../pipeline/stage.ts";
import { queueAddress } from "./queue_address.ts";

/** How the keys of all that is kept in Redis begin. */
export const PREFIX = "atelier";

/** The first Redis with all that BullMQ counts on. */
const OLDEST = [6, 2] as const;

/** How long a worker that gives no sign counts as there, in seconds. */
const SIGN_LASTS = 20;

/** How long the wishes of a driver that gives no sign count, in seconds. */
const WISHES_LAST = 60;

/** How long a connection that owes an answer may be silent, in milliseconds; longer than any call that blocks. */
const SILENT = 25_000;

/** How long a server may take to let somebody in, in milliseconds. */
const OPENING = 10_000;

/** How many workers may be lost with one job until it counts as what loses them. */
export const LOST_MOST = 20;

const digits = z.string().regex(/^[0-9a-f]{64}$/);
const facts = z.record(z.string(), z.json());
const equipment = z.strictObject({ variant: z.string(), facts });

/** A job as it is put on a queue, under its key. */
export const queuedJob = z.strictObject({
  label: z.string(),
  job: z.string(),
  declaration: z.string(),
  module: z.string(),
  parameters: z.json(),
  equipment,
  /** Digest of every file that it reads, by name. */
  files: z.record(z.string(), digits),
  /** The driver's revision, for people; null where it is in none. */
  revision: z.string().nullable(),
  /** How it ended badly before, and where. */
  failures: z.array(z.strictObject({
    worker: z.string(),
    host: z.string(),
    message: z.string(),
    /** As milliseconds since 1970 by the worker's clock. */
    at: z.number(),
  })),
});
/** See `queuedJob`. */
export type QueuedJob = z.infer<typeof queuedJob>;

/** How a job ended that is not to be tried again; its files and facts are in the store. */
export const jobEnd = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("finished"), host: z.string() }),
  /** Its module threw; see `JobFailure`. */
  z.strictObject({
    type: z.literal("threw"),
    host: z.string(),
    kind: z.string(),
    message: z.string(),
    data: facts,
  }),
]);

/** What a worker tells of a job that has not ended. */
export const workerTells = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("progress"),
    host: z.string(),
    done: z.number(),
    total: z.number(),
    note: z.string().optional(),
  }),
  /** It has other code, and has put the job back. */
  z.strictObject({ type: z.literal("refused"), host: z.string(), message: z.string() }),
  /** It ended badly, and is tried again. */
  z.strictObject({ type: z.literal("again"), host: z.string(), message: z.string() }),
]);

/** A worker as it makes itself known. */
const workerSign = z.strictObject({
  id: z.string(),
  host: z.string(),
  /** How many jobs it runs at once. */
  slots: z.int().positive(),
  equipment,
  /** See `processorFamily`. */
  processor: z.string(),
  revision: z.string().nullable(),
  /** When it began, as ISO 8601. */
  since: z.string(),
  /** The name of its store. */
  store: z.string(),
});
/** See `workerSign`. */
export type WorkerSign = Omit<z.infer<typeof workerSign>, "equipment"> & {
  readonly equipment: Equipment;
};

/**
 * The queue of a class of workers: those of one backend and version, and of one processor family; of any
 * if that is omitted.
 */
export const queueOf = ({ facts }: Equipment, processor?: string): string =>
  [...Object.values(facts).map(String), ...(processor === undefined ? [] : [processor])]
    // Redis's keys are parted by colons.
    .join("/").replaceAll(":", "-");

/** What has become of a job on the queue: it is gone, it waits or runs, or it has ended. */
export type Whereabouts = "missing" | "there" | "ended";

const WHEREABOUTS: readonly Whereabouts[] = ["missing", "there", "ended"];

/** A connection to the Redis of an address. */
export interface Line {
  /** The address without user and password, for messages. */
  readonly name: string;
  /** For BullMQ. */
  readonly connection: ConnectionOptions;
  /** Milliseconds since 1970 by the clock of the Redis. */
  now(): Promise<number>;
  /** The workers that are there. */
  workers(): Promise<WorkerSign[]>;
  /** What workers compute with, or did: those, too, that are gone. */
  equipments(): Promise<Equipment[]>;
  /** Says that a worker is there, until about 20 seconds later. */
  sign(worker: WorkerSign): Promise<void>;
  /** Says that a worker is no longer there. */
  leave(id: string): Promise<void>;
  /**
   * Says that a driver wants jobs, until about a minute later, and sees where they are.
   *
   * @param prefix what the keys of the jobs' queue begin with
   */
  want(driver: string, prefix: string, keys: readonly string[]): Promise<Whereabouts[]>;
  /** Says that a driver no longer wants jobs; returns those that no other driver wants. */
  drop(driver: string, keys: readonly string[]): Promise<string[]>;
  /**
   * Told when the connection is lost, and when it is there again; where it is not let in any more, as with
   * another certificate or password, that too, in a sentence.
   */
  onChange(tell: (there: boolean, refused?: string) => void): void;
  /** Ends the connection at once. */
  close(): void;
}

const DRIVERS = `${PREFIX}:drivers`;
const WORKERS = `${PREFIX}:workers`;
const EQUIPMENTS = `${PREFIX}:equipments`;
const wishesOf = (driver: string) => `${PREFIX}:wishes:${driver}`;
const signOf = (worker: string) => `${PREFIX}:worker:${worker}`;

/** The workers that are there; forgets the others. */
const PRESENT = `
  local found = {}
  for _, id in ipairs(redis.call("SMEMBERS", KEYS[1])) do
    local sign = redis.call("GET", ARGV[1] .. id)
    if sign then table.insert(found, sign) else redis.call("SREM", KEYS[1], id) end
  end
  return found`;

/** Notes who wants which jobs, and says of each whether it is gone (0), there (1), or has ended (2). */
const WANT = `
  redis.call("SADD", KEYS[1], ARGV[1])
  local found = {}
  for i = 4, #ARGV do
    redis.call("SADD", KEYS[2], ARGV[i])
    local ended = redis.call("HMGET", ARGV[3] .. ARGV[i], "timestamp", "finishedOn")
    found[i - 3] = ended[2] and 2 or ended[1] and 1 or 0
  end
  redis.call("EXPIRE", KEYS[2], ARGV[2])
  return found`;

/** Takes back who wants which jobs, and returns those that no other driver wants. */
const DROP = `
  local others = {}
  for _, id in ipairs(redis.call("SMEMBERS", KEYS[1])) do
    local wishes = ARGV[2] .. id
    if id ~= ARGV[1] then
      if redis.call("EXISTS", wishes) == 1 then table.insert(others, wishes)
      else redis.call("SREM", KEYS[1], id) end
    end
  end
  local free = {}
  for i = 3, #ARGV do
    redis.call("SREM", KEYS[2], ARGV[i])
    local wanted = false
    for _, wishes in ipairs(others) do
      wanted = wanted or redis.call("SISMEMBER", wishes, ARGV[i]) == 1
    end
    if not wanted then table.insert(free, ARGV[i]) end
  end
  return free`;

/** How long it is waited between attempts to reach the Redis again, in milliseconds. */
const again = (times: number) => Math.min(100 * 2 ** times, 3000);

/**
 * Opens the line of an address.
 *
 * @throws {Error} where no Redis is there, it lets nobody in, it is too old, or throws away what it
 * keeps when its memory is full
 */
export async function openLine(address: string): Promise<Line> {
  const { name, ...where } = queueAddress(address);
  const { Redis } = await import("ioredis");
  const { host, port, tls } = where;
  let opened = false;
  const redis = new Redis({
    ...where,
    ...(tls &&
      { Connector: (await import("./secure.ts")).secureConnector({ host, port, ...tls }) }),
    lazyConnect: true,
    connectTimeout: 5000,
    socketTimeout: SILENT,
    // What is asked while the connection is lost is asked again when it is there.
    maxRetriesPerRequest: null,
    retryStrategy: (times) => opened ? again(times) : null,
  });
  let failure: unknown;
  // The first: what is lost by it may tell of more.
  redis.on("error", (error) => failure ??= error);
  const timer = setTimeout(() => redis.disconnect(), OPENING);
  try {
    await redis.connect();
    refuseUnfit(name, await redis.info());
    // Such as a database that there is not, in the place of which ioredis would take another one.
    if (failure !== undefined) throw failure;
    opened = true;
  } catch (error) {
    redis.disconnect();
    if (error instanceof Unfit) throw error;
    throw new Error(cannotReach(name, failure ?? error), { cause: error });
  } finally {
    clearTimeout(timer);
  }
  return lineOf(name, redis);
}

/** A Redis that is there, and not fit for a queue. */
class Unfit extends Error {}

/** Sees to it that a Redis, by what it says of itself, can keep a queue. */
function refuseUnfit(name: string, info: string): void {
  const told = (what: string) => new RegExp(`^${what}:(.*?)\\r?$`, "m").exec(info)?.[1] ?? "";
  const version = told("redis_version");
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < OLDEST[0] || major === OLDEST[0] && minor < OLDEST[1]) {
    throw new Unfit(
      `The Redis at ${name} is version ${version || "unknown"}; a queue needs ${OLDEST.join(".")}.`,
    );
  }
  const policy = told("maxmemory_policy");
  if (policy !== "" && policy !== "noeviction") {
    throw new Unfit(
      `The Redis at ${name} throws away what it keeps when its memory is full ` +
        `(maxmemory-policy ${policy}), jobs too; set it to noeviction.`,
    );
  }
}

/** Why a Redis cannot be used, in sentences without anything secret. */
const cannotReach = (name: string, error: unknown): string =>
  refusalBy(name, error) ?? absence(name, error);

const beginOf = (name: string) => `The queue at ${name} cannot be used:`;

/** What no waiting mends; undefined where it may be that the Redis is only away. */
function refusalBy(name: string, error: unknown): string | undefined {
  const said = messageOf(error);
  const begin = beginOf(name);
  if (/WRONGPASS|invalid password|invalid username/i.test(said)) {
    return `${begin} it does not know this user or password.`;
  }
  if (/NOAUTH|Authentication required/i.test(said)) return `${begin} it asks for a password.`;
  if (/NOPERM/.test(said)) return `${begin} this user may not do what a queue needs (${said}).`;
  if (/DB index/i.test(said)) return `${begin} it has no database of that number.`;
  if (/CertificateRequired/i.test(said)) {
    return `${begin} it asks who connects for a certificate, and there is none here; ` +
      `with tls-auth-clients no among its settings it does not.`;
  }
  if (/altnames/i.test(said)) {
    return `${begin} its certificate is not for this host (${said.replace(/[:\s]+$/, "")}).`;
  }
  if (/expired|not yet valid/i.test(said)) {
    return `${begin} its certificate, or the clock of this machine, is out of date (${said}).`;
  }
  if (/certificate|self.signed|UnknownIssuer/i.test(said)) {
    const named = variable("DENO_CERT");
    return `${begin} its certificate is not believed (${said}). ` +
      `DENO_CERT, which is ${
        named === undefined ? "not set" : `set to ${named}`
      }, must name a PEM ` +
      `file with the certificate of who signed it; one that signed itself must say CA:FALSE.`;
  }
  if (
    /RESP type|wrong version|InvalidContentType|corrupt message|Parse|unexpected message/i.test(
      said,
    )
  ) {
    return `${begin} what answers is no Redis, or it speaks TLS and the address does not (or the other way round).`;
  }
}

/** What may pass. */
function absence(name: string, error: unknown): string {
  const said = messageOf(error);
  const code = error instanceof Object && "code" in error ? String(error.code) : "";
  const begin = beginOf(name);
  if (code === "ECONNREFUSED" || /refused/i.test(said)) {
    return `${begin} nothing listens there; is a Redis running?`;
  }
  if (code === "ENOTFOUND" || code === "EAI_AGAIN" || /ENOTFOUND|lookup/i.test(said)) {
    return `${begin} there is no host of that name.`;
  }
  const secure = name.startsWith("rediss:");
  if (/EPIPE|ECONNRESET|unexpected EOF|socket disconnected/i.test(said + code)) {
    return `${begin} it ends the connection at once; does it speak TLS` +
      `${secure ? "?" : ", and the address does not begin with rediss://?"}`;
  }
  if (/ETIMEDOUT|timeout|Connection is closed/i.test(said + code)) {
    return `${begin} it does not answer${secure ? "; does it speak TLS?" : "."}`;
  }
  return `${begin} ${said}`;
}

const keysOf = z.array(z.string());

function lineOf(name: string, redis: Redis): Line {
  let [there, closed] = [true, false];
  return {
    name,
    connection: redis,
    async now() {
      const [seconds, micro] = await redis.time();
      return Number(seconds) * 1000 + Math.floor(Number(micro) / 1000);
    },
    async workers() {
      const signs = keysOf.parse(await redis.eval(PRESENT, 1, WORKERS, signOf("")));
      return signs.flatMap((sign) => {
        // Of another version of Atelier, which cannot be worked with.
        const { data } = workerSign.safeParse(JSON.parse(sign));
        return data ? [data] : [];
      });
    },
    async equipments() {
      const known = (await redis.smembers(EQUIPMENTS)).sort();
      return known.flatMap((text) => equipment.safeParse(JSON.parse(text)).data ?? []);
    },
    async sign(worker) {
      await redis.pipeline().sadd(WORKERS, worker.id)
        .sadd(EQUIPMENTS, JSON.stringify(worker.equipment))
        .set(signOf(worker.id), JSON.stringify(worker), "EX", SIGN_LASTS).exec();
    },
    async leave(id) {
      await redis.pipeline().srem(WORKERS, id).del(signOf(id)).exec();
    },
    async want(driver, prefix, keys) {
      const found = z.array(z.int().min(0).max(2)).parse(
        await redis.eval(WANT, 2, DRIVERS, wishesOf(driver), driver, WISHES_LAST, prefix, ...keys),
      );
      return found.map((state) => WHEREABOUTS[state]);
    },
    drop: async (driver, keys) =>
      keysOf.parse(
        await redis.eval(DROP, 2, DRIVERS, wishesOf(driver), driver, wishesOf(""), ...keys),
      ),
    onChange(tell) {
      const turn = (next: boolean) => {
        if (next !== there && !closed) tell(there = next);
      };
      let told: string | undefined;
      redis.on("close", () => turn(false));
      redis.on("ready", () => {
        told = undefined;
        turn(true);
      });
      redis.on("error", (error) => {
        const refused = there || closed ? undefined : refusalBy(name, error);
        if (refused !== undefined && refused !== told) tell(false, told = refused);
      });
    },
    close() {
      closed = true;
      redis.disconnect();
    },
  };
}

/** Waits for something that may fail, and not longer than some milliseconds. */
export async function within(time: number, what: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  await Promise.race([
    what.catch(() => {}),
    new Promise((resolve) => timer = setTimeout(resolve, time)),
  ]);
  clearTimeout(timer);
}
