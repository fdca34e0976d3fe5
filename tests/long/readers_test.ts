/** Every reader against 10,000 damaged inputs each; see `tests/support/readers.ts`. */
import { assertEquals, assertThrows } from "@std/assert";
import { fileURLToPath } from "node:url";
import { randomState } from "../../src/random.ts";
import { survives } from "../support/damaged_inputs.ts";
import { allReaders, commands } from "../support/readers.ts";

const folder = await Deno.makeTempDir({ prefix: "atelier-readers-" });
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

const cases = Number(Deno.env.get("READER_CASES") ?? 10_000);
for (const reader of await allReaders(folder)) survives(reader, cases, true);

Deno.test("the command line: 50 processes say the same as the function, and end with 1", async () => {
  const refused = (args: readonly string[]) => {
    try {
      commands.read(args);
      return false;
    } catch {
      // No process can be given a text with a zero in it, or half a character.
      return args.every((arg) => !arg.includes("\0") && arg.isWellFormed());
    }
  };
  let [seed, ran] = [0, 0];
  while (ran < Math.min(50, cases)) {
    const args = commands.draw(randomState(seed++));
    // Another study has other stages, or is none.
    if (!refused(args) || args.some((arg) => arg.startsWith("--study"))) continue;
    ran++;
    const { message } = assertThrows(() => commands.read(args), Error);
    const task = fileURLToPath(new URL("../../tasks/run.ts", import.meta.url));
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "--no-prompt", "--allow-read", "--allow-env", task, ...args],
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    assertEquals([args, code, text(stdout), text(stderr)], [args, 1, "", `error: ${message}\n`]);
  }
  console.log(`the command line: ${ran} processes refused with the same message`);
});
