/** Brings stages up to date, running only what is stale. @module */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { jobPool, removeUnfinished } from "./jobs.ts";
import { describeMachine } from "./machine.ts";
import {
  type JobProvenance,
  keyOf,
  type Manifest,
  manifestPath,
  writeManifest,
} from "./manifest.ts";
import type { StageContext, StageDefinition, StoredFile, Surroundings } from "./stage.ts";
import { digestStages, type IsThere, type StageStatus, stageStatus, withNeeds } from "./status.ts";
import {
  type Artifact,
  artifactPath,
  load,
  resultsDirectory,
  store,
  verify,
  type Workspace,
} from "./store.ts";

/** What happens while stages run, for a display. */
export type RunEvent =
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
  | { readonly type: "finished"; readonly stage: string; readonly seconds: number };

/** How stages are run. */
export interface RunOptions {
  /** Run the targets again even where they are up to date, finished jobs included. */
  readonly force: boolean;
  /** How many jobs run at once. */
  readonly jobs: number;
  readonly backend?: "tensorflow" | "wasm";
  /** Folders that the user named. */
  readonly folders: Omit<Surroundings, "cache">;
  /** Whether a file that a stage lacked is there. */
  readonly isThere: IsThere;
  /** Permission flags of a job's process; it may always write to its own folder, and to no other. */
  readonly permissions: readonly string[];
  /** Called before the first job of a run: makes sure that a backend is there. */
  readonly prepareBackend: () => Promise<void>;
}

/**
 * Brings `targets` and all that they need up to date and gives back their states.
 * One run at a time works in a workspace; a second one waits for the first.
 * Throws an Error that names the stage that failed; stages finished before it stay.
 */
export async function run(
  workspace: Workspace,
  stages: readonly StageDefinition[],
  targets: readonly string[],
  options: RunOptions,
  onEvent: (event: RunEvent) => void,
): Promise<StageStatus[]> {
  const wanted = withNeeds(stages, targets);
  const code = await digestStages(workspace.root, wanted);
  await Deno.mkdir(workspace.cache, { recursive: true });
  const lock = await Deno.open(join(workspace.cache, "lock"), { write: true, create: true });
  await lock.lock(true);
  const directory = join(workspace.cache, "jobs");
  await removeUnfinished(directory);
  const pool = jobPool({
    root: workspace.root,
    code,
    directory,
    concurrency: options.jobs,
    backend: options.backend,
    force: options.force,
    permissions: options.permissions,
  });
  const interrupted = () => {
    pool.stop();
    Deno.exit(130);
  };
  Deno.addSignalListener("SIGINT", interrupted);
  let backend: Promise<void> | undefined;
  const states = new Map<string, StageStatus>();

  /** Runs one stage whose inputs are there, and gives back its new manifest. */
  const execute = async (status: StageStatus): Promise<Manifest> => {
    const { stage, ingredients } = status;
    const began = performance.now();
    const outputs: Record<string, Artifact> = {};
    const jobs: JobProvenance[] = [];
    const lacking: string[] = [];
    const source = (input: string) => {
      if (!stage.inputs.includes(input)) {
        throw new Error(`it reads ${input}, which is not among its inputs`);
      }
      const slash = input.indexOf("/");
      const [from, name] = [input.slice(0, slash), input.slice(slash + 1)];
      return { from, name, artifact: states.get(from)!.last!.manifest.outputs[name] };
    };
    const keep = async (name: string, content: Uint8Array | string, kind: Artifact["kind"]) => {
      if (name in outputs) throw new Error(`it writes ${name} twice`);
      outputs[name] = await store(workspace, stage.name, name, content, kind);
      return outputs[name].file;
    };
    const context: StageContext = {
      parameters: stage.parameters,
      inputs: stage.inputs,
      surroundings: { cache: workspace.cache, ...options.folders },
      async read(input) {
        const { from, name, artifact } = source(input);
        return name === "manifest.json"
          ? await Deno.readFile(manifestPath(workspace, from))
          : await load(workspace, from, artifact);
      },
      write: (name, content, { local = false } = {}) =>
        keep(name, content, local ? "local" : "committed"),
      async publish(name, content) {
        await keep(name, content, "published");
      },
      link(input) {
        const { from, artifact } = source(input);
        return `results/${from}/${artifact.file}`;
      },
      lacks: (file) => void lacking.push(file),
      async job(request) {
        if (!stage.jobs.includes(request.module)) {
          throw new Error(`it starts ${request.module}, which is not among its jobs`);
        }
        await (backend ??= options.prepareBackend());
        const files: Record<string, StoredFile> = { ...request.files };
        for (const input of request.inputs) {
          const { from, artifact } = source(input);
          files[input] = {
            path: artifactPath(workspace, from, artifact),
            sha256: artifact.sha256,
          };
        }
        for (const [name, earlier] of Object.entries(request.after ?? {})) {
          for (const [file, stored] of Object.entries(earlier.files)) {
            files[`${name}/${file}`] = stored;
          }
        }
        const result = await pool.run(
          { ...request, files },
          (done, total, note) =>
            onEvent({
              type: "progress",
              stage: stage.name,
              label: request.label,
              done,
              total,
              note,
            }),
        );
        jobs.push(result.provenance);
        return result;
      },
      progress: (done, total, note) =>
        onEvent({ type: "progress", stage: stage.name, label: stage.name, done, total, note }),
    };
    const module = await import(pathToFileURL(join(workspace.root, stage.module)).href) as {
      run(context: StageContext): Promise<void>;
    };
    await module.run(context);
    // Jobs finish in any order; their record does not depend on it.
    jobs.sort((a, b) => a.label.localeCompare(b.label, "en", { numeric: true }));
    return {
      key: keyOf(ingredients!),
      ingredients: ingredients!,
      outputs,
      ...(lacking.length > 0 ? { lacking: lacking.sort() } : {}),
      provenance: {
        finishedAt: new Date().toISOString(),
        seconds: (performance.now() - began) / 1000,
        ...await describeMachine(workspace.root),
        jobs,
      },
    };
  };

  /** Makes the local artifacts among a stage's inputs again where they are missing. */
  const restoreInputs = async (stage: StageDefinition): Promise<void> => {
    for (const input of stage.inputs) {
      const slash = input.indexOf("/");
      const needed = states.get(input.slice(0, slash))!;
      const artifact = needed.last!.manifest.outputs[input.slice(slash + 1)];
      if (artifact?.kind !== "local") continue;
      if (!await verify(workspace, needed.stage.name, artifact)) continue;
      await restoreInputs(needed.stage);
      onEvent({
        type: "started",
        stage: needed.stage.name,
        reasons: [`${input} is not on this machine and ${stage.name} needs it`],
      });
      const again = await execute(needed);
      const differing = differingOutputs(needed.last!.manifest.outputs, again.outputs);
      if (differing.length > 0) {
        throw new Error(
          `running ${needed.stage.name} again gave other bytes for ${differing.join(", ")}. ` +
            `Its result depends on something that is not in its key.`,
        );
      }
      onEvent({
        type: "finished",
        stage: needed.stage.name,
        seconds: again.provenance.seconds,
      });
    }
  };

  try {
    for (const stage of wanted) {
      try {
        const status = await stageStatus(workspace, stage, code, states, options.isThere);
        states.set(stage.name, status);
        const forced = options.force && targets.includes(stage.name);
        if (status.reasons.length === 0 && !forced) {
          onEvent({ type: "current", stage: stage.name });
          continue;
        }
        await restoreInputs(stage);
        const reasons = status.reasons.length > 0 ? status.reasons : ["--force"];
        onEvent({ type: "started", stage: stage.name, reasons });
        const made = await execute(status);
        // A result that came back the same (a deleted file, say) keeps its first provenance, so
        // that what depends on it stays up to date.
        const last = status.last?.manifest;
        const restored = !forced && last?.key === made.key &&
          String(last.lacking ?? []) === String(made.lacking ?? []) &&
          differingOutputs(last.outputs, made.outputs).length === 0;
        if (!restored) await writeManifest(workspace, stage.name, made);
        await removeOthers(workspace, stage.name, made);
        states.set(stage.name, await stageStatus(workspace, stage, code, states, options.isThere));
        onEvent({ type: "finished", stage: stage.name, seconds: made.provenance.seconds });
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        throw new Error(`Stage ${stage.name}: ${message}`, { cause: error });
      }
    }
    return [...states.values()];
  } finally {
    pool.stop();
    Deno.removeSignalListener("SIGINT", interrupted);
    lock.close();
  }
}

/** Names of outputs that are not the same in both. */
function differingOutputs(
  then: Manifest["outputs"],
  now: Manifest["outputs"],
): string[] {
  return [...new Set([...Object.keys(then), ...Object.keys(now)])]
    .filter((name) => then[name]?.sha256 !== now[name]?.sha256);
}

/** Removes a stage's earlier artifacts, which nothing refers to any more. */
async function removeOthers(
  workspace: Workspace,
  stage: string,
  { outputs }: Manifest,
): Promise<void> {
  const kept = new Set(["manifest.json", ...Object.values(outputs).map((output) => output.file)]);
  for (
    const folder of [
      resultsDirectory(workspace, stage),
      join(workspace.cache, "artifacts", stage),
    ]
  ) {
    try {
      for await (const entry of Deno.readDir(folder)) {
        if (entry.isFile && !kept.has(entry.name)) await Deno.remove(join(folder, entry.name));
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}
