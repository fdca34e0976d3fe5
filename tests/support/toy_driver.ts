/**
 * Runs all stages of a toy project as a task does: `deno run toy_driver.ts <sources> <home> <settings>`.
 *
 * @module
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { bounded } from "../../src/pipeline/pool.ts";
import { processes } from "../../src/pipeline/processes.ts";
import { run } from "../../src/pipeline/run.ts";
import type { Planned } from "../../src/pipeline/stage.ts";
import { runTask } from "../../tasks/flags.ts";
import { notesOf, reading, SLOW } from "./toy.ts";

await runTask(async (signal) => {
  const [root, home, settings] = Deno.args;
  const cache = join(home, ".cache");
  const study: { plan(settings: unknown): Planned[] } = await import(
    pathToFileURL(join(root, "study.ts")).href
  );
  const plan = study.plan(JSON.parse(settings));
  await run({ root, home, cache }, plan, plan.map(({ stage }) => stage.name), {
    force: false,
    executor: bounded(processes({ root, rights: reading(), cache }), 2),
    equip: () => Promise.resolve(SLOW),
    locator: notesOf(cache),
    signal,
  }, () => {});
  return 0;
});
