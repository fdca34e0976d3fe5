/**
 * `deno task verify`: recomputes what can be recomputed from the results, without training, and says
 * what it did not check.
 *
 * @module
 */
import { verify } from "../src/stages/checks/verify.ts";
import { display } from "./display.ts";
import { equip } from "./equip.ts";
import { backendFlag, readArguments, runTask } from "./flags.ts";
import { jobProcesses } from "./jobs.ts";
import { project } from "./workspace.ts";

await runTask(async (signal) => {
  const { values } = readArguments(Deno.args, {
    backend: { type: "string" },
    study: { type: "string" },
  }, false);
  const checked = await project(values.study);
  const { workspace, locator } = checked;
  const backend = backendFlag(values.backend);
  const view = display();
  const counts = { ok: 0, DIFFERS: 0, "not checked": 0 };
  await verify(
    checked,
    workspace,
    {
      executor: jobProcesses(workspace.root),
      equip: () => equip(backend),
      locator,
      signal,
    },
    view.show,
    ({ stage, name, verdict, why }) => {
      view.close();
      counts[verdict]++;
      const more = why === undefined ? "" : `: ${why.replaceAll(/\s*\n\s*/g, " ")}`;
      console.log(`${stage.padEnd(10)} ${name}: ${verdict}${more}`);
    },
  ).finally(view.close);
  console.log(
    `${counts.ok} ok, ${counts.DIFFERS} differ, ${counts["not checked"]} not checked.`,
  );
  return counts.DIFFERS > 0 ? 1 : 0;
});
