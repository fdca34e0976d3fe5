/**
 * Files named by their content. A file appears under its name whole or not at all: it is written
 * beside its place, synced and renamed.
 *
 * @module
 */
import { extname, join } from "node:path";
import { sha256, sha256File } from "../files/digest.ts";
import { writeWhole } from "../files/whole.ts";

/** A stored artifact. */
export interface Artifact {
  /** File name, with the first twelve digits of its digest: `metrics-3fa9c1d2e4b5.json`. */
  readonly file: string;
  /** SHA-256 of its bytes. */
  readonly sha256: string;
  readonly bytes: number;
  /** `committed` lies in `results/<stage>/`, `local` in the cache, `published` at a fixed place. */
  readonly kind: "committed" | "local" | "published";
}

/** Where one study keeps its files. Paths are absolute. */
export interface Workspace {
  /** The project: where source, `deno.json` and `deno.lock` are. */
  readonly root: string;
  /** Where `results/` and published files such as `report.md` are. */
  readonly home: string;
  /** Where local artifacts and finished jobs are. */
  readonly cache: string;
}

/** The folder of a stage's committed artifacts and manifest. */
export const resultsDirectory = (workspace: Workspace, stage: string): string =>
  join(workspace.home, "results", stage);

/** The path of an artifact of a stage. */
export function artifactPath(workspace: Workspace, stage: string, artifact: Artifact): string {
  switch (artifact.kind) {
    case "committed":
      return join(resultsDirectory(workspace, stage), artifact.file);
    case "local":
      return join(workspace.cache, "artifacts", stage, artifact.file);
    case "published":
      return join(workspace.home, artifact.file);
  }
}

/** Stores content under its name and digest; `published` files keep the plain name. */
export async function store(
  workspace: Workspace,
  stage: string,
  name: string,
  content: Uint8Array | string,
  kind: Artifact["kind"],
): Promise<Artifact> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const hash = sha256(bytes);
  const extension = extname(name);
  const stem = name.slice(0, name.length - extension.length);
  const artifact: Artifact = {
    file: kind === "published" ? name : `${stem}-${hash.slice(0, 12)}${extension}`,
    sha256: hash,
    bytes: bytes.length,
    kind,
  };
  // An artifact that is there already is left alone: large files are not rewritten without need.
  if (await verify(workspace, stage, artifact) !== undefined) {
    // The project's folder itself need not be open to writing for a published file.
    const folder = kind === "published" ? resultsDirectory(workspace, stage) : undefined;
    await writeWhole(artifactPath(workspace, stage, artifact), bytes, folder);
  }
  return artifact;
}

/** Says what is wrong with a stored artifact: `missing` or `altered`; undefined where it verifies. */
export async function verify(
  workspace: Workspace,
  stage: string,
  artifact: Artifact,
): Promise<"missing" | "altered" | undefined> {
  const path = artifactPath(workspace, stage, artifact);
  try {
    return await sha256File(path) === artifact.sha256 ? undefined : "altered";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "missing";
    throw error;
  }
}

/** Reads an artifact and checks it against its digest; throws an Error that names file and digests. */
export async function load(
  workspace: Workspace,
  stage: string,
  artifact: Artifact,
): Promise<Uint8Array> {
  const path = artifactPath(workspace, stage, artifact);
  const bytes = await Deno.readFile(path);
  const found = sha256(bytes);
  if (found !== artifact.sha256) {
    throw new Error(
      `${artifact.file} of stage ${stage} has been altered: its SHA-256 is ${found}, ` +
        `expected ${artifact.sha256}. Delete ${path} and run again.`,
    );
  }
  return bytes;
}
