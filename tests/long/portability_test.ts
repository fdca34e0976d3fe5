/**
 * The project in places of all kinds: committed results stay up to date, the report comes out again with
 * the same bytes, and so does a small training, through the tasks and with their permissions.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { sha256 } from "../../src/files/digest.ts";
import { parseManifest } from "../../src/pipeline/manifest.ts";
import { isReady } from "../../src/runtime/choice.ts";
import { equipCheckout, exportTo, git } from "../support/checkout.ts";
import { type Ended, replacing } from "../support/copy.ts";
import { inFolder } from "../support/data_files.ts";
import { canMount, withDisks } from "../support/disk.ts";
import { ended, NOBODY, ordinary, own } from "../support/people.ts";

/** How tasks are run in a place. */
interface Manner {
  /** What stands before each command; nothing if omitted. */
  readonly as?: (command: readonly string[]) => readonly string[];
  /** Variables that are set beside, or in place of, this process's. */
  readonly env?: Readonly<Record<string, string>>;
}

async function task(folder: string, words: readonly string[], manner: Manner): Promise<Ended> {
  const { as = (command) => command, env } = manner;
  return await ended(as([Deno.execPath(), "task", "-q", ...words]), {
    cwd: folder,
    env: { NO_COLOR: "1", PWD: folder, ...env },
  });
}

async function must(folder: string, words: readonly string[], manner: Manner): Promise<string> {
  const { success, stdout, stderr } = await task(folder, words, manner);
  assert(success, `${folder}: ${words.join(" ")}\n${stdout}\n${stderr}`);
  return stdout;
}

/** Makes the drawn study of a checkout one of seconds. */
async function shorten(folder: string): Promise<void> {
  const path = join(folder, "studies/garments/study.ts");
  let text = await Deno.readTextFile(path);
  for (
    const [from, to] of [
      ["train: 4000,\n    test: 1000,", "train: 240,\n    test: 40,"],
      ["{ ...original.baseline, epochs: 3 }", "{ ...original.baseline, epochs: 1 }"],
    ]
  ) text = replacing(from, to)(text);
  await Deno.writeTextFile(path, text);
}

/** What the drawn study made, by stage: key and artifacts, and the revision that it noted. */
async function made(folder: string) {
  const stages = await Promise.all(["prepare", "baseline"].map(async (stage) => {
    const path = join(folder, "studies/garments/results", stage, "manifest.json");
    const { key, outputs, provenance } = parseManifest(await Deno.readTextFile(path), stage);
    return { key, outputs, revision: provenance.revision };
  }));
  return {
    results: stages.map(({ key, outputs }) => ({ key, outputs })),
    revisions: stages.map(({ revision }) => revision),
  };
}

/** The committed report, and what `status` says where all is up to date. */
const upToDate = async (folder: string, manner: Manner) => {
  const said = await must(folder, ["status", "--check"], manner);
  assertEquals(said.match(/ \w+ +up to date/g)?.length, 6, said);
  return said;
};

let reference: Awaited<ReturnType<typeof made>>["results"] | undefined;

/** All that must hold in a place: see the head of this file. Returns the revisions that results note. */
async function holds(folder: string, manner: Manner = {}): Promise<(string | null)[]> {
  await upToDate(folder, manner);
  const page = join(folder, "report.md");
  const before = await Deno.readTextFile(page);
  await Deno.remove(page);
  const said = await must(folder, ["report"], manner);
  assertMatch(said, /report +done/);
  assertEquals(sha256(await Deno.readTextFile(page)), sha256(before));
  await upToDate(folder, manner);
  await must(folder, ["start", "run", "--study=studies/garments", "prepare", "baseline"], manner);
  const { results, revisions } = await made(folder);
  reference ??= results;
  assertEquals(results, reference);
  // A second time there is nothing to do.
  const again = await must(folder, [
    "start",
    "run",
    "--study=studies/garments",
    "prepare",
    "baseline",
  ], manner);
  assertEquals(again.match(/up to date/g)?.length, 2, again);
  return revisions;
}

/** Makes a repository of the project, with a short drawn study, and calls `test` with it and a folder beside it. */
const withRepository = (test: (origin: string, beside: string) => Promise<void>) =>
  inFolder(async (made) => {
    const folder = await Deno.realPath(made);
    await Deno.chmod(folder, 0o755);
    const origin = join(folder, "origin");
    await exportTo(origin);
    await shorten(origin);
    await git(origin, "init", "--quiet", "--initial-branch=main");
    await git(origin, "add", "--all");
    await git(origin, "commit", "--quiet", "--message", "All");
    await test(origin, folder);
  });

/** A clone that can compute. */
async function clone(origin: string, folder: string, ...options: string[]): Promise<string> {
  await git(origin, "clone", "--quiet", ...options, origin, folder);
  await equipCheckout(folder);
  return await git(folder, "rev-parse", "--short=12", "HEAD");
}

const ready = Deno.build.os !== "windows" && await isReady("tensorflow");

/** A place, and what must hold there. */
function place(
  name: string,
  fn: (origin: string, beside: string) => Promise<void>,
  ignore = false,
): void {
  Deno.test({
    name: `${name}: results stay up to date, and report and training come out with the same bytes`,
    // As set-up has found it, or there is nothing to train with.
    ignore: ignore || !ready,
    fn: () => withRepository(fn),
  });
}

place("a clone", async (origin, beside) => {
  const folder = join(beside, "clone");
  const revision = await clone(origin, folder);
  assertEquals(await holds(folder), [revision, revision]);
});

place(
  "a folder whose name has spaces, quotes, umlauts and signs of the shell",
  async (origin, beside) => {
    const folder = join(beside, `Jürgen's "große" $HOME %PATH% \`x\` & Söhne #1 (ß)`);
    await clone(origin, folder);
    await holds(folder);
  },
);

for (
  const env of [
    { TZ: "Pacific/Apia", LC_ALL: "tr_TR.UTF-8", LANG: "tr_TR.UTF-8", LANGUAGE: "tr" },
    { TZ: "America/St_Johns", LC_ALL: "C", LANG: "C", LANGUAGE: "" },
  ]
) {
  place(`time zone ${env.TZ}, locale ${env.LC_ALL}`, async (origin, beside) => {
    const folder = join(beside, "clone");
    await clone(origin, folder);
    await holds(folder, { env });
  });
}

place("no home and no user's name", async (origin, beside) => {
  const folder = join(beside, "clone");
  await clone(origin, folder);
  const without = ["HOME", "XDG_CACHE_HOME", "USER", "LOGNAME"].map((name) => `--unset=${name}`);
  await holds(folder, { as: (command) => ["env", ...without, ...command] });
});

/** Whether a user without rights may read what a checkout needs of this one. */
const readable = async () => {
  const runtime = new URL("../../.cache/runtime/choice.json", import.meta.url).pathname;
  const config = new URL("../../node_modules/zod/package.json", import.meta.url).pathname;
  return (await ended(ordinary(["cat", runtime, config])).catch(() => undefined))?.success ?? false;
};

place("an ordinary user's own clone", async (origin, beside) => {
  const folder = join(beside, "clone");
  await clone(origin, folder);
  await own(folder);
  await holds(folder, { as: ordinary });
  for await (const { name } of Deno.readDir(join(folder, "studies/garments/results"))) {
    const { uid } = await Deno.stat(join(folder, "studies/garments/results", name));
    assertEquals(uid, Deno.uid() === 0 ? NOBODY : Deno.uid());
  }
}, ready && !await readable());

place("a folder moved after a run", async (origin, beside) => {
  const [before, after] = [join(beside, "before"), join(beside, "elsewhere", "after")];
  await clone(origin, before);
  await holds(before);
  await Deno.mkdir(join(beside, "elsewhere"));
  await Deno.rename(before, after);
  const said = await must(after, [
    "start",
    "run",
    "--study=studies/garments",
    "prepare",
    "baseline",
  ], {});
  assertEquals(said.match(/up to date/g)?.length, 2, said);
  await holds(after);
});

place("a clone with turned line ends", async (origin, beside) => {
  const folder = join(beside, "clone");
  const revision = await clone(origin, folder, "-c", "core.autocrlf=true", "-c", "core.eol=crlf");
  assertEquals(await holds(folder), [revision, revision]);
});

place(
  "an archive without git, unpacked in a repository of somebody's own",
  async (origin, beside) => {
    const outer = join(beside, "outer");
    const folder = join(outer, "unpacked");
    await Deno.mkdir(folder, { recursive: true });
    await git(origin, "archive", "--output=../project.tar", "HEAD");
    assert((await ended(["tar", "-xf", join(beside, "project.tar"), "-C", folder])).success);
    await equipCheckout(folder);
    assertEquals(await holds(folder), [null, null]);
    const architecture = ["test", "-A", "--no-check", "tests/architecture_test.ts"];
    const test = () => ended([Deno.execPath(), ...architecture], { cwd: folder });
    assert((await test()).success, "outside git");
    // A commit of another repository says nothing of these sources.
    await git(outer, "init", "--quiet");
    await Deno.writeTextFile(join(outer, "own.txt"), "");
    await git(outer, "add", "own.txt");
    await git(outer, "commit", "--quiet", "--message", "Own");
    await must(folder, [
      "start",
      "run",
      "--study=studies/garments",
      "--force",
      "prepare",
      "baseline",
    ], {});
    assertEquals((await made(folder)).revisions, [null, null]);
    const { success, stdout } = await test();
    assert(success, stdout);
  },
);

place("a submodule", async (origin, beside) => {
  const outer = join(beside, "outer");
  await Deno.mkdir(outer);
  await git(outer, "init", "--quiet");
  const add = ["submodule", "--quiet", "add", origin, "parts/project"];
  await git(outer, "-c", "protocol.file.allow=always", ...add);
  await git(outer, "commit", "--quiet", "--message", "With the project");
  const folder = join(outer, "parts", "project");
  assert((await Deno.stat(join(folder, ".git"))).isFile);
  await equipCheckout(folder);
  const revision = await git(folder, "rev-parse", "--short=12", "HEAD");
  assertEquals(await holds(folder), [revision, revision]);
});

place("a folder reached through a link", async (origin, beside) => {
  const [folder, link] = [join(beside, "clone"), join(beside, "link")];
  await clone(origin, folder);
  await Deno.symlink(folder, link);
  await holds(link);
});

place("a cache and results that are links to another disk", async (origin, beside) => {
  const [folder, disk] = [join(beside, "clone"), join(beside, "disk")];
  await clone(origin, folder);
  await Deno.mkdir(disk);
  await withDisks({ [disk]: "size=256m" }, async (disks) => {
    // Of the committed results, a copy; of the drawn study's, which are still to come, the place.
    const move = `
      cd "$1" && cp -R .cache results "$2" && mkdir "$2/drawn" && rm -r .cache results &&
      ln -s "$2/.cache" "$2/results" . && ln -s "$2/drawn" studies/garments/results`;
    assert((await disks.run(["sh", "-c", move, "sh", folder, disk])).success);
    const inside = (words: string) =>
      disks.run([
        "sh",
        "-c",
        `cd "$1" && shift && exec "$0" task -q ${words}`,
        Deno.execPath(),
        folder,
      ]);
    const page = await Deno.readTextFile(join(folder, "report.md"));
    await Deno.remove(join(folder, "report.md"));
    for (
      const words of [
        "report",
        "status --check",
        "start run --study=studies/garments prepare baseline",
      ]
    ) {
      const { success, stdout, stderr } = await inside(words);
      assert(success, `${words}\n${stdout}\n${stderr}`);
    }
    assertEquals(sha256(await Deno.readTextFile(join(folder, "report.md"))), sha256(page));
    const files = await disks.tree(join(disk, "drawn"));
    const results = ["prepare", "baseline"].map((stage) => {
      const { key, outputs } = parseManifest(files[`${stage}/manifest.json`], stage);
      return { key, outputs };
    });
    assertEquals(results, reference ?? results);
  });
}, !canMount);
