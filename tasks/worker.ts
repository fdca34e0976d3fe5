/** `deno task worker`: takes jobs from a queue and runs them on this machine. @module */
import { hostname } from "node:os";
import { join } from "node:path";
import { makeFolder, removeUnfinished } from "../src/files/whole.ts";
import { prune } from "../src/pipeline/finished.ts";
import { digestPlan } from "../src/pipeline/keys.ts";
import { lockUnused, type Waiting } from "../src/pipeline/lock.ts";
import { processorFamily, revision } from "../src/pipeline/machine.ts";
import { command } from "./command.ts";
import { waitingFor } from "./display.ts";
import { equip } from "./equip.ts";
import { EXITS, refusalOf, Refused } from "./exits.ts";
import { backendFlag, countFlag, queueFlag } from "./flags.ts";
import { refusingSlowHalf } from "./half.ts";
import { jobExecutors } from "./jobs.ts";
import { requireStore, storeAddress } from "./store.ts";
import { project } from "./workspace.ts";

/** How long a job may say nothing, in minutes. */
const SILENCE = 15;

await command("worker", async ({ flags }, signal) => {
  const { workspace: { root, cache }, plan, exported } = await project(flags.study);
  const backend = backendFlag(flags.backend);
  const slots = countFlag("slots", flags.slots, navigator.hardwareConcurrency);
  const silence = countFlag("silence", flags.silence, SILENCE) * 60_000;
  const queue = queueFlag(flags.queue);
  if (queue === undefined || storeAddress(flags.store) === undefined) {
    throw new Refused(
      "A worker takes a queue and a store: deno task worker --queue=redis://host --store=ADDRESS.",
    );
  }
  const shared = await requireStore(flags.store, exported, console.error, signal);
  // Beside a run of the same clone, whose folders are its own.
  const own = join(cache, "worker");
  const jobs = join(own, "jobs");
  await makeFolder(jobs);
  const onWait = (waiting: Waiting) => console.error(waitingFor(waiting));
  const unlock = await lockUnused(own, onWait, signal);
  try {
    await removeUnfinished(jobs);
    await prune(jobs, new Set());
    const executors = jobExecutors(root, own);
    const { OtherCode, work } = await import("../src/machines/worker.ts");
    await work({
      ...{ queue, shared, plan, slots, silence, signal },
      host: hostname(),
      processor: processorFamily(),
      equipment: await equip(backend),
      revision: await revision(root),
      code: await digestPlan(root, plan, new Map()),
      cache: own,
      executor: () => refusingSlowHalf(executors(), flags["slow-bfloat16"]),
      tell: (line) => console.log(line),
    }).catch((error) => {
      throw refusalOf(error, OtherCode);
    });
    return EXITS.done;
  } finally {
    await unlock();
  }
});
