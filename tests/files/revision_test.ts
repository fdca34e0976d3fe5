import { assert, assertEquals, assertRejects } from "@std/assert";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { revisionOf } from "../../src/files/revision.ts";
import { git } from "../support/checkout.ts";
import { snapshot } from "../support/snapshot.ts";

/** A repository with two commits of a study below its top, and a folder for clones of it. */
async function withHistory(
  test: (places: { readonly top: string; readonly beside: string }) => Promise<void>,
): Promise<void> {
  const beside = await Deno.realPath(await Deno.makeTempDir({ prefix: "atelier-revision-" }));
  const top = join(beside, "repository");
  const write = async (path: string, text: string) => {
    await Deno.mkdir(dirname(join(top, path)), { recursive: true });
    await Deno.writeTextFile(join(top, path), text);
  };
  try {
    await Deno.mkdir(top);
    await git(top, "init", "--quiet", "--initial-branch=main");
    await write("studies/ä b/results/one.txt", "one\n");
    await write("studies/ä b/results/deep/zwei\n.txt", "two");
    await write("results/other.txt", "of another study");
    await git(top, "add", "--all");
    await git(top, "commit", "--quiet", "--message=first");
    await git(top, "tag", "first");
    await write("studies/ä b/results/one.txt", "uno\n");
    await git(top, "commit", "--quiet", "--all", "--message=second");
    await test({ top, beside });
  } finally {
    await Deno.remove(beside, { recursive: true });
  }
}

const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("files of a revision are read as they were, whatever they and their folder are called", () =>
  withHistory(async ({ top }) => {
    const study = join(top, "studies/ä b");
    for (const [name, text] of [["first", "one\n"], ["HEAD~1", "one\n"], ["main", "uno\n"]]) {
      const { commit, paths, read } = await revisionOf(study, name, "results");
      assertEquals(commit, await git(top, "rev-parse", name));
      assertEquals(paths.toSorted(), ["results/deep/zwei\n.txt", "results/one.txt"]);
      assertEquals(textOf(await read("results/one.txt")), text);
      assertEquals(textOf(await read("results/deep/zwei\n.txt")), "two");
      await assertRejects(() => read("results/three.txt"), Error, `is missing in ${name}`);
    }
  }));

Deno.test("what is no revision is refused, with what was meant where that can be told", () =>
  withHistory(async ({ top, beside }) => {
    const refusal = (revision: string) =>
      assertRejects(() => revisionOf(top, revision, "results"), Error);
    for (
      const revision of ["mian", "", "-x", "--help", "HEAD:results", "HEAD~9", "a\0b", "^main"]
    ) {
      assertEquals(
        (await refusal(revision)).message,
        `Git knows no revision ${
          JSON.stringify(revision)
        } here. Any name that git takes will do: ` +
          "a branch, a tag, a commit, HEAD~1.",
      );
    }
    for (const revision of ["first..main", "first...main"]) {
      assertEquals(
        (await refusal(revision)).message,
        "Two revisions are given as two words: first main.",
      );
    }
    const outside = await assertRejects(() => revisionOf(beside, "HEAD", "results"), Error);
    assert(outside.message.startsWith(`${beside} is in no repository that git can read: `));
  }));

Deno.test("a clone without history or without files says which it lacks, and fetches nothing", () =>
  withHistory(async ({ top, beside }) => {
    const address = pathToFileURL(top).href;
    await git(top, "config", "uploadpack.allowFilter", "true");
    await git(beside, "clone", "--quiet", "--depth=1", address, "shallow");
    const shallow = join(beside, "shallow", "studies/ä b");
    const { read } = await revisionOf(shallow, "HEAD", "results");
    assertEquals(textOf(await read("results/one.txt")), "uno\n");
    await assertRejects(
      () => revisionOf(shallow, "HEAD~1", "results"),
      Error,
      "This clone is shallow: it holds the last commits alone. `git fetch --unshallow` gets all.",
    );
    await git(beside, "clone", "--quiet", "--filter=blob:none", address, "partial");
    const partial = join(beside, "partial", "studies/ä b");
    const earlier = await revisionOf(partial, "HEAD~1", "results");
    const before = await snapshot(join(beside, "partial"));
    await assertRejects(
      () => earlier.read("results/one.txt"),
      Error,
      "results/one.txt of HEAD~1 is not in this clone, which holds a part of the files",
    );
    assertEquals([...await snapshot(join(beside, "partial"))], [...before]);
  }));
