/** Runs and jobs that are killed at any moment leave nothing that the next run does not put right. */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sha256File } from "../../src/files/digest.ts";
import { parseManifest } from "../../src/pipeline/manifest.ts";
import { storedPath } from "../../src/pipeline/store.ts";
import { settings, type Toy, tree, withToy } from "../support/toy.ts";

const SEED = 20261125;
const SIGNALS = ["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"] as const;

/** Numbers from 0 to 1 that are the same in every run of the tests (mulberry32). */
function randoms(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const given = { ...settings, more: { offsets: [3], times: 2, called: "more" } };

/** A project whose jobs last long enough to be met, or, while `long` is there, as long as nobody ends them. */
const withSlowJobs = (test: (toy: Toy) => Promise<void>) =>
  withToy(async (toy) => {
    toy.configure(given);
    toy.edit(
      "sum/run.ts",
      'progress(1, 2, "half");',
      `progress(1, 2, "half");
      const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
      await pause(150);
      for (let i = 0; i < 200 && await Deno.stat("../long").catch(() => undefined); i++) await pause(50);`,
    );
    await test(toy);
  });

/** Starts a run in a process of its own. */
const start = (toy: Toy, root: string): Deno.ChildProcess =>
  new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--quiet", "--no-prompt", "--no-check", "--config"],
      fileURLToPath(new URL("../../deno.json", import.meta.url)),
      fileURLToPath(new URL("../support/toy_driver.ts", import.meta.url)),
      ...[root, toy.path("."), JSON.stringify(given)],
    ],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();

async function finish(child: Deno.ChildProcess): Promise<void> {
  const { success, stderr } = await child.output();
  assert(success, new TextDecoder().decode(stderr));
}

/** Processes of jobs that work below a folder, those apart that have ended and nobody has waited for. */
async function workers(folder: string): Promise<number[]> {
  const { stdout } = await new Deno.Command("ps", {
    args: ["-A", "-ww", "-o", "pid=,stat=,args="],
  }).output();
  return new TextDecoder().decode(stdout).split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, state, ...args]) =>
      !state?.startsWith("Z") && args.join(" ").includes(folder) &&
      args.at(-1)?.endsWith("/worker.ts")
    )
    .map(([pid]) => Number(pid));
}

/** Sees to it that of some processes none runs two seconds after `since`. */
async function end(folder: string, pids: readonly number[], since: number): Promise<void> {
  for (;;) {
    const left = (await workers(folder)).filter((pid) => pids.includes(pid));
    if (left.length === 0) return;
    assert(performance.now() - since < 2000, `${left.length} jobs outlive their run`);
    await pause(100);
  }
}

/** What is wrong with files that manifests name, whatever moment it is. */
async function ahead(toy: Toy): Promise<string[]> {
  const wrong: string[] = [];
  const folder = toy.path("results");
  const stages = await Array.fromAsync(Deno.readDir(folder)).catch(() => []);
  for (const { name: stage } of stages) {
    const text = await Deno.readTextFile(join(folder, stage, "manifest.json")).catch(() => "");
    if (text === "") continue;
    for (const stored of Object.values(parseManifest(text, stage).outputs)) {
      const path = storedPath(toy.workspace, stage, stored);
      const found = await sha256File(path).catch(() => "missing");
      if (found !== stored.sha256) wrong.push(`${stage}/${stored.file}: ${found}`);
    }
  }
  return wrong;
}

/** Files below a project whose names say that they are not whole. */
async function unfinished(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (name.startsWith("unfinished-") || name.endsWith(".part")) found.push(join(folder, name));
    else if (isDirectory) found.push(...await unfinished(join(folder, name)));
  }
  return found;
}

/** All that a project holds, as text: of manifests, which hold times, what they name. */
async function bytes(toy: Toy): Promise<Record<string, string>> {
  const files = await tree(toy.path("."));
  for (const [path, text] of Object.entries(files)) {
    if (path.startsWith(".cache/jobs/") || /^\.cache\/[^/]+$/.test(path)) delete files[path];
    const stage = /^results\/(\w+)\/manifest\.json$/.exec(path)?.[1];
    if (!stage) continue;
    const { key, ingredients, outputs } = parseManifest(text, stage);
    files[path] = JSON.stringify({ key, ingredients, outputs });
  }
  return files;
}

/**
 * When whom a signal meets: the run after so many milliseconds, the first of its jobs that is seen, or
 * the run while its jobs are at work and would be for long.
 */
type Moment = number | "job" | "long jobs";

/** Kills a run or a job of its and looks at what is left. Returns whether that ended the run. */
async function kill(
  toy: Toy,
  root: string,
  signal: typeof SIGNALS[number],
  moment: Moment,
): Promise<boolean> {
  const long = join(toy.workspace.root, "long");
  if (moment === "long jobs") await Deno.writeTextFile(long, "");
  const child = start(toy, root);
  let ended = false;
  const output = child.output().finally(() => ended = true);
  let target = child.pid;
  if (typeof moment === "string") {
    let jobs: number[] = [];
    while (!ended && jobs.length === 0) jobs = await workers(toy.path("."));
    if (moment === "long jobs") await pause(300);
    else if (jobs.length > 0) target = jobs[0];
  } else await Promise.race([pause(moment), output]);
  try {
    if (!ended) Deno.kill(target, signal);
  } catch {
    // The job has ended in between.
  }
  const { success } = await output;
  const since = performance.now();
  const left = await workers(toy.path("."));
  assertEquals(await ahead(toy), []);
  await end(toy.path("."), left, since);
  if (moment === "long jobs") await Deno.remove(long);
  return !success;
}

Deno.test({
  name:
    "killed at any moment, by any signal, itself or a job of its, a run is continued to the same bytes",
  // No such signals, and no ps.
  ignore: Deno.build.os === "windows",
  async fn() {
    let whole: Record<string, string> = {};
    let duration = 0;
    await withSlowJobs(async (toy) => {
      const root = await toy.sources();
      const began = performance.now();
      await finish(start(toy, root));
      duration = performance.now() - began;
      whole = await bytes(toy);
    });
    assert("page.md" in whole && "results/more/manifest.json" in whole);

    const next = randoms(SEED);
    // Of which the first part goes into the start of the process.
    const moments = SIGNALS.map(() => [0, 0, 0].map(() => duration * (0.2 + 0.75 * next())));
    let hits = 0;
    // Code is digested by one bundler a process, which two calls at once would end for each other.
    let alone = Promise.resolve();
    const killed = (signal: typeof SIGNALS[number], moments: readonly number[]) =>
      withSlowJobs(async (toy) => {
        const root = await toy.sources();
        for (const moment of ["long jobs", moments[0], "job", ...moments.slice(1)] as const) {
          if (await kill(toy, root, signal, moment)) hits++;
        }
        await finish(start(toy, root));
        assertEquals(await bytes(toy), whole, signal);
        assertEquals(await unfinished(toy.path(".")), []);
        alone = alone.then(async () => {
          assertEquals(await toy.leftovers(), []);
          assertEquals(await toy.stale(), {});
        });
        await alone;
      });
    for (const pair of [[0, 1], [2, 3]]) {
      await Promise.all(pair.map((i) => killed(SIGNALS[i], moments[i])));
    }
    // Those at moments may come when all is over, on a machine that is faster now than it was.
    assert(hits >= 2 * SIGNALS.length, `only ${hits} of 20 met anything`);
  },
});
