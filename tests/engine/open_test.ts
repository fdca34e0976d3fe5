import { assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { isReady } from "../../src/runtime/choice.ts";

/** Packages of TensorFlow.js that a process has loaded once it has opened an engine. */
async function loaded(variant: "graph" | "layers"): Promise<string[]> {
  const script = `
    import { createRequire } from "node:module";
    import { openEngine } from "./src/engine/open.ts";
    await openEngine({ variant: "${variant}" }, 1);
    const files = Object.keys(createRequire(import.meta.url).cache).join("\\n");
    const names = files.matchAll(/node_modules\\/(@tensorflow\\/[^/]+)\\/.*\\.js$/gm);
    console.log(JSON.stringify([...new Set([...names].map(([, name]) => name))].sort()));
    Deno.exit(0);`;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", script],
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test({
  name: "the graph engine runs without TensorFlow.js",
  ignore: !await isReady("tensorflow"),
  async fn() {
    assertEquals(await loaded("graph"), []);
  },
});

Deno.test("the portable engine is TensorFlow.js", async () => {
  assertEquals((await loaded("layers")).includes("@tensorflow/tfjs-core"), true);
});
