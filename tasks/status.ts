/**
 * `deno task status`: what is up to date, what is not, and exactly why. `--check` fails if any is not,
 * of all studies whose results are in git if none is named.
 *
 * @module
 */
import { statusOf } from "../src/pipeline/status.ts";
import { describeSandbox, readSandbox } from "../src/runtime/sandbox.ts";
import { madeWith } from "../src/stages/made_with.ts";
import { readArguments, runTask } from "./flags.ts";
import { keptStudies, project } from "./workspace.ts";

/** Prints the state of a study's stages, and says whether all are up to date. */
async function show(study: string | undefined, check: boolean): Promise<boolean> {
  const { plan, workspace, locator } = await project(study);
  // A gate does not take the manifests' word for what code comes to.
  const known = check ? new Map() : undefined;
  const states = await statusOf(workspace, plan, locator, known);
  for (const { planned: { stage }, reasons, last, leftovers } of states) {
    const made = last ? madeWith(last.manifest).join("; ") : "";
    const state = reasons.length === 0 ? "up to date" : "stale";
    console.log(`${stage.name.padEnd(10)} ${state}${made && ` (made with: ${made})`}`);
    for (const reason of reasons) console.log(`  - ${reason}`);
    for (const path of leftovers) console.log(`  - left by an earlier result: ${path}`);
  }
  return states.every(({ reasons, leftovers }) => reasons.length + leftovers.length === 0);
}

await runTask(async () => {
  const { values: { check, study } } = readArguments(Deno.args, {
    check: { type: "boolean", default: false },
    study: { type: "string" },
  }, false);
  const stale: string[] = [];
  for (const folder of check && study === undefined ? await keptStudies() : [study]) {
    if (folder && folder !== study) console.log(`\n${folder}`);
    if (!await show(folder, check)) stale.push(folder ? ` --study=${folder}` : "");
  }
  console.log(describeSandbox(await readSandbox()));
  if (!check || stale.length === 0) return 0;
  const commands = stale.map((flag) => `\`deno task all${flag}\``).join(", ");
  console.error(`Committed results are stale or altered: run ${commands} and commit.`);
  return 1;
});
