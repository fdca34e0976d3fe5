/** `deno task pull`: what a run would otherwise make or download, from the shared store. @module */
import { belongingsOf, pull } from "../src/machines/carry.ts";
import { lockUnused } from "../src/pipeline/lock.ts";
import { outsideOf } from "../src/stages/outside.ts";
import { command } from "./command.ts";
import { counting, waitingFor } from "./display.ts";
import { EXITS } from "./exits.ts";
import { screen, standardOutput } from "./screen.ts";
import { carriedText, missingText, requireStore, trafficText } from "./store.ts";
import { project } from "./workspace.ts";

await command("pull", async ({ flags }, signal) => {
  const { workspace, plan, study, locatorWith, exported } = await project(flags.study);
  const store = await requireStore(flags.store, exported, console.error, signal);
  const view = screen(standardOutput());
  const show = counting(view);
  const belongings = await belongingsOf(workspace, plan, Object.values(outsideOf(study)).flat());
  const onWait = (waiting: Parameters<typeof waitingFor>[0]) => view.print(waitingFor(waiting));
  const unlock = await lockUnused(workspace.cache, onWait, signal);
  try {
    const carried = await pull(belongings, {
      workspace,
      store,
      locator: locatorWith(store),
      progress: (done, total) => show("Pulling", done, total),
    }).finally(view.clear);
    console.log(`This machine has ${carriedText(carried)} of this study.`);
    console.log(`Fetched: ${trafficText(store.fetched)}.`);
    for (const line of missingText(carried.missing, `in ${store.name}`)) console.log(line);
    return EXITS.done;
  } finally {
    await unlock();
  }
});
