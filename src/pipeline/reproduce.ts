/** Runs stages again from nothing, in a scratch place, and compares what comes out with what was recorded. @module */
import { inScratch } from "./alone.ts";
import { compareOutputs, type Manifest, readManifest, requireManifest } from "./manifest.ts";
import type { RunEvent } from "./events.ts";
import { run, type RunOptions } from "./run.ts";
import type { Planned } from "./stage.ts";
import { withNeeds } from "./status.ts";
import type { Workspace } from "./workspace.ts";

/** What came of running one stage again. */
export interface Reproduced {
  readonly stage: string;
  /** Names of the artifacts that came out with the recorded bytes, and of those that did not. */
  readonly same: readonly string[];
  readonly differing: readonly string[];
}

/**
 * Runs `targets`, and all that they need, in a scratch folder of the cache that no earlier result or
 * finished job reaches, hands it to `look` together with the comparison, and removes it.
 *
 * @throws {Error} before any work where a target has no manifest that can be used, with the reason
 * @throws {Error} as `run` does
 */
export async function reproduce<T>(
  workspace: Workspace,
  plan: readonly Planned[],
  targets: readonly string[],
  options: RunOptions,
  onEvent: (event: RunEvent) => void,
  look: (scratch: Workspace, reproduced: readonly Reproduced[]) => Promise<T>,
): Promise<T> {
  // Names that are none are said to be so.
  withNeeds(plan, targets);
  const recorded = await Promise.all(targets.map(async (stage) => {
    const found = await readManifest(workspace, stage);
    if ("manifest" in found) return { stage, outputs: found.manifest.outputs };
    throw new Error(`There is nothing to compare with: the manifest of ${stage} ${found.problem}.`);
  }));
  return await inScratch(workspace, async (scratch) => {
    await run(scratch, plan, targets, options, onEvent);
    const reproduced = await Promise.all(recorded.map((then) => compare(scratch, then)));
    return await look(scratch, reproduced);
  });
}

async function compare(
  scratch: Workspace,
  { stage, outputs }: { readonly stage: string } & Pick<Manifest, "outputs">,
): Promise<Reproduced> {
  const { manifest } = await requireManifest(scratch, stage);
  return { stage, ...compareOutputs(outputs, manifest.outputs) };
}
