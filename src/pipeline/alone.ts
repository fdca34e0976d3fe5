/** Runs one stage or one job by itself in a scratch place, on what is recorded. Nothing else runs, and nothing is recorded. @module */
import { dirname, join } from "node:path";
import type { Locator } from "../files/locate.ts";
import { openLock } from "../files/open_lock.ts";
import { makeFolder, removeIfThere, removeUnfinished, unfinishedIn } from "../files/whole.ts";
import { fileName } from "./artifacts.ts";
import { modulePath } from "./code.ts";
import { readersOf, type Source } from "./context.ts";
import type { RunEvent } from "./events.ts";
import { execute } from "./execute.ts";
import type { Executor } from "./executor.ts";
import { asJson, digestPlan, stageIngredients } from "./keys.ts";
import { type Manifest, manifestPath, requireManifest } from "./manifest.ts";
import type {
  Equipment,
  Flat,
  Job,
  Planned,
  Progress,
  Readers,
  StoredFile,
  Written,
} from "./stage.ts";
import { inputName, knownTexts, readsOf } from "./status.ts";
import { load, storedPath, verify } from "./store.ts";
import type { Workspace } from "./workspace.ts";

/** What the names of scratch places tell, and the name of the file by which they are kept. */
export const AGAIN = "again";

/**
 * Makes a scratch place in the cache that no result or finished job reaches, and removes it after `use`.
 * Those of processes that were killed are removed first.
 */
export async function inScratch<T>(
  workspace: Workspace,
  use: (scratch: Workspace) => Promise<T>,
): Promise<T> {
  await makeFolder(workspace.cache);
  // Its shared lock says that a scratch place is in use.
  using used = await openLock(join(workspace.cache, AGAIN));
  if (await used.tryLock(true)) {
    await removeUnfinished(workspace.cache, AGAIN);
    await used.unlock();
  }
  await used.lock(false);
  const home = await unfinishedIn(workspace.cache, AGAIN);
  try {
    return await use({ root: workspace.root, home, cache: join(home, ".cache") });
  } finally {
    await removeIfThere(home);
  }
}

/**
 * Runs a stage that has no jobs on what other stages have recorded.
 *
 * @returns what it wrote to the scratch place
 * @throws {Error} where what it reads is not there, or the stage throws
 */
export async function stageAlone(
  workspace: Workspace,
  scratch: Workspace,
  planned: Planned,
  locator: Locator,
  onEvent: (event: RunEvent) => void,
): Promise<Manifest["outputs"]> {
  const code = await digestPlan(workspace.root, [planned], await knownTexts(workspace, [planned]));
  const sources = new Map<string, Source>();
  for (const input of readsOf(planned.stage)) {
    const source = await copied(workspace, scratch, input);
    if (source) sources.set(inputName(input), source);
  }
  const none = () => Promise.reject(new Error("a stage that runs alone has no jobs"));
  const { outputs } = await execute({
    planned,
    reasons: [],
    lost: false,
    leftovers: [],
    ingredients: stageIngredients(planned, code, {}),
  }, {
    workspace: scratch,
    code,
    locator,
    runner: { run: none, has: none, settled: () => Promise.resolve() },
    force: false,
    equip: none,
    source: (input) => sources.get(inputName(input)),
    onEvent,
  });
  return outputs;
}

/** A recorded artifact at its place in the scratch place, since what is published links to places. */
async function copied(
  workspace: Workspace,
  scratch: Workspace,
  { stage, name }: Written,
): Promise<Source | undefined> {
  const { manifest, text } = await requireManifest(workspace, stage);
  const stored = manifest.outputs[name];
  if (name !== "manifest.json" && !stored) return undefined;
  // What git does not keep may have been made again beside it.
  const lies = async () =>
    stored.kind === "local" && await verify(workspace, stage, stored) ? scratch : workspace;
  const bytes = stored ? await load(await lies(), stage, stored) : new TextEncoder().encode(text);
  const path = stored ? storedPath(scratch, stage, stored) : manifestPath(scratch, stage);
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeFile(path, bytes);
  return { path, sha256: stored?.sha256 ?? "", read: () => Promise.resolve(bytes) };
}

/**
 * Runs a job on files.
 *
 * @throws {Error} as the executor does
 */
export async function jobAlone<P, R extends Flat, W extends Flat>(
  scratch: Workspace,
  job: Job<P, R, W>,
  { label, parameters, files }: {
    readonly label: string;
    readonly parameters: P;
    readonly files: { readonly [K in keyof R]: StoredFile };
  },
  executor: Executor,
  equipment: Equipment,
  progress: Progress,
): Promise<Readers<W>> {
  const output = await unfinishedIn(scratch.home);
  await executor.run(
    {
      key: "",
      label,
      job: job.name,
      declaration: modulePath(scratch.root, job.declaration),
      module: modulePath(scratch.root, job.module),
      parameters: asJson(parameters),
      equipment,
      files: Object.fromEntries(
        Object.entries(job.reads).map(([key, artifact]) => [fileName(key, artifact), files[key]]),
      ),
    },
    output,
    progress,
  );
  return readersOf(job.writes, (name) => {
    const path = join(output, name);
    return { path, sha256: "", read: () => Deno.readFile(path) };
  });
}
