/** What errors say to people: those of a disk or a place with the path, the reason and what to do. @module */

/** Codes of errors that say what is wrong with a disk or a place, and what to do about it. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: "there is no space left on its disk (or no file may be added); free some and run again",
  EDQUOT: "your share of its disk is used up; free some and run again",
  EROFS: "its disk is read-only; use a folder on another one, or have it made writable",
  EACCES:
    "it or its folder belongs to somebody else or is closed; give yourself the right, or use another folder",
  EPERM:
    "it or its folder may be changed by its owner alone, or by nobody; give yourself the right, or use another folder",
  EISDIR: "a folder is in its place; move that away",
  ENOTDIR: "something that is no folder stands in its path; move that away",
  EEXIST: "something else stands in its path or its place; move that away",
  ENAMETOOLONG: "its path is too long; use a folder with a shorter one",
  ELOOP: "the links in its path lead in a circle; remove one",
  EIO: "its disk fails; see what the system says of it, and use another one",
  ENOLCK: "its disk has no locks to give; use a folder on another one",
};

/** What Deno says of an error of the system's: what went wrong, what was tried, and where it tells, at which path. */
const SYSTEM = /^.* \(os error \d+\)(?:: (\w+)(?: '.*' ->)?(?: '(.*)')?)?$/s;

/** What cannot be done with a path, by what was tried. */
const TRIED: Readonly<Record<string, string>> = {
  open: "opened",
  stat: "read",
  lstat: "read",
  readdir: "read",
  readfile: "read",
  readlink: "read",
  realpath: "read",
  remove: "removed",
};

/**
 * An error of a disk or a place as a sentence with path and remedy, and its code; any other one as it is.
 *
 * @param path where it was, in place of the path that the system names
 * @param otherwise where it was, where neither is known: Deno does not always tell
 */
export function explained(error: unknown, path?: string, otherwise?: string): unknown {
  if (!(error instanceof Error && "code" in error)) return error;
  const remedy = REMEDIES[String(error.code)];
  const [whole, tried = "", named] = SYSTEM.exec(error.message) ?? [];
  if (remedy === undefined || whole === undefined) return error;
  const place = path ?? named ?? otherwise;
  const what = (path === undefined && TRIED[tried]) || "written";
  const told = place === undefined ? whole : `${place} cannot be ${what}`;
  return Object.assign(new Error(`${told}: ${remedy}.`, { cause: error }), { code: error.code });
}

/**
 * Whether the code of an error, or of what a job's error carries, says that a disk takes nothing more:
 * then nothing follows for what was tried.
 */
export const takesNothing = (error: unknown): boolean =>
  error instanceof Object && "code" in error &&
  ["ENOSPC", "EDQUOT", "EROFS"].includes(String(error.code));

/** Whether the code of an error says that a place may be read, and not written. */
export const isClosed = (error: unknown): boolean =>
  error instanceof Object && "code" in error &&
  ["EROFS", "EACCES", "EPERM"].includes(String(error.code));

/**
 * What an error says, in a sentence where it is one of a disk or a place.
 *
 * @param place told where Deno names no path
 */
export function messageOf(error: unknown, place?: string): string {
  const told = explained(error, undefined, place);
  return told instanceof Error ? told.message : String(told);
}
