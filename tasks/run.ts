/**
 * `deno task prepare|baseline|tune|replicate|cv|ablate|transfer|errors|report|all`: brings stages up to
 * date.
 *
 * @module
 */
import { join } from "node:path";
import { bounded } from "../src/pipeline/pool.ts";
import { run } from "../src/pipeline/run.ts";
import { duration } from "../src/report/markdown.ts";
import { reportOn } from "../src/stages/report/stage.ts";
import { rooms } from "../src/stages/rooms.ts";
import { command } from "./command.ts";
import { display } from "./display.ts";
import { equip } from "./equip.ts";
import { EXITS, wasEnded } from "./exits.ts";
import { backendFlag, jobsFlag, stagesNamed } from "./flags.ts";
import { describeLaunch, jobProcesses } from "./jobs.ts";
import { launchFlag } from "./launch.ts";
import { screen, standardError } from "./screen.ts";
import { project } from "./workspace.ts";

await command("run", async ({ flags, words }, signal) => {
  const { folder, workspace, plan, locator } = await project(flags.study);
  const backend = backendFlag(flags.backend);
  const jobs = jobsFlag(flags.jobs);
  const launch = await launchFlag(flags.launch);
  const stages = plan.map(({ stage }) => stage.name);
  const targets = stagesNamed(words, stages, true);

  const began = performance.now();
  const view = display({ json: flags.json });
  await run(workspace, plan, targets, {
    force: flags.force,
    executor: bounded(jobProcesses(workspace.root, workspace.cache, launch), jobs),
    equip: () => {
      if (launch) view.print(describeLaunch(launch));
      return equip(backend, view.print);
    },
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
