/** Files of a revision, read through git without a checkout, and without writing anything. @module */

/** The files below a folder as they are in a commit. */
export interface Revision {
  /** The commit, in full. */
  readonly commit: string;
  /** Paths of files from the folder, with `/`. */
  readonly paths: readonly string[];
  /**
   * The bytes of a file, by its path from the folder.
   *
   * @throws {Error} where it is not there, is a link, or git does not hold its content
   */
  read(path: string): Promise<Uint8Array>;
}

/** Git neither writes a lock or an index, nor fetches what it lacks, nor asks anything. */
const QUIET = {
  GIT_OPTIONAL_LOCKS: "0",
  GIT_NO_LAZY_FETCH: "1",
  GIT_ALLOW_PROTOCOL: "none",
  GIT_TERMINAL_PROMPT: "0",
  LC_ALL: "C",
};

/** What git prints, asked in a folder; undefined with what it complains of, where it fails. */
async function asked(
  folder: string,
  args: readonly string[],
): Promise<{ readonly bytes?: Uint8Array; readonly complaint: string }> {
  try {
    const { success, stdout, stderr } = await new Deno.Command("git", {
      args: [...args],
      cwd: folder,
      env: QUIET,
    }).output();
    const complaint = new TextDecoder().decode(stderr).trim().replaceAll(/\s+/g, " ");
    return success ? { bytes: stdout, complaint } : { complaint };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error("git is not on this machine, and what it keeps cannot be read without it.");
  }
}

const textOf = (bytes: Uint8Array | undefined) =>
  bytes && new TextDecoder().decode(bytes).replace(/\n$/, "");

/**
 * The files below `inner` of a folder in a revision.
 *
 * @param folder that git knows; it need not be the top of the repository
 * @param revision as git takes it: `HEAD~1`, a branch, a tag, a commit
 * @param inner a folder in it, such as `results`
 * @throws {Error} where the folder is in no repository, or git knows no such revision
 */
export async function revisionOf(
  folder: string,
  revision: string,
  inner: string,
): Promise<Revision> {
  const place = await asked(folder, ["rev-parse", "--show-prefix"]);
  const prefix = textOf(place.bytes);
  if (prefix === undefined) {
    throw new Error(`${folder} is in no repository that git can read: ${place.complaint}.`);
  }
  const commit = await commitOf(folder, revision);
  const listing = await asked(
    folder,
    ["ls-tree", "-r", "-z", "--full-tree", commit, "--", `${prefix}${inner}/`],
  );
  if (!listing.bytes) {
    throw new Error(`The files of ${revision} cannot be listed: ${listing.complaint}.`);
  }
  const entries = new Map(
    textOf(listing.bytes)!.split("\0").filter(Boolean).map((line) => {
      const [, mode, type, id, path] = /^(\d+) (\w+) ([0-9a-f]+)\t(.*)$/s.exec(line)!;
      return [path.slice(prefix.length), { isFile: type === "blob" && mode !== "120000", id }];
    }),
  );
  return {
    commit,
    paths: [...entries.keys()],
    async read(path) {
      const entry = entries.get(path);
      if (!entry) throw new Error(`${path} is missing in ${revision}`);
      if (!entry.isFile) throw new Error(`${path} is no file in ${revision}`);
      const { bytes } = await asked(folder, ["cat-file", "blob", entry.id]);
      if (bytes) return bytes;
      throw new Error(
        `${path} of ${revision} is not in this clone, which holds a part of the files; ` +
          "`git fetch --refetch --no-filter` gets all",
      );
    },
  };
}

/** Whether git knows a revision in a folder; not where git is not there. */
export const isRevision = async (folder: string, revision: string): Promise<boolean> =>
  await knownCommit(folder, revision).catch(() => undefined) !== undefined;

async function knownCommit(folder: string, revision: string): Promise<string | undefined> {
  // Anything else would be taken for a flag.
  const known = !revision.startsWith("-") && !revision.includes("\0");
  const args = ["rev-parse", "--verify", "--quiet", `${revision}^{commit}`];
  const commit = known ? textOf((await asked(folder, args)).bytes) : undefined;
  // `^main` means all but what main has.
  return commit !== undefined && /^[0-9a-f]+$/.test(commit) ? commit : undefined;
}

/**
 * The commit that a revision is.
 *
 * @throws {Error} where git knows none
 */
async function commitOf(folder: string, revision: string): Promise<string> {
  const commit = await knownCommit(folder, revision);
  if (commit !== undefined) return commit;
  if (revision.includes("..")) {
    throw new Error(
      `Two revisions are given as two words: ${revision.split(/\.{2,3}/).join(" ")}.`,
    );
  }
  const shallow = textOf((await asked(folder, ["rev-parse", "--is-shallow-repository"])).bytes);
  const hint = shallow === "true"
    ? " This clone is shallow: it holds the last commits alone. `git fetch --unshallow` gets all."
    : " Any name that git takes will do: a branch, a tag, a commit, HEAD~1.";
  throw new Error(`Git knows no revision ${JSON.stringify(revision)} here.${hint}`);
}
