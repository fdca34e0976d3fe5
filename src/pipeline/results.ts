/** The artifacts of a stage's last result, read as they are declared. @module */
import { readersOf } from "./context.ts";
import { requireManifest } from "./manifest.ts";
import type { Manifest } from "./manifest.ts";
import type { Reader, Readers, Stage } from "./stage.ts";
import { sourceOf } from "./store.ts";
import type { Workspace } from "./workspace.ts";

/**
 * Readers of everything that a stage has written, and of its manifest.
 *
 * @throws {Error} where it has no manifest that can be used
 */
export async function artifactsIn<P, R, W extends Stage["writes"], J>(
  workspace: Workspace,
  { name: stage, writes }: Stage<P, R, W, J>,
): Promise<Readers<W> & { readonly manifest: Pick<Reader<Manifest>, "read"> }> {
  const { manifest: recorded } = await requireManifest(workspace, stage);
  const { outputs } = recorded;
  const readers: Readers<W> = readersOf(writes, (name) => {
    const stored = outputs[name];
    return stored && sourceOf(workspace, stage, stored);
  });
  const manifest = { read: () => Promise.resolve(recorded) };
  return { ...readers, manifest };
}
