/**
 * Starts jobs with the rights that their backend takes and no others, in the sandbox that set-up found or
 * by a launcher.
 *
 * @module
 */
import { basename } from "node:path";
import { pathList } from "../src/files/flags.ts";
import type { Executor } from "../src/pipeline/executor.ts";
import { processes, type Rights } from "../src/pipeline/processes.ts";
import type { Equipment } from "../src/pipeline/stage.ts";
import { readChoice } from "../src/runtime/choice.ts";
import { confined, loadingOf, readSandbox } from "../src/runtime/sandbox.ts";

/**
 * An executor for the jobs of a project.
 *
 * @param cache the folder that runs are bound to; see `ProcessOptions`
 * @param launch words of a launcher; see `ProcessOptions`
 */
export const jobProcesses = (
  root: string,
  cache?: string,
  launch?: readonly string[],
): Executor => jobExecutors(root, cache, launch)();

/** As `jobProcesses`, any number of executors, each of which can be stopped without the others. */
export function jobExecutors(
  root: string,
  cache?: string,
  launch?: readonly string[],
): () => Executor {
  const found = new Map<string, Promise<Rights>>();
  return () =>
    processes({
      root,
      cache,
      launch,
      rights({ variant }) {
        // Jobs are many, and what they load has been verified once before the first.
        if (!found.has(variant)) found.set(variant, rightsOf(root, variant));
        return found.get(variant)!;
      },
    });
}

/** What a run says before the first job that a launcher starts. */
export const describeLaunch = ([program]: readonly string[]): string =>
  `Jobs are started by ${
    basename(program)
  }, in no sandbox of this machine; Deno's permissions hold.`;

async function rightsOf(root: string, variant: Equipment["variant"]): Promise<Rights> {
  // `equip` has verified the native files.
  const choice = variant === "graph" ? await readChoice(root) : { tensorflow: null };
  const { native, places } = await loadingOf(choice, root);
  const sandbox = await readSandbox(root);
  const variables = ["TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "TF_CPP_MIN_LOG_LEVEL"];
  return {
    read: places,
    flags: [
      `--allow-env=${["TMPDIR", "TMP", "TEMP", ...(native.length > 0 ? variables : [])]}`,
      ...(native.length > 0 ? [`--allow-ffi=${pathList(native, root)}`] : []),
    ],
    confined: sandbox && ((command, places) => confined(sandbox, command, places)),
  };
}
