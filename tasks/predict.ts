/** `deno task predict FILE...`: what pictures show, by a network of the study that is kept. @module */
import { fileURLToPath } from "node:url";
import { fromUser } from "../src/files/programs.ts";
import { readModels, UnknownNetwork, usable } from "../src/predict/networks.ts";
import { bytesOf, pictures, STDIN } from "../src/predict/pictures.ts";
import { predict, preparing } from "../src/predict/predict.ts";
import { predictedData, predictedRows, predictedTable } from "../src/predict/told.ts";
import { command } from "./command.ts";
import { counting } from "./display.ts";
import { equip } from "./equip.ts";
import { EXITS, refusalOf, Refused } from "./exits.ts";
import { backendFlag, calls } from "./flags.ts";
import { jobProcesses } from "./jobs.ts";
import { screen, standardError } from "./screen.ts";
import { project } from "./workspace.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Fewer pictures than these are done at once. */
const MANY = 1000;

await command("predict", async ({ flags, words }, signal) => {
  if (words.length === 0 && Deno.stdin.isTerminal()) {
    throw new Refused(`Say \`${calls("predict")[0]}\`.`);
  }
  const backend = backendFlag(flags.backend);
  const { workspace } = await project(flags.study);
  const models = await readModels(workspace);
  const network = await usable(workspace, models, flags.model)
    .catch((error) => {
      throw refusalOf(error, UnknownNetwork);
    });

  const names: string[] = [];
  const faults: string[] = [];
  const preparation = preparing(network);
  const all = pictures(
    words.length > 0 ? words : [STDIN],
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
  if (names.length === 0) return EXITS.failed;

  const { images, steps } = preparation.done();
  const executor = jobProcesses(workspace.root);
  signal.addEventListener("abort", () => void executor.stop());
  const view = screen(standardError());
  const count = counting(view);
  const equipment = await equip(backend);
  const predicted = await predict(
    network,
    images,
    workspace,
    { executor, equipment, threads: navigator.hardwareConcurrency },
    (done, total, note) => names.length >= MANY && count(note ?? "pictures", done, total),
  ).finally(() => view.clear());
  const rows = predictedRows(network, names, steps, predicted);
  if (flags.json) console.log(JSON.stringify(predictedData(network, rows), null, 2));
  else console.log(predictedTable(network, rows));
  return faults.length > 0 ? EXITS.failed : EXITS.done;
});
