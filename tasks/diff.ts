/**
 * `deno task diff [REVISION] [REVISION]`: what differs between the results of two revisions, or of one
 * and the working tree; of HEAD and the working tree if none is named. In place of a revision, a run with
 * other settings may be named; one alone is compared with the working tree.
 *
 * @module
 */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { isRevision } from "../src/files/revision.ts";
import { type StageStatus, statusOf } from "../src/pipeline/status.ts";
import { compare } from "../src/stages/diff/compare.ts";
import { markdownOf } from "../src/stages/diff/markdown.ts";
import { revisionSide, type Side, workingSide } from "../src/stages/diff/side.ts";
import { textOf } from "../src/stages/diff/text.ts";
import { runNames } from "../src/pipeline/needed.ts";
import { readRun, workspaceOf } from "../src/stages/runs.ts";
import { settingText } from "../src/stages/set.ts";
import { command } from "./command.ts";
import { EXITS, Refused } from "./exits.ts";
import { refusing, requireRun, RUNS, runWord } from "./trying.ts";
import { type Project, project } from "./workspace.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The results in a place, and which of them are not of the study and the code beside them. */
async function sideIn({ plan, workspace, locator }: Project, name?: string): Promise<Side> {
  const states = await statusOf(workspace, plan, locator);
  const names = (states: readonly StageStatus[]) => states.map(({ planned }) => planned.stage.name);
  const stale = states.filter(({ reasons, last }) => reasons.length > 0 && last);
  const run = name !== undefined && { name, toRun: names(states.filter(({ last }) => !last)) };
  return await workingSide(workspace.home, names(stale), run || undefined);
}

/** The results of a run with other settings. */
async function runSide(study: string | undefined, home: string, name: string): Promise<Side> {
  const { set } = await refusing(() => readRun({ home }, name));
  const whole = await project(study, set.map(settingText));
  const workspace = workspaceOf(whole.workspace, name);
  return await sideIn({ ...whole, workspace }, `run ${name}`);
}

/**
 * The name of a run in a word; undefined where it is none, and so a revision.
 *
 * @throws {Refused} where it is both, or names the folder of a run that is not there
 */
async function runIn(home: string, word: string): Promise<string | undefined> {
  const names = await runNames({ home });
  const name = runWord(word);
  if (name !== word) return requireRun(names, name);
  if (!names.includes(word)) return undefined;
  if (!await isRevision(home, word)) return word;
  throw new Refused(
    `${word} is a run and a revision: say ${RUNS}${word} for the run, ` +
      "or name the commit in another way, as in refs/heads/NAME.",
  );
}

await command("diff", async ({ flags: { all, json, markdown, study }, words }) => {
  if (json && markdown) throw new Refused("Either --json or --markdown, not both.");
  const home = resolve(root, study ?? "");
  const isThere = await Deno.stat(home).then((info) => info.isDirectory, () => false);
  if (!isThere) throw new Refused(`${home} is no folder of a study.`);
  const runs = await Promise.all(words.map((word) => runIn(home, word)));
  const side = async (i: number) =>
    runs[i] === undefined
      ? await revisionSide(home, words[i] ?? "HEAD")
      : await runSide(study, home, runs[i]);
  const isOneRun = words.length === 1 && runs[0] !== undefined;
  const workingTree = async () => await sideIn(await project(study));
  const from = isOneRun ? await workingTree() : await side(0);
  const to = isOneRun ? await side(0) : words.length === 2 ? await side(1) : await workingTree();
  const diff = await compare(from, to, all);
  console.log(
    json
      ? JSON.stringify(diff, null, 2)
      : (markdown ? markdownOf(diff) : textOf(diff, all)).trimEnd(),
  );
  return diff.differs ? EXITS.differs : EXITS.done;
});
