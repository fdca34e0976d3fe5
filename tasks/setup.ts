/** `deno task setup`: finds the fastest backend that this machine can have, and remembers it. @module */
import process from "node:process";
import { describeSandbox, readSandbox } from "../src/runtime/sandbox.ts";
import { messageOf } from "../src/files/explain.ts";
import { describeChoice, listReasons, setUp } from "../src/runtime/setup.ts";
import { bars } from "./bar.ts";
import { backendFlag, readArguments } from "./flags.ts";

const HELP = `deno task setup [flags]

  --backend=NAME   tensorflow or wasm (default: the fastest that this machine can have)
  --force          look again, also where a choice is remembered
`;

const view = bars(process.stderr);
let last = "";
/** One thing goes on at a time: what was shown before it is over. */
function show(label: string, done = 0, total = 0): void {
  if (label !== last) view.clear();
  last = label;
  view.progress(label, done, total);
}

try {
  const { values } = readArguments(Deno.args, {
    backend: { type: "string" },
    force: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  }, false);
  if (values.help) {
    console.log(HELP);
    Deno.exit(0);
  }
  const { force } = values;
  const backend = backendFlag(values.backend);
  const choice = await setUp({ backend, force, progress: show });
  view.clear();
  console.log(describeChoice(choice));
  console.log(describeSandbox(await readSandbox()));
  if (choice.backend === "wasm" && !choice.requested) {
    console.log(listReasons(choice.skipped));
    console.log(
      "`deno task setup --force` tries again; LIBTENSORFLOW_DIR may name a folder that holds a " +
        "libtensorflow of your own (include/ and lib/).",
    );
  }
  Deno.exit(0);
} catch (error) {
  view.clear();
  console.error(`error: ${messageOf(error)}`);
  Deno.exit(1);
}
