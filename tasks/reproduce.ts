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
import { backendFlag, jobsFlag, readArguments, runTask, stagesNamed } from "./flags.ts";
import { jobProcesses } from "./jobs.ts";
import { project } from "./workspace.ts";

await runTask(async (signal) => {
  const { values, positionals } = readArguments(Deno.args, {
    jobs: { type: "string" },
    backend: { type: "string" },
    study: { type: "string" },
  }, true);
  const checked = await project(values.study);
  const { workspace, plan, locator, rooms } = checked;
  const backend = backendFlag(values.backend);
  // The page tells when stages ran, so it is another one each time.
  const targets = positionals.length > 0
    ? stagesNamed(positionals, plan.map(({ stage }) => stage.name))
    : rooms.map(({ name }) => name);
  const jobs = jobsFlag(values.jobs);

  const began = performance.now();
  const view = display();
  let different = 0;
  await reproduce(
    workspace,
    plan,
    targets,
    {
      force: false,
      executor: bounded(
        jobProcesses(workspace.root),
        jobs,
      ),
      equip: () => equip(backend),
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
          console.log(`${stage.padEnd(10)} the same bytes, in all ${same.length} artifacts`);
        } else {
          different++;
          console.log(`${stage.padEnd(10)} other bytes: ${differing.join(", ")}`);
          for (const { name, value, interval } of then) {
            const again = now.get(name);
            if (!name.startsWith(`${stage}.`) || again === undefined || again === value) continue;
            const inside = interval && again !== null && again >= interval[0] &&
              again <= interval[1];
            console.log(
              `  ${name}: ${withInterval(again, null)}, recorded ${withInterval(value, null)}, ` +
                (interval
                  ? `${inside ? "inside" : "OUTSIDE"} its interval`
                  : "which has no interval"),
            );
          }
        }
      }
      if (different > 0) {
        console.log(
          "An interval says how far an accuracy on other images may lie. How much another training run " +
            "would differ is not measured yet.",
        );
      }
    },
  ).finally(view.close);
  console.log(`Finished in ${duration((performance.now() - began) / 1000)}.`);
  return different > 0 ? 1 : 0;
});
