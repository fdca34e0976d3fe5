/** Commands of a user who may not do everything, and folders that are not his. @module */
import type { Ended } from "./copy.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Runs a command to its end. */
export async function ended(
  [program, ...args]: readonly string[],
  options: Omit<Deno.CommandOptions, "args"> = {},
): Promise<Ended> {
  const { success, code, stdout, stderr } = await new Deno.Command(program, { args, ...options })
    .output();
  return { success, code, stdout: text(stdout), stderr: text(stderr) };
}

/** The number of a user and a group that own nothing. */
export const NOBODY = 65534;

const isRoot = Deno.build.os !== "windows" && Deno.uid() === 0;

/** A command as a user runs it for whom permissions count: where the tests run as root, as nobody. */
export const ordinary = (command: readonly string[]): string[] =>
  isRoot
    ? [
      ...["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"],
      // Nobody has no home.
      ...["env", "--unset=HOME", "--unset=XDG_CACHE_HOME", ...command],
    ]
    : [...command];

/** Opens a folder that a test has made to the user of `ordinary`. */
export async function open(path: string): Promise<void> {
  if (isRoot) await Deno.chmod(path, 0o777);
}

/** Gives all below a folder that a test has made to the user of `ordinary`. Links are not followed. */
export async function own(path: string): Promise<void> {
  if (!isRoot) return;
  const { success, stderr } = await ended(["chown", "-hR", `${NOBODY}:${NOBODY}`, path]);
  if (!success) throw new Error(stderr);
}

/** Closes a file or folder to him: it may be read, and not written to. Returns what opens it again. */
export async function close(path: string): Promise<() => Promise<void>> {
  const { uid, gid, mode } = await Deno.stat(path);
  if (isRoot) await Deno.chown(path, 0, 0);
  await Deno.chmod(path, mode! & 0o555);
  return async () => {
    if (isRoot) await Deno.chown(path, uid, gid);
    await Deno.chmod(path, mode! & 0o777);
  };
}
