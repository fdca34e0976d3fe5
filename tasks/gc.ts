/** `deno task gc [RUN ...]`: removes what nobody needs of the cache, and the runs that are named. @module */
import { collect, type Garbage } from "../src/pipeline/gc.ts";
import { counted } from "../src/report/markdown.ts";
import { sizeText } from "../src/stages/graph.ts";
import { command } from "./command.ts";
import { waitingFor } from "./display.ts";
import { EXITS } from "./exits.ts";
import { namedRuns } from "./trying.ts";
import { project, studyFolders } from "./workspace.ts";

const KINDS: Readonly<Record<Garbage["kind"], [one: string, many: string, what: string]>> = {
  runs: ["run", "runs", "named"],
  jobs: ["finished job", "finished jobs", "that no result names"],
  artifacts: ["artifact in the cache", "artifacts in the cache", "of no manifest"],
  left: ["leftover", "leftovers", "of what was killed"],
};

const sum = (found: Garbage["found"]) => found.reduce((sum, { bytes }) => sum + bytes, 0);

await command("gc", async ({ flags, words }, signal) => {
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
});
