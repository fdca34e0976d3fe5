/** `deno task metrics`: every metric of the committed results; `--json` for CI. @module */
import { parseArgs } from "node:util";
import { allMetrics } from "../src/stages/metrics.ts";
import { project } from "./workspace.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    json: { type: "boolean", default: false },
    demo: { type: "boolean", default: false },
  },
});
const { study, workspace } = project(values.demo);
const metrics = await allMetrics(study, workspace);
if (values.json) {
  console.log(JSON.stringify(metrics, null, 2));
} else {
  console.table(metrics);
}
