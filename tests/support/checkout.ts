/** Checkouts of the project as it is now, in places of all kinds. @module */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ended } from "./people.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What belongs to no checkout. */
const APART = [".git", "node_modules", ".cache", "crate"];

async function walk(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(join(root, folder))) {
    if (folder === "" && APART.includes(name)) continue;
    const path = `${folder}${name}`;
    if (isDirectory) found.push(...await walk(`${path}/`));
    else found.push(path);
  }
  return found;
}

/**
 * Paths of the project's files, from its root, with `/`: those that git knows, or, where this is no
 * checkout, all but what belongs to none. Files that have been deleted may be among them; those that
 * are new and not ignored are if `untracked`.
 */
export async function projectFiles(untracked = false): Promise<string[]> {
  const more = untracked ? ["--others", "--exclude-standard"] : [];
  const { success, stdout } = await ended(["git", "ls-files", "-z", "--cached", ...more], {
    cwd: root,
  }).catch(() => ({ success: false, stdout: "" }));
  const known = stdout.split("\0").filter((path) => path !== "");
  return success && known.includes("deno.json") ? known : await walk("");
}

/** Writes the project's files, as they are now, to a folder. */
export async function exportTo(folder: string): Promise<void> {
  for (const path of await projectFiles(true)) {
    await Deno.mkdir(join(folder, dirname(path)), { recursive: true });
    await Deno.copyFile(join(root, path), join(folder, path)).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // Deleted, and not yet committed.
    });
  }
}

/** Links packages and the library that computes into a checkout, as set-up would bring them. */
export async function equipCheckout(folder: string): Promise<void> {
  for (const name of ["node_modules", ".cache/runtime"]) {
    const target = await Deno.realPath(join(root, name));
    await Deno.mkdir(dirname(join(folder, name)), { recursive: true });
    await Deno.symlink(target, join(folder, name), { type: "dir" });
  }
}

/** Runs git without the settings of whoever runs the tests. */
export async function git(cwd: string, ...args: string[]): Promise<string> {
  const author = ["-c", "user.name=Test", "-c", "user.email=test@example.test"];
  const { success, stdout, stderr } = await ended(["git", ...author, ...args], {
    cwd,
    env: { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" },
  });
  if (!success) throw new Error(`git ${args.join(" ")}: ${stderr}`);
  return stdout.trim();
}
