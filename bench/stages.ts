/**
 * Times what stages do against Keras doing the same: two folds of the cross-validation for two
 * epochs, as jobs side by side here and as the original study's loop there; and features of the ImageNet
 * networks. In turn, three rounds. Writes `bench/STAGES.md`; part of `deno task bench`.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { kFold } from "../src/data/split.ts";
import { lenet5 } from "../src/models/lenet5.ts";
import { encodeNpy } from "../src/files/npy.ts";
import { sha256File } from "../src/files/digest.ts";
import { bounded } from "../src/pipeline/pool.ts";
import { jobRunner } from "../src/pipeline/finished.ts";
import { asJson, digestPlan, readyJob } from "../src/pipeline/keys.ts";
import { jobProcesses } from "../tasks/jobs.ts";
import { checkStudy, planOf } from "../src/stages/plan.ts";
import { job as fit } from "../src/training/job.ts";
import { equip } from "../tasks/equip.ts";
import { cv, study, transfer } from "../study.ts";
import { machine, show, table } from "./figures.ts";
import type { FeaturesTask } from "./features_worker.ts";
import { writeImages } from "./images.ts";

const ROUNDS = 3;
const FOLDS = 2;
const EPOCHS = 2;
const IMAGES = 60_000;
/** Images whose features are timed. */
const COUNT = 1024;
/** Batches that Keras predicts in; the better one counts. */
const KERAS_BATCHES = [32, 128];

const root = fileURLToPath(new URL("..", import.meta.url));
const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const python = Deno.env.get("KERAS_PYTHON") ?? "python3";

/** Runs a program that answers with a line of JSON, and gives its seconds. */
async function secondsOf(program: string, args: readonly string[]): Promise<number> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args: [...args] }).output();
  const line = new TextDecoder().decode(stdout).split("\n").findLast((line) =>
    line.startsWith("{")
  );
  if (!success || !line) throw new Error(new TextDecoder().decode(stderr));
  return JSON.parse(line).seconds;
}

const keras = (measure: string, threads: number, args: object) =>
  secondsOf(python, [
    path("keras_stages.py"),
    JSON.stringify({ measure, threads, arguments: args }),
  ]);

/** Seconds from the start of the first fold's process to the end of the last one's. */
async function foldsHere(directory: string): Promise<number> {
  const code = await digestPlan(root, planOf(checkStudy(study)), new Map());
  const equipment = await equip();
  const executor = bounded(jobProcesses(root), 2);
  const runner = jobRunner(await Deno.makeTempDir({ dir: directory }), executor, true);
  const files = Object.fromEntries(
    await Promise.all(["images.npy", "labels.npy"].map(async (name) => {
      const file = `${directory}/${name}`;
      return [`train-${name}`, { path: file, sha256: await sha256File(file) }] as const;
    })),
  );
  const start = performance.now();
  await Promise.all(Array.from({ length: FOLDS }, (_, index) => {
    const parameters = fit.parameters.parse({
      model: lenet5([32, 32, 1], 10),
      recipe: { ...cv.recipe, epochs: EPOCHS },
      fold: { splits: cv.splits, randomState: cv.randomState, index },
      evaluate: [],
    });
    const job = readyJob(fit, {
      label: `fold ${index + 1}`,
      parameters: asJson(parameters),
      files,
      equipment,
      compiled: null,
      code,
    });
    return runner.run(job, () => {});
  }));
  return (performance.now() - start) / 1000;
}

const seconds = (value: number) => value.toFixed(1);
const ratio = (value: number) => value.toFixed(2);

const directory = await Deno.makeTempDir({ prefix: "atelier-bench-" });
try {
  await writeImages(directory, IMAGES);
  for (const [fold, { test }] of kFold(IMAGES, cv.splits, cv.randomState).entries()) {
    const bytes = encodeNpy({ shape: [test.length], data: test });
    await Deno.writeFile(`${directory}/held-out-${fold}.npy`, bytes);
  }
  const cores = navigator.hardwareConcurrency;
  const rows: string[][] = [];
  const note = (what: string, here: number[], there: number[]) => {
    const ratios = there.map((value, i) => value / here[i]);
    rows.push([what, show(here, seconds), show(there, seconds), show(ratios, ratio)]);
    console.log(rows.at(-1)!.join(" | "));
  };

  const folds = { here: [] as number[], there: [] as number[] };
  const argumentsOfFolds = {
    spec: lenet5([32, 32, 1], 10),
    data: directory,
    count: FOLDS,
    epochs: EPOCHS,
    batch: cv.recipe.batchSize,
  };
  for (let round = 0; round < ROUNDS; round++) {
    folds.here.push(await foldsHere(directory));
    folds.there.push(await keras("folds", cores, argumentsOfFolds));
  }
  note(`${FOLDS} folds, ${EPOCHS} epochs`, folds.here, folds.there);

  for (const { name, network, output, scale } of transfer.bases.slice(0, 2)) {
    for (const threads of [1, cores]) {
      const task: FeaturesTask = { base: { network, output, scale }, count: COUNT, threads };
      const here: number[] = [];
      const there: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        here.push(
          await secondsOf(Deno.execPath(), [
            "run",
            "--allow-read",
            "--allow-write",
            "--allow-env",
            "--allow-ffi",
            path("features_worker.ts"),
            JSON.stringify(task),
          ]),
        );
        const tried: number[] = [];
        for (const batch of KERAS_BATCHES) {
          tried.push(await keras("features", threads, { network, output, count: COUNT, batch }));
        }
        there.push(Math.min(...tried));
      }
      const on = `${threads} thread${threads === 1 ? "" : "s"}`;
      note(`${name}: features of ${COUNT} images, ${on}`, here, there);
    }
  }
  await Deno.writeTextFile(
    path("STAGES.md"),
    `# Speed of the stages

Written by \`deno task bench\`. Seconds, **median** of ${ROUNDS} rounds (minimum - maximum), in turn on the same machine:
${machine()}.

Folds are LeNet-5 on 48,000 images without a pattern each, batches of ${cv.recipe.batchSize}, validated on 12,000 after
every epoch: here as jobs side by side, one thread each, from the start of their processes; in Keras one after the other
on all cores, without starting Python. Features are of 32 x 32 pixels; Keras predicts in batches of ${
      KERAS_BATCHES.join(" and of ")
    }, of
which the faster one counts.

${table(["", "here", "Keras", "Keras / here"], rows)}
`,
  );
} finally {
  await Deno.remove(directory, { recursive: true });
}
// The bundler's process would keep this one alive.
Deno.exit(0);
