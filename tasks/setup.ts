/** `deno task setup`: finds the fastest backend that this machine can have, and remembers it. @module */
import { describeHalf, findHalf } from "../src/runtime/half.ts";
import { describeSandbox, readSandbox } from "../src/runtime/sandbox.ts";
import { describeChoice, listReasons, setUp } from "../src/runtime/setup.ts";
import { command } from "./command.ts";
import { counting } from "./display.ts";
import { backendFlag } from "./flags.ts";
import { screen, standardError } from "./screen.ts";

await command("setup", async ({ flags }) => {
  const { force } = flags;
  const backend = backendFlag(flags.backend);
  const view = screen(standardError());
  const choice = await setUp({ backend, force, progress: counting(view) }).finally(view.clear);
  console.log(describeChoice(choice));
  console.log(describeSandbox(await readSandbox()));
  console.log(describeHalf(await findHalf(choice, { again: force })));
  if (choice.backend === "wasm" && !choice.requested) {
    console.log(listReasons(choice.skipped));
    console.log(
      "`deno task setup --force` tries again; LIBTENSORFLOW_DIR may name a folder that holds a " +
        "libtensorflow of your own (include/ and lib/).",
    );
  }
  return 0;
});
