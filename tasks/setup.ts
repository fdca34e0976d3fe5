/** `deno task setup`: finds the fastest backend that this machine can have, and remembers it. @module */
import cliProgress from "cli-progress";
import process from "node:process";
import { parseArgs } from "node:util";
import { describeChoice, listReasons, setUp } from "../src/runtime/setup.ts";

const HELP = `deno task setup [flags]

  --backend=NAME   tensorflow or wasm (default: the fastest that this machine can have)
  --force          look again, also where a choice is remembered
`;

const show = display();
try {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      backend: { type: "string" },
      force: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    Deno.exit(0);
  }
  const { backend, force } = values;
  if (backend !== undefined && backend !== "tensorflow" && backend !== "wasm") {
    throw new Error(`--backend takes tensorflow or wasm; got ${backend}.`);
  }
  const choice = await setUp({ backend, force, progress: show.progress });
  show.close();
  console.log(describeChoice(choice));
  if (choice.backend === "wasm" && !choice.requested) {
    console.log(listReasons(choice.skipped));
    console.log(
      "`deno task setup --force` tries again; LIBTENSORFLOW_DIR may name a folder that holds a " +
        "libtensorflow of your own (include/ and lib/).",
    );
  }
  Deno.exit(0);
} catch (error) {
  show.close();
  console.error(`error: ${error instanceof Error ? error.message : error}`);
  Deno.exit(1);
}

/** A bar on a terminal; anywhere else a line for each thing that goes on. */
function display() {
  let label = "";
  let bar: cliProgress.SingleBar | undefined;
  const close = () => {
    bar?.stop();
    bar = undefined;
  };
  return {
    progress(text: string, done = 0, total = 0) {
      const changed = text !== label;
      label = text;
      if (changed) close();
      if (!Deno.stderr.isTerminal() || total === 0) {
        if (changed) console.error(`${text} ...`);
        return;
      }
      if (!bar) {
        bar = new cliProgress.SingleBar({
          format: `${text} [{bar}] {percentage}% {eta_formatted} left`,
          barsize: 24,
          hideCursor: true,
          clearOnComplete: true,
          stream: process.stderr,
        });
        bar.start(total, done);
      }
      bar.setTotal(total);
      bar.update(done);
    },
    close,
  };
}
