/**
 * The artifacts of stages as files named by their content.
 *
 * @module
 */
import { extname, join } from "node:path";
import { sha256, sha256File } from "../files/digest.ts";
import { messageOf } from "../files/explain.ts";
import { readPlain } from "../files/plain.ts";
import { type Content, isPart, writeWhole } from "../files/whole.ts";
import type { Kind } from "./artifacts.ts";
import type { Source } from "./context.ts";
import type { Stored } from "./manifest.ts";
import { localDirectory, resultsDirectory, type Workspace } from "./workspace.ts";

/** The path of an artifact of a stage. */
export function storedPath(
  workspace: Workspace,
  stage: string,
  { kind, file }: Pick<Stored, "kind" | "file">,
): string {
  switch (kind) {
    case "committed":
      return join(resultsDirectory(workspace, stage), file);
    case "local":
      return join(localDirectory(workspace, stage), file);
    case "published":
      return join(workspace.home, file);
  }
}

/** All bytes of a file's content. */
async function whole(content: Content): Promise<Uint8Array> {
  if (typeof content === "string") return new TextEncoder().encode(content);
  if (content instanceof Uint8Array) return content;
  const parts = await Array.fromAsync(content);
  return new Uint8Array(await new Blob(parts.map((part) => part.slice())).arrayBuffer());
}

/**
 * The name of an artifact's file: with the first twelve digits of its digest; `published` files keep the
 * plain name.
 */
export function storedName(name: string, sha256: string, kind: Kind): string {
  if (kind === "published") return name;
  const extension = extname(name);
  return `${name.slice(0, name.length - extension.length)}-${sha256.slice(0, 12)}${extension}`;
}

/** Stores content under the name that `storedName` gives it. */
export async function store(
  workspace: Workspace,
  stage: string,
  name: string,
  content: Content,
  kind: Kind,
): Promise<Stored> {
  const bytes = await whole(content);
  const hash = sha256(bytes);
  const stored: Stored = {
    file: storedName(name, hash, kind),
    sha256: hash,
    bytes: bytes.length,
    kind,
  };
  // An artifact that is there already is left alone: large files are not rewritten without need.
  if (await verify(workspace, stage, stored) !== undefined) {
    // The project's folder itself need not be open to writing for a published file.
    const folder = kind === "published" ? resultsDirectory(workspace, stage) : undefined;
    await writeWhole(storedPath(workspace, stage, stored), bytes, folder);
  }
  return stored;
}

/**
 * Says what is wrong with a stored artifact: `missing`, `altered`, or why it cannot be read; undefined
 * where it verifies.
 */
export async function verify(
  workspace: Workspace,
  stage: string,
  stored: Stored,
): Promise<string | undefined> {
  const path = storedPath(workspace, stage, stored);
  try {
    const { isFile, size } = await Deno.stat(path);
    // A pipe, say, would never end.
    if (!isFile) return "no file; move away what is in its place";
    if (size !== stored.bytes) return "altered";
    return await sha256File(path) === stored.sha256 ? undefined : "altered";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "missing";
    return `unreadable (${messageOf(error)})`;
  }
}

/**
 * Reads an artifact and checks it against its digest.
 *
 * @throws {Error} that names the file, and says what to do, where it is missing, another one (with both
 * digests), no file, or cannot be read
 */
export async function load(
  workspace: Workspace,
  stage: string,
  stored: Stored,
): Promise<Uint8Array> {
  const path = storedPath(workspace, stage, stored);
  const bytes = await readPlain(path).catch((error) => {
    const why = error instanceof Deno.errors.NotFound ? "it is missing" : error.message;
    throw new Error(
      `${stored.file} of stage ${stage} cannot be read: ${why}. Run the stage again.`,
      { cause: error },
    );
  });
  const found = sha256(bytes);
  if (found !== stored.sha256) {
    throw new Error(
      `${stored.file} of stage ${stage} has been altered: its SHA-256 is ${found}, ` +
        `expected ${stored.sha256}. Delete ${path} and run again.`,
    );
  }
  return bytes;
}

/** A stored artifact as readers take it; read, it is checked as by `load`. */
export const sourceOf = (workspace: Workspace, stage: string, stored: Stored): Source => ({
  path: storedPath(workspace, stage, stored),
  sha256: stored.sha256,
  read: () => load(workspace, stage, stored),
});

/** How `store` names the files of a stage: by twelve digits of their digest. */
const OWN_NAME = /^.+-[0-9a-f]{12}(\.[a-z0-9]+)?$/;

/**
 * Paths of what earlier results of a stage and interrupted runs have left: files of the store's own naming
 * that are not among `kept`, and those that never got their name. Whatever else lies there is somebody's own; a link in place of a folder is not followed.
 */
export async function leftovers(
  workspace: Workspace,
  stage: string,
  kept: readonly Stored[],
): Promise<string[]> {
  const names = new Set(kept.map(({ file }) => file));
  const found: string[] = [];
  for (
    const folder of [resultsDirectory(workspace, stage), localDirectory(workspace, stage)]
  ) {
    const info = await Deno.lstat(folder).catch(() => undefined);
    if (!info?.isDirectory) continue;
    // Where the folder may not be read, nothing is known of what is left there.
    for (const { name, isFile } of await Array.fromAsync(Deno.readDir(folder)).catch(() => [])) {
      const own = OWN_NAME.test(name) || isPart(name);
      if (isFile && own && !names.has(name)) found.push(join(folder, name));
    }
  }
  return found.sort();
}

/** Removes what earlier results of a stage have left; see `leftovers`. */
export async function removeLeftovers(
  workspace: Workspace,
  stage: string,
  kept: readonly Stored[],
): Promise<void> {
  for (const path of await leftovers(workspace, stage, kept)) await Deno.remove(path);
}
