import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { sha256 } from "../../src/files/digest.ts";
import { load, removeLeftovers, store, verify } from "../../src/pipeline/store.ts";
import type { Workspace } from "../../src/pipeline/workspace.ts";
import { inFolder } from "../support/data_files.ts";
import type { Executor } from "../../src/pipeline/executor.ts";
import { findFile, inProcess, withToy } from "../support/toy.ts";

/** A workspace in an empty folder. */
const inWorkspace = (test: (workspace: Workspace) => Promise<void>) =>
  inFolder((root) => test({ root, home: root, cache: join(root, "cache") }));

const names = (folder: string) => Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();

Deno.test("an earlier result is removed when a new one takes its place", () =>
  withToy(async (toy) => {
    await toy.run();
    toy.configure({
      sums: { offsets: [5], times: 1, called: "offset" },
      numbers: { count: 5 },
    });
    await toy.run();
    // Each fails where there are two.
    await findFile(toy.path("results/sums"), "sums-");
    await findFile(toy.path("results/sums"), "jobs-");
    await findFile(toy.path(".cache/artifacts/numbers"), "numbers-");
  }));

Deno.test("files of somebody's own in the folder of a stage stay", () =>
  withToy(async (toy) => {
    await toy.run();
    const own = ["NOTES.txt", "sums.json", "sums-old.json", "sums-0123456789AB.json"];
    for (const name of own) await Deno.writeTextFile(toy.path(`results/sums/${name}`), name);
    await Deno.mkdir(toy.path("results/sums/figure-0123456789ab"));
    toy.configure({ sums: { offsets: [5], times: 1, called: "offset" } });
    await toy.run();
    const there = names(toy.path("results/sums"));
    for (const name of [...own, "figure-0123456789ab"]) {
      assertEquals(there.includes(name), true, name);
    }
  }));

Deno.test("a link in the place of a stage's folder is not followed", () =>
  inWorkspace(async (workspace) => {
    const stored = await store(workspace, "sums", "sums.json", "1", "committed");
    const elsewhere = join(workspace.root, "elsewhere");
    await Deno.mkdir(elsewhere);
    await Deno.writeTextFile(join(elsewhere, "other-0123456789ab.json"), "");
    for (const folder of ["results/means", "cache/artifacts/means"]) {
      const link = join(workspace.root, folder);
      await Deno.mkdir(join(link, ".."), { recursive: true });
      await Deno.symlink(elsewhere, link);
    }
    await removeLeftovers(workspace, "means", []);
    assertEquals(names(elsewhere), ["other-0123456789ab.json"]);
    await removeLeftovers(workspace, "sums", [stored]);
    assertEquals(names(join(workspace.root, "results/sums")), [stored.file]);
    await removeLeftovers(workspace, "sums", []);
    assertEquals(names(join(workspace.root, "results/sums")), []);
    await removeLeftovers(workspace, "never run", []);
  }));

Deno.test("a link among a stage's files is not removed, nor what it points to", () =>
  inWorkspace(async (workspace) => {
    await store(workspace, "sums", "sums.json", "1", "committed");
    const target = join(workspace.root, "target");
    await Deno.writeTextFile(target, "");
    await Deno.symlink(target, join(workspace.root, "results/sums/link-0123456789ab.json"));
    await removeLeftovers(workspace, "sums", []);
    assertEquals(names(join(workspace.root, "results/sums")), ["link-0123456789ab.json"]);
    assertEquals(names(workspace.root).includes("target"), true);
  }));

Deno.test("artifacts are named by their content and kept by their kind", () =>
  inWorkspace(async (workspace) => {
    async function* parts() {
      yield new Uint8Array([97]);
      await Promise.resolve();
      yield new Uint8Array([98]);
    }
    for (const content of ["ab", new Uint8Array([97, 98]), parts()]) {
      const stored = await store(workspace, "one", "value.txt", content, "committed");
      assertEquals(stored.file, "value-fb8e20fc2e4c.txt");
      assertEquals(stored.bytes, 2);
      assertEquals(await verify(workspace, "one", stored), undefined);
      assertEquals(new TextDecoder().decode(await load(workspace, "one", stored)), "ab");
    }
    assertEquals(names(join(workspace.home, "results/one")), ["value-fb8e20fc2e4c.txt"]);
    await store(workspace, "one", "value.txt", "ab", "local");
    assertEquals(names(join(workspace.home, ".cache/artifacts/one")), ["value-fb8e20fc2e4c.txt"]);
    const page = await store(workspace, "one", "page.md", "ab", "published");
    assertEquals(await Deno.readTextFile(join(workspace.home, "page.md")), "ab");
    await Deno.writeTextFile(join(workspace.home, "page.md"), "ac");
    assertEquals(await verify(workspace, "one", page), "altered");
    await assertRejects(() => load(workspace, "one", page), Error, "page.md of stage one has been");
    await Deno.remove(join(workspace.home, "page.md"));
    assertEquals(await verify(workspace, "one", page), "missing");
    await assertRejects(
      () => load(workspace, "one", page),
      Error,
      "page.md of stage one cannot be read: it is missing. Run the stage again.",
    );
    await Deno.mkdir(join(workspace.home, "page.md"));
    await assertRejects(() => load(workspace, "one", page), Error, "page.md is no file; move away");
    // What a manifest tells of a file's size counts, too.
    const [value] = names(join(workspace.home, "results/one"));
    const stored = { file: value, sha256: sha256("ab"), bytes: 2, kind: "committed" } as const;
    assertEquals(await verify(workspace, "one", stored), undefined);
    assertEquals(await verify(workspace, "one", { ...stored, bytes: 3 }), "altered");
  }));

Deno.test("what an earlier result left is seen, and removed by the next run, whenever that was", () =>
  withToy(async (toy) => {
    await toy.run();
    // As a run that was killed between writing the manifest and cleaning up leaves it.
    const stray = toy.path("results/sums/sums-0123456789ab.json");
    await Deno.writeTextFile(stray, "[]");
    assertEquals(await toy.leftovers(), [stray]);
    assertEquals(await toy.stale(), {});
    assertEquals(await toy.run(), []);
    assertEquals(await toy.leftovers(), []);
  }));

for (
  const [what, put] of Object.entries({
    "a folder": (path: string) => Deno.mkdir(path),
    "a link to itself": (path: string) => Deno.symlink(path, path),
    "a pipe": async (path: string) => {
      await new Deno.Command("mkfifo", { args: [path] }).output();
    },
  })
) {
  Deno.test(`${what} in place of an artifact or of a manifest is a reason, not the end of status`, {
    ignore: Deno.build.os === "windows",
  }, () =>
    withToy(async (toy) => {
      await toy.run();
      for (
        const path of [
          await findFile(toy.path("results/sums"), "sums-"),
          toy.path("results/numbers/manifest.json"),
        ]
      ) {
        await Deno.remove(path);
        await put(path);
        const reasons = Object.values(await toy.stale()).flat();
        assert(reasons.some((reason) => /is no file|unreadable|cannot be read/.test(reason)), path);
        if (what === "a folder") {
          const before = toy.events.length;
          const error = await assertRejects(() => toy.run(), Error);
          assertStringIncludes(error.message, "a folder is in its place; move that away");
          assertStringIncludes(error.message, path);
          // Before any work, which it would spoil.
          assertEquals(toy.events.slice(before), [{ type: "looking" }]);
          await Deno.remove(path);
        }
        await toy.run();
        assertEquals(await toy.stale(), {});
      }
    }));
}

Deno.test("a lost artifact that comes out otherwise does not take the recorded one's place", () =>
  withToy(async (toy) => {
    await toy.run();
    const before = await toy.manifest("sums");
    await Deno.remove(await findFile(toy.path("results/sums"), "sums-"));
    // As another machine's library may: the same key, other bytes.
    const jobs = toy.path(".cache/jobs");
    await Deno.remove(jobs, { recursive: true });
    const odd = (root: string): Executor => {
      const { run, stop } = inProcess(root);
      return {
        stop,
        async run(job, output, progress) {
          const outcome = await run(job, output, progress);
          await Deno.writeTextFile(join(output, "sum.json"), "-1\n");
          return outcome;
        },
      };
    };
    const error = await assertRejects(() => toy.run(undefined, { executor: odd }), Error);
    assertStringIncludes(error.message, "did not come out as recorded");
    assertStringIncludes(error.message, "--force");
    assertEquals(await toy.manifest("sums"), before);
    assertEquals(await toy.leftovers(), []);
    await Deno.remove(jobs, { recursive: true });
    await toy.run(["sums"], { executor: odd, force: true });
    assert((await toy.manifest("sums")).outputs["sums.json"] !== before.outputs["sums.json"]);
    assertEquals(Object.keys(await toy.stale()), ["page"]);
  }));
