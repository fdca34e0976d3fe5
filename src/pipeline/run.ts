/**
 * Brings stages up to date, running only what is stale. Stages that do not need each other run side by
 * side, and their jobs share one executor.
 *
 * @module
 */
import { join, relative, sep } from "node:path";
import { z } from "zod";
import { digest, sha256File } from "../files/digest.ts";
import { type Locator, UnavailableError } from "../files/locate.ts";
import { removeUnfinished } from "../files/whole.ts";
import { type Artifact, fileName, mapTree, named } from "./artifacts.ts";
import { readerOf, readersOf, type Source, writersOf } from "./context.ts";
import { type Executor, Stopped } from "./executor.ts";
import { type Finished, type JobRunner, jobRunner } from "./finished.ts";
import {
  asJson,
  type Code,
  compiledBy,
  compiledByAll,
  compilersOf,
  computedIngredients,
  digestPlan,
  readyJob,
  textsOf,
} from "./keys.ts";
import { type Holder, lock } from "./lock.ts";
import { describeMachine } from "./machine.ts";
import {
  type JobProvenance,
  type JobRecord,
  keyOf,
  type Manifest,
  manifestPath,
  type Stored,
  writeManifest,
} from "./manifest.ts";
import type {
  Equipment,
  Job,
  JobRequest,
  Planned,
  Reader,
  StageContext,
  StoredFile,
  Written,
} from "./stage.ts";
import {
  inputName,
  JOBS_FILE,
  knownTexts,
  needs,
  readsOf,
  type StageStatus,
  stageStatus,
  withNeeds,
} from "./status.ts";
import { load, removeOthers, store, storedPath, verify, type Workspace } from "./store.ts";

/** What happens while stages run, for a display. */
export type RunEvent =
  /** Another run has the folder; null where it does not say who. */
  | { readonly type: "waiting"; readonly holder: Holder | null }
  | { readonly type: "current"; readonly stage: string }
  | { readonly type: "started"; readonly stage: string; readonly reasons: readonly string[] }
  | {
    readonly type: "progress";
    readonly stage: string;
    /** The job, or the stage itself. */
    readonly label: string;
    readonly done: number;
    readonly total: number;
    readonly note?: string;
  }
  | { readonly type: "finished"; readonly stage: string; readonly seconds: number }
  | { readonly type: "failed"; readonly stage: string; readonly message: string };

/** How stages are run. */
export interface RunOptions {
  /** Run the targets again even where they are up to date, finished jobs included. */
  readonly force: boolean;
  readonly executor: Executor;
  /** Asked before the first job of a run: what jobs compute with on this machine. */
  equip(): Promise<Equipment>;
  /** Finds files of other people's. */
  readonly locator: Locator;
  /** Ends the run; what has finished stays. */
  readonly signal?: AbortSignal;
}

/**
 * Brings `targets` and all that they need up to date and returns their states. One run at a time works
 * in a workspace; a second one waits for the first. Where a stage fails, those that do not need it go
 * on to their end; stages that finished stay.
 *
 * @throws {Error} that names the stages that failed, and why
 * @throws the reason of `signal` where that is aborted
 */
export async function run(
  workspace: Workspace,
  plan: readonly Planned[],
  targets: readonly string[],
  options: RunOptions,
  onEvent: (event: RunEvent) => void,
): Promise<StageStatus[]> {
  const { signal, executor } = options;
  const wanted = withNeeds(plan, targets);
  const code = await digestPlan(workspace.root, wanted, await knownTexts(workspace, wanted));
  const unlock = await lock(
    workspace.cache,
    (holder) => onEvent({ type: "waiting", holder }),
    signal,
  );
  const stop = () => void executor.stop();
  signal?.addEventListener("abort", stop);
  const directory = join(workspace.cache, "jobs");
  const runner = jobRunner(directory, executor, options.force);
  try {
    signal?.throwIfAborted();
    await Deno.mkdir(directory, { recursive: true });
    await removeUnfinished(directory);
    const brought = await new Run(workspace, code, wanted, targets, options, runner, onEvent).all();
    signal?.throwIfAborted();
    return brought;
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    await executor.stop();
    // Nobody else has the folder before the last job has left it.
    await runner.settled();
    signal?.removeEventListener("abort", stop);
    unlock();
  }
}

/** A stage was not run, because one that it needs failed. */
class NotRun extends Error {}

/** One run: what its stages share while they go on side by side. */
class Run {
  /** States of the stages that are up to date, or were when they were looked at. */
  readonly #states = new Map<string, StageStatus>();
  readonly #brought = new Map<string, Promise<StageStatus>>();
  /** Stages run again for their local artifacts alone. */
  readonly #restored = new Map<string, Promise<void>>();
  #equipment: Promise<Equipment> | undefined;

  constructor(
    readonly workspace: Workspace,
    readonly code: Code,
    readonly wanted: readonly Planned[],
    readonly targets: readonly string[],
    readonly options: RunOptions,
    readonly runner: JobRunner,
    readonly onEvent: (event: RunEvent) => void,
  ) {}

  async all(): Promise<StageStatus[]> {
    const settled = await Promise.allSettled(this.wanted.map((planned) => this.#bring(planned)));
    const failures = settled.flatMap((result) =>
      result.status === "rejected" && !(result.reason instanceof NotRun) ? [result.reason] : []
    );
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) {
      throw new AggregateError(failures, failures.map(({ message }) => message).join("\n"));
    }
    return this.wanted.map(({ stage }) => this.#states.get(stage.name)!);
  }

  /** Brings a stage up to date once all that it needs is. */
  #bring(planned: Planned): Promise<StageStatus> {
    const { name } = planned.stage;
    let brought = this.#brought.get(name);
    if (!brought) {
      const needed = needs(planned.stage).map((need) =>
        this.#bring(this.wanted.find(({ stage }) => stage.name === need)!)
      );
      brought = Promise.all(needed).then(
        () => this.#bringOne(planned),
        (error) => {
          throw new NotRun(name, { cause: error });
        },
      );
      this.#brought.set(name, brought);
    }
    return brought;
  }

  async #bringOne(planned: Planned): Promise<StageStatus> {
    const { stage } = planned;
    const status = () =>
      stageStatus(this.workspace, planned, this.code, this.#states, this.options.locator);
    try {
      this.options.signal?.throwIfAborted();
      const before = await status();
      const forced = this.options.force && this.targets.includes(stage.name);
      if (before.reasons.length === 0 && !forced) {
        this.#states.set(stage.name, before);
        this.onEvent({ type: "current", stage: stage.name });
        return before;
      }
      await this.#restoreInputs(planned);
      const reasons = before.reasons.length > 0 ? before.reasons : ["--force"];
      this.onEvent({ type: "started", stage: stage.name, reasons });
      const made = await this.#execute(before);
      // A result that came back the same (a deleted file, say) keeps its first provenance, so that
      // what depends on it stays up to date.
      const last = before.last?.manifest;
      const same = !forced && last?.key === made.key &&
        digest(last.lacking) === digest(made.lacking) &&
        differingOutputs(last.outputs, made.outputs).length === 0;
      if (!same) await writeManifest(this.workspace, stage.name, made);
      await removeOthers(this.workspace, stage.name, Object.values(made.outputs));
      const after = await status();
      this.#states.set(stage.name, after);
      this.onEvent({ type: "finished", stage: stage.name, seconds: made.provenance.seconds });
      return after;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (!(error instanceof Stopped)) {
        this.onEvent({ type: "failed", stage: stage.name, message });
      }
      throw new Error(`Stage ${stage.name}: ${message}`, { cause: error });
    }
  }

  /** Makes the local artifacts among a stage's inputs again where they are missing. */
  async #restoreInputs({ stage }: Planned): Promise<void> {
    for (const input of readsOf(stage)) {
      const needed = this.#states.get(input.stage)!;
      const stored = needed.last!.manifest.outputs[input.name];
      if (stored?.kind !== "local") continue;
      if (!await verify(this.workspace, input.stage, stored)) continue;
      let restored = this.#restored.get(input.stage);
      if (!restored) {
        const why = `${inputName(input)} is not on this machine and ${stage.name} needs it`;
        this.#restored.set(input.stage, restored = this.#restore(needed, why));
      }
      await restored;
    }
  }

  async #restore(status: StageStatus, reason: string): Promise<void> {
    const { stage } = status.planned;
    await this.#restoreInputs(status.planned);
    this.onEvent({ type: "started", stage: stage.name, reasons: [reason] });
    const { manifest } = status.last!;
    const again = await this.#execute(status);
    const differing = differingOutputs(manifest.outputs, again.outputs);
    if (differing.length > 0) {
      throw new Error(
        `running ${stage.name} again gave other bytes for ${differing.join(", ")}. ` +
          `Its result depends on something that is not in its key.`,
      );
    }
    this.onEvent({ type: "finished", stage: stage.name, seconds: again.provenance.seconds });
  }

  /** Where an input lies; undefined where the stage that may write it did not. */
  #source({ stage, name }: Written): Source | undefined {
    const { text, manifest } = this.#states.get(stage)!.last!;
    if (name === "manifest.json") {
      const path = manifestPath(this.workspace, stage);
      const read = () => Promise.resolve(new TextEncoder().encode(text));
      return { path, sha256: "", read };
    }
    const stored = manifest.outputs[name];
    return stored && {
      path: storedPath(this.workspace, stage, stored),
      sha256: stored.sha256,
      read: () => load(this.workspace, stage, stored),
    };
  }

  /** Runs one stage whose inputs are there, and returns its new manifest. */
  async #execute({ planned, ingredients }: StageStatus): Promise<Omit<Manifest, "format">> {
    const { stage, parameters } = planned;
    const began = performance.now();
    const outputs: Record<string, Stored> = {};
    const records: JobRecord[] = [];
    const provenance: Record<string, JobProvenance> = {};
    const lacking: Manifest["lacking"] = [];
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
      outputs[name] = await store(this.workspace, stage.name, name, content, artifact.kind);
      return outputs[name].file;
    };
    const start = async (job: Job, request: JobRequest) => {
      const { name, label = name } = request;
      if (asked.has(name)) throw new Error(`it starts two jobs called ${name}`);
      asked.add(name);
      const started = await this.#job(
        job,
        request,
        (done, total, note) =>
          this.onEvent({ type: "progress", stage: stage.name, label, done, total, note }),
      );
      provenance[name] = started.provenance;
      records.push(started.record);
      return readersOf(job.writes, (file) => {
        const stored = started.finished.files.get(file);
        return stored && { ...stored, read: () => Deno.readFile(stored.path) };
      });
    };
    // What the stage declares in types is known here only by its values.
    const context: StageContext<unknown, unknown, unknown, Record<string, Job>> = {
      parameters,
      inputs: mapTree(
        stage.reads,
        (input) => readerOf(input, inputName(input), () => this.#source(input)),
      ),
      outputs: writersOf(stage.writes, keep),
      jobs: Object.fromEntries(
        Object.entries(stage.jobs).map(([key, job]) => [
          key,
          (request: JobRequest) => start(job, request),
        ]),
      ),
      locator: this.options.locator,
      outside: async (file) => {
        try {
          const path = await this.options.locator.find(file, context.progress);
          const sha256 = await sha256File(path);
          return { file: { path, sha256 }, read: () => Deno.readFile(path) };
        } catch (error) {
          if (!(error instanceof UnavailableError)) throw error;
          lacking.push({ kind: file.kind, name: file.name });
          return undefined;
        }
      },
      link: (reader) => relative(this.workspace.home, reader.file.path).replaceAll(sep, "/"),
      progress: (done, total, note) =>
        this.onEvent({
          type: "progress",
          stage: stage.name,
          label: stage.name,
          done,
          total,
          note,
        }),
    };
    const module: { run(context: unknown): Promise<void> } = await import(stage.module);
    await module.run(context);
    for (const [name, artifact] of named(stage.writes)) {
      if (!(name in outputs) && !artifact.optional && !("family" in artifact)) {
        throw new Error(`it did not write ${name}`);
      }
    }

    const equipment = records.length > 0 ? await this.#equipment! : undefined;
    const computed = equipment
      ? computedIngredients(stage, equipment.variant, this.code, compiledByAll(records))
      : null;
    if (records.length > 0) {
      // Jobs finish in any order; their record does not depend on it.
      const sorted = records.toSorted((a, b) => byName(a.name, b.name));
      const text = `[\n${sorted.map((record) => JSON.stringify(record)).join(",\n")}\n]\n`;
      outputs[JOBS_FILE] = await store(this.workspace, stage.name, JOBS_FILE, text, "committed");
    }
    const made = { ...ingredients!, computed };
    return {
      key: keyOf(made),
      ingredients: made,
      compilers: computed ? compilersOf(stage, computed.variant, this.code) : {},
      texts: textsOf(stage, computed?.variant, this.code),
      outputs,
      lacking: lacking.sort((a, b) => byName(a.name, b.name)),
      provenance: {
        finishedAt: new Date().toISOString(),
        seconds: (performance.now() - began) / 1000,
        ...await describeMachine(this.workspace.root),
        jobs: Object.fromEntries(Object.entries(provenance).sort(([a], [b]) => byName(a, b))),
      },
    };
  }

  /** Runs a job that a stage asks for, or finds it finished. */
  async #job(
    job: Job,
    { name, label = name, parameters: asked, inputs }: JobRequest,
    progress: StageContext<unknown, unknown, unknown, unknown>["progress"],
  ): Promise<{ finished: Finished; record: JobRecord; provenance: JobProvenance }> {
    const equipment = await (this.#equipment ??= this.options.equip());
    const checked = job.parameters.safeParse(asked);
    if (!checked.success) {
      throw new Error(
        `job ${label} is asked for with other parameters than it takes: ` +
          z.prettifyError(checked.error).replaceAll("\n", " "),
      );
    }
    const compiled = await compiledBy(job, equipment.variant, checked.data);
    const files: Record<string, StoredFile> = {};
    const given: { readonly [key: string]: Reader<unknown> | undefined } = inputs;
    for (const [key, artifact] of Object.entries(job.reads)) {
      const reader = given[key];
      if (reader) files[fileName(key, artifact)] = reader.file;
      else if (!artifact.optional) throw new Error(`job ${label} is asked for without ${key}`);
    }
    const parameters = asJson(checked.data);
    const ready = readyJob(job, {
      label,
      parameters,
      files,
      equipment,
      compiled,
      code: this.code,
    });
    const finished = await this.runner.run(ready, progress);
    return {
      finished,
      record: {
        name,
        job: job.name,
        parameters,
        inputs: Object.fromEntries(
          Object.entries(files).map(([name, { sha256 }]) => [name, sha256]),
        ),
        compiled,
      },
      provenance: {
        label,
        key: ready.key,
        seconds: finished.seconds,
        facts: Object.fromEntries(
          Object.entries(finished.facts).map(([name, fact]) => [name, asJson(fact)]),
        ),
      },
    };
  }
}

/** In the order in which people count: `fold2` before `fold10`. */
const byName = (a: string, b: string) => a.localeCompare(b, "en", { numeric: true });

/** Names of outputs that are not the same in both. */
function differingOutputs(then: Manifest["outputs"], now: Manifest["outputs"]): string[] {
  return [...new Set([...Object.keys(then), ...Object.keys(now)])]
    .filter((name) => then[name]?.sha256 !== now[name]?.sha256);
}
