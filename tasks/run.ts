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
import { display } from "./display.ts";
import { equip } from "./equip.ts";
import { backendFlag, jobsFlag, readArguments, runTask, stagesNamed } from "./flags.ts";
import { jobProcesses } from "./jobs.ts";
import { project } from "./workspace.ts";

const FLAGS = `
  --study=FOLDER       another study than the project's own: a folder with a study.ts
  --force              run again what is up to date
  --jobs=N             how many jobs run at once (default: one a core)
  --backend=NAME       tensorflow or wasm (default: what deno task setup found)
`;

await runTask(async (signal) => {
  const { values, positionals } = readArguments(Deno.args, {
    force: { type: "boolean", default: false },
    jobs: { type: "string" },
    backend: { type: "string" },
    study: { type: "string" },
    help: { type: "boolean", default: false },
  }, true);
  const { folder, workspace, plan, locator } = await project(values.study);
  if (values.help) {
    const names = plan.map(({ stage: { name, about } }) => `  ${name.padEnd(10)} ${about}`);
    console.log(`deno task <stage>|all [flags]\n\n${names.join("\n")}\n${FLAGS}`);
    return 0;
  }
  const backend = backendFlag(values.backend);
  const jobs = jobsFlag(values.jobs);
  const stages = plan.map(({ stage }) => stage.name);
  const named = stagesNamed(positionals, ["all", ...stages]);
  if (named.length === 0) throw new Error(`Name a stage, or all: ${stages.join(", ")}.`);
  const targets = named.includes("all") ? stages : named;

  const began = performance.now();
  const view = display();
  await run(workspace, plan, targets, {
    force: values.force,
    executor: bounded(
      jobProcesses(workspace.root, workspace.cache),
      jobs,
    ),
    equip: () => equip(backend),
    locator,
    signal,
  }, view.show).finally(view.close);
  if (targets.includes("report")) {
    console.log(`${join(folder, "report.md")} is up to date.`);
  }
  console.log(`Finished in ${duration((performance.now() - began) / 1000)}.`);
  return 0;
});
