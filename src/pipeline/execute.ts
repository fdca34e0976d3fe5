/** Runs one stage: gives its module readers, writers and jobs, and makes a manifest of what comes out. @module */
import { relative, sep } from "node:path";
import { z } from "zod";
import { digest, sha256File } from "../files/digest.ts";
import { type Locator, UnavailableError } from "../files/locate.ts";
import { type Artifact, fileName, mapTree, named } from "./artifacts.ts";
import { readerOf, readersOf, type Source, writersOf } from "./context.ts";
import type { Equip } from "./equipment.ts";
import type { RunEvent } from "./events.ts";
import type { ReadyJob } from "./executor.ts";
import type { JobRunner } from "./finished.ts";
import {
  asJson,
  type Code,
  compiledBy,
  compiledByAll,
  compilersOf,
  computedIngredients,
  digestsOf,
  readyJob,
  textsOf,
} from "./keys.ts";
import { describeMachine } from "./machine.ts";
import {
  type JobProvenance,
  type JobRecord,
  keyOf,
  type Manifest,
  type Stored,
} from "./manifest.ts";
import type {
  Equipment,
  Job,
  JobRequest,
  Reader,
  StageContext,
  StoredFile,
  Written,
} from "./stage.ts";
import { inputName, JOBS_FILE, type StageStatus } from "./status.ts";
import { sourceOf, store, verify } from "./store.ts";
import type { Workspace } from "./workspace.ts";

/** What a stage shares with the others of its run. */
export interface Surroundings {
  readonly workspace: Workspace;
  readonly code: Code;
  readonly locator: Locator;
  readonly runner: JobRunner;
  /** Whether nothing of earlier results is made use of. */
  readonly force: boolean;
  /** What jobs compute with; the same answer each time. */
  readonly equip: Equip;
  /** Where an artifact of another stage lies; undefined where that stage left it out. */
  source(input: Written): Source | undefined;
  onEvent(event: RunEvent): void;
}

/** A manifest that is not written yet. */
export type Made = Omit<Manifest, "format">;

/**
 * Runs one stage whose inputs are there: `status` has its ingredients.
 *
 * @returns its new manifest, not written yet; its artifacts are stored
 * @throws {Error} where its module throws, does not write what it declares, or writes it twice
 */
export async function execute(status: StageStatus, surroundings: Surroundings): Promise<Made> {
  const { planned, ingredients } = status;
  if (!ingredients) throw new Error("its inputs are not there");
  const { stage } = planned;
  const { workspace, code } = surroundings;
  const began = performance.now();
  const outputs = new Map<string, Stored>();
  const jobs: Jobs = { records: new Map(), provenance: new Map() };
  const lacking: Manifest["lacking"] = [];

  const context = contextOf(status, surroundings, outputs, jobs, lacking);
  const module: { run(context: unknown): Promise<void> } = await import(stage.module);
  await module.run(context);
  for (const [name, artifact] of named(stage.writes)) {
    if (!outputs.has(name) && !artifact.optional && !("family" in artifact)) {
      throw new Error(`it did not write ${name}`);
    }
  }

  // Jobs finish in any order; their record does not depend on it.
  const records = [...jobs.records.values()].toSorted((a, b) => byName(a.name, b.name));
  const { variant } = records.length > 0 ? await surroundings.equip() : { variant: undefined };
  const computed = variant === undefined
    ? null
    : computedIngredients(stage, variant, code, compiledByAll(records));
  if (records.length > 0) {
    const text = `[\n${records.map((record) => JSON.stringify(record)).join(",\n")}\n]\n`;
    outputs.set(JOBS_FILE, await store(workspace, stage.name, JOBS_FILE, text, "committed"));
  }
  const made = { ...ingredients, computed };
  return {
    key: keyOf(made),
    ingredients: made,
    compilers: computed ? compilersOf(stage, computed.variant, code) : {},
    texts: textsOf(stage, computed?.variant, code),
    outputs: Object.fromEntries(outputs),
    lacking: lacking.sort((a, b) => byName(a.name, b.name)),
    provenance: {
      finishedAt: new Date().toISOString(),
      seconds: (performance.now() - began) / 1000,
      ...await describeMachine(workspace.root),
      jobs: Object.fromEntries([...jobs.provenance].sort(([a], [b]) => byName(a, b))),
    },
  };
}

/** In the order in which people count: `fold2` before `fold10`. */
const byName = (a: string, b: string) => a.localeCompare(b, "en", { numeric: true });

/** What became of a stage's jobs. */
interface Jobs {
  /** What each was asked for, by its name, whether it came to a good end or not. */
  readonly records: Map<string, JobRecord>;
  /** Of those that did, by their names. */
  readonly provenance: Map<string, JobProvenance>;
}

/** What a stage declares in types is known here only by its values. */
type AnyContext = StageContext<unknown, unknown, unknown, Record<string, Job>>;

/**
 * What a stage's module is given; what it writes, starts and lacks is noted in `outputs`, `jobs` and
 * `lacking`.
 */
function contextOf(
  status: StageStatus,
  surroundings: Surroundings,
  outputs: Map<string, Stored>,
  jobs: Jobs,
  lacking: Manifest["lacking"],
): AnyContext {
  const { planned: { stage, parameters }, last } = status;
  const earlier = last?.manifest.provenance.jobs ?? {};
  const { workspace, locator, runner, onEvent } = surroundings;
  const progressOf = (label: string): AnyContext["progress"] => (done, total, note) =>
    onEvent({ type: "progress", stage: stage.name, label, done, total, note });
  // Names are taken before anything is waited for: both may be asked for twice at once.
  const [written, asked] = [new Set<string>(), new Set<string>()];

  const keep = async (name: string, artifact: Artifact, value: unknown) => {
    if (written.has(name)) throw new Error(`it writes ${name} twice`);
    written.add(name);
    let content;
    try {
      content = artifact.encode(value);
    } catch (error) {
      const message = error instanceof Error ? error.message : error;
      throw new Error(`it writes ${name}: ${message}`, { cause: error });
    }
    const stored = await store(workspace, stage.name, name, content, artifact.kind);
    outputs.set(name, stored);
    return stored.file;
  };

  const telling = (label: string) => (state: "asked" | "found" | "made" | "failed") =>
    onEvent({ type: "job", stage: stage.name, label, state });

  let still: Promise<Manifest | undefined> | undefined;
  const before = async (job: Job, request: JobRequest) => {
    const { name, label = name } = request;
    // A new job is made ready once, where it is started.
    if (surroundings.force || !(name in earlier)) return undefined;
    const then = await (still ??= stillTold(status, workspace));
    if (!then) return undefined;
    const { ready, record } = await prepare(job, request, surroundings);
    if (earlier[name].key !== ready.key) return undefined;
    jobs.records.set(name, record);
    jobs.provenance.set(name, { ...earlier[name], label });
    const tell = telling(label);
    tell("asked");
    tell("found");
    return {
      parameters: then.ingredients.parameters,
      outputs: readersOf(stage.writes, (file) => {
        const stored = then.outputs[file];
        return stored && sourceOf(workspace, stage.name, stored);
      }),
    };
  };

  const start = async (job: Job, request: JobRequest) => {
    const { name, label = name } = request;
    if (asked.has(name)) throw new Error(`it starts two jobs called ${name}`);
    asked.add(name);
    const { ready, record } = await prepare(job, request, surroundings);
    jobs.records.set(name, record);
    const tell = telling(label);
    tell("asked");
    const expected = earlier[name]?.seconds;
    const timed = expected === undefined ? ready : { ...ready, expected };
    const { files, facts, seconds, found } = await runner.run(timed, progressOf(label))
      .catch((error) => {
        tell("failed");
        throw error;
      });
    tell(found ? "found" : "made");
    jobs.provenance.set(name, {
      label,
      key: ready.key,
      seconds,
      facts: z.record(z.string(), z.json()).parse(asJson(facts)),
    });
    return readersOf(job.writes, (file) => {
      const stored = files.get(file);
      return stored && { ...stored, read: () => Deno.readFile(stored.path) };
    });
  };

  const asks = <T>(ask: (job: Job, request: JobRequest) => T) =>
    Object.fromEntries(
      Object.entries(stage.jobs).map(([key, job]) => [
        key,
        (request: JobRequest) => ask(job, request),
      ]),
    );
  const progress = progressOf(stage.name);
  return {
    parameters,
    inputs: mapTree(
      stage.reads,
      (input) => readerOf(input, inputName(input), () => surroundings.source(input)),
    ),
    outputs: writersOf(stage.writes, keep),
    jobs: asks(start),
    before: asks(before),
    locator,
    async outside(file) {
      try {
        const path = await locator.find(file, progress);
        const sha256 = await sha256File(path);
        return { file: { path, sha256 }, read: () => Deno.readFile(path) };
      } catch (error) {
        if (!(error instanceof UnavailableError)) throw error;
        lacking.push({ kind: file.kind, name: file.name });
        return undefined;
      }
    },
    link: (reader) => relative(workspace.home, reader.file.path).replaceAll(sep, "/"),
    progress,
  };
}

/**
 * The last result of a stage, where it still tells what became of jobs: nothing but parameters has
 * changed since, and all that it wrote is there.
 */
async function stillTold(
  { planned: { stage }, ingredients, last }: StageStatus,
  workspace: Workspace,
): Promise<Manifest | undefined> {
  if (!ingredients || !last) return undefined;
  const { manifest } = last;
  // How jobs are computed is in their keys.
  const { computed: _, ...then } = manifest.ingredients;
  if (digest({ ...then, parameters: null }) !== digest({ ...ingredients, parameters: null })) {
    return undefined;
  }
  for (const stored of Object.values(manifest.outputs)) {
    if (await verify(workspace, stage.name, stored) !== undefined) return undefined;
  }
  return manifest;
}

/** Makes a job that a stage asks for ready to run. */
async function prepare(
  job: Job,
  { name, label = name, parameters: asked, inputs }: JobRequest,
  { equip, runner, code }: Surroundings,
): Promise<{ ready: ReadyJob; record: JobRecord }> {
  const checked = job.parameters.safeParse(asked);
  if (!checked.success) {
    throw new Error(
      `job ${label} is asked for with other parameters than it takes: ` +
        z.prettifyError(checked.error).replaceAll("\n", " "),
    );
  }
  const files: Record<string, StoredFile> = {};
  const given: { readonly [key: string]: Reader<unknown> | undefined } = inputs;
  for (const [key, artifact] of Object.entries(job.reads)) {
    const reader = given[key];
    if (reader) files[fileName(key, artifact)] = reader.file;
    else if (!artifact.optional) throw new Error(`job ${label} is asked for without ${key}`);
  }
  const parameters = asJson(checked.data);
  const computedWith = async (equipment: Equipment) => {
    const compiled = await compiledBy(job, equipment.variant, checked.data);
    const ready = readyJob(job, { label, parameters, files, equipment, compiled, code });
    return { ready, compiled };
  };
  const equipment = await equip(async (it) => await runner.has((await computedWith(it)).ready));
  const { ready, compiled } = await computedWith(equipment);
  return {
    ready,
    record: {
      name,
      job: job.name,
      parameters,
      inputs: digestsOf(files),
      compiled,
    },
  };
}
