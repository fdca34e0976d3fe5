/** `deno task status`: what is up to date, what is not, and exactly why. `--check` fails if any is not. @module */
import { statusOf } from "../src/pipeline/status.ts";
import { madeWith } from "../src/stages/made_with.ts";
import { readArguments, runTask } from "./flags.ts";
import { project } from "./workspace.ts";

await runTask(async () => {
  const { values } = readArguments(Deno.args, {
    check: { type: "boolean", default: false },
    demo: { type: "boolean", default: false },
  }, false);
  const { plan, workspace, locator } = await project(values.demo);
  const states = await statusOf(workspace, plan, locator);
  for (const { planned: { stage }, reasons, last, leftovers } of states) {
    const made = last ? madeWith(last.manifest).join("; ") : "";
    const state = reasons.length === 0 ? "up to date" : "stale";
    console.log(`${stage.name.padEnd(10)} ${state}${made && ` (made with: ${made})`}`);
    for (const reason of reasons) console.log(`  - ${reason}`);
    for (const path of leftovers) console.log(`  - left by an earlier result: ${path}`);
  }
  const stale = states.some(({ reasons, leftovers }) => reasons.length + leftovers.length > 0);
  if (values.check && stale) {
    console.error("Committed results are stale or altered: run `deno task all` and commit.");
  }
  return values.check && stale ? 1 : 0;
});
