/**
 * `deno task prepare|baseline|tune|replicate|cv|ablate|transfer|errors|report|all`: brings stages up to
 * date.
 *
 * @module
 */
import { join } from "node:path";
import { openStore } from "../src/machines/open_store.ts";
import { revision } from "../src/pipeline/machine.ts";
import { bounded } from "../src/pipeline/pool.ts";
import { run } from "../src/pipeline/run.ts";
import { duration } from "../src/report/markdown.ts";
import { reportOn } from "../src/stages/report/stage.ts";
import { rooms } from "../src/stages/rooms.ts";
import { command } from "./command.ts";
import { display } from "./display.ts";
import { equip } from "./equip.ts";
import type { Flags } from "./commands.ts";
import { EXITS, Refused, wasEnded } from "./exits.ts";
import { backendFlag, jobsFlag, queueFlag, stagesNamed } from "./flags.ts";
import { jobProcesses } from "./jobs.ts";
import { screen, standardError } from "./screen.ts";
import { project } from "./workspace.ts";

/** Refuses flags that cannot be meant together. */
function refuseTogether(flags: Flags<"run">, queue: string | undefined): void {
  if (queue === undefined) {
    if (flags.mixed) throw new Refused("--mixed says which workers of a --queue take the jobs.");
    return;
  }
  if (flags.store === undefined) {
    throw new Refused(
      "--queue takes a --store as well: by way of that the workers get files, and give them back.",
    );
  }
  if (flags.jobs !== undefined) {
    throw new Refused("--jobs is for this machine; with --queue, each worker has its --slots.");
  }
  if (flags.force) {
    throw new Refused(
      "--force does not go with --queue: what the --store has finished is believed there. " +
        "An empty store has everything run again.",
    );
  }
}

await command("run", async ({ flags, words }, signal) => {
  const { folder, workspace, plan, locator } = await project(flags.study);
  const backend = backendFlag(flags.backend);
  const jobs = jobsFlag(flags.jobs);
  const queue = queueFlag(flags.queue);
  refuseTogether(flags, queue);
  const stages = plan.map(({ stage }) => stage.name);
  const targets = stagesNamed(words, stages, true);

  const began = performance.now();
  const view = display({ json: flags.json });
  const shared = flags.store === undefined ? undefined : await openStore(flags.store);
  const runs = queue !== undefined && shared
    ? await (await import("../src/machines/driver.ts")).drive({
      queue,
      shared,
      mixed: flags.mixed,
      fits: ({ facts }) => backend === undefined || facts.backend === backend,
      revision: await revision(workspace.root),
      tell: view.show,
      signal,
    })
    : {
      executor: bounded(jobProcesses(workspace.root, workspace.cache), jobs),
      equip: () => equip(backend, view.print),
      shared,
    };
  await run(workspace, plan, targets, {
    force: flags.force,
    ...runs,
    locator,
    signal,
  }, view.show).catch(async (error) => {
    view.close();
    if (await wasEnded(signal)) screen(standardError()).print(`Ended. ${view.kept()}`);
    throw error;
  }).finally(view.close);
  if (flags.json) return EXITS.done;
  if (targets.includes("report")) {
    console.log(`${join(folder, "report.md")} is up to date.`);
  }
  console.log(`Finished in ${duration((performance.now() - began) / 1000)}.`);
  return EXITS.done;
}, [...rooms, reportOn(rooms)].map(({ name, about }) => [name, about]));
