/**
 * Brings stages up to date, running only what is stale. Stages that do not need each other run side by
 * side, and their jobs share one executor.
 *
 * @module
 */
import { join } from "node:path";
import { digest } from "../files/digest.ts";
import { isClosed, messageOf } from "../files/explain.ts";
import { type Locator, locator as locatorOf } from "../files/locate.ts";
import { makeFolder, removeUnfinished } from "../files/whole.ts";
import { named } from "./artifacts.ts";
import type { Source } from "./context.ts";
import { equipping } from "./equipment.ts";
import type { RunEvent } from "./events.ts";
import { execute, type Made, type Surroundings } from "./execute.ts";
import { type Executor, Stopped } from "./executor.ts";
import { asking, forgetAsked, removeUnwritten } from "./asked.ts";
import { type JobRunner, jobRunner, prune } from "./finished.ts";
import { type Code, digestPlan } from "./keys.ts";
import { lock, untilNobodyWorks, type Waiting } from "./lock.ts";
import {
  compareOutputs,
  type Manifest,
  manifestPath,
  readManifest,
  type Stored,
  writeManifest,
} from "./manifest.ts";
import { homesOf, neededJobs, rememberHome } from "./needed.ts";
import { bounded } from "./pool.ts";
import { processes } from "./processes.ts";
import type { SharedStore } from "./shared.ts";
import type { Equipment, Planned, Stage, Written } from "./stage.ts";
import {
  inOrder,
  inputName,
  needs,
  readsOf,
  type StageStatus,
  stageStatus,
  statusOf,
  withNeeds,
} from "./status.ts";
import { removeLeftovers, sourceOf, storedPath, verify } from "./store.ts";
import { takeOver } from "./take_over.ts";
import type { Workspace } from "./workspace.ts";

/** How stages are run. */
export interface RunOptions {
  /** Run the targets again even where they are up to date, finished jobs included; false if omitted. */
  readonly force?: boolean;
  /** Runs jobs; if omitted, in a process each that reads the project and writes to its own folder, one a core. */
  readonly executor?: Executor;
  /** Asked before the first job of a run: what jobs compute with on this machine. Jobs of one variant can do without. */
  equip?(): Promise<Equipment>;
  /**
   * What jobs may have finished with elsewhere, likeliest first. The first of these with which one that
   * is asked for has finished is what all jobs of the run are computed with, and `equip` is not waited
   * for; none if omitted.
   */
  earlier?(): Promise<readonly Equipment[]>;
  /** Finds files of other people's; none if omitted. */
  readonly locator?: Locator;
  /** Where machines share what has finished; nowhere if omitted. */
  readonly shared?: SharedStore;
  /** The home of other results: those that are what would come out here are taken over; none if omitted. */
  readonly from?: string;
  /** Ends the run; what has finished stays. */
  readonly signal?: AbortSignal;
}

/** What is not said of a run. */
const withDefaults = (
  { root, cache }: Workspace,
  {
    force = false,
    executor = bounded(processes({ root, cache }), navigator.hardwareConcurrency),
    equip = () => Promise.resolve({ variant: "plain", facts: {} }),
    earlier = () => Promise.resolve([]),
    locator = locatorOf({}),
    shared,
    from,
    signal,
  }: RunOptions,
) => ({ force, executor, equip, earlier, locator, shared, from, signal });

/**
 * Brings `targets` and all that they need up to date and returns their states. One run at a time works
 * in a workspace; a second one waits for the first. Where a stage fails, those that do not need it go
 * on to their end; stages that finished stay. A workspace that cannot be written will do where all
 * are up to date.
 *
 * @throws {Error} that names the stages that failed, and why
 * @throws the reason of `signal` where that is aborted
 */
export async function run(
  workspace: Workspace,
  plan: readonly Planned[],
  targets: readonly string[],
  given: RunOptions = {},
  tell: (event: RunEvent) => void = () => {},
): Promise<StageStatus[]> {
  const options = withDefaults(workspace, given);
  const { signal, executor, from } = options;
  const wanted = withNeeds(plan, targets);
  // What is stopped with the run has not failed.
  const onEvent = (event: RunEvent) => signal?.aborted ? undefined : tell(event);
  onEvent({ type: "looking" });
  // Nothing is taken from manifests here: what is written down is what the code is.
  const looked = from === undefined ? wanted : inOrder(plan);
  const code = await digestPlan(workspace.root, looked, new Map());
  const onWait = (waiting: Waiting) => onEvent({ type: "waiting", ...waiting });
  let unlock: () => Promise<void>;
  try {
    unlock = await lock(workspace.cache, onWait, signal);
  } catch (error) {
    if (options.force || !isClosed(error)) throw error;
    return await asTheyAre(workspace, wanted, options.locator, error, onEvent);
  }
  const stop = () => void executor.stop();
  signal?.addEventListener("abort", stop);
  const directory = join(workspace.cache, "jobs");
  await makeFolder(directory);
  const runner = jobRunner(directory, executor, options.force, options.shared);
  try {
    signal?.throwIfAborted();
    await untilNobodyWorks(workspace.cache, onWait, signal);
    await removeUnfinished(directory);
    await removeUnwritten(workspace);
    await rememberHome(workspace.cache, from ?? workspace.home);
    for (const { stage } of looked) await refuseToWriteOver(workspace, stage);
    const going = new Run(workspace, code, wanted, targets, options, runner, onEvent);
    const brought = await going.all();
    await going.takeOver(looked);
    signal?.throwIfAborted();
    const needed = await neededJobs([workspace.home, ...await homesOf(workspace.cache)])
      .catch(() => undefined);
    // Where it cannot be told what is needed, all stays.
    if (needed) await prune(directory, needed);
    return brought;
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    await executor.stop();
    // Nobody else has the folder before the last job has left it.
    await runner.settled();
    signal?.removeEventListener("abort", stop);
    await unlock();
  }
}

/**
 * The states of stages in a place that cannot be written, where all are up to date.
 *
 * @throws {Error} that names those that are not, and says why nothing can be written
 */
async function asTheyAre(
  workspace: Workspace,
  wanted: readonly Planned[],
  locator: Locator,
  why: unknown,
  onEvent: (event: RunEvent) => void,
): Promise<StageStatus[]> {
  const states = await statusOf(workspace, wanted, locator, new Map());
  const stale = states.filter(({ reasons }) => reasons.length > 0);
  if (stale.length > 0) {
    const names = stale.map(({ planned: { stage } }) => stage.name).join(", ");
    throw new Error(`Not up to date: ${names}. ${messageOf(why)}`, { cause: why });
  }
  for (const { planned } of states) onEvent({ type: "current", stage: planned.stage.name });
  return states;
}

/**
 * Sees to it, before any work, that a stage's result would take the place of nothing that is not an
 * earlier result of it.
 *
 * @throws {LaterFormat} where a later version wrote its manifest
 * @throws {Error} that names the folder where one is in the place of a file, and may be somebody's own
 */
async function refuseToWriteOver(workspace: Workspace, { name, writes }: Stage): Promise<void> {
  const read = await readManifest(workspace, name);
  if ("later" in read && read.later) throw read.later;
  const recorded = "manifest" in read ? Object.values(read.manifest.outputs) : [];
  const published = named(writes).filter(([, { kind }]) => kind === "published");
  const places = [
    manifestPath(workspace, name),
    ...[...published.map(([file, { kind }]) => ({ file, kind })), ...recorded]
      .filter(({ kind }) => kind !== "local")
      .map((stored) => storedPath(workspace, name, stored)),
  ];
  for (const place of places) {
    const info = await Deno.lstat(place).catch(() => undefined);
    if (info?.isDirectory) {
      throw new Error(`${place} cannot be written: a folder is in its place; move that away.`);
    }
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
  /** Local artifacts that come from the shared store, by their paths. */
  readonly #arriving = new Map<string, Promise<boolean>>();
  readonly #surroundings: Surroundings;

  constructor(
    readonly workspace: Workspace,
    readonly code: Code,
    readonly wanted: readonly Planned[],
    readonly targets: readonly string[],
    readonly options: ReturnType<typeof withDefaults>,
    runner: JobRunner,
    readonly onEvent: (event: RunEvent) => void,
  ) {
    this.#surroundings = {
      workspace,
      code,
      runner,
      onEvent,
      locator: options.locator,
      force: options.force,
      equip: equipping(options.equip, options.earlier),
      source: (input) => this.#source(input),
    };
  }

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

  /** Takes over what other results have of stages that are not wanted. */
  async takeOver(plan: readonly Planned[]): Promise<void> {
    for (const planned of plan.filter((planned) => !this.wanted.includes(planned))) {
      this.#states.set(planned.stage.name, await this.#look(planned));
    }
  }

  /** The state of a stage, once what other results have of it is taken over. */
  async #look(planned: Planned): Promise<StageStatus> {
    const { workspace, code, options: { from, locator } } = this;
    return from === undefined
      ? await stageStatus(workspace, planned, code, this.#states, locator)
      : await takeOver(from, workspace, planned, code, this.#states, locator);
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
      const before = await this.#look(planned);
      const forced = this.options.force && this.targets.includes(stage.name);
      if (before.reasons.length === 0 && !forced) {
        await this.#clean(stage.name, before.last!.manifest);
        this.#states.set(stage.name, before);
        this.onEvent({ type: "current", stage: stage.name });
        return before;
      }
      await this.#restoreInputs(planned);
      const reasons = before.reasons.length > 0 ? before.reasons : ["--force"];
      this.#started(before, reasons);
      const { runner } = this.#surroundings;
      const made = await execute(before, {
        ...this.#surroundings,
        runner: await asking(this.workspace, stage.name, runner),
      });
      // A result that came back the same (a deleted file, say) keeps its first provenance, so that
      // what depends on it stays up to date.
      const last = before.last?.manifest;
      if (before.lost && !forced) await this.#compare(stage.name, last!, made);
      const same = !forced && last?.key === made.key &&
        digest(last.lacking) === digest(made.lacking) &&
        digest(last.outputs) === digest(made.outputs);
      if (!same) await writeManifest(this.workspace, stage.name, made);
      await this.#share(stage.name, made);
      await this.#clean(stage.name, same ? last : made);
      const after = await status();
      // Written and not to be read again: whatever needs it cannot go on.
      if (!after.last) throw new Error(after.reasons.join("; "));
      this.#states.set(stage.name, after);
      this.onEvent({ type: "finished", stage: stage.name, seconds: made.provenance.seconds });
      return after;
    } catch (error) {
      const message = messageOf(error);
      if (!(error instanceof Stopped)) {
        this.onEvent({ type: "failed", stage: stage.name, message });
      }
      throw new Error(`Stage ${stage.name}: ${message}`, { cause: error });
    }
  }

  #started({ planned: { stage }, last }: StageStatus, reasons: readonly string[]): void {
    const jobs = Object.keys(last?.manifest.provenance.jobs ?? {}).length;
    this.onEvent({ type: "started", stage: stage.name, reasons, jobs });
  }

  /** Removes what earlier results of a stage have left, whenever that was. */
  async #clean(stage: string, { outputs }: Pick<Manifest, "outputs">): Promise<void> {
    await forgetAsked(this.workspace, stage);
    await removeLeftovers(this.workspace, stage, Object.values(outputs));
  }

  /**
   * Sees to it that lost artifacts came out again as they were.
   *
   * @throws {Error} where they did not; what was recorded stays, and what came out goes
   */
  async #compare(stage: string, recorded: Manifest, made: Made): Promise<void> {
    const { differing } = compareOutputs(recorded.outputs, made.outputs);
    if (differing.length === 0) return;
    await this.#clean(stage, recorded);
    const [then, now] = [recorded, made].map(({ ingredients: { computed } }) => computed?.variant);
    throw new Error(
      `made again, ${differing.join(", ")} did not come out as recorded` +
        (then === now ? "" : ` (computed by ${then} then, by ${now} now)`) +
        `. The recorded result stays; --force puts the new one in its place.`,
    );
  }

  /** Makes the local artifacts among a stage's inputs again where they are missing. */
  async #restoreInputs({ stage }: Planned): Promise<void> {
    for (const input of readsOf(stage)) {
      const needed = this.#states.get(input.stage)!;
      const stored = needed.last!.manifest.outputs[input.name];
      if (stored?.kind !== "local") continue;
      if (!await verify(this.workspace, input.stage, stored)) continue;
      if (await this.#fetched(input.stage, stored)) continue;
      let restored = this.#restored.get(input.stage);
      if (!restored) {
        const why = `${inputName(input)} is not on this machine and ${stage.name} needs it`;
        this.#restored.set(input.stage, restored = this.#restore(needed, why));
      }
      await restored;
    }
  }

  /** Keeps local artifacts in the shared store, where others find them. */
  async #share(stage: string, { outputs }: Made): Promise<void> {
    for (const stored of Object.values(outputs)) {
      if (stored.kind !== "local") continue;
      const path = storedPath(this.workspace, stage, stored);
      await this.options.shared?.keep({ path, sha256: stored.sha256 });
    }
  }

  /** Whether a local artifact has come from the shared store; asked for by several stages, it comes once. */
  #fetched(stage: string, stored: Stored): Promise<boolean> {
    const path = storedPath(this.workspace, stage, stored);
    let fetched = this.#arriving.get(path);
    if (!fetched) {
      fetched = this.options.shared?.fetch(stored.sha256, path) ?? Promise.resolve(false);
      this.#arriving.set(path, fetched);
    }
    return fetched;
  }

  async #restore(status: StageStatus, reason: string): Promise<void> {
    const { stage } = status.planned;
    await this.#restoreInputs(status.planned);
    this.#started(status, [reason]);
    const { manifest } = status.last!;
    const again = await execute(status, this.#surroundings);
    const { differing } = compareOutputs(manifest.outputs, again.outputs);
    if (differing.length > 0) {
      throw new Error(
        `running ${stage.name} again gave other bytes for ${differing.join(", ")}. ` +
          `Its result depends on something that is not in its key.`,
      );
    }
    await this.#share(stage.name, again);
    this.onEvent({ type: "finished", stage: stage.name, seconds: again.provenance.seconds });
  }

  /** Where an input lies; undefined where the stage that may write it did not, or there is none. */
  #source({ stage, name, absent }: Written): Source | undefined {
    if (absent) return undefined;
    const { text, manifest } = this.#states.get(stage)!.last!;
    if (name === "manifest.json") {
      const path = manifestPath(this.workspace, stage);
      const read = () => Promise.resolve(new TextEncoder().encode(text));
      return { path, sha256: "", read };
    }
    const stored = manifest.outputs[name];
    return stored && sourceOf(this.workspace, stage, stored);
  }
}
