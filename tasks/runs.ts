/** `deno task runs`: the runs of a study with other settings, and what has come of each. @module */
import { digestPlan } from "../src/pipeline/keys.ts";
import { knownTexts, statesBy } from "../src/pipeline/status.ts";
import { runsOf, workspaceOf } from "../src/stages/runs.ts";
import { settingText } from "../src/stages/set.ts";
import { testAccuracies, type Tried, tried, triedText } from "../src/stages/tried.ts";
import { command } from "./command.ts";
import { EXITS, Refused } from "./exits.ts";
import { project } from "./workspace.ts";

await command("runs", async ({ flags: { json, study } }) => {
  const own = await project(study);
  const { workspace } = own;
  const { runs, faults: unread } = await runsOf(workspace);
  const faults = [...unread];
  const known = runs.length > 0 ? await knownTexts(workspace, own.plan) : new Map();
  const accuracies = await testAccuracies(own, workspace);
  const told: Tried[] = [];
  for (const run of runs) {
    try {
      const set = await project(study, run.set.map(settingText));
      const home = workspaceOf(workspace, run.name);
      const code = await digestPlan(workspace.root, set.plan, known);
      const states = await statesBy(code, home, set.plan, set.locator);
      told.push(await tried(run, home, states, set, { study: own.study, accuracies }));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      faults.push(`Run ${run.name}: ${error.message}`);
    }
  }
  if (json) console.log(JSON.stringify(told, null, 2));
  else {
    console.log(
      told.length + faults.length === 0
        ? "There are no runs with other settings: `deno task all --set=PATH=VALUE` begins one."
        : told.map((run) => triedText(run, Date.now())).join("\n\n"),
    );
  }
  for (const fault of faults) console.error(`error: ${fault}`);
  return faults.length > 0 ? EXITS.failed : EXITS.done;
});
