/** Paths in the flags of Deno. @module */
import { isAbsolute, relative } from "node:path";

/**
 * Paths as the value of a permission flag, `--allow-write=${pathList([folder], cwd)}`, for a process
 * that is started in `cwd`. Deno splits such a value at commas, and 2.9 knows no way to write one that
 * belongs to a path. So an absolute path with a comma is written as seen from `cwd`, which hides those
 * in the name of a folder that both are in. Not for a shell, which has rules of its own.
 *
 * @throws {Error} where a path has a comma all the same
 */
export function pathList(paths: readonly string[], cwd: string): string {
  return paths.map((path) => {
    if (!path.includes(",")) return path;
    const seen = (isAbsolute(path) ? relative(cwd, path) : path) || ".";
    if (seen.includes(",")) {
      throw new Error(`${path} has a comma in it, which Deno cannot be given: rename the folder.`);
    }
    return seen;
  }).join(",");
}
