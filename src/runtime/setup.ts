/**
 * Finds the fastest backend that this machine can have, and remembers it.
 *
 * @module
 */
import { join, relative } from "node:path";
import {
  type Backend,
  type Choice,
  FORMAT,
  libtensorflowDir,
  PLATFORM,
  PROJECT,
  runtimeDirectory,
  type TensorFlowRuntime,
  TFJS_VERSION,
  validChoice,
  writeChoice,
} from "./choice.ts";
import { openLock } from "../files/open_lock.ts";
import { variable, type Variables } from "../files/programs.ts";
import { removeUnfinished } from "../files/whole.ts";
import { bounded } from "./command.ts";
import { alteration } from "./native.ts";
import { reasonOf } from "./reason.ts";
import { findSandbox, readSandbox } from "./sandbox.ts";
import { TRIAL, tryOut } from "./trial.ts";
import type { Found, Way, WayTask } from "./ways.ts";

/** What a set-up is asked for. */
export interface SetupOptions {
  /** The backend to have; the fastest there is if omitted. */
  readonly backend?: Backend;
  /** Looks again even where a valid choice is remembered. */
  readonly force?: boolean;
  /** Tells what goes on, and how far it is where that can be counted. */
  progress(label: string, done?: number, total?: number): void;
  /** For tests: the project's root, the environment, the ways, and what tries a backend. */
  readonly root?: string;
  readonly variables?: Variables;
  readonly ways?: readonly Way[];
  readonly tryOut?: typeof tryOut;
}

/** Longest time to wait for another set-up in the same project. */
const PATIENCE = 90 * 60_000;

/**
 * Returns the remembered choice where it holds and fits, or else makes and remembers one. Two set-ups
 * at once are no trouble: the second waits for the first.
 *
 * @throws {Error} where the backend asked for, or any at all, cannot be had, with every reason; what
 * was remembered stays
 */
export async function setUp(options: SetupOptions): Promise<Choice> {
  const { root = PROJECT, variables = variable } = options;
  if (!options.force) {
    const kept = await fitting(root, variables, options.backend);
    if (kept && await readSandbox(root)) return kept;
  }
  const directory = runtimeDirectory(root);
  await Deno.mkdir(directory, { recursive: true });
  using lock = await openLock(join(directory, "lock"));
  const began = performance.now();
  let waited = false;
  while (!await lock.tryLock(true)) {
    if (!waited) options.progress("Waiting for another set-up");
    waited = true;
    if (performance.now() - began > PATIENCE) {
      throw new Error("Another set-up in this project has not ended for 90 minutes.");
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  if (waited || !options.force) {
    const kept = await fitting(root, variables, options.backend);
    if (kept) {
      if (!await readSandbox(root)) await findSandbox(kept, root);
      return kept;
    }
  }
  // Loaded only where it is needed: most calls find a choice that holds.
  const { ways } = await import("./ways.ts");
  await removeUnfinished(directory);
  const choice = await choose(root, variables, { ways, ...options });
  await writeChoice(choice, root);
  await findSandbox(choice, root);
  return choice;
}

/** The remembered choice, if it holds, is what is asked for, and no file of it has been altered. */
async function fitting(
  root: string,
  variables: Variables,
  backend: Backend | undefined,
): Promise<Choice | undefined> {
  const choice = await validChoice(root, variables);
  if (!choice) return undefined;
  if ((backend ?? choice.backend) === "tensorflow") {
    if (choice.tensorflow === null) return undefined;
    if (await alteration(root, choice.tensorflow.files)) return undefined;
  }
  if (backend === undefined || choice.backend === backend) return choice;
  // What is known of libtensorflow stays, so that going to and fro between the two costs little.
  const other: Choice = { ...choice, backend, requested: true };
  await writeChoice(other, root);
  return other;
}

async function choose(
  root: string,
  variables: Variables,
  options: SetupOptions & { readonly ways: readonly Way[] },
): Promise<Choice> {
  const { backend } = options;
  const attempt = options.tryOut ?? tryOut;
  const choice = {
    format: FORMAT,
    platform: PLATFORM,
    tfjs: TFJS_VERSION,
    libtensorflowDir: libtensorflowDir(variables),
    requested: backend !== undefined,
  };
  const { tensorflow, skipped } = backend === "wasm"
    ? { tensorflow: null, skipped: [] }
    : await search({ root, variables, progress: options.progress }, options.ways, attempt);
  if (tensorflow) return { ...choice, backend: "tensorflow", tensorflow, skipped };
  if (backend === "tensorflow") {
    throw new Error(`TensorFlow cannot be had on this machine.\n${listReasons(skipped)}`);
  }
  try {
    await bounded("trying it out", TRIAL, (signal) => attempt("wasm", signal));
  } catch (error) {
    const reasons = [...skipped, { way: "WebAssembly", reason: reasonOf(error) }];
    throw new Error(`No backend works on this machine.\n${listReasons(reasons)}`);
  }
  return { ...choice, backend: "wasm", tensorflow: null, skipped };
}

/** Goes through the ways until one finds a libtensorflow that computes. */
async function search(
  task: Omit<WayTask, "signal">,
  ways: readonly Way[],
  attempt: typeof tryOut,
): Promise<{ tensorflow: TensorFlowRuntime | null; skipped: Choice["skipped"] }> {
  const { root, progress } = task;
  const skipped: Choice["skipped"] = [];
  for (const way of ways) {
    let found: Found | undefined;
    try {
      found = await bounded("this", way.limit, (signal) => way.find({ ...task, signal }));
      if (!found) continue;
      const addon = found.files[0].path;
      progress("Trying it out");
      const version = await bounded("trying it out", TRIAL, (signal) => attempt(addon, signal));
      const files = found.files.map(({ path, ...measured }) => {
        const inside = relative(root, path);
        return { path: inside.startsWith("..") ? path : inside, ...measured };
      });
      await found.keep?.();
      const { origin, pinned = false } = found;
      return { tensorflow: { origin, version, pinned, files }, skipped };
    } catch (error) {
      skipped.push({ way: way.name, reason: reasonOf(error) });
      await found?.discard?.().catch(() => {});
    }
  }
  return { tensorflow: null, skipped };
}

/** One line on what was chosen and why. */
export function describeChoice(choice: Choice): string {
  const { backend, tensorflow, skipped, requested } = choice;
  if (backend === "wasm") {
    const why = requested ? "as asked for" : "TensorFlow cannot be had on this machine";
    return `Backend: WebAssembly (TensorFlow.js ${choice.tfjs}), ${why}.`;
  }
  const { origin, version, pinned } = tensorflow!;
  const what = {
    installed: "the addon in node_modules",
    "libtensorflow-dir": `an addon built against ${choice.libtensorflowDir}`,
    download: "tfjs-node's official download (not pinned: its digests are those of its first use)",
    wheel: "an addon built against the PyPI wheel" +
      (pinned ? "" : " (not pinned: its digest is the one that the index gave)"),
  }[origin];
  const passed = skipped.map(({ way, reason }) => `${way}: ${reason}`).join("; ");
  const why = requested ? "as asked for" : "the fastest that this machine can have";
  return `Backend: TensorFlow ${version} through ${what}, ${why}${passed && ` (${passed})`}.`;
}

/** A line a reason. */
export function listReasons(skipped: Choice["skipped"]): string {
  return skipped.map(({ way, reason }) => `  ${way}: ${reason}`).join("\n");
}
