/** Programs of this machine: where they are, and what of the environment and the disk they see. @module */
import { isAbsolute, join, resolve } from "node:path";

/** A program with its arguments. */
export interface Command {
  /** Its path or name. */
  readonly program: string;
  /** One each, as no shell sees them. */
  readonly args: readonly string[];
}

/** Paths that a process may read, and those that it may write too; without links, except in what a root's own path has. */
export interface Places {
  /** May be read. */
  readonly read: readonly string[];
  /** May be written too. */
  readonly write: readonly string[];
}

/** Gives environment variables by their names; undefined for one that is not set. */
export type Variables = (name: string) => string | undefined;

/** An environment variable; undefined where it is not set, empty, or may not be read. */
export function variable(name: string): string | undefined {
  try {
    return Deno.env.get(name) || undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

/** A path as the user of a task means it, who may stand in another folder than `root`, where tasks run. */
export const fromUser = (root: string, path: string): string =>
  resolve(variable("INIT_CWD") ?? root, path);

/** Those of some variables that are set, for a process that is to see no others. */
export function environment(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = variable(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** What Deno finds its own cache by, and what Windows starts a process with. */
export const DENO_VARIABLES = [
  "DENO_DIR",
  "HOME",
  "XDG_CACHE_HOME",
  "LOCALAPPDATA",
  "USERPROFILE",
  "SystemRoot",
];

/**
 * Where programs keep what they can make again: `$XDG_CACHE_HOME` or `~/.cache`; undefined where
 * neither variable says.
 */
export function userCaches(variables: Variables = variable): string | undefined {
  const base = variables("XDG_CACHE_HOME");
  if (base !== undefined && isAbsolute(base)) return base;
  const home = variables("HOME");
  return home && join(home, ".cache");
}

/** The path of a program as `PATH` has it; undefined where it is not on this machine. */
export async function programPath(name: string): Promise<string | undefined> {
  const windows = Deno.build.os === "windows";
  for (const folder of (variable("PATH") ?? "").split(windows ? ";" : ":")) {
    if (folder === "") continue;
    const path = `${folder}/${name}${windows ? ".exe" : ""}`;
    const isFile = await Deno.stat(path).then((info) => info.isFile, () => false);
    if (isFile) return path;
  }
}
