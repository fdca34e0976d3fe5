/** `deno task status`: what is up to date, what is not, and exactly why. `--check` fails if any is not. @module */
import { parseArgs } from "node:util";
import { statusOf } from "../src/pipeline/status.ts";
import { project, weightFinder } from "./workspace.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    check: { type: "boolean", default: false },
    demo: { type: "boolean", default: false },
  },
});
const { stages, workspace } = project(values.demo);
const states = await statusOf(workspace, stages, weightFinder(workspace));
for (const { stage, reasons } of states) {
  console.log(`${stage.name.padEnd(10)} ${reasons.length === 0 ? "up to date" : "stale"}`);
  for (const reason of reasons) console.log(`  - ${reason}`);
}
const stale = states.some(({ reasons }) => reasons.length > 0);
if (values.check && stale) {
  console.error("Committed results are stale or altered: run `deno task all` and commit.");
}
Deno.exit(values.check && stale ? 1 : 0);
