/**
 * Runs all stages of a toy project with its jobs on a queue:
 * `deno run toy_queue_driver.ts <sources> <home> <settings> <queue> <store>`.
 *
 * @module
 */
import { join } from "node:path";
import { drive } from "../../src/machines/driver.ts";
import { folderStore } from "./folder_store.ts";
import { run } from "../../src/pipeline/run.ts";
import { runTask } from "../../tasks/exits.ts";
import { notesOf, planOf } from "./toy.ts";

await runTask(async (signal) => {
  const [root, home, settings, queue, store] = Deno.args;
  const workspace = { root, home, cache: join(home, ".cache") };
  await Deno.mkdir(home, { recursive: true });
  const plan = await planOf(root, JSON.parse(settings));
  const shared = await folderStore(store);
  const driver = await drive({
    shared,
    ...{ queue, mixed: false, revision: null, signal },
    tell: ({ message }) => console.log(message),
  });
  await run(workspace, plan, plan.map(({ stage }) => stage.name), {
    ...driver,
    shared,
    signal,
    locator: notesOf(workspace.cache),
  }, (event) => {
    if (event.type === "job") console.log(`${event.label}: ${event.state}`);
  });
  return 0;
});
