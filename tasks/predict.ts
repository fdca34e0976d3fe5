/** `deno task predict FILE...`: what pictures show, by a network of the study that is kept. @module */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { fromUser } from "../src/files/programs.ts";
import { readModels, usable } from "../src/predict/networks.ts";
import { bytesOf, pictures, STDIN } from "../src/predict/pictures.ts";
import { predict, preparing } from "../src/predict/predict.ts";
import { predictedData, predictedRows, predictedTable } from "../src/predict/told.ts";
import { bars } from "./bar.ts";
import { equip } from "./equip.ts";
import { backendFlag, readArguments, runTask } from "./flags.ts";
import { jobProcesses } from "./jobs.ts";
import { project } from "./workspace.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

const USAGE =
  "Say deno task predict FILE...: pictures (PNG, JPEG, WebP), folders of them, arrays " +
  "(.npy), or - for standard input.";

await runTask(async (signal) => {
  const { values, positionals } = readArguments(Deno.args, {
    model: { type: "string" },
    json: { type: "boolean", default: false },
    backend: { type: "string" },
    study: { type: "string" },
  }, true);
  const given = positionals.length > 0 ? positionals : [STDIN];
  if (positionals.length === 0 && Deno.stdin.isTerminal()) throw new Error(USAGE);
  const { workspace } = await project(values.study);
  const models = await readModels(workspace);
  const network = await usable(workspace, models, values.model);

  const view = bars(process.stderr);
  const names: string[] = [];
  const faults: string[] = [];
  const preparation = preparing(network);
  const all = pictures(
    given,
    (name) => fromUser(root, name),
    () => bytesOf(Deno.stdin.readable),
  );
  for await (const picture of all) {
    signal.throwIfAborted();
    if ("fault" in picture) {
      faults.push(`${picture.name}: ${picture.fault}.`);
      continue;
    }
    preparation.add(picture.pixels);
    names.push(picture.name);
  }
  for (const fault of faults) console.error(`error: ${fault}`);
  if (names.length === 0) return 1;

  const { images, steps } = preparation.done();
  const executor = jobProcesses(workspace.root);
  const stop = () => void executor.stop();
  signal.addEventListener("abort", stop);
  const equipment = await equip(backendFlag(values.backend));
  const predicted = await predict(
    network,
    images,
    workspace,
    { executor, equipment, threads: navigator.hardwareConcurrency },
    (done, total, note) => names.length > 1000 && view.progress(note ?? "pictures", done, total),
  ).finally(view.clear);
  const rows = predictedRows(network, names, steps, predicted);
  if (values.json) console.log(JSON.stringify(predictedData(network, rows), null, 2));
  else console.log(predictedTable(network, rows));
  return faults.length > 0 ? 1 : 0;
});
