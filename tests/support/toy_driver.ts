/**
 * Runs all stages of a toy project as a task does, and prints what `status` says then (`State`):
 * `deno run toy_driver.ts <sources> <home> <settings> <flags of its jobs' processes> [shown|json|state] [from]`.
 * With `shown` or `json`, what goes on is shown as a task shows it, or printed as events, and nothing else.
 * With `from`, this is a run beside the study that has its home there.
 *
 * @module
 */
import { join } from "node:path";
import { bounded } from "../../src/pipeline/pool.ts";
import { processes } from "../../src/pipeline/processes.ts";
import { run } from "../../src/pipeline/run.ts";
import { display } from "../../tasks/display.ts";
import { runTask, wasEnded } from "../../tasks/exits.ts";
import { screen, standardError } from "../../tasks/screen.ts";
import { notesOf, planOf, reading, SLOW, stateOf } from "./toy.ts";

await runTask(async (signal) => {
  const [root, home, settings, flags, how = "state", from] = Deno.args;
  const workspace = { root, home, cache: join(from ?? home, ".cache") };
  const plan = await planOf(root, JSON.parse(settings));
  const rights = reading(...JSON.parse(flags));
  const view = display({ json: how === "json" });
  await run(workspace, plan, plan.map(({ stage }) => stage.name), {
    force: false,
    executor: bounded(processes({ root, rights, cache: workspace.cache }), 2),
    equip: () => Promise.resolve(SLOW),
    locator: notesOf(workspace.cache),
    from,
    signal,
  }, how === "state" ? () => {} : view.show).catch(async (error) => {
    view.close();
    if (await wasEnded(signal)) screen(standardError()).print(`Ended. ${view.kept()}`);
    throw error;
  }).finally(view.close);
  if (how === "state") console.log(JSON.stringify(await stateOf(workspace, plan)));
  return 0;
});
