/** A whole study on a queue: workers, Redis, the store and the run itself are lost in the middle of it, and its bytes are those of a local run. */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { isReady } from "../../src/runtime/choice.ts";
import { type Copy, withCopy } from "../support/copy.ts";
import { digests, manifestOf } from "../support/drawn.ts";
import { secondsSince } from "../support/interrupted.ts";
import { start, type ToyWorker } from "../support/queue.ts";
import { redisServer, withRedis } from "../support/redis.ts";
import { BUCKET } from "../support/s3_server.ts";
import { s3Tests, withLiar } from "../support/stores.ts";

/** The drawn study with all its stages, in small; its trainings take seconds. */
const STUDY = `export { mini as study } from "../../tests/support/mini.ts";\n`;
const HOME = "studies/small";

/** How long each step may take, in milliseconds, on a machine that has other things to do. */
const DEADLINE = 40 * 60_000;

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Starts a task of a copy in a group of processes of its own, so that it can be lost as a machine is. */
const task = (copy: Copy, environment: Readonly<Record<string, string>>, ...args: string[]) =>
  start([Deno.execPath(), "task", "--quiet", ...args, `--study=${HOME}`], {
    cwd: copy.path("."),
    env: { NO_COLOR: "1", INIT_CWD: copy.path("."), ...environment },
    detached: true,
  });

/** Ends a task with all that it has started, at once. */
async function lose({ child }: ToyWorker): Promise<void> {
  try {
    Deno.kill(-child.pid, "SIGKILL");
  } catch {
    // It has ended.
  }
  await child.status;
}

/** Runs a task to its end, which must be a good one. */
async function done(run: ToyWorker): Promise<void> {
  const { code } = await run.child.status;
  assertEquals(code, 0, run.said.join("\n"));
}

/** The keys of the jobs of each stage, as the manifests tell them. */
async function jobsOf(copy: Copy): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for await (const { name, isDirectory } of Deno.readDir(copy.path(join(HOME, "results")))) {
    if (!isDirectory) continue;
    const { jobs } = (await manifestOf(copy.path(HOME), name)).provenance;
    found[name] = Object.values(jobs).map(({ key }) => key).sort();
  }
  return found;
}

/** How many jobs have been begun by workers. */
const begun = (workers: readonly ToyWorker[]): number =>
  workers.flatMap(({ said }) => said).filter((line) => /: runs$/.test(line)).length;

/** How many jobs a run was told of as made, by stage and label. */
function made(runs: readonly ToyWorker[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of runs.flatMap(({ said }) => said)) {
    if (!line.startsWith('{"type":"job"')) continue;
    const { stage, label, state } = JSON.parse(line);
    const job = `${stage}/${label}`;
    if (state === "made") counts.set(job, (counts.get(job) ?? 0) + 1);
  }
  return counts;
}

const began = performance.now();
const note = (line: string) => console.log(`  after ${secondsSince(began)}: ${line}`);

if (redisServer !== undefined && await isReady("tensorflow")) {
  s3Tests("the drawn study on a queue, with a store in a bucket", {
    "a worker, Redis, the store and the run itself are lost in the middle of it: the bytes of a local run":
      (server) =>
        withCopy((local) =>
          withCopy((first) =>
            withCopy((second) =>
              withLiar(server, (liar) =>
                withRedis(async (redis) => {
                  for (const copy of [local, first, second]) {
                    await copy.write(`${HOME}/study.ts`, STUDY);
                  }
                  await done(task(local, {}, "all", "--jobs=2"));
                  const expected = await digests(local.path(HOME));
                  const jobs = await jobsOf(local);
                  const keys = new Set(Object.values(jobs).flat());
                  note(
                    `a local run has made ${Object.keys(expected).length} artifacts, ` +
                      `${Object.keys(jobs).length} stages, ${keys.size} jobs`,
                  );
                  assert(keys.size > 20);

                  const flags = [`--queue=${redis.address}`, `--store=s3://${BUCKET}/study`];
                  const runs: ToyWorker[] = [];
                  const workers: ToyWorker[] = [];
                  const drive = () => {
                    const run = task(first, liar.environment, "all", "--json", ...flags);
                    runs.push(run);
                    return run;
                  };
                  const work = async (copy: Copy) => {
                    const worker = task(copy, liar.environment, "worker", "--slots=1", ...flags);
                    workers.push(worker);
                    await worker.says(/^Waits for jobs/);
                    return worker;
                  };
                  /** Waits until something is so, while the run goes on. */
                  const until = async <T>(what: () => T | undefined): Promise<T> => {
                    let over = false;
                    const run = runs.at(-1)!;
                    void run.child.status.then(() => over = true);
                    const last = performance.now() + DEADLINE;
                    for (;;) {
                      const found = what();
                      if (found !== undefined) return found;
                      const said = [...runs, ...workers].flatMap(({ said }) => said.slice(-20));
                      assert(!over && performance.now() < last, said.join("\n"));
                      await wait(50);
                    }
                  };
                  /** Waits until a part of the jobs has been begun, and for the worker that is at one now. */
                  const busy = (part: number) =>
                    until(() =>
                      begun(workers) < part * keys.size
                        ? undefined
                        : workers.find(({ said }) => /: runs$/.test(said.at(-1) ?? ""))
                    );

                  try {
                    const [lost] = await Promise.all([work(first), work(second)]);
                    const run = drive();

                    const victim = await busy(1 / 6);
                    const copy = victim === lost ? first : second;
                    await wait(Math.random() * 1000);
                    const [job] = victim.said.slice(-1);
                    await lose(victim);
                    note(`a worker is killed; it said: ${job}`);
                    await work(copy);
                    note("another one has come");

                    await busy(2 / 6);
                    await redis.kill();
                    note("Redis is killed");
                    await wait(3000);
                    await redis.start();
                    await until(() => run.said.find((line) => line.includes('"state":"back"')));
                    note("Redis is there again, with what it had");

                    await busy(3 / 6);
                    const hit = Promise.withResolvers<void>();
                    liar.lie = ({ method }) => {
                      if (method !== "PUT") return "pass";
                      hit.resolve();
                      return 503;
                    };
                    await hit.promise;
                    note("a file is to be put into the store, and that is away");
                    await liar.away(10_000);
                    liar.lie = () => "pass";
                    const before = liar.requests();
                    await until(() => liar.requests() > before ? true : undefined);
                    note("the store is there again");

                    await busy(4 / 6);
                    await lose(run);
                    note("the run is killed");
                    await wait(3000);
                    await done(drive());
                    note("another run has come to its end");
                  } finally {
                    for (const process of [...runs, ...workers]) await lose(process);
                  }

                  assertEquals(await digests(first.path(HOME)), expected);
                  assertEquals(await jobsOf(first), jobs);
                  const counts = made(runs);
                  assertEquals([...counts].filter(([, times]) => times > 1), []);
                  const kept = Array.from(
                    Deno.readDirSync(join(server.folder, BUCKET, "study", "jobs")),
                    ({ name }) => name.slice(0, 64),
                  );
                  assertEquals(new Set(kept), keys);
                  const said = workers.map((worker) => begun([worker]));
                  console.log(
                    `  ${Object.keys(expected).length} artifacts the same; of ${keys.size} jobs, ` +
                      `${begun(workers)} were begun, by workers ${said.join(", ")}; ` +
                      `${counts.size} were told of as made, none twice`,
                  );
                }, { more: ["--appendonly", "yes", "--appendfsync", "always"] }))
            )
          )
        ),
  });
}
