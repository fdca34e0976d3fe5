/** A small project in a temporary folder, with stages and jobs written by the tests. @module */
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { sha256 } from "../../src/files/digest.ts";
import { locator } from "../../src/files/locate.ts";
import { writeWhole } from "../../src/files/whole.ts";
import { checkpointIn } from "../../src/pipeline/checkpoints.ts";
import { readersOf, writersOf } from "../../src/pipeline/context.ts";
import { type Executor, JobFailure, type ReadyJob, Stopped } from "../../src/pipeline/executor.ts";
import { bounded } from "../../src/pipeline/pool.ts";
import { type Manifest, parseManifest } from "../../src/pipeline/manifest.ts";
import { processes } from "../../src/pipeline/processes.ts";
import type { RunEvent } from "../../src/pipeline/events.ts";
import { run, type RunOptions } from "../../src/pipeline/run.ts";
import type { Equipment, Job, JobContext, Planned } from "../../src/pipeline/stage.ts";
import { statusOf } from "../../src/pipeline/status.ts";
import type { Workspace } from "../../src/pipeline/workspace.ts";

const source = (path: string) => new URL(`../../src/${path}`, import.meta.url).href;

/** The text of the file that stage `page` reads where it is there. */
export const NOTE = "a note";

/**
 * What every project of the tests begins with: `atelier.ts`, by which declarations reach the pipeline.
 * Modules that run import types alone from it.
 */
const foundations: Sources = {
  "deno.json": '{ "imports": { "zod": "npm:zod@4.6.7", "acorn": "npm:acorn@8.19.0" } }',
  "deno.lock": '{ "specifiers": { "npm:zod@4.6.7": "4.6.7", "npm:acorn@8.19.0": "8.19.0" } }',
  "atelier.ts": `
    export * from "${source("pipeline/stage.ts")}";
    export * from "${source("pipeline/artifacts.ts")}";
    export { z } from "zod";`,
};

/** Stages `numbers` -> `sums` (two jobs) -> `page` (publishes `page.md`); `more` is `sums` again, if asked for. */
const toySources: Sources = {
  "study.ts": `
    import type { Planned } from "./atelier.ts";
    import { numbers } from "./numbers/stage.ts";
    import { page } from "./page/stage.ts";
    import { more, sums } from "./sums/stage.ts";
    export const plan = (given): Planned[] => [
      { stage: page, parameters: given.page },
      { stage: numbers, parameters: given.numbers },
      { stage: sums, parameters: given.sums },
      ...(given.more ? [{ stage: more, parameters: given.more }] : []),
    ];`,

  "numbers/stage.ts": `
    import { defineStage, json, local, z } from "../atelier.ts";
    export const numbers = defineStage({
      name: "numbers",
      about: "Makes numbers",
      module: import.meta.resolve("./run.ts"),
      reads: {},
      writes: { numbers: local(json(z.array(z.number()))), count: json(z.int()) },
      jobs: {},
      keyed: (parameters: { count: number }) => parameters,
    });`,
  "numbers/run.ts": `
    import type { ContextOf } from "../atelier.ts";
    import { scale } from "./scale.ts";
    import type { numbers } from "./stage.ts";
    export async function run({ parameters, outputs }: ContextOf<typeof numbers>) {
      const numbers = Array.from({ length: parameters.count }, (_, i) => scale(i));
      await outputs.numbers.write(numbers);
      await outputs.count.write(numbers.length);
    }`,
  "numbers/scale.ts": `
    // How numbers are scaled.
    export const scale = (x: number): number => 10 * x;
    export const unused = 1;`,

  "sums/stage.ts": `
    import { defineStage, json, z } from "../atelier.ts";
    import { numbers } from "../numbers/stage.ts";
    import { job as sum } from "../sum/job.ts";
    interface Settings { offsets: number[]; times: number; called: string }
    const sumsOf = (name: string) => defineStage({
      name,
      about: "Adds numbers up",
      module: import.meta.resolve("./run.ts"),
      reads: { numbers: numbers.writes.numbers },
      writes: { sums: json(z.strictObject({ n: z.int(), sums: z.array(z.number()) })) },
      jobs: { sum },
      keyed: ({ offsets, times }: Settings) => ({ offsets, times }),
    });
    export const sums = sumsOf("sums");
    export const more = sumsOf("more");`,
  "sums/run.ts": `
    import type { ContextOf } from "../atelier.ts";
    import type { sums } from "./stage.ts";
    export async function run({ parameters, inputs, outputs, jobs }: ContextOf<typeof sums>) {
      const { offsets, times, called } = parameters;
      const sums = await Promise.all(offsets.map(async (offset, i) => {
        const done = await jobs.sum({
          name: "sum" + (i + 1),
          label: called + " " + offset,
          parameters: { offset, times },
          inputs: { numbers: inputs.numbers },
        });
        return await done.sum.read();
      }));
      await outputs.sums.write({ n: (await inputs.numbers.read()).length, sums });
    }`,

  "sum/job.ts": `
    import { defineJob, json, z } from "../atelier.ts";
    export const job = defineJob({
      name: "sum",
      declaration: import.meta.url,
      module: import.meta.resolve("./run.ts"),
      parameters: z.strictObject({ offset: z.number(), times: z.int() }),
      reads: { numbers: json(z.array(z.number())) },
      writes: { sum: json(z.number()) },
      variants: {
        fast: {
          module: import.meta.resolve("../engine/fast.ts"),
          compiled: import.meta.resolve("../compiler/program.ts"),
        },
        slow: { module: import.meta.resolve("../engine/slow.ts") },
      },
      compiles: ({ times }) => ({ times }),
    });`,
  "sum/run.ts": `
    import type { JobContextOf } from "../atelier.ts";
    import type { job } from "./job.ts";
    export async function run(
      { parameters, equipment, inputs, outputs, record, progress }: JobContextOf<typeof job>,
    ) {
      const { offset, times } = parameters;
      if (offset < 0) throw new RangeError(\`offset \${offset} is negative\`);
      record({ process: crypto.randomUUID() });
      progress(1, 2, "half");
      const { added } = equipment.variant === "fast"
        ? await import("../engine/fast.ts")
        : await import("../engine/slow.ts");
      await outputs.sum.write(offset + added(await inputs.numbers.read(), times));
      progress(2, 2);
    }`,

  "engine/fast.ts": `
    import { emit } from "../compiler/program.ts";
    export const added = (numbers: readonly number[], times: number): number => {
      let sum = 0;
      for (const number of numbers) {
        sum += emit({ times }).reduce((x, { by }) => x * by, number);
      }
      return sum;
    };`,
  "engine/slow.ts": `
    export const added = (numbers: readonly number[], times: number): number =>
      numbers.reduce((sum, x) => sum + times * x, 0);`,
  "compiler/program.ts": `
    import { createHash } from "node:crypto";
    import { emit } from "./emit.ts";
    export { emit };
    export const compiled = (what: { times: number }): string =>
      createHash("sha256").update(JSON.stringify(emit(what))).digest("hex");`,
  "compiler/emit.ts": `
    export const emit = ({ times }: { times: number }) => [{ op: "multiply", by: times }];`,

  "page/stage.ts": `
    import { defineStage, published, text } from "../atelier.ts";
    import { sums } from "../sums/stage.ts";
    export const page = defineStage({
      name: "page",
      about: "Shows the sums",
      module: import.meta.resolve("./run.ts"),
      reads: { sums: sums.writes.sums },
      writes: { page: published("page.md", text(".md")) },
      jobs: {},
      keyed: (parameters: { title: string }) => parameters,
    });`,
  "page/run.ts": `
    import type { ContextOf } from "../atelier.ts";
    import type { page } from "./stage.ts";
    export async function run(
      { parameters, inputs, outputs, outside, link }: ContextOf<typeof page>,
    ) {
      const note = await outside({
        kind: "notes",
        name: "note.txt",
        digest: "${sha256(NOTE)}",
        addresses: [],
      });
      const lines = [
        "# " + parameters.title,
        JSON.stringify(await inputs.sums.read()),
        "from " + link(inputs.sums),
      ];
      if (note) lines.push(new TextDecoder().decode(await note.read()));
      await outputs.page.write(lines.map((line) => line + "\\n").join(""));
    }`,
};

/** What `study.ts` is given unless a test says otherwise. */
export const settings = {
  numbers: { count: 4 },
  sums: { offsets: [1, 2], times: 1, called: "offset" },
  page: { title: "Sums" },
};

/** What `study.ts` of a project is given. */
export type Settings = Partial<typeof settings> & {
  readonly more?: typeof settings.sums;
  readonly [stage: string]: unknown;
};

/** Texts of modules by path. */
export interface Sources {
  readonly [path: string]: string;
}

/** How stages are run, with what stands in where something is omitted. */
export type ToyOptions = Partial<Omit<RunOptions, "executor" | "locator">> & {
  /** Given the root of the project; runs two jobs at once in this process if omitted. */
  readonly executor?: (root: string) => Executor;
};

/** A project, whose sources are written anew for every call, as another process would see them. */
export interface Toy {
  /** Where its results are. */
  readonly workspace: Workspace;
  /** A path below its results, published files and cache (`.cache`). */
  path(name: string): string;
  /** Replaces a piece of a source; fails where the piece is not there. */
  edit(name: string, from: string, to: string): void;
  /** Adds a source, or puts it in the place of another one. */
  put(name: string, text: string): void;
  /** Gives a source another name. */
  move(from: string, to: string): void;
  /** Overrides settings of stages for all later calls. */
  configure(overrides: Settings): void;
  /** Writes the sources down and returns their folder, for a process of its own (`toy_driver.ts`). */
  sources(): Promise<string>;
  /** Runs targets (all if omitted) and returns the names of the stages that ran, in order. */
  run(targets?: readonly string[], options?: ToyOptions): Promise<string[]>;
  /** Reasons by stage, of those that are stale. */
  stale(): Promise<Record<string, readonly string[]>>;
  /** Paths of what earlier results have left. */
  leftovers(): Promise<string[]>;
  /** The last manifest of a stage. */
  manifest(stage: string): Promise<Manifest>;
  /** What happened in all runs. */
  readonly events: RunEvent[];
}

/** Makes the project of `toySources`, hands it to a test and removes it. */
export const withToy = (test: (toy: Toy) => Promise<void>): Promise<void> =>
  withSources(toySources, test);

/** As `withToy`, with a project of other sources; its `study.ts` exports `plan`. */
export async function withSources(
  given: Sources,
  test: (toy: Toy) => Promise<void>,
): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "atelier-toy-" }));
  const home = join(folder, "home");
  await Deno.mkdir(home);
  const cache = join(home, ".cache");
  const sources = new Map(Object.entries({ ...foundations, ...given }));
  const textOf = (name: string): string => {
    const text = sources.get(name);
    if (text === undefined) throw new Error(`there is no source ${name}`);
    return text;
  };
  let overrides: Settings = {};
  let roots = 0;
  const written = async (): Promise<{ workspace: Workspace; plan: Planned[] }> => {
    const root = join(folder, `source${roots++}`);
    for (const [name, text] of sources) await writeWhole(join(root, name), text);
    return { workspace: { root, home, cache }, plan: await planOf(root, overrides) };
  };
  const notes = notesOf(cache);
  const events: RunEvent[] = [];
  try {
    await test({
      workspace: { root: folder, home, cache },
      path: (name) => join(home, name),
      edit(name, from, to) {
        const text = textOf(name);
        if (!text.includes(from)) throw new Error(`${name} does not hold ${from}`);
        sources.set(name, text.replace(from, () => to));
      },
      put: (name, text) => sources.set(name, text),
      move(from, to) {
        sources.set(to, textOf(from));
        sources.delete(from);
      },
      configure: (next) => overrides = { ...overrides, ...next },
      sources: async () => (await written()).workspace.root,
      async run(targets, { executor = twoInProcess, ...options } = {}) {
        const { workspace, plan } = await written();
        const ran: string[] = [];
        await run(
          workspace,
          plan,
          targets ?? plan.map(({ stage }) => stage.name),
          {
            force: false,
            equip: () => Promise.resolve(SLOW),
            locator: notes,
            ...options,
            executor: executor(workspace.root),
          },
          (event) => {
            events.push(event);
            if (event.type === "started") ran.push(event.stage);
          },
        );
        return ran;
      },
      async stale() {
        const { workspace, plan } = await written();
        return (await stateOf(workspace, plan)).stale;
      },
      async leftovers() {
        const { workspace, plan } = await written();
        return (await stateOf(workspace, plan)).leftovers;
      },
      manifest: async (stage) =>
        parseManifest(
          await Deno.readTextFile(join(home, "results", stage, "manifest.json")),
          stage,
        ),
      events,
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The plan of a project whose sources are written down, for `settings` with some in place of theirs. */
export async function planOf(root: string, overrides: Settings): Promise<Planned[]> {
  const study: { plan(settings: Settings): Planned[] } = await import(
    pathToFileURL(join(root, "study.ts")).href
  );
  return study.plan({ ...settings, ...overrides });
}

/** What `status` says of a project. */
export interface State {
  /** Reasons by stage, of those that are stale. */
  readonly stale: Record<string, readonly string[]>;
  /** Paths of what earlier results have left. */
  readonly leftovers: string[];
}

/** See `State`. */
export async function stateOf(workspace: Workspace, plan: readonly Planned[]): Promise<State> {
  const states = await statusOf(workspace, plan, notesOf(workspace.cache));
  const stale = states.filter(({ reasons }) => reasons.length > 0);
  return {
    stale: Object.fromEntries(stale.map(({ planned, reasons }) => [planned.stage.name, reasons])),
    leftovers: states.flatMap(({ leftovers }) => leftovers),
  };
}

/** Finds the notes of a project. */
export const notesOf = (cache: string) =>
  locator({ notes: { places: [{ variable: "NOTES" }], cache: join(cache, "notes") } });

/** What the jobs of the toy compute with. */
export const SLOW: Equipment = { variant: "slow", facts: { library: "none" } };
/** See `SLOW`. */
export const FAST: Equipment = { variant: "fast", facts: { library: "toy 1" } };

/** Gives an executor for every root. */
const twoInProcess = (root: string) => bounded(inProcess(root), 2);

/** The toy's sources import the project's own, which lie outside of the toy. */
export const READ = `--allow-read=${fileURLToPath(new URL("../..", import.meta.url))}`;

/** A job ready to run, by its label. */
export const jobCalled = (label: string, more: Partial<ReadyJob> = {}): ReadyJob => ({
  key: label,
  label,
  job: "toy",
  declaration: "job.ts",
  module: "work.ts",
  parameters: {},
  equipment: SLOW,
  files: {},
  ...more,
});

/**
 * Writes a project of one job, `job.ts`, to a folder, with a folder `output`, whose path it returns.
 *
 * @param declared what its declaration says of parameters, reads and writes; `z` and the makers of artifacts are there
 * @param work the text of its module, `work.ts`
 */
export async function writeJob(root: string, declared: string, work: string): Promise<string> {
  const output = join(root, "output");
  await Deno.mkdir(output, { recursive: true });
  await Deno.writeTextFile(
    join(root, "job.ts"),
    `import { z } from "zod";
     import { defineJob } from "${source("pipeline/stage.ts")}";
     import { json, text, optional } from "${source("pipeline/artifacts.ts")}";
     export const job = defineJob({
       name: "toy",
       declaration: import.meta.url,
       module: import.meta.resolve("./work.ts"),
       ${declared}
     });`,
  );
  await Deno.writeTextFile(join(root, "work.ts"), work);
  return output;
}

/** Rights of a toy's jobs: to read the project of the tests, and what more they are given. */
export const reading = (...flags: string[]) => () => ({ flags: [READ, ...flags], read: [] });

/** Starts a process for each job, two at once. */
export const twoProcesses = (root: string) => bounded(processes({ root, rights: reading() }), 2);

/** An executor that calls the jobs' modules in this process, as soon as it is asked. */
export function inProcess(root: string): Executor {
  let stopped = false;
  const address = (path: string) => pathToFileURL(join(root, path)).href;
  return {
    async run({ label, declaration, module, parameters, equipment, files }, output, progress) {
      if (stopped) throw new Stopped(`Job ${label} was not run.`);
      const { job }: { job: Job } = await import(address(declaration));
      const { run }: { run(context: JobContext<unknown, unknown, unknown>): Promise<void> } =
        await import(address(module));
      const facts: Record<string, Equipment["facts"][string]> = {};
      try {
        await run({
          parameters: job.parameters.parse(parameters),
          equipment,
          inputs: readersOf(job.reads, (name) => {
            const stored = files[name];
            return stored && { ...stored, read: () => Deno.readFile(stored.path) };
          }),
          outputs: writersOf(job.writes, async (name, artifact, value) => {
            await writeWhole(join(output, name), artifact.encode(value));
            return name;
          }),
          record: (more) => Object.assign(facts, more),
          progress,
          checkpoint: checkpointIn(undefined),
        });
      } catch (error) {
        const { name, message } = error instanceof Error ? error : new Error(String(error));
        throw new JobFailure(`Job ${label} (${module}) failed: ${message}`, name);
      }
      return { seconds: 0, facts };
    },
    stop() {
      stopped = true;
      return Promise.resolve();
    },
  };
}

/** Flips the lowest bit of one byte in the middle of a file. */
export async function flipByte(path: string): Promise<void> {
  const bytes = await Deno.readFile(path);
  bytes[bytes.length >> 1] ^= 1;
  await Deno.writeFile(path, bytes);
}

/** The only file in a folder whose name begins so. */
export async function findFile(folder: string, prefix: string): Promise<string> {
  const found = (await Array.fromAsync(Deno.readDir(folder)))
    .filter((entry) => entry.name.startsWith(prefix));
  if (found.length !== 1) throw new Error(`${folder} holds ${found.length} files ${prefix}*`);
  return join(folder, found[0].name);
}

/** Contents of every file below a folder by relative path, with `/`. */
export async function tree(folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for await (const entry of Deno.readDir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) {
      for (const [name, content] of Object.entries(await tree(path))) {
        files[`${entry.name}/${name}`] = content;
      }
    } else if (entry.isFile) files[entry.name] = await Deno.readTextFile(path);
  }
  return files;
}
