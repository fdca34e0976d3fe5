/** `deno task metrics`, with the permissions that it has. */
import { assertEquals } from "@std/assert";
import { PROJECT } from "../../src/runtime/choice.ts";
import { allMetrics } from "../../src/stages/all_metrics.ts";
import { project } from "../../tasks/workspace.ts";

Deno.test("metrics prints every metric of the committed results, and needs to read alone", async () => {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "metrics", "--json"],
    cwd: PROJECT,
    env: { NO_COLOR: "1" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assertEquals([success, text(stderr)], [true, ""]);
  const checked = await project();
  assertEquals(JSON.parse(text(stdout)), await allMetrics(checked, checked.workspace));
});
