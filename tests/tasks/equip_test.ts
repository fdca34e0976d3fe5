/** No run computes with a library whose bytes are not those that set-up tried. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { dirname } from "node:path";
import { libtensorflowDir } from "../../src/runtime/choice.ts";
import { sha256 } from "../../src/files/digest.ts";
import { choiceOf } from "../support/choice.ts";
import { withCopy } from "../support/copy.ts";
import { flipByte } from "../support/toy.ts";

Deno.test("a run's equipment is verified byte for byte before the first job", () =>
  withCopy(async (copy) => {
    const runtime = copy.path(".cache/runtime");
    // A link to the real one, or nothing.
    await Deno.remove(runtime).catch(() => {});
    await Deno.mkdir(dirname(runtime), { recursive: true });
    const choice = choiceOf(
      [{ path: ".cache/runtime/addon.node", bytes: 4, sha256: sha256("1234") }],
      { libtensorflowDir: libtensorflowDir() },
    );
    await copy.write(".cache/runtime/choice.json", JSON.stringify(choice));
    await copy.write(".cache/runtime/addon.node", "1234");
    await copy.write(
      "ask.ts",
      'import { equip } from "./tasks/equip.ts"; console.log(JSON.stringify(await equip()));',
    );
    const whole = await copy.run("ask.ts");
    assertEquals(JSON.parse(whole.stdout).facts, { backend: "tensorflow", version: "2.21.0" });

    await flipByte(copy.path(".cache/runtime/addon.node"));
    const altered = await copy.run("ask.ts");
    assert(!altered.success, altered.stdout);
    assertEquals(altered.stdout, "");
    assertStringIncludes(altered.stderr, "addon.node has been altered: its SHA-256 is ");
    assertStringIncludes(altered.stderr, "`deno task setup --force`");
    // WebAssembly loads nothing of it.
    const asked = 'console.log((await (await import("./tasks/equip.ts")).equip("wasm")).variant)';
    const wasm = await copy.deno("eval", asked);
    assertEquals(wasm.stdout, "layers\n", wasm.stderr);
  }));
