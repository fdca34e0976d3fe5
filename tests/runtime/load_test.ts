import { assertEquals, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import { isReady } from "../../src/runtime/choice.ts";
import { runCommand } from "../../src/runtime/command.ts";
import { loadWasm } from "../../src/runtime/load.ts";

const native = await isReady("tensorflow");
const product = [7, 10, 15, 22];
const load = fileURLToPath(new URL("../../src/runtime/load.ts", import.meta.url));

Deno.test("WebAssembly computes, again and again", async () => {
  for (let i = 0; i < 2; i++) {
    const tf = await loadWasm();
    assertEquals(tf.getBackend(), "wasm");
    const result = tf.matMul([[1, 2], [3, 4]], [[1, 2], [3, 4]]);
    assertEquals([...await result.data()], product);
    result.dispose();
  }
});

Deno.test({
  name: "TensorFlow computes, before and after WebAssembly, and keeps its number of threads",
  ignore: !native,
  async fn() {
    // In a process of its own: see `tests/support/tensorflow.ts`.
    const output = await runCommand(Deno.execPath(), {
      args: [
        "eval",
        "--quiet",
        `import { loadTensorFlow, loadWasm } from ${JSON.stringify(load)};
        for (let i = 0; i < 2; i++) {
          const tf = await loadTensorFlow({ threads: 1 });
          const result = tf.matMul([[1, 2], [3, 4]], [[1, 2], [3, 4]]);
          console.log(tf.getBackend(), ...await result.data());
          result.dispose();
          await loadWasm();
        }
        await loadTensorFlow({ threads: 2 }).catch((error) => console.log(error.message));
        Deno.exit(0);`,
      ],
      limit: 60_000,
    });
    const [first, second, refused] = output.split("\n");
    assertEquals([first, second], Array(2).fill(`tensorflow ${product.join(" ")}`));
    assertStringIncludes(refused, "use another process");
  },
});

Deno.test("an addon that is none says where it is and what to do", async () => {
  // In a process of its own: tfjs-node can be loaded once.
  const output = await runCommand(Deno.execPath(), {
    args: [
      "eval",
      "--quiet",
      `import { loadTensorFlow } from ${JSON.stringify(load)};
      await loadTensorFlow({ addon: "/nowhere/tfjs_binding.node" }).catch((e) => console.log(e.message));`,
    ],
    limit: 60_000,
  });
  assertEquals(output.split(":")[0], "TensorFlow does not load from /nowhere/tfjs_binding.node");
  assertEquals(output.includes("`deno task setup --force` looks for one that does."), true);
});

Deno.test({
  name: "TensorFlow starts as many threads as it is told",
  // Linux alone says how a process's threads are called.
  ignore: !native || Deno.build.os !== "linux",
  async fn() {
    for (const threads of [1, 3]) {
      const output = await runCommand(Deno.execPath(), {
        args: [
          "eval",
          "--quiet",
          `import { loadTensorFlow } from ${JSON.stringify(load)};
          const tf = await loadTensorFlow({ threads: ${threads} });
          await tf.matMul(tf.ones([64, 64]), tf.ones([64, 64])).data();
          let count = 0;
          for (const { name } of Deno.readDirSync("/proc/self/task")) {
            const thread = Deno.readTextFileSync("/proc/self/task/" + name + "/comm").trim();
            if (thread === "tf_Compute") count++;
          }
          console.log(count);
          Deno.exit(0);`,
        ],
        limit: 60_000,
      });
      assertEquals(output.trim(), String(threads));
    }
  },
});
