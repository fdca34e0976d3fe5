/** `deno task metrics`: every metric of the committed results; `--json` for programs, `--check` as a gate. @module */
import { statusOf, withNeeds } from "../src/pipeline/status.ts";
import { count, counted, decimal, NONE, table, withInterval } from "../src/report/markdown.ts";
import { allMetrics } from "../src/stages/all_metrics.ts";
import { marked, missed } from "../src/stages/gate.ts";
import { thresholdCell } from "../src/stages/metric_cells.ts";
import { command } from "./command.ts";
import { EXITS } from "./exits.ts";
import { project } from "./workspace.ts";

await command("metrics", async ({ flags }) => {
  const checked = await project(flags.study);
  const { workspace, plan, locator, rooms, study: { thresholds } } = checked;
  const stages = withNeeds(plan, rooms.map(({ name }) => name));
  // A gate does not take the manifests' word for what code comes to.
  const known = flags.check ? new Map() : undefined;
  const stale = (await statusOf(workspace, stages, locator, known))
    .filter(({ reasons }) => reasons.length > 0)
    .map(({ planned: { stage } }) => stage.name);
  const metrics = marked(await allMetrics(checked, workspace), stale);
  if (flags.json) {
    console.log(JSON.stringify(metrics, null, 2));
  } else if (metrics.length === 0) {
    console.log("There are no results yet; `deno task all` makes them.");
  } else {
    const compared = metrics.some(({ published }) => published !== null);
    const marks = metrics.some(({ stale }) => stale);
    console.log(table(
      [
        "metric",
        "value [95%]",
        "images",
        "threshold",
        ...(compared ? ["the original study"] : []),
        ...(marks ? ["result"] : []),
      ],
      metrics.map(({ name, value, interval, n, threshold, published, stale }) => [
        name,
        withInterval(value, interval),
        count(n),
        thresholdCell(name, value, threshold),
        ...(compared ? [published === null ? NONE : decimal(published)] : []),
        ...(marks ? [stale ? "stale" : ""] : []),
      ]),
    ));
    if (stale.length > 0) {
      console.log(`Stale: ${stale.join(", ")}. \`deno task status\` says why.`);
    }
  }
  if (!flags.check) return EXITS.done;
  const all = Object.keys(thresholds).length;
  if (all === 0) {
    console.error("The study has no thresholds: nothing was checked.");
    return EXITS.done;
  }
  const found = missed(metrics, thresholds);
  if (found.length === 0) {
    console.error(all === 1 ? "The threshold is met." : `All of ${all} thresholds are met.`);
    return EXITS.done;
  }
  console.error(`Not met: ${found.length} of ${counted(all, "threshold")}.`);
  for (const { name, why } of found) console.error(`  ${name} ${why}`);
  return EXITS.differs;
});
