/**
 * `deno task diff [REVISION] [REVISION]`: what differs between the results of two revisions, or of one
 * and the working tree; of HEAD and the working tree if none is named.
 *
 * @module
 */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { statusOf } from "../src/pipeline/status.ts";
import { compare } from "../src/stages/diff/compare.ts";
import { markdownOf } from "../src/stages/diff/markdown.ts";
import { revisionSide, type Side, workingSide } from "../src/stages/diff/side.ts";
import { textOf } from "../src/stages/diff/text.ts";
import { command } from "./command.ts";
import { EXITS, Refused } from "./exits.ts";
import { project } from "./workspace.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The results in the working tree, and which of them are not of the study and the code beside them. */
async function workingTree(study: string | undefined): Promise<Side> {
  const { plan, workspace, locator } = await project(study);
  const states = await statusOf(workspace, plan, locator);
  const stale = states.filter(({ reasons }) => reasons.length > 0)
    .map(({ planned: { stage } }) => stage.name);
  return await workingSide(workspace.home, stale);
}

await command("diff", async ({ flags: { all, json, markdown, study }, words }) => {
  if (json && markdown) throw new Refused("Either --json or --markdown, not both.");
  const home = resolve(root, study ?? "");
  const isThere = await Deno.stat(home).then((info) => info.isDirectory, () => false);
  if (!isThere) throw new Refused(`${home} is no folder of a study.`);
  const [one = "HEAD", other] = words;
  const from = await revisionSide(home, one);
  const to = other === undefined ? await workingTree(study) : await revisionSide(home, other);
  const diff = await compare(from, to, all);
  console.log(
    json
      ? JSON.stringify(diff, null, 2)
      : (markdown ? markdownOf(diff) : textOf(diff, all)).trimEnd(),
  );
  return diff.differs ? EXITS.differs : EXITS.done;
});
