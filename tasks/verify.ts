/**
 * `deno task verify`: recomputes what can be recomputed from the results, without training, and says
 * what it did not check.
 *
 * @module
 */
import { verify } from "../src/stages/checks/verify.ts";
import { display } from "./display.ts";
import { equip } from "./equip.ts";
import { command } from "./command.ts";
import { EXITS } from "./exits.ts";
import { backendFlag } from "./flags.ts";
import { jobProcesses } from "./jobs.ts";
import { project } from "./workspace.ts";

await command("verify", async ({ flags }, signal) => {
  const checked = await project(flags.study);
  const { workspace, locator } = checked;
  const backend = backendFlag(flags.backend);
  const { json } = flags;
  const view = display({ json });
  const counts = { ok: 0, DIFFERS: 0, "not checked": 0 };
  await verify(
    checked,
    workspace,
    {
      executor: jobProcesses(workspace.root),
      equip: () => equip(backend, view.print),
      locator,
      signal,
    },
    view.show,
    ({ stage, name, verdict, why }) => {
      counts[verdict]++;
      if (json) {
        return console.log(JSON.stringify({ type: "verdict", stage, name, verdict, why }));
      }
      view.close();
      const more = why === undefined ? "" : `: ${why.replaceAll(/\s*\n\s*/g, " ")}`;
      console.log(`${stage.padEnd(10)} ${name}: ${verdict}${more}`);
    },
  ).finally(view.close);
  if (!json) {
    console.log(
      `${counts.ok} ok, ${counts.DIFFERS} differ, ${counts["not checked"]} not checked.`,
    );
  }
  return counts.DIFFERS > 0 ? EXITS.differs : EXITS.done;
});
