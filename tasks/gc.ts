/** `deno task gc --store=ADDRESS [REVISION ...]`: removes from a shared store what no revision needs. @module */
import { collectStore } from "../src/machines/gc.ts";
import { git } from "../src/pipeline/machine.ts";
import { counted, listed } from "../src/report/markdown.ts";
import { shortly } from "../src/schema.ts";
import { sizeText } from "../src/stages/graph.ts";
import { command } from "./command.ts";
import { counting } from "./display.ts";
import { EXITS, Refused } from "./exits.ts";
import { screen, standardOutput } from "./screen.ts";
import { requireStore } from "./store.ts";
import { project } from "./workspace.ts";

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
    const isKnown = !revision.startsWith("-") &&
      await git(root, "rev-parse", "--verify", "--quiet", `${revision}^{commit}`)
        .then(() => true, () => false);
    if (!isKnown) throw new Refused(`Git knows no revision ${shortly(revision)} here.`);
    const named = await namedIn(root, revision);
    if (named.length === 0) {
      throw new Refused(`${revision} has no results, so nothing is known of what it needs.`);
    }
    for (const digest of named) needed.add(digest);
  }
  return needed;
}

await command("gc", async ({ flags, words }, signal) => {
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
});
