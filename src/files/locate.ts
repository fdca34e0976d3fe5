/**
 * Finds files of other people's: in a folder that the user named, in the cache, or at a public
 * address, from which it goes to the cache. Wherever a file lies, its digest says whether it is the
 * one that is meant.
 *
 * @module
 */
import { join } from "node:path";
import { digestLike, hashName, sha256File } from "./digest.ts";
import { download, DownloadError, type Progress } from "./download.ts";
import { explained, messageOf } from "./explain.ts";
import { foreignForm, FORM_BYTES } from "./forms.ts";

export type { Progress } from "./download.ts";

/** A file of other people's, or a folder of such, the same wherever it is kept. */
export interface OutsideFile {
  /** The same wherever it lies. */
  readonly name: string;
  /** SHA-256 (64) or MD5 (32 hexadecimal digits) of its bytes. */
  readonly digest: string;
  /** Where it is a folder: what the digest of one is. */
  readonly digestOf?: (folder: string) => Promise<string>;
  /** Where it can be downloaded, in the order in which they are asked. May be empty. */
  readonly addresses: readonly string[];
  /** Which folders it is looked for in: a key of the locator's folders, such as `data`. */
  readonly kind: string;
}

/** A folder of the user's that is looked into. */
export interface Place {
  /** Name of the environment variable that may name it; a fixed place if omitted. */
  readonly variable?: string;
  /** Its path; the variable is not set if omitted. */
  readonly path?: string;
}

/** Where files of one kind are on this machine. */
export interface Folder {
  /** Looked into in this order, before the cache. */
  readonly places: readonly Place[];
  /** Folder where downloads go. */
  readonly cache: string;
}

/** A store that machines share, as much of it as is asked for files of other people's. */
export interface FileStore {
  /** Writes the file of a digest to `path`, whole or not at all; returns whether the store has it. */
  fetch(digest: string, path: string): Promise<boolean>;
  /** Keeps a file, unless the store has it, under a digest. */
  keep(file: { readonly path: string; readonly sha256: string }, digest: string): Promise<void>;
}

/** Finds files. */
export interface Locator {
  /**
   * Path of a file whose digest is right: in the user's folder, or else in the cache's, where it comes
   * from the shared store, or is downloaded and then kept in that, if it is not there yet. Asked for one file several times at once, it looks for it once.
   *
   * @param progress told bytes while downloading
   * @throws {UnavailableError} where it is nowhere
   * @throws {Error} where a file of that name is another one or cannot be read, or the cache cannot be
   * written, with what to do
   */
  find(file: OutsideFile, progress: Progress): Promise<string>;
  /** Whether a file or folder of that name is on this machine, right or not. */
  isThere(file: Pick<OutsideFile, "kind" | "name" | "digestOf">): Promise<boolean>;
}

/** A file is in no place where it could be; the message says what to do. */
export class UnavailableError extends Error {
  /** Its class. */
  override name = "UnavailableError";
  /**
   * Says where it was looked for, and what to do.
   *
   * @param file its name
   * @param reasons one line a place: `<place>: <why>`
   * @param folder where it was looked for
   * @param ways what to do
   */
  constructor(
    readonly file: string,
    readonly reasons: readonly string[],
    readonly folder: Folder,
    ways: string,
  ) {
    super(
      `${file} cannot be had: it is in none of these places.\n` +
        reasons.map((line) => `  ${line}\n`).join("") + ways,
    );
  }
}

/**
 * A locator for files of the kinds that `folders` names.
 *
 * @param store asked before public addresses; files alone are kept there, and no folders. None if omitted.
 */
export function locator(
  folders: { readonly [kind: string]: Folder },
  store?: FileStore,
): Locator {
  const folderOf = (kind: string): Folder => {
    if (!Object.hasOwn(folders, kind)) throw new Error(`No folder is known for files of ${kind}.`);
    return folders[kind];
  };
  const wanted = new Map<string, Promise<string>>();
  return {
    async find(file, progress) {
      const folder = folderOf(file.kind);
      const key = JSON.stringify([file.kind, file.name, file.digest]);
      const found = wanted.get(key) ?? findIn(folder, file, progress, store);
      wanted.set(key, found);
      try {
        return await found;
      } finally {
        wanted.delete(key);
      }
    },
    async isThere({ kind, name, digestOf }) {
      const { places, cache } = folderOf(kind);
      for (const place of [...places.flatMap(({ path }) => path ?? []), cache]) {
        const info = await Deno.stat(join(place, name)).catch(() => undefined);
        if (digestOf ? info?.isDirectory : info?.isFile) return true;
      }
      return false;
    },
  };
}

/** The variable by which the user may name a folder. */
export function variableOf({ places }: Folder): string {
  const variable = places.find(({ variable }) => variable !== undefined)?.variable;
  if (variable === undefined) throw new Error("No variable names a folder for these files.");
  return variable;
}

async function findIn(
  folder: Folder,
  file: OutsideFile,
  progress: Progress,
  store: FileStore | undefined,
): Promise<string> {
  const { places, cache } = folder;
  const reasons: string[] = [];
  for (const { variable, path: directory } of places) {
    if (directory === undefined) {
      reasons.push(`${variable}: not set`);
      continue;
    }
    const path = join(directory, file.name);
    const remedy = "Put the original in its place, or declare its digest in study.ts.";
    if (await isRight(path, file, remedy)) return path;
    const there = await Deno.stat(directory).then((info) => info.isDirectory, () => false);
    const place = variable === undefined ? directory : `${variable}, ${directory}`;
    reasons.push(`${place}: ${there ? "not there" : "there is no such folder"}`);
  }
  const path = join(cache, file.name);
  const published = file.addresses.length > 0;
  const remedy = published
    ? "Delete it, and it is fetched again."
    : "Put the original in its place; it has no public address.";
  if (await isRight(path, file, remedy)) return path;
  reasons.push(`${cache}: not there`);
  const shared = file.digestOf ? undefined : store;
  if (shared) {
    progress(0, 0, `fetching ${file.name} from the store`);
    if (await shared.fetch(file.digest, path)) return path;
    reasons.push("the shared store: not there");
  }

  const ways = `Set ${
    variableOf(folder)
  } to a folder that holds ${file.name}, or put it into ${cache}`;
  if (!published) {
    reasons.push("public addresses: there is none");
    throw new UnavailableError(file.name, reasons, folder, `${ways}.`);
  }
  try {
    await download(file.addresses, path, { digest: file.digest, progress });
    await shared?.keep({ path, sha256: await sha256File(path) }, file.digest);
    return path;
  } catch (error) {
    if (!(error instanceof DownloadError)) throw error;
    reasons.push(...error.failures.map(({ address, why }) => `${address}: ${why}`));
    throw new UnavailableError(
      file.name,
      reasons,
      folder,
      `${ways}, or run this where one of its addresses can be reached.`,
    );
  }
}

/**
 * Whether the file of this digest is at `path`; false where nothing is.
 *
 * @throws {Error} where another file is there, or something that cannot be read, with `remedy`
 */
async function isRight(
  path: string,
  { digest, digestOf }: OutsideFile,
  remedy: string,
): Promise<boolean> {
  let found: string;
  try {
    const { isFile, isDirectory } = await Deno.stat(path);
    if (!(digestOf ? isDirectory : isFile)) {
      throw new Error(`it is no ${digestOf ? "folder" : "file"}`);
    }
    found = await (digestOf?.(path) ?? digestLike(digest, path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return false;
    }
    const why = messageOf(error);
    // Of a disk or a place, what is said says it all.
    const said = explained(error) === error ? `${path} cannot be read: ${why}.` : why;
    throw new Error(
      `${said}\nA ${digestOf ? "folder" : "file"} that may be read is expected there, or nothing.`,
      { cause: error },
    );
  }
  if (found === digest) return true;
  const algorithm = hashName(digest);
  const form = digestOf ? undefined : foreignForm(await headOf(path));
  throw new Error(
    `${path} is not the ${digestOf ? "folder" : "file"} that study.ts declares.\n` +
      (form === undefined ? "" : `It is ${form}\n`) +
      `  ${algorithm} expected: ${digest}\n` +
      `  ${algorithm} found:    ${found}\n` +
      remedy,
  );
}

/** The first bytes of a file, as many as tell what it is. */
async function headOf(path: string): Promise<Uint8Array> {
  using file = await Deno.open(path);
  const head = new Uint8Array(FORM_BYTES);
  return head.subarray(0, await file.read(head) ?? 0);
}
