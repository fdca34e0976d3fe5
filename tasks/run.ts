/**
 * `deno task prepare|baseline|report|all`, and `demo`: brings stages up to date.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { type Backend, isReady } from "../src/runtime/choice.ts";
import { run } from "../src/pipeline/run.ts";
import { duration } from "../src/report/markdown.ts";
import { display } from "./display.ts";
import { project, userFolders, weightFinder } from "./workspace.ts";

const HELP = `deno task <stage>|all [flags]

  --force              run again what is up to date
  --jobs=N             how many jobs run at once (default: one a core)
  --backend=NAME       tensorflow or wasm (default: what deno task setup found)
`;

/** Permissions of a job's process, besides writing to its own folder: what loading TensorFlow takes. */
const workerPermissions = [
  "--allow-read",
  "--allow-env=TF_NUM_INTRAOP_THREADS,TF_NUM_INTEROP_THREADS,TF_CPP_MIN_LOG_LEVEL,TMPDIR,TMP,TEMP",
  "--allow-ffi=.cache/runtime,node_modules",
];

try {
  const { values, positionals } = parseArgs({
    args: Deno.args,
    allowPositionals: true,
    options: {
      force: { type: "boolean", default: false },
      jobs: { type: "string", default: String(navigator.hardwareConcurrency) },
      backend: { type: "string" },
      demo: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    Deno.exit(0);
  }
  const jobs = Number(values.jobs);
  if (!Number.isInteger(jobs) || jobs < 1) {
    throw new Error(`--jobs takes a whole number of 1 or more; got ${values.jobs}.`);
  }
  const { backend } = values;
  if (backend !== undefined && backend !== "tensorflow" && backend !== "wasm") {
    throw new Error(`--backend takes tensorflow or wasm; got ${backend}.`);
  }
  const { stages, workspace } = project(values.demo);
  const targets = positionals.includes("all") ? stages.map((stage) => stage.name) : positionals;

  const began = performance.now();
  const view = display();
  try {
    await run(workspace, stages, targets, {
      force: values.force,
      jobs,
      backend,
      folders: userFolders(),
      isThere: weightFinder(workspace),
      permissions: workerPermissions,
      prepareBackend: () => setUp(backend),
    }, view.show);
  } finally {
    view.close();
  }
  if (targets.includes("report")) {
    console.log(`${values.demo ? "demo/" : ""}report.md is up to date.`);
  }
  console.log(`Finished in ${duration((performance.now() - began) / 1000)}.`);
  // The bundler's process would keep this one alive.
  Deno.exit(0);
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : error}`);
  Deno.exit(1);
}

/** Runs `tasks/setup.ts`, which finds or builds a backend and remembers it, unless one is there. */
async function setUp(backend: Backend | undefined): Promise<void> {
  if (await isReady(backend)) return;
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "setup", ...(backend ? [`--backend=${backend}`] : [])],
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("no backend could be set up; `deno task setup` says why.");
}
