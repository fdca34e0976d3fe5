/**
 * What a queue costs: 1,000 jobs on 100 workers, with a Redis of its own on this machine. The jobs sleep as
 * long as those of the recorded results took, on another scale. Prints the figures of `docs/many-machines.md`.
 *
 * @module
 */
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { drive } from "../src/machines/driver.ts";
import { folderStore } from "../tests/support/folder_store.ts";
import { digestPlan, readyJob } from "../src/pipeline/keys.ts";
import { lines } from "../src/pipeline/messages.ts";
import { manifestPath, parseManifest } from "../src/pipeline/manifest.ts";
import { randomState } from "../src/random.ts";
import { redisServer, withRedis } from "../tests/support/redis.ts";
import { counted, equipment, job, plan, root } from "./queue_job.ts";

const [JOBS, WORKERS, MEAN, IDLE] = [1000, 100, 8, 30];

/** How long the jobs of the recorded results took, in seconds. */
async function recorded(): Promise<number[]> {
  const found: number[] = [];
  for await (const { name } of Deno.readDir(join(root, "results"))) {
    const path = manifestPath({ root, home: root, cache: "" }, name);
    const text = await Deno.readTextFile(path).catch(() => undefined);
    if (text === undefined) continue;
    const { provenance } = parseManifest(text, name);
    found.push(...Object.values(provenance.jobs).map(({ seconds }) => seconds));
  }
  return found.sort((a, b) => a - b);
}

if (redisServer === undefined) throw new Error("redis-server is not on this machine.");
const took = await recorded();
const random = randomState(7);
const drawn = Array.from({ length: JOBS }, () => took[Math.floor(random.float64() * took.length)]);
const scale = MEAN * JOBS / drawn.reduce((a, b) => a + b, 0);
const seconds = drawn.map((it) => it * scale);
const folder = await Deno.makeTempDir({ prefix: "atelier-bench-" });

await withRedis(async ({ address, ask }) => {
  const store = pathToFileURL(join(folder, "store")).href;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", join(root, "bench", "queue_workers.ts")]
      .concat(String(WORKERS), address, store, folder),
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const said = lines(child.stdout);
  await said.next();
  const writer = child.stdin.getWriter();
  const workers = async (): Promise<{ cpu: number; operations: number; rss: number }> => {
    await writer.write(new TextEncoder().encode("\n"));
    return JSON.parse((await said.next()).value!);
  };
  const commands = async () =>
    [...(await ask("INFO", "commandstats")).matchAll(/cmdstat_([a-z|]+):calls=(\d+)/g)]
      .map(([, name, calls]) => [name, Number(calls)] as const);
  const scripts = async () =>
    (await commands()).filter(([name]) => name.startsWith("eval"))
      .reduce((sum, [, calls]) => sum + calls, 0);
  const all = async () => (await commands()).reduce((sum, [, calls]) => sum + calls, 0);

  let operations = 0;
  const shared = counted(await folderStore(store), () => operations++);
  const { executor, equip } = await drive({
    ...{ queue: address, shared, mixed: false, revision: null },
    tell: () => {},
  });
  await equip();
  const code = await digestPlan(root, plan, new Map());
  const one = async (number: number, seconds: number) => {
    const parameters = { number, seconds };
    const label = `sleep ${number}`;
    const ready = readyJob(job, { label, parameters, files: {}, equipment, compiled: null, code });
    const output = join(folder, `output${number}`);
    await Deno.mkdir(output);
    await executor.run({ ...ready, expected: seconds }, output, () => {});
  };
  const cpu = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  };

  const rest = [cpu(), (await workers()).cpu, await all()];
  await one(-1, IDLE);
  const busy = [cpu(), (await workers()).cpu, await all()];
  const [driverIdle, workersIdle, idleCommands] = busy.map((it, i) => it - rest[i]);
  console.log(
    `While one job sleeps for ${IDLE} s: the driver computes for ${driverIdle.toFixed(2)} s, ` +
      `a worker for ${(workersIdle / WORKERS).toFixed(3)} s; ` +
      `${(idleCommands / IDLE / WORKERS).toFixed(2)} commands a second and worker.`,
  );

  const before = { scripts: await scripts(), all: await all(), ...await workers() };
  operations = 0;
  const driverBefore = cpu();
  let rss = 0;
  const watch = setInterval(() => rss = Math.max(rss, Deno.memoryUsage().rss), 200);
  const began = performance.now();
  await Promise.all(seconds.map((seconds, number) => one(number, seconds)));
  const makespan = (performance.now() - began) / 1000;
  clearInterval(watch);
  const driver = cpu() - driverBefore;
  const after = await workers();
  const bound = Math.max(seconds.reduce((a, b) => a + b, 0) / WORKERS, ...seconds);
  console.log(
    [
      `${JOBS} jobs on ${WORKERS} workers; drawn from ${took.length} recorded ones, the longest sleeps ` +
      `${Math.max(...seconds).toFixed(1)} s, all together ${(MEAN * JOBS).toFixed(0)} s.`,
      `All were done after ${makespan.toFixed(1)} s; no order could be faster than ${
        bound.toFixed(1)
      } s: ${(100 * (makespan / bound - 1)).toFixed(1)}% more.`,
      `The driver computed for ${(1000 * driver / JOBS).toFixed(1)} ms a job and had ` +
      `${(rss / 2 ** 20).toFixed(0)} MB at most.`,
      `A job takes ${
        ((await scripts() - before.scripts) / JOBS).toFixed(1)
      } calls of scripts in Redis ` +
      `(${
        ((await all() - before.all) / JOBS).toFixed(0)
      } commands, those within scripts included), and ` +
      `${
        ((operations + after.operations - before.operations) / JOBS).toFixed(1)
      } requests of the store.`,
      `A worker computed for ${(1000 * (after.cpu - before.cpu) / JOBS).toFixed(1)} ms a job.`,
    ].join("\n"),
  );
  await executor.stop();
  await writer.close();
  await child.status;
});
await Deno.remove(folder, { recursive: true });
Deno.exit(0);
