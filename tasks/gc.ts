/**
 * `deno task gc [RUN ...]`: removes what nobody needs of the cache, and the runs that are named. With
 * `--store`, `deno task gc --store=ADDRESS [REVISION ...]`, what no revision needs of a shared store.
 *
 * @module
 */
import { collectStore } from "../src/machines/gc.ts";
import { isRevision } from "../src/files/revision.ts";
import { collect, type Garbage } from "../src/pipeline/gc.ts";
import { git } from "../src/pipeline/machine.ts";
import { counted, listed } from "../src/report/markdown.ts";
import { shortly } from "../src/schema.ts";
import { sizeText } from "../src/stages/graph.ts";
import { command } from "./command.ts";
import { counting, waitingFor } from "./display.ts";
import { EXITS, Refused } from "./exits.ts";
import type { Given } from "./flags.ts";
import { screen, standardOutput } from "./screen.ts";
import { requireStore } from "./store.ts";
import { namedRuns } from "./trying.ts";
import { project, studyFolders } from "./workspace.ts";

const KINDS: Readonly<Record<Garbage["kind"], [one: string, many: string, what: string]>> = {
  runs: ["run", "runs", "named"],
  jobs: ["finished job", "finished jobs", "that no result names"],
  artifacts: ["artifact in the cache", "artifacts in the cache", "of no manifest"],
  left: ["leftover", "leftovers", "of what was killed"],
};

const sum = (found: Garbage["found"]) => found.reduce((sum, { bytes }) => sum + bytes, 0);

/** Where digests stand of what a study needs: manifests, studies, and lists of weights. */
const WHERE = ["*manifest.json", "*.ts"];

/** Whatever looks like a digest or a key in a tree of git's: what is needed, and more that does no harm. */
async function namedIn(root: string, revision: string): Promise<string[]> {
  const pattern = "[0-9a-f]{64}|[0-9a-f]{32}";
  const args = ["grep", "-I", "-h", "-o", "-w", "-E", "-e", pattern];
  const tree = revision === "" ? [] : [revision];
  // It fails where there is none.
  const found = await git(root, ...args, ...tree, "--", ...WHERE).catch(() => "");
  return found.split("\n").filter(Boolean);
}

/**
 * The digests that revisions name, and those of the working tree.
 *
 * @throws {Refused} where git knows no such revision, or it names none: everything would go
 */
async function neededBy(root: string, revisions: readonly string[]): Promise<Set<string>> {
  const needed = new Set(await namedIn(root, ""));
  for (const revision of revisions) {
    if (!await isRevision(root, revision)) {
      throw new Refused(`Git knows no revision ${shortly(revision)} here.`);
    }
    const named = await namedIn(root, revision);
    if (named.length === 0) {
      throw new Refused(`${revision} has no results, so nothing is known of what it needs.`);
    }
    for (const digest of named) needed.add(digest);
  }
  return needed;
}

/** Of the cache. */
async function ofCache({ flags, words }: Given<"gc">, signal: AbortSignal): Promise<number> {
  const study = await project(flags.study);
  const runs = await namedRuns(study, words);
  const garbage = await collect(study.workspace, {
    runs,
    homes: await studyFolders(),
    remove: !flags["dry-run"],
    onWait: (waiting) => console.error(waitingFor(waiting)),
    signal,
  });
  const there = garbage.filter(({ found }) => found.length > 0);
  for (const { kind, found } of there) {
    const [one, many, what] = KINDS[kind];
    console.log(`${counted(found.length, one, many)} ${what}: ${sizeText(sum(found)) || "0 B"}`);
  }
  const stays = flags["dry-run"] ? [] : there.flatMap(({ stays }) => stays);
  for (const path of stays) console.error(`error: ${path} may not be removed.`);
  const all = sizeText(sum(there.flatMap(({ found }) => found))) || "0 B";
  console.log(
    there.length === 0
      ? "There is nothing that nobody needs."
      : flags["dry-run"]
      ? `In all ${all}. Nothing was removed: without --dry-run it is.`
      : `Removed: ${all} in all.`,
  );
  return stays.length > 0 ? EXITS.failed : EXITS.done;
}

/** Of a shared store. */
async function ofStore({ flags, words }: Given<"gc">, signal: AbortSignal): Promise<number> {
  const { workspace, exported } = await project();
  const revisions = words.length > 0 ? words : ["HEAD"];
  const needed = await neededBy(workspace.root, revisions);
  const store = await requireStore(flags.store, exported, console.error, signal);
  const view = screen(standardOutput());
  const show = counting(view);
  const { gone, stays } = await collectStore(store.place, {
    needed,
    dryRun: flags["dry-run"],
    progress: (done, total) => show("Collecting", done, total),
  }).finally(view.clear);
  const text = ({ jobs, files, bytes }: typeof gone) =>
    `${counted(jobs, "finished job")} and ${counted(files, "file")}, ${sizeText(bytes) || "0 B"}`;
  console.log(`${flags["dry-run"] ? "Would go" : "Gone"}: ${text(gone)}.`);
  console.log(
    `Stays: ${text(stays)}, which ${listed(revisions)} or the working tree names, or which is ` +
      "younger than a day.",
  );
  return EXITS.done;
}

await command(
  "gc",
  (given, signal) =>
    given.flags.store === undefined ? ofCache(given, signal) : ofStore(given, signal),
);
