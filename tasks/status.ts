/** `deno task status`: what is up to date, what is not, and exactly why. `--check` fails if any is not. @module */
import { statusOf } from "../src/pipeline/status.ts";
import { describeSandbox, readSandbox } from "../src/runtime/sandbox.ts";
import { madeWith } from "../src/stages/made_with.ts";
import { readArguments, runTask } from "./flags.ts";
import { project } from "./workspace.ts";

await runTask(async () => {
  const { values } = readArguments(Deno.args, {
    check: { type: "boolean", default: false },
    study: { type: "string" },
  }, false);
  const { plan, workspace, locator } = await project(values.study);
  // A gate does not take the manifests' word for what code comes to.
  const known = values.check ? new Map() : undefined;
  const states = await statusOf(workspace, plan, locator, known);
  for (const { planned: { stage }, reasons, last, leftovers } of states) {
    const made = last ? madeWith(last.manifest).join("; ") : "";
    const state = reasons.length === 0 ? "up to date" : "stale";
    console.log(`${stage.name.padEnd(10)} ${state}${made && ` (made with: ${made})`}`);
    for (const reason of reasons) console.log(`  - ${reason}`);
    for (const path of leftovers) console.log(`  - left by an earlier result: ${path}`);
  }
  console.log(describeSandbox(await readSandbox()));
  const stale = states.some(({ reasons, leftovers }) => reasons.length + leftovers.length > 0);
  if (values.check && stale) {
    console.error("Committed results are stale or altered: run `deno task all` and commit.");
  }
  return values.check && stale ? 1 : 0;
});
