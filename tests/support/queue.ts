/** A toy project whose jobs go on a queue, with workers in processes of their own. @module */
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { RunEvent } from "../../src/pipeline/events.ts";
import { drive, type DriverOptions } from "../../src/machines/driver.ts";
import { folderStore } from "./folder_store.ts";
import { lines } from "../../src/pipeline/messages.ts";
import { type Redis, type RedisSettings, withRedis } from "./redis.ts";
import { type Settings, settings, type Toy, type ToyOptions, tree, withToy } from "./toy.ts";

/** A worker, or a run, in a process of its own. */
export interface ToyWorker {
  readonly child: Deno.ChildProcess;
  /** What it has said, line by line. */
  readonly said: string[];
  /** Waits until it has said something. */
  says(what: RegExp): Promise<void>;
  /** Sends it a signal and returns what it exits with. */
  end(signal: Deno.Signal): Promise<number>;
}

/** What the jobs of a toy project go on. */
export interface QueuedToy {
  readonly toy: Toy;
  readonly redis: Redis;
  /** Address of the store. */
  readonly store: string;
  /** What was told of the queue. */
  readonly told: Extract<RunEvent, { type: "queue" }>[];
  /** Starts a worker in a clone of its own, and waits until it waits for jobs. */
  worker(host: string, more?: WorkerOptions): Promise<ToyWorker>;
  /** Starts a run in a process of its own, with results and cache in a folder; see `toy_queue_driver.ts`. */
  run(home: string, settings?: Settings): Promise<ToyWorker>;
  /** How a run puts its jobs on the queue. */
  driver(
    more?: Partial<Pick<DriverOptions, "mixed" | "here">>,
  ): Promise<Pick<ToyOptions, "executor" | "equip" | "earlier" | "shared">>;
}

/** How a toy worker is started. */
export interface WorkerOptions {
  /** How many jobs it runs at once; one if omitted. */
  readonly slots?: number;
  /** How long a job may say nothing, in milliseconds; a minute if omitted. */
  readonly silence?: number;
  /** What its study is given. */
  readonly settings?: Settings;
  /** The family of its processor; `toy` if omitted. */
  readonly processor?: string;
  /** What it is started by, such as `ip netns exec ...`; nothing if omitted. */
  readonly by?: readonly string[];
}

/** Results and page of a toy by path, without what differs from run to run. */
export async function outputsOf(toy: Toy): Promise<Record<string, string>> {
  const results = Object.entries(await tree(toy.path("results")))
    .filter(([name]) => !name.endsWith("manifest.json"));
  const page = await Deno.readTextFile(toy.path("page.md"));
  return { ...Object.fromEntries(results), "page.md": page };
}

const FLAGS = ["run", "-A", "--no-check", "--quiet", "--no-prompt"];
const DRIVER = fileURLToPath(new URL("./toy_queue_driver.ts", import.meta.url));
const WORKER = fileURLToPath(new URL("./toy_worker.ts", import.meta.url));

/** Makes a toy project with a queue, a store and workers, hands it to a test and ends all. */
export const withQueue = (
  test: (queued: QueuedToy) => Promise<void>,
  settings: RedisSettings = {},
): Promise<void> => withRedis((redis) => withToy((toy) => queuedToy(redis, toy, test)), settings);

async function queuedToy(
  redis: Redis,
  toy: Toy,
  test: (queued: QueuedToy) => Promise<void>,
): Promise<void> {
  const workers: ToyWorker[] = [];
  const told: Extract<RunEvent, { type: "queue" }>[] = [];
  const store = pathToFileURL(toy.path("store")).href;
  try {
    await test({
      toy,
      redis,
      store,
      told,
      async worker(host, given = {}) {
        const { slots = 1, silence = 60_000, processor = "toy", by = [] } = given;
        const root = await toy.sources();
        const cache = join(toy.path(".."), `worker-${host}`);
        await Deno.mkdir(cache, { recursive: true });
        const worker = start([
          ...[...by, Deno.execPath(), ...FLAGS, WORKER],
          ...[root, cache, JSON.stringify({ ...settings, ...given.settings })],
          ...[redis.address, store, host, String(slots), String(silence), processor],
        ], { env: redis.believing });
        workers.push(worker);
        await worker.says(/^Waits for jobs/);
        return worker;
      },
      async run(home, given = {}) {
        const root = await toy.sources();
        const run = start([
          ...[Deno.execPath(), ...FLAGS, DRIVER],
          ...[root, home, JSON.stringify({ ...settings, ...given })],
          ...[redis.address, store],
        ], { env: redis.believing });
        workers.push(run);
        return run;
      },
      async driver(more = {}) {
        const shared = await folderStore(store);
        const { executor, equip, earlier } = await drive({
          queue: redis.address,
          shared,
          mixed: false,
          revision: "driver",
          tell: (event) => told.push(event),
          ...more,
        });
        return { executor: () => executor, equip, earlier, shared };
      },
    });
  } finally {
    for (const { child } of workers) {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended.
      }
      await child.status;
    }
  }
}

/** Starts a command whose output is listened to. */
export function start(
  [program, ...args]: readonly string[],
  options: Pick<Deno.CommandOptions, "cwd" | "env" | "detached"> = {},
): ToyWorker {
  const child = new Deno.Command(program, {
    ...options,
    args,
    stdout: "piped",
    stderr: "piped",
    stdin: "null",
  }).spawn();
  const said: string[] = [];
  const waiting: (() => void)[] = [];
  const listen = async (stream: typeof child.stdout) => {
    for await (const line of lines(stream)) {
      said.push(line);
      for (const look of waiting) look();
    }
    for (const look of waiting) look();
  };
  const heard = Promise.all([listen(child.stdout), listen(child.stderr)]);
  let over = false;
  void heard.then(() => over = true);
  return {
    child,
    said,
    says: (what) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (said.some((line) => what.test(line))) resolve();
          else if (over) reject(new Error(`it never said ${what}:\n${said.join("\n")}`));
        };
        waiting.push(look);
        void heard.then(look);
        look();
      }),
    async end(signal) {
      child.kill(signal);
      const { code } = await child.status;
      await heard;
      return code;
    },
  };
}
