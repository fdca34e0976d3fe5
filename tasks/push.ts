/** `deno task push`: what this clone has and a fresh one would need, to the shared store. @module */
import { belongingsOf, push } from "../src/machines/carry.ts";
import { outsideOf } from "../src/stages/outside.ts";
import { command } from "./command.ts";
import { counting } from "./display.ts";
import { EXITS } from "./exits.ts";
import { screen, standardOutput } from "./screen.ts";
import { carriedText, missingText, requireStore, trafficText } from "./store.ts";
import { project } from "./workspace.ts";

await command("push", async ({ flags }, signal) => {
  const { workspace, plan, study, locator, exported } = await project(flags.study);
  const store = await requireStore(flags.store, exported, console.error, signal);
  const view = screen(standardOutput());
  const show = counting(view);
  const belongings = await belongingsOf(workspace, plan, Object.values(outsideOf(study)).flat());
  const carried = await push(belongings, {
    workspace,
    store,
    locator,
    progress: (done, total) => show("Pushing", done, total),
  }).finally(view.clear);
  console.log(`${store.name} has ${carriedText(carried)} of this study.`);
  console.log(`Sent: ${trafficText(store.kept)}.`);
  for (const line of missingText(carried.missing, "on this machine")) console.log(line);
  return EXITS.done;
});
