/**
 * A disk that loses its power: what may be found on it, of operations that are known. For certain there is
 * only what was synced, of a file its bytes, of a folder its names; of the rest anything may be there.
 *
 * @module
 */
import { basename, dirname, relative } from "node:path";
import type { Change } from "./file_operations.ts";
import type { Files } from "./interrupted.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A file: its bytes, those of them that were synced, and where the next write goes. */
interface File {
  now: Bytes;
  synced: Bytes;
  at: number;
}

type Names = Map<string, Node>;

/** A folder: its names, those that were synced, and what changed since, in its order. */
interface Folder {
  now: Names;
  synced: Names;
  changes: ((names: Names) => void)[];
}

type Node = File | Folder;

const isFolder = (node: Node): node is Folder => node.now instanceof Map;
const newFolder = (): Folder => ({ now: new Map(), synced: new Map(), changes: [] });

/** What of unsynced names and bytes is found. */
export interface Loss {
  names(folder: Folder): Names;
  bytes(file: File): Bytes;
}

/** Bytes that were never written, as long as a file: its length is there and they are not. */
function zeros({ now, synced }: File): Bytes {
  const bytes = new Uint8Array(now.length);
  bytes.set(synced.subarray(0, now.length));
  return bytes;
}

/** The losses that are tried at every moment. */
export const LOSSES: Readonly<Record<string, Loss>> = {
  "all that was not synced": { names: ({ synced }) => synced, bytes: ({ synced }) => synced },
  "bytes, not names": { names: ({ now }) => now, bytes: ({ synced }) => synced },
  "bytes, not names and lengths": { names: ({ now }) => now, bytes: zeros },
  "names, not bytes": { names: ({ synced }) => synced, bytes: ({ now }) => now },
  nothing: { names: ({ now }) => now, bytes: ({ now }) => now },
};

/** A loss of this and that: of each folder some changes of names are found, of each file some of its unsynced bytes. `next` gives numbers from 0 to 1. */
export const randomLoss = (next: () => number): Loss => ({
  names({ synced, changes }) {
    const names = new Map(synced);
    // Some systems keep the order of changes, others do not.
    const ordered = next() < 0.5;
    const count = Math.floor(next() * (changes.length + 1));
    changes.filter((_, i) => ordered ? i < count : next() < 0.5).forEach((change) => change(names));
    return names;
  },
  bytes(file) {
    const { now, synced } = file;
    if (now === synced) return now;
    const all = [synced, now, zeros(file), now.slice(0, Math.floor(next() * now.length))];
    return all[Math.floor(next() * all.length)];
  },
});

/** A disk with a folder on it, which holds `files` for certain; the paths of changes begin with `root`. */
export class Disk {
  readonly #top = newFolder();

  constructor(readonly root: string, files: Files) {
    for (const [path, bytes] of files) {
      const parts = path.split("/");
      const name = parts.pop()!;
      let folder = this.#top;
      for (const part of parts) {
        const inner = folder.now.get(part) ?? newFolder();
        if (!isFolder(inner)) throw new Error(`${path} lies in a file`);
        folder.now.set(part, inner);
        folder.synced.set(part, inner);
        folder = inner;
      }
      if (name === "") continue;
      const file: File = { now: bytes, synced: bytes, at: 0 };
      folder.now.set(name, file);
      folder.synced.set(name, file);
    }
  }

  /** Carries an operation out. */
  apply(change: Change): void {
    switch (change.op) {
      case "mkdir":
        return this.#rename(change.path, newFolder());
      case "open": {
        const found = this.#find(change.path);
        if (!found) return this.#rename(change.path, { now: empty, synced: empty, at: 0 });
        const file = asFile(found, change.path);
        file.at = 0;
        if (change.truncate) file.now = empty;
        return;
      }
      case "write": {
        const file = asFile(this.#find(change.path), change.path);
        const bytes = Uint8Array.fromBase64(change.bytes);
        const now = new Uint8Array(Math.max(file.now.length, file.at + bytes.length));
        now.set(file.now);
        now.set(bytes, file.at);
        file.now = now;
        file.at += bytes.length;
        return;
      }
      case "sync": {
        const node = this.#find(change.path);
        if (!node) throw new Error(`${change.path} is synced and not there`);
        if (isFolder(node)) [node.synced, node.changes] = [new Map(node.now), []];
        else node.synced = node.now;
        return;
      }
      case "rename": {
        const node = this.#find(change.path);
        if (!node) throw new Error(`${change.path} is renamed and not there`);
        return this.#rename(change.to, node, change.path);
      }
      case "link": {
        const node = this.#find(change.path);
        if (!node) throw new Error(`${change.path} gets a second name and is not there`);
        return this.#rename(change.to, node);
      }
      case "remove":
        return this.#rename(undefined, undefined, change.path);
      case "utime":
        return;
    }
  }

  /** What is found after a loss. */
  after({ names, bytes }: Loss): Files {
    const files = new Map<string, Bytes>();
    const visit = (folder: Folder, above: string) => {
      for (const [name, node] of names(folder)) {
        const path = above + name;
        if (!isFolder(node)) {
          files.set(path, bytes(node));
          continue;
        }
        const before = files.size;
        visit(node, `${path}/`);
        if (files.size === before) files.set(`${path}/`, empty);
      }
    };
    visit(this.#top, "");
    return files;
  }

  #find(path: string): Node | undefined {
    const below = relative(this.root, path);
    let node: Node | undefined = this.#top;
    for (const name of below === "" ? [] : below.split(/[/\\]/)) {
      node = node && isFolder(node) ? node.now.get(name) : undefined;
    }
    return node;
  }

  #folderOf(path: string): Folder {
    const found = this.#find(dirname(path));
    if (!found || !isFolder(found)) throw new Error(`there is no folder for ${path}`);
    return found;
  }

  /** Gives a node a name, or takes one from it; both at once where both are in one folder. */
  #rename(to: string | undefined, node: Node | undefined, from?: string): void {
    const take = (names: Names) => void (from === undefined || names.delete(basename(from)));
    const give = (names: Names) => void (to === undefined || names.set(basename(to), node!));
    const [source, target] = [from, to].map((path) => path && this.#folderOf(path));
    const record = (folder: Folder, change: (names: Names) => void) => {
      change(folder.now);
      folder.changes.push(change);
    };
    if (source && source === target) {
      record(source, (names) => {
        take(names);
        give(names);
      });
      return;
    }
    // Both names may be found, or none.
    if (target) record(target, give);
    if (source) record(source, take);
  }
}

const empty = new Uint8Array();

function asFile(node: Node | undefined, path: string): File {
  if (!node || isFolder(node)) throw new Error(`${path} is written and no file`);
  return node;
}
