/**
 * `deno task prepare|baseline|tune|replicate|cv|ablate|transfer|errors|report|all`: brings stages up to
 * date.
 *
 * @module
 */
import { join } from "node:path";
import { revision } from "../src/pipeline/machine.ts";
import { bounded } from "../src/pipeline/pool.ts";
import { run } from "../src/pipeline/run.ts";
import { withNeeds } from "../src/pipeline/status.ts";
import { duration } from "../src/report/markdown.ts";
import { reportOn } from "../src/stages/report/stage.ts";
import { rooms } from "../src/stages/rooms.ts";
import { command } from "./command.ts";
import { display } from "./display.ts";
import { equip, equipmentHere } from "./equip.ts";
import { refusingSlowHalf } from "./half.ts";
import type { Flags } from "./commands.ts";
import { EXITS, Refused, wasEnded } from "./exits.ts";
import { backendFlag, jobsFlag, queueFlag, stagesNamed } from "./flags.ts";
import { describeLaunch, jobProcesses } from "./jobs.ts";
import { launchFlag } from "./launch.ts";
import { screen, standardError } from "./screen.ts";
import { storeAddress, storeAt, trafficText } from "./store.ts";
import { trial } from "./trying.ts";
import { trainsNothing } from "./untrained.ts";

/** Refuses flags that cannot be meant together. */
function refuseTogether(flags: Flags<"run">, queue: string | undefined): void {
  if (flags.force && flags["no-train"]) {
    throw new Refused("--force runs jobs again, and --no-train runs none.");
  }
  if (queue === undefined) {
    if (flags.mixed) throw new Refused("--mixed says which workers of a --queue take the jobs.");
    return;
  }
  if (storeAddress(flags.store) === undefined) {
    throw new Refused(
      "--queue takes a --store as well: by way of that the workers get files, and give them back.",
    );
  }
  if (flags.jobs !== undefined) {
    throw new Refused("--jobs is for this machine; with --queue, each worker has its --slots.");
  }
  if (flags.launch !== undefined) {
    throw new Refused("--launch starts jobs from here; with --queue, workers start them.");
  }
  if (flags.force) {
    throw new Refused(
      "--force does not go with --queue: what the --store has finished is believed there. " +
        "An empty store has everything run again.",
    );
  }
}

await command("run", async ({ flags, words }, signal) => {
  const backend = backendFlag(flags.backend);
  const jobs = jobsFlag(flags.jobs);
  const launch = await launchFlag(flags.launch);
  const queue = queueFlag(flags.queue);
  refuseTogether(flags, queue);
  const asked = await trial(
    flags,
    ({ plan }) => stagesNamed(words, plan.map(({ stage }) => stage.name), true),
  );
  const { workspace, plan, locatorWith, exported, from, targets, run: tried } = asked;
  const folder = tried ? join(asked.folder, ".cache", "runs", tried.name) : asked.folder;

  const began = performance.now();
  const view = display({ json: flags.json });
  if (tried) view.print(`This is run ${tried.name}: what comes out goes to ${folder}.`);
  const shared = await storeAt(storeAddress(flags.store), exported, view.print, signal);
  const untrained = flags["no-train"] ? trainsNothing() : undefined;
  const runs = untrained
    ? { executor: untrained.executor, equip: () => equip(backend, view.print) }
    : queue !== undefined && shared
    ? await (await import("../src/machines/driver.ts")).drive({
      queue,
      shared,
      mixed: flags.mixed,
      here: await equipmentHere(backend),
      fits: ({ facts }) => backend === undefined || facts.backend === backend,
      revision: await revision(workspace.root),
      tell: view.show,
      signal,
    })
    : {
      executor: bounded(
        // What a launcher starts runs elsewhere: of that machine nothing is known here.
        refusingSlowHalf(
          jobProcesses(workspace.root, workspace.cache, launch),
          flags["slow-bfloat16"] || launch !== undefined,
        ),
        jobs,
      ),
      equip: () => {
        if (launch) view.print(describeLaunch(launch));
        return equip(backend, view.print);
      },
    };
  await run(workspace, plan, targets, {
    force: flags.force,
    ...runs,
    locator: locatorWith(shared),
    shared,
    from,
    signal,
  }, (event) => {
    untrained?.note(event);
    view.show(event);
  }).catch(async (error) => {
    view.close();
    if (await wasEnded(signal)) screen(standardError()).print(`Ended. ${view.kept()}`);
    throw untrained?.error(
      withNeeds(plan, targets).map(({ stage }) => stage.name),
      shared?.name,
    ) ?? error;
  }).finally(view.close);
  if (flags.json) return EXITS.done;
  if (targets.includes("report")) {
    console.log(`${join(folder, "report.md")} is up to date.`);
  }
  if (tried) console.log(`\`deno task diff ${tried.name}\` compares it with the results.`);
  if (shared) {
    console.log(
      `From ${shared.name}: ${trafficText(shared.fetched)}; to it: ${trafficText(shared.kept)}.`,
    );
  }
  console.log(`Finished in ${duration((performance.now() - began) / 1000)}.`);
  return EXITS.done;
}, [...rooms, reportOn(rooms)].map(({ name, about }) => [name, about]));
