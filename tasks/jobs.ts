/** Starts jobs with the rights that their backend takes and no others, in the sandbox that set-up found. @module */
import { dirname } from "node:path";
import { pathList } from "../src/files/flags.ts";
import type { Executor } from "../src/pipeline/executor.ts";
import { processes, type Rights } from "../src/pipeline/processes.ts";
import type { Equipment } from "../src/pipeline/stage.ts";
import { readChoice } from "../src/runtime/choice.ts";
import { confined, linkedPlaces, nativeFiles, readSandbox } from "../src/runtime/sandbox.ts";

/**
 * An executor for the jobs of a project.
 *
 * @param cache the folder that runs are bound to; see `ProcessOptions`
 */
export function jobProcesses(root: string, cache?: string): Executor {
  const found = new Map<string, Promise<Rights>>();
  return processes({
    root,
    cache,
    rights({ variant, ...equipment }) {
      // Jobs are many, and what they load has been verified once before the first.
      if (!found.has(variant)) found.set(variant, rightsOf(root, { variant, ...equipment }));
      return found.get(variant)!;
    },
  });
}

async function rightsOf(root: string, { variant }: Equipment): Promise<Rights> {
  const { paths, real } = variant === "graph"
    ? await nativeFiles(await readChoice(root), root)
    : { paths: [], real: [] };
  // `equip` has verified them.
  const native = [...new Set([...paths, ...real])];
  const sandbox = await readSandbox(root);
  const variables = ["TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "TF_CPP_MIN_LOG_LEVEL"];
  return {
    read: [...await linkedPlaces(root), ...real.map(dirname)],
    flags: [
      `--allow-env=${["TMPDIR", "TMP", "TEMP", ...(native.length > 0 ? variables : [])]}`,
      ...(native.length > 0 ? [`--allow-ffi=${pathList(native, root)}`] : []),
    ],
    confined: sandbox && ((command, places) => confined(sandbox, command, places)),
  };
}
