/**
 * A whole study small enough for a test, on drawn garments, and what runs one in a folder:
 * `deno run mini.ts <folder> <jobs>` runs all its stages, `deno run mini.ts <folder> stale` prints why
 * which of them are stale, as JSON.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { dataFolder } from "../../src/data/places.ts";
import { type Locator, locator } from "../../src/files/locate.ts";
import { weightsFolder } from "../../src/models/imagenet_source.ts";
import { bounded } from "../../src/pipeline/pool.ts";
import type { RunEvent } from "../../src/pipeline/events.ts";
import { run } from "../../src/pipeline/run.ts";
import { type StageStatus, statusOf } from "../../src/pipeline/status.ts";
import type { Workspace } from "../../src/pipeline/workspace.ts";
import { type CheckedStudy, checkStudy, planOf, type Study } from "../../src/stages/plan.ts";
import { study as garments } from "../../studies/garments/study.ts";
import { ablate, cv, tune } from "../../study.ts";
import { equip } from "../../tasks/equip.ts";
import { jobProcesses } from "../../tasks/jobs.ts";

/** Two epochs at most, two folds, two or three seeds, a space of eight points. */
export const mini = {
  ...garments,
  data: { name: "Synthetic garments", format: "synthetic", seed: 7, train: 240, test: 40 },
  baseline: { ...garments.baseline, epochs: 2 },
  tune: {
    ...tune,
    space: {
      CONV_1_FILTER: { type: "choice", values: [2, 4] },
      KERNEL_1_FILTER: { type: "choice", values: [3, 5] },
      CONV_2_FILTER: { type: "choice", values: [4, 6] },
      KERNEL_2_FILTER: { type: "choice", values: [3] },
      DROPOUT_1: { type: "choice", values: [0.25] },
      learning_rate: { type: "choice", values: [1e-3, 3e-3] },
    },
    oracle: { type: "hyperband", maxEpochs: 2, factor: 2, hyperbandIterations: 1 },
    finalEpochs: 1,
  },
  replicate: { seeds: { lenet5: 2, winner: 1, study: 1 } },
  cv: { ...cv, splits: 2, recipe: { ...cv.recipe, epochs: 1 } },
  ablate: {
    ...ablate,
    recipe: { ...ablate.recipe, epochs: 1 },
    seeds: 2,
    subset: { train: 32, validation: 20 },
    curve: [{ train: 8, epochs: 2 }],
    moves: [2],
  },
  published: {
    source: "an original study",
    winner: { CONV_1_FILTER: 3, KERNEL_1_FILTER: 5 },
  },
} satisfies Study;

/** A study that has been checked, in a folder of its own. */
export interface Place extends CheckedStudy {
  readonly workspace: Workspace;
  readonly locator: Locator;
}

/** Puts a study into a folder; weight files are looked for in its `weights`. */
export function placeIn(folder: string, study: unknown): Place {
  const checked = checkStudy(study);
  const cache = join(folder, ".cache");
  return {
    ...checked,
    workspace: { root: fileURLToPath(new URL("../..", import.meta.url)), home: folder, cache },
    locator: locator({
      data: dataFolder(checked.study.data, { cache, home: folder }),
      weights: weightsFolder(cache, join(folder, "weights")),
    }),
  };
}

/** Brings a study up to date with libtensorflow, all of it or the stages named, and returns their states. */
export async function bringUpToDate(
  place: Place,
  { jobs = 2, targets, onEvent = () => {} }: {
    readonly jobs?: number;
    readonly targets?: readonly string[];
    onEvent?(event: RunEvent): void;
  } = {},
): Promise<StageStatus[]> {
  const plan = planOf(place);
  const { workspace, locator } = place;
  return await run(workspace, plan, targets ?? plan.map(({ stage }) => stage.name), {
    force: false,
    executor: bounded(
      jobProcesses(workspace.root),
      jobs,
    ),
    equip: () => equip("tensorflow"),
    locator,
  }, onEvent);
}

/** Why each stage of a study is stale; none for those that are not. */
export async function staleIn(place: Place): Promise<Record<string, readonly string[]>> {
  const states = await statusOf(place.workspace, planOf(place), place.locator);
  return Object.fromEntries(
    states.filter(({ reasons }) => reasons.length > 0)
      .map(({ planned: { stage }, reasons }) => [stage.name, reasons]),
  );
}

if (import.meta.main) {
  const [folder, what] = Deno.args;
  const place = placeIn(folder, mini);
  if (what === "stale") {
    console.log(JSON.stringify(await staleIn(place)));
    Deno.exit(0);
  }
  await bringUpToDate(place, {
    jobs: Number(what),
    onEvent(event) {
      if (event.type === "progress" && event.done === event.total) console.log(event.label);
    },
  });
  Deno.exit(0);
}
