/**
 * A worker for the jobs of a toy project:
 * `deno run toy_worker.ts <sources> <cache> <settings> <queue> <store> <name of its machine> <slots> <silence in ms> <processor>`.
 *
 * @module
 */
import { makeFolder } from "../../src/files/whole.ts";
import { folderStore } from "./folder_store.ts";
import { OtherCode, work } from "../../src/machines/worker.ts";
import { digestPlan } from "../../src/pipeline/keys.ts";
import { processes } from "../../src/pipeline/processes.ts";
import { Refused, runTask } from "../../tasks/exits.ts";
import { planOf, reading, SLOW } from "./toy.ts";

await runTask(async (signal) => {
  const [root, cache, settings, queue, store, host, slots, silence, processor] = Deno.args;
  const plan = await planOf(root, JSON.parse(settings));
  await makeFolder(cache);
  await work({
    ...{ queue, plan, cache, host, processor, signal },
    shared: await folderStore(store),
    slots: Number(slots),
    equipment: SLOW,
    revision: host,
    code: await digestPlan(root, plan, new Map()),
    executor: () => processes({ root, rights: reading(), cache }),
    silence: Number(silence),
    tell: (line) => console.log(line),
  }).catch((error) => {
    throw error instanceof OtherCode ? new Refused(error.message) : error;
  });
  return 0;
});
