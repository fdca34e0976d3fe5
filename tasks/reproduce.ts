/**
 * `deno task reproduce [stage ...]`: trains again from nothing, in a scratch place, and says whether the
 * recorded results come out: the same bytes, or other ones and what that means.
 *
 * @module
 */
import { bounded } from "../src/pipeline/pool.ts";
import { reproduce } from "../src/pipeline/reproduce.ts";
import { duration, withInterval } from "../src/report/markdown.ts";
import { allMetrics } from "../src/stages/all_metrics.ts";
import { display } from "./display.ts";
import { equip } from "./equip.ts";
import { command } from "./command.ts";
import { EXITS, wasEnded } from "./exits.ts";
import { backendFlag, jobsFlag, stagesNamed } from "./flags.ts";
import { describeLaunch, jobProcesses } from "./jobs.ts";
import { launchFlag } from "./launch.ts";
import { project } from "./workspace.ts";

await command("reproduce", async ({ flags, words }, signal) => {
  const checked = await project(flags.study);
  const { workspace, plan, locator, rooms } = checked;
  const backend = backendFlag(flags.backend);
  // The page tells when stages ran, so it is another one each time.
  const targets = words.length > 0
    ? stagesNamed(words, plan.map(({ stage }) => stage.name))
    : rooms.map(({ name }) => name);
  const jobs = jobsFlag(flags.jobs);
  const launch = await launchFlag(flags.launch);
  const { json } = flags;

  const began = performance.now();
  const view = display({ json });
  // With events, these lines are beside them.
  const print = (line: string) => json ? console.error(line) : console.log(line);
  let different = 0;
  await reproduce(
    workspace,
    plan,
    targets,
    {
      force: false,
      executor: bounded(jobProcesses(workspace.root, undefined, launch), jobs),
      equip: () => {
        if (launch) view.print(describeLaunch(launch));
        return equip(backend, view.print);
      },
      locator,
      signal,
    },
    view.show,
    async (scratch, reproduced) => {
      view.close();
      const now = new Map((await allMetrics(checked, scratch)).map((m) => [m.name, m.value]));
      const then = await allMetrics(checked, workspace).catch(() => []);
      for (const { stage, same, differing } of reproduced) {
        if (differing.length === 0) {
          print(`${stage.padEnd(10)} the same bytes, in all ${same.length} artifacts`);
        } else {
          different++;
          print(`${stage.padEnd(10)} other bytes: ${differing.join(", ")}`);
          for (const { name, value, interval } of then) {
            const again = now.get(name);
            if (!name.startsWith(`${stage}.`) || again === undefined || again === value) continue;
            const inside = interval && again !== null && again >= interval[0] &&
              again <= interval[1];
            print(
              `  ${name}: ${withInterval(again, null)}, recorded ${withInterval(value, null)}, ` +
                (interval
                  ? `${inside ? "inside" : "OUTSIDE"} its interval`
                  : "which has no interval"),
            );
          }
        }
      }
      if (different > 0) {
        print(
          "An interval says how far an accuracy on other images may lie. How much another training run " +
            "would differ is not measured yet.",
        );
      }
    },
  ).catch(async (error) => {
    view.close();
    if (await wasEnded(signal)) {
      console.error("Ended: nothing was recorded, and the scratch place is gone.");
    }
    throw error;
  }).finally(view.close);
  print(`Finished in ${duration((performance.now() - began) / 1000)}.`);
  return different > 0 ? EXITS.differs : EXITS.done;
});
