/** `deno task metrics`: every metric of the committed results; `--json` for CI. @module */
import { count, decimal, NONE, table, withInterval } from "../src/report/markdown.ts";
import { allMetrics } from "../src/stages/all_metrics.ts";
import { thresholdCell } from "../src/stages/metric_cells.ts";
import { readArguments, runTask } from "./flags.ts";
import { project } from "./workspace.ts";

await runTask(async () => {
  const { values } = readArguments(Deno.args, {
    json: { type: "boolean", default: false },
    study: { type: "string" },
  }, false);
  const checked = await project(values.study);
  const metrics = await allMetrics(checked, checked.workspace);
  if (values.json) {
    console.log(JSON.stringify(metrics, null, 2));
  } else {
    const compared = metrics.some(({ published }) => published !== null);
    console.log(table(
      [
        "metric",
        "value [95%]",
        "images",
        "threshold",
        ...(compared ? ["the original study"] : []),
      ],
      metrics.map(({ name, value, interval, n, threshold, published }) => [
        name,
        withInterval(value, interval),
        count(n),
        thresholdCell(name, value, threshold),
        ...(compared ? [published === null ? NONE : decimal(published)] : []),
      ]),
    ));
  }
  return 0;
});
