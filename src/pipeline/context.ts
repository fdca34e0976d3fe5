/** Readers and writers of declared artifacts, as stages and jobs get them. @module */
import { messageOf } from "../files/explain.ts";
import { type Artifact, mapTree, type Tree } from "./artifacts.ts";
import type { Reader, Readers, StoredFile, Writers } from "./stage.ts";

/** A file that can be read. */
export interface Source extends StoredFile {
  /** Its bytes, checked against its digest where that is not known to hold. */
  read(): Promise<Uint8Array>;
}

/** A reader of one artifact; `source` is asked for when it is read. */
export function readerOf<T>(
  artifact: Artifact<T>,
  name: string,
  source: () => Source | undefined,
): Reader<T | undefined> {
  return {
    async read() {
      const found = source();
      if (!found) {
        if (artifact.optional) return undefined;
        throw new Error(`there is no ${name} to read`);
      }
      try {
        return artifact.decode(await found.read(), name);
      } catch (error) {
        const message = messageOf(error);
        throw message.includes(name) ? error : new Error(`${name}: ${message}`, { cause: error });
      }
    },
    get file() {
      const found = source();
      if (!found) throw new Error(`there is no ${name} to read`);
      return { path: found.path, sha256: found.sha256 };
    },
  };
}

/** Readers of a tree. `source` says where a file lies by its name, or that it was left out. */
export function readersOf<R extends Tree>(
  tree: R,
  source: (name: string, artifact: Artifact) => Source | undefined,
): Readers<R> {
  // The tree has the same keys; that `map` fits each of them is what the compiler cannot follow.
  return mapTree(
    tree,
    (artifact, name) => readerOf(artifact, name, () => source(name, artifact)),
  ) as Readers<R>;
}

/** Writers of a tree. `write` keeps a value under a name and returns the name of the file. */
export function writersOf<W extends Tree>(
  tree: W,
  write: (name: string, artifact: Artifact, value: unknown) => Promise<string>,
): Writers<W> {
  // As in `readersOf`.
  return mapTree(tree, (artifact, name) => ({
    write: "family" in artifact
      ? (member: string, value: unknown) => write(member + artifact.extension, artifact, value)
      : (value: unknown) => write(name, artifact, value),
  })) as Writers<W>;
}
