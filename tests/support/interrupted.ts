/** Runs of the toy in processes of their own, which tests end at any moment, and what must hold of what is left. @module */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { sha256 } from "../../src/files/digest.ts";
import { type Manifest, parseManifest } from "../../src/pipeline/manifest.ts";
import { bounded } from "../../src/pipeline/pool.ts";
import { run } from "../../src/pipeline/run.ts";
import { storedPath } from "../../src/pipeline/store.ts";
import type { Workspace } from "../../src/pipeline/workspace.ts";
import { type Interference, permissions, preload } from "./file_operations.ts";
import {
  inProcess,
  notesOf,
  planOf,
  type Settings,
  SLOW,
  type State,
  stateOf,
  type Toy,
  withToy,
} from "./toy.ts";

/** The signals that end a run. */
export const SIGNALS = ["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"] as const;

/** What the runs are given: three stages with jobs and files of every kind. */
export const GIVEN: Settings = { more: { offsets: [3], times: 2, called: "more" } };

/** What a run that came to its end says: what `status` says then; see `State`. */
const ended = z.strictObject({
  stale: z.record(z.string(), z.array(z.string())),
  leftovers: z.array(z.string()),
});

/** Numbers from 0 to 1 that are the same in every run of the tests (mulberry32). */
export function randoms(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A test of runs of the toy with what they are given; `root` is where its sources are. */
export const attack = (test: (toy: Toy, root: string) => Promise<void>): Promise<void> =>
  withToy(async (toy) => {
    toy.configure(GIVEN);
    await test(toy, await toy.sources());
  });

/** How long it is since a moment of `performance.now()`: `12 s`. */
export const secondsSince = (began: number): string =>
  `${((performance.now() - began) / 1000).toFixed(0)} s`;

/** Resolves after so many milliseconds. */
export const pause = (milliseconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** A project whose jobs last long enough to be met, or, while `long` is there, as long as nobody ends them. */
export const withSlowJobs = (test: (toy: Toy) => Promise<void>) =>
  withToy(async (toy) => {
    toy.configure(GIVEN);
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

/** Where a run finds its sources, and where its results, published files and cache go. */
export interface Place {
  readonly root: string;
  readonly home: string;
  /** The home of the study that it runs beside; it is the study itself if omitted. */
  readonly from?: string;
}

/** How a run is started. */
export interface StartOptions {
  /** `GIVEN` if omitted. */
  readonly given?: Settings;
  /** What happens to the file operations of the run. */
  readonly run?: Interference;
  /** What happens to those of its jobs. */
  readonly jobs?: Interference;
}

/** Starts a run in a process of its own, which leads a group of its own. */
export const start = (
  { root, home, from }: Place,
  { given = GIVEN, run, jobs }: StartOptions = {},
): Deno.ChildProcess =>
  new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--quiet", "--no-prompt", "--no-check", "--config"],
      fileURLToPath(new URL("../../deno.json", import.meta.url)),
      ...(run ? [preload(run)] : []),
      fileURLToPath(new URL("./toy_driver.ts", import.meta.url)),
      ...[
        root,
        home,
        JSON.stringify(given),
        JSON.stringify(jobs ? [preload(jobs), ...permissions(jobs)] : []),
        ...(from === undefined ? [] : ["state", from]),
      ],
    ],
    detached: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();

/** How a run ended: what it says, or its error where it did not come to a good end. */
export async function outcome(child: Deno.ChildProcess): Promise<State | string> {
  const { success, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return success ? ended.parse(JSON.parse(text(stdout))) : text(stderr);
}

/** Runs to the end, which must be a good one. */
export async function finish(place: Place, options?: StartOptions): Promise<State> {
  const found = await outcome(start(place, options));
  assert(typeof found !== "string", String(found));
  return found;
}

/** A process of a run. */
interface Member {
  readonly pid: number;
  readonly isJob: boolean;
}

/**
 * The processes of a run, those apart that have ended and nobody has waited for: those of its group, and
 * its jobs, which have groups of their own and name its home among what they may write.
 */
export async function members(
  run: Deno.ChildProcess,
  { home }: Pick<Place, "home">,
): Promise<Member[]> {
  const { stdout } = await new Deno.Command("ps", {
    args: ["-A", "-ww", "-o", "pid=,pgid=,stat=,args="],
  }).output();
  return new TextDecoder().decode(stdout).split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, group, state, ...args]) =>
      (Number(group) === run.pid || args.some((arg) => arg.includes(home))) &&
      state !== undefined && !state.startsWith("Z")
    )
    .map(([pid, , , ...args]) => ({
      pid: Number(pid),
      isJob: args.at(-1)!.endsWith("/worker.ts"),
    }));
}

/** Sees to it that two seconds after a run has ended none of its processes is left. */
export async function noneLeft(
  run: Deno.ChildProcess,
  place: Pick<Place, "home">,
): Promise<void> {
  const since = performance.now();
  for (;;) {
    const left = await members(run, place);
    if (left.length === 0) return;
    assert(performance.now() - since < 2000, `${left.length} processes outlive their run`);
    await pause(100);
  }
}

/** What a project holds, a file by its path with `/`; folders that hold nothing end with one. */
export type Files = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

/** Reads a project, or a part of one; what goes away meanwhile is not there. */
export async function filesIn(folder: string): Promise<Files> {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const unlessGone = <T>(found: Promise<T>) =>
    found.catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  for (const { name, isDirectory } of await Array.fromAsync(Deno.readDir(folder))) {
    const path = join(folder, name);
    if (!isDirectory) {
      const bytes = await unlessGone(Deno.readFile(path));
      if (bytes) files.set(name, bytes);
      continue;
    }
    const inner = await unlessGone(filesIn(path));
    if (inner?.size === 0) files.set(`${name}/`, new Uint8Array());
    for (const [below, bytes] of inner ?? []) files.set(`${name}/${below}`, bytes);
  }
  return files;
}

/** Writes files down in a new folder. */
export async function writeFiles(folder: string, files: Files): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  for (const [path, bytes] of files) {
    const at = path.lastIndexOf("/");
    if (at >= 0) await Deno.mkdir(join(folder, path.slice(0, at)), { recursive: true });
    if (at < path.length - 1) await Deno.writeFile(join(folder, path), bytes);
  }
}

const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** The manifests among files, by stage; what is no whole one is not among them. */
export function manifestsIn(files: Files): Map<string, Manifest> {
  const manifests = new Map<string, Manifest>();
  for (const [path, bytes] of files) {
    const stage = /^results\/(\w+)\/manifest\.json$/.exec(path)?.[1];
    if (!stage) continue;
    try {
      manifests.set(stage, parseManifest(textOf(bytes), stage));
    } catch {
      // As good as none.
    }
  }
  return manifests;
}

/** For paths as `Files` have them. */
const HERE: Workspace = { root: "", home: "", cache: ".cache" };

/** Paths of what manifests name and do not find: `stage: path`. */
export function ahead(files: Files): string[] {
  const wrong: string[] = [];
  for (const [stage, { outputs }] of manifestsIn(files)) {
    for (const stored of Object.values(outputs)) {
      const path = storedPath(HERE, stage, stored).replaceAll("\\", "/");
      const bytes = files.get(path);
      if (!bytes || sha256(bytes) !== stored.sha256) wrong.push(`${stage}: ${path}`);
    }
  }
  return wrong;
}

/** The record of a finished job without what differs from run to run; one that is damaged as it is. */
function withoutTimes(text: string): string {
  try {
    const { key, made, files } = JSON.parse(text);
    return JSON.stringify({ key, made, files });
  } catch {
    return text;
  }
}

/**
 * All that a project holds and that must come out the same in every run, as text: of manifests, which
 * hold times, what they name, of finished jobs what they wrote; not what says who runs.
 */
export function bytes(files: Files): Record<string, string> {
  const all: Record<string, string> = {};
  for (const [path, content] of files) {
    if (/^\.cache\/(lock|lock\.json|alive)$/.test(path)) continue;
    const isJob = /^\.cache\/jobs\/[0-9a-f]{64}\/job\.json$/.test(path);
    all[path] = isJob ? withoutTimes(textOf(content)) : textOf(content);
  }
  for (const [stage, { key, ingredients, outputs }] of manifestsIn(files)) {
    all[`results/${stage}/manifest.json`] = JSON.stringify({ key, ingredients, outputs });
  }
  return all;
}

/** Runs once more, undisturbed: all comes out as in `whole`, nothing else is left, and `status` is content. */
export async function heals(place: Place, whole: Record<string, string>): Promise<void> {
  const state = await finish(place);
  assertEquals(bytes(await filesIn(place.home)), whole);
  assertEquals(state, { stale: {}, leftovers: [] });
}

/**
 * Runs once more in this process on what was found after a loss: no stage counts as up to date whose files
 * are not, all comes out as in `whole`, nothing else is left, and `status` is content.
 */
export async function recovers(
  { root, home }: Place,
  found: Files,
  whole: Record<string, string>,
): Promise<void> {
  await writeFiles(home, found);
  const workspace = { root, home, cache: join(home, ".cache") };
  const plan = await planOf(root, GIVEN);
  const { stale } = await stateOf(workspace, plan);
  const before = bytes(found);
  for (const [stage, { outputs }] of manifestsIn(found)) {
    if (stage in stale) continue;
    const paths = Object.values(outputs).filter(({ kind }) => kind !== "local")
      .map((stored) => storedPath(HERE, stage, stored).replaceAll("\\", "/"));
    for (const path of [...paths, `results/${stage}/manifest.json`]) {
      assertEquals(before[path], whole[path], `${path} of ${stage}, which counts as up to date`);
    }
  }
  await run(workspace, plan, plan.map(({ stage }) => stage.name), {
    force: false,
    executor: bounded(inProcess(root), 2),
    equip: () => Promise.resolve(SLOW),
    locator: notesOf(workspace.cache),
  }, () => {});
  assertEquals(bytes(await filesIn(home)), whole);
  assertEquals(await stateOf(workspace, plan), { stale: {}, leftovers: [] });
}

/** Where runs that are disturbed begin. */
export interface Beginning {
  readonly name: string;
  /** What is there. */
  readonly files: Files;
  /** What an undisturbed run makes of it; see `bytes`. */
  readonly whole: Record<string, string>;
}

/**
 * Where runs may begin: with nothing; with the results of other parameters and a damaged finished job
 * among those that are there; with results of which a local artifact, one of what is made of it, and
 * the finished jobs are lost.
 */
export async function beginnings(toy: Toy, root: string): Promise<Beginning[]> {
  const made: Beginning[] = [];
  const begin = async (name: string, prepare: (place: Place) => Promise<void>) => {
    const place = { root, home: toy.path(`../${name}`) };
    await Deno.mkdir(place.home);
    await prepare(place);
    const files = await filesIn(place.home);
    await finish(place);
    made.push({ name, files, whole: bytes(await filesIn(place.home)) });
  };
  await begin("nothing", () => Promise.resolve());
  await begin("other parameters", async (place) => {
    await finish(place);
    const [, { provenance }] = [...manifestsIn(await filesIn(place.home))]
      .find(([stage]) => stage === "more")!;
    await finish(place, { given: { ...GIVEN, numbers: { count: 3 }, page: { title: "Other" } } });
    const [{ key }] = Object.values(provenance.jobs);
    await Deno.writeTextFile(join(place.home, ".cache", "jobs", key, "sum.json"), "1");
  });
  await begin("losses", async (place) => {
    await finish(place);
    await Deno.remove(join(place.home, ".cache"), { recursive: true });
    const { outputs } = manifestsIn(await filesIn(place.home)).get("sums")!;
    await Deno.remove(join(place.home, "results", "sums", outputs["sums.json"].file));
  });
  // All come to the same results; what finished jobs there are differs.
  const results = ({ whole }: Beginning) =>
    Object.fromEntries(Object.entries(whole).filter(([path]) => !path.startsWith(".cache/")));
  for (const beginning of made) assertEquals(results(beginning), results(made[0]), beginning.name);
  return made;
}

/**
 * Paths as of `ahead` that were not so at the beginning. A published file is put in the place of the last
 * one before its manifest is, and counts only where it is neither.
 */
export function newlyAhead({ files, whole }: Beginning, now: Files): string[] {
  const before = ahead(files);
  const page = now.get("page.md");
  const published = page && textOf(page) === whole["page.md"] ? "page: page.md" : "";
  return ahead(now).filter((wrong) => !before.includes(wrong) && wrong !== published);
}

/** What happened before one operation of a run or of a job, and what came of it. */
export interface Trial {
  /** Which operation it was, counted from 1, and what it was about to do. */
  readonly at: number;
  readonly struck: string;
  readonly outcome: State | string;
  /** What did not hold afterwards. */
  readonly problem?: Error;
}

/** Milliseconds after which a run hangs. */
const PATIENCE = 60_000;

/**
 * Starts runs in new folders below `folder`, two at a time, each of which something happens to before
 * another operation: the first, the one `every` later and so on until there are no more. Of each holds
 * that no manifest is ahead of its files, that it ends, that none of its processes outlives it, and that
 * the next run, started at once, ends as if nothing had been.
 */
export async function atEachOperation(
  { root, folder, beginning, whose, strike, looks = false, every = 1 }: {
    readonly root: string;
    readonly folder: string;
    readonly beginning: Beginning;
    /** To whose operations it happens; of several jobs, to those of the one that is first. */
    readonly whose: "run" | "jobs";
    readonly strike: Omit<NonNullable<Interference["strike"]>, "at" | "mark">;
    /** Whether operations count that only look. */
    readonly looks?: boolean;
    readonly every?: number;
  },
): Promise<Trial[]> {
  const trials: Trial[] = [];
  let [n, more] = [0, true];
  const trial = async () => {
    const at = 1 + n++ * every;
    const home = await Deno.makeTempDir({ dir: folder });
    const mark = `${home}.mark`;
    await writeFiles(home, beginning.files);
    const run = start({ root, home }, { [whose]: { looks, strike: { at, mark, ...strike } } });
    let hangs = false;
    const timer = setTimeout(() => {
      hangs = true;
      Deno.kill(-run.pid, "SIGKILL");
    }, PATIENCE);
    const found = await outcome(run);
    clearTimeout(timer);
    const struck = await Deno.readTextFile(mark).catch(() => undefined);
    let problem: Error | undefined;
    try {
      assert(!hangs, "it hangs");
      assert(struck !== undefined || typeof found !== "string", String(found));
      assertEquals(newlyAhead(beginning, await filesIn(home)), []);
      await Promise.all([noneLeft(run, { home }), heals({ root, home }, beginning.whole)]);
    } catch (error) {
      problem = error instanceof Error ? error : new Error(String(error));
    }
    if (struck === undefined) more = false;
    if (struck !== undefined || problem) {
      trials.push({ at, struck: (struck ?? "").replace(home, ""), outcome: found, problem });
    }
    await Deno.remove(home, { recursive: true });
    if (struck !== undefined) await Deno.remove(mark);
  };
  const place = async () => {
    while (more) await trial();
  };
  await Promise.all([place(), place()]);
  return trials;
}
