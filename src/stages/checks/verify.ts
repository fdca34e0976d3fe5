/** Recomputes what can be recomputed from the results of a study, and says what was not checked. @module */
import { isDeepStrictEqual } from "node:util";
import { outsideFiles } from "../../data/source.ts";
import { classify } from "../../evaluation/confusion.ts";
import { messageOf, takesNothing } from "../../files/explain.ts";
import type { Locator } from "../../files/locate.ts";
import type { NdArray } from "../../ndarray.ts";
import { inScratch, jobAlone, stageAlone } from "../../pipeline/alone.ts";
import { fileName } from "../../pipeline/artifacts.ts";
import type { RunEvent } from "../../pipeline/events.ts";
import { type Executor, JobFailure } from "../../pipeline/executor.ts";
import { compareOutputs, requireManifest } from "../../pipeline/manifest.ts";
import type { Equipment, Planned, StoredFile } from "../../pipeline/stage.ts";
import { recompiled, statusOf } from "../../pipeline/status.ts";
import { storedPath, verify as verifyStored } from "../../pipeline/store.ts";
import type { Workspace } from "../../pipeline/workspace.ts";
import { type CheckedStudy, planOf } from "../plan.ts";
import { prepare } from "../prepare/stage.ts";
import { type Check, hold, NotChecked } from "./check.ts";
import { job as predict } from "./predict_job.ts";
import { keptNetworks, resultChecks } from "./results.ts";

/** What a check came to. */
export interface Verdict {
  readonly stage: string;
  readonly name: string;
  readonly verdict: "ok" | "DIFFERS" | "not checked";
  /** Why, or what else there is to say. */
  readonly why?: string;
}

/** With what the checks run. */
export interface VerifyOptions {
  readonly executor: Executor;
  equip(): Promise<Equipment>;
  readonly locator: Locator;
  readonly signal?: AbortSignal;
}

/**
 * Runs every check, one after the other, and gives each verdict to `onVerdict` as soon as it is there.
 *
 * @throws the reason of `signal` where that is aborted
 * @throws {Error} where the disk of the cache takes nothing more
 */
export async function verify(
  checked: CheckedStudy,
  workspace: Workspace,
  options: VerifyOptions,
  onEvent: (event: RunEvent) => void,
  onVerdict: (verdict: Verdict) => void,
): Promise<void> {
  const { executor, signal, locator } = options;
  const stop = () => void executor.stop();
  signal?.addEventListener("abort", stop);
  try {
    await inScratch(workspace, async (scratch) => {
      const plan = planOf(checked);
      const checks = [
        ...await stateChecks(workspace, plan, locator),
        ...plan.flatMap((planned) => graphChecks(workspace, planned)),
        ...resultChecks(checked, workspace),
        ...againChecks(checked, plan, workspace, scratch, options, onEvent),
      ];
      for (const check of checks) {
        signal?.throwIfAborted();
        const verdict = await verdictOf(check);
        signal?.throwIfAborted();
        onVerdict(verdict);
      }
    });
  } finally {
    await executor.stop();
    signal?.removeEventListener("abort", stop);
  }
}

async function verdictOf({ stage, name, run }: Check): Promise<Verdict> {
  try {
    return { stage, name, verdict: "ok", why: await run() || undefined };
  } catch (error) {
    // On a full disk nothing can be checked, and nothing has been found to differ.
    if (takesNothing(error instanceof JobFailure ? error.data : error)) throw error;
    const why = messageOf(error);
    const verdict = error instanceof NotChecked ? "not checked" : "DIFFERS";
    return { stage, name, verdict, why };
  }
}

/** What `status` says of each stage, without what the manifests say of code that is the same. */
async function stateChecks(
  workspace: Workspace,
  plan: readonly Planned[],
  locator: Locator,
): Promise<Check[]> {
  const states = await statusOf(workspace, plan, locator, new Map());
  return states.map(({ planned: { stage }, reasons }) => ({
    name: "the manifest, its artifacts and its key are those of study, code and inputs",
    stage: stage.name,
    run() {
      hold(reasons.length === 0, reasons.join("; "));
      return Promise.resolve();
    },
  }));
}

/** What the jobs of a stage executed, compiled again whether or not the compiling code changed. */
function graphChecks(workspace: Workspace, { stage }: Planned): Check[] {
  if (Object.keys(stage.jobs).length === 0) return [];
  return [{
    name: "the graphs of all jobs are what their models compile to",
    stage: stage.name,
    async run() {
      const { manifest } = await requireManifest(workspace, stage.name);
      const { ingredients: { computed }, outputs } = manifest;
      if (!computed || computed.compiled === null) {
        throw new NotChecked(`computed by ${computed?.variant ?? "nothing"}, which has no graphs`);
      }
      const { differing, compiled } = await recompiled(
        workspace,
        stage,
        computed.variant,
        outputs,
      );
      hold(differing.length === 0, `jobs.json has other graphs for ${differing.join(", ")}`);
      hold(compiled === computed.compiled, "the manifest has another digest of all graphs");
    },
  }];
}

/** What runs again: stages without jobs, and predictions. Those need what `prepare` made before them. */
function againChecks(
  checked: CheckedStudy,
  plan: readonly Planned[],
  workspace: Workspace,
  scratch: Workspace,
  { executor, equip, locator }: VerifyOptions,
  onEvent: (event: RunEvent) => void,
): Check[] {
  /** Runs a stage without jobs again, and compares what it writes. */
  const again = async (name: string): Promise<string> => {
    const { manifest } = await requireManifest(workspace, name);
    const planned = plan.find(({ stage }) => stage.name === name)!;
    const now = await stageAlone(workspace, scratch, planned, locator, onEvent);
    const { same, differing } = compareOutputs(manifest.outputs, now);
    hold(differing.length === 0, `made again, these have other bytes: ${differing.join(", ")}`);
    return `the same bytes, in all ${same.length} artifacts`;
  };

  /** Where the images are that networks predict. */
  const images = async () => {
    const { manifest: { outputs } } = await requireManifest(workspace, prepare.name);
    const find = async (key: "trainImages" | "validationIndices" | "testImages") => {
      const stored = outputs[fileName(key, prepare.writes[key])];
      for (const place of [workspace, scratch]) {
        if (await verifyStored(place, prepare.name, stored)) continue;
        return {
          path: storedPath(place, prepare.name, stored),
          sha256: stored.sha256,
        } satisfies StoredFile;
      }
      throw new NotChecked("the prepared images are not there, and could not be made");
    };
    return {
      trainImages: await find("trainImages"),
      validationIndices: await find("validationIndices"),
      testImages: await find("testImages"),
    };
  };

  const predicting = (stage: string): Check => ({
    name: "its weights predict the recorded probabilities",
    stage,
    async run() {
      const network = (await keptNetworks(checked, workspace)).find((it) => it.stage === stage);
      if (!network) throw new NotChecked("it has no winner");
      const { model, threads, weights, of } = network;
      const files = { ...await images(), weights };
      const equipment = await equip();
      const label = `${stage} predicts`;
      const request = { label, parameters: { model, threads }, files };
      const made = await jobAlone(
        scratch,
        predict,
        request,
        executor,
        equipment,
        (done, total, note) => onEvent({ type: "progress", stage, label, done, total, note }),
      );
      const largest = Math.max(
        ...await Promise.all(
          (["validation", "test"] as const).map(async (part) =>
            difference(
              await made[`${part}Probabilities`].read(),
              await of[`${part}Probabilities`].read(),
              `the ${part} probabilities`,
            )
          ),
        ),
      );
      const how = Object.values(equipment.facts).join(" ");
      return largest === 0
        ? `the same bits, by ${how}`
        : `within ${largest.toExponential(1)}, by ${how}`;
    },
  });

  const { tune, errors } = checked.study;
  return [
    {
      name: "made again from the data, it comes out as recorded",
      stage: prepare.name,
      async run() {
        for (const file of outsideFiles(checked.study.data)) {
          if (!await locator.isThere(file)) {
            throw new NotChecked(`${file.name} is not on this machine`);
          }
          // Without an address: nothing is fetched.
          await locator.find({ ...file, addresses: [] }, () => {})
            .catch(({ message }) => {
              throw new NotChecked(message);
            });
        }
        return await again(prepare.name);
      },
    },
    predicting("baseline"),
    ...(tune ? [predicting("tune")] : []),
    ...(errors
      ? [{
        name: "made again from predictions and test images, it comes out as recorded",
        stage: "errors",
        async run() {
          await images();
          return await again("errors");
        },
      }]
      : []),
    ...plan.filter(({ stage }) => Object.keys(stage.jobs).length > 0).map(({ stage }): Check => ({
      name: "its trainings come out as recorded",
      stage: stage.name,
      run: () => Promise.reject(new NotChecked(`\`deno task reproduce ${stage.name}\` does that`)),
    })),
    {
      name: "rendered again, page and figures come out as recorded",
      stage: "report",
      run: () => again("report"),
    },
  ];
}

/** How far probabilities that were predicted again may lie from the recorded ones. */
const TOLERANCE = 1e-4;

/**
 * The largest difference between what was predicted again and what is recorded.
 *
 * @throws {Error} where it is too large, or a class is another one
 */
function difference(
  now: NdArray<Float32Array>,
  then: NdArray<Float32Array>,
  what: string,
): number {
  hold(isDeepStrictEqual([...now.shape], [...then.shape]), `${what} are of another shape`);
  const largest = now.data.reduce((most, p, i) => Math.max(most, Math.abs(p - then.data[i])), 0);
  hold(
    largest < TOLERANCE,
    `${what} do not follow from the weights: they differ by ${largest.toExponential(1)}`,
  );
  const [classes, recorded] = [classify(now), classify(then)];
  const other = classes.findIndex((predicted, i) => predicted !== recorded[i]);
  hold(
    other < 0,
    `${what} do not follow from the weights: image ${other + 1} is of another class`,
  );
  return largest;
}
