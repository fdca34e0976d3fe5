/** Takes over results from where a study keeps its own, so that a run with other settings computes only what these concern. @module */
import type { Locator } from "../files/locate.ts";
import { linkWhole, writeWhole } from "../files/whole.ts";
import type { Code } from "./keys.ts";
import { manifestPath } from "./manifest.ts";
import type { Planned } from "./stage.ts";
import { type StageStatus, stageStatus } from "./status.ts";
import { load, storedPath, verify } from "./store.ts";
import type { Workspace } from "./workspace.ts";

/**
 * The state of a stage, whose result is copied from another home where it is not up to date here and that
 * one is. Nothing is written there. Whoever calls this has the lock of the cache.
 *
 * @param from the other home
 * @param earlier the states here of the stages before it
 * @throws {Error} where something cannot be written here
 */
export async function takeOver(
  from: string,
  workspace: Workspace,
  planned: Planned,
  code: Code,
  earlier: ReadonlyMap<string, StageStatus>,
  locator: Locator,
): Promise<StageStatus> {
  const stateIn = (place: Workspace) => stageStatus(place, planned, code, earlier, locator);
  const here = await stateIn(workspace);
  if (here.reasons.length === 0) return here;
  const source: Workspace = { ...workspace, home: from };
  const there = await stateIn(source);
  if (there.reasons.length > 0) return here;
  await copy(source, workspace, there);
  return await stateIn(workspace);
}

/** The manifest comes last: from then on the result counts. */
async function copy(from: Workspace, to: Workspace, { planned, last }: StageStatus): Promise<void> {
  const { name } = planned.stage;
  const { manifest, text } = last!;
  for (const stored of Object.values(manifest.outputs)) {
    if (await verify(to, name, stored) === undefined) continue;
    const path = storedPath(to, name, stored);
    if (stored.kind === "local") {
      // Made again where it is needed and is not there. It is large, and nobody but the pipeline has to do with it.
      if (await verify(from, name, stored) === undefined) {
        await linkWhole(storedPath(from, name, stored), path);
      }
    } else await writeWhole(path, await load(from, name, stored));
  }
  await writeWhole(manifestPath(to, name), text);
}
