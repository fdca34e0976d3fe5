/** Files that are locked, by which processes of one user or of several keep out of each other's way. @module */

import { explained } from "./explain.ts";

/**
 * Opens a file to be locked, which is made if it is not there. One that another user has made, and that
 * may only be read, is opened for reading: for a lock that is enough, save on some network disks.
 *
 * @throws {Error} where it may not even be read
 */
export async function openLock(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { read: true, write: true, create: true });
  } catch (error) {
    const told = explained(error, path);
    if (!(error instanceof Deno.errors.PermissionDenied)) throw told;
    return await Deno.open(path).catch(() => {
      throw told;
    });
  }
}
