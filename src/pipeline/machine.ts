/** What machine and checkout a result comes from, for its provenance. @module */
import { cpus, totalmem } from "node:os";
import type { Provenance } from "./manifest.ts";

/** The facts of this machine, Deno and the checkout at `root`. */
export async function describeMachine(
  root: string,
): Promise<Omit<Provenance, "finishedAt" | "seconds" | "jobs">> {
  return {
    revision: await revision(root),
    deno: Deno.version.deno,
    platform: `${Deno.build.os} ${Deno.build.arch}`,
    processor: processor(),
    cores: Math.max(cpus().length, 1),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  };
}

/** What the processor of this machine calls itself; `unknown` where the system does not say. */
export const processor = (): string => cpus()[0]?.model.trim() || "unknown";

/**
 * The family of this machine's processor, for telling machines apart whose last bits may differ: its
 * kind and its name without marks and clock rate, such as `x86_64 Intel Xeon Platinum 8481C`. Two
 * names of one design count as two: nothing tells that they are one.
 */
export const processorFamily = (): string =>
  `${Deno.build.arch} ${cpus()[0]?.model ?? "unknown"}`
    .replaceAll(/\((R|TM|C)\)|\bCPU\b|@.*$/gi, " ")
    .replaceAll(/\s+/g, " ").trim();

/**
 * Git's commit, with `+` where source files differ from it; null without git, and where git knows nothing
 * of these sources: outside of a repository, and unpacked in one of somebody's own.
 */
export async function revision(root: string): Promise<string | null> {
  try {
    await git(root, "ls-files", "--error-unmatch", "study.ts");
    const commit = await git(root, "rev-parse", "--short=12", "HEAD");
    const changed = await git(root, "status", "--porcelain", "--", "src", "study.ts", "deno.lock");
    return changed ? `${commit}+` : commit;
  } catch {
    return null;
  }
}

/**
 * What git says, asked in a folder.
 *
 * @throws {Error} where git is not there, or the folder is in no repository
 */
export async function git(folder: string, ...args: string[]): Promise<string> {
  const { success, stdout } = await new Deno.Command("git", {
    args,
    cwd: folder,
    stderr: "null",
  }).output();
  if (!success) throw new Error("git failed");
  return new TextDecoder().decode(stdout).trim();
}
