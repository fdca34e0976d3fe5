/** The drawn study, as a whole: what comes out of it. @module */
import { join } from "node:path";

/** Where it lies. */
export const DRAWN = "studies/garments";

/** What of a manifest is looked at here. */
export interface Written {
  readonly outputs: Record<string, { sha256: string }>;
  readonly provenance: {
    jobs: Record<string, { key: string; facts: { machine?: { host: string } } }>;
  };
}

/** The manifest of a stage of a study. */
export const manifestOf = async (home: string, stage: string): Promise<Written> =>
  JSON.parse(await Deno.readTextFile(join(home, "results", stage, "manifest.json")));

/** Digests of all artifacts by stage and name; those that tell times, manifests and the page, are not among them. */
export async function digests(home: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { name: stage, isDirectory } of Deno.readDir(join(home, "results"))) {
    if (!isDirectory) continue;
    const { outputs } = await manifestOf(home, stage);
    for (const [name, { sha256 }] of Object.entries(outputs)) {
      if (!/^report\.(md|html)$/.test(name)) found[`${stage}/${name}`] = sha256;
    }
  }
  return found;
}
