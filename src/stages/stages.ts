/**
 * The study as a list of stages: what each reads and which parameters it depends on.
 *
 * A stage's parameters are exactly what its result depends on: a changed threshold re-renders the
 * report and trains nothing.
 *
 * @module
 */
import type { Json } from "../files/digest.ts";
import type { StageDefinition } from "../pipeline/stage.ts";
import type { DataDescription } from "../data/source.ts";
import type { Recipe } from "../training/loop.ts";
import type { CrossValidation } from "./cv.ts";
import type { PrepareParameters } from "./prepare.ts";
import type { Transfer } from "./transfer.ts";
import type { Tuning } from "./tune.ts";
import type { Published } from "../report/published.ts";

/** What `study.ts` holds. */
export interface Study {
  /** Heading of the report. */
  readonly title: string;
  readonly data: DataDescription;
  /** Names of the classes, in the order of their labels. */
  readonly classes: readonly string[];
  readonly prepare: Pick<PrepareParameters, "size" | "split">;
  readonly baseline: Recipe;
  /** The stages `tune`, `cv` and `transfer` run where the study has them. */
  readonly tune?: Tuning;
  readonly cv?: CrossValidation;
  readonly transfer?: Transfer;
  /** Least value of a metric, by its name; asserted by the tests and shown in the report. */
  readonly thresholds: { readonly [metric: string]: number };
  /** Figures of the study reproduced; null where there is none to compare with. */
  readonly published: Published | null;
}

/** What a network that is validated on the prepared split reads. */
const trainingInputs = [
  "prepare/train-images.npy",
  "prepare/train-labels.npy",
  "prepare/train-indices.npy",
  "prepare/validation-indices.npy",
];

/** What the report shows of `tune` and of `cv`. */
const tuneShown = [
  "tune/manifest.json",
  "tune/metrics.json",
  "tune/trials.csv",
  "tune/importance.json",
  "tune/winner.json",
  "tune/winner-layers.csv",
  "tune/winner-history.csv",
  "tune/winner-model.json",
  "tune/winner-weights.bin",
  "tune/study-layers.csv",
  "tune/study-history.csv",
];
const cvShown = [
  "cv/manifest.json",
  "cv/metrics.json",
  "cv/history.csv",
];

const transferShown = [
  "transfer/manifest.json",
  "transfer/metrics.json",
  "transfer/bases.json",
  "transfer/history.csv",
  "transfer/test-predictions.csv",
  "transfer/causes.json",
  "baseline/test-predictions.csv",
];

/** The stages of a study. */
export function stages(study: Study): StageDefinition[] {
  const { title, data, classes, prepare, baseline, tune, cv, transfer, thresholds, published } =
    study;
  return [
    {
      name: "prepare",
      module: "src/stages/prepare.ts",
      jobs: [],
      inputs: [],
      parameters: json({ data, classes, ...prepare }),
    },
    {
      name: "baseline",
      module: "src/stages/baseline.ts",
      jobs: ["src/jobs/fit.ts"],
      inputs: [...trainingInputs, "prepare/test-images.npy", "prepare/test-labels.npy"],
      parameters: json({ classes, recipe: baseline }),
    },
    ...(tune
      ? [{
        name: "tune",
        module: "src/stages/tune.ts",
        jobs: ["src/jobs/fit.ts"],
        inputs: [...trainingInputs, "prepare/test-images.npy", "prepare/test-labels.npy"],
        parameters: json({ classes, ...tune }),
      }]
      : []),
    ...(cv
      ? [{
        name: "cv",
        module: "src/stages/cv.ts",
        jobs: ["src/jobs/fit.ts"],
        inputs: ["prepare/train-images.npy", "prepare/train-labels.npy"],
        parameters: json({ classes, ...cv }),
      }]
      : []),
    ...(transfer
      ? [{
        name: "transfer",
        module: "src/stages/transfer.ts",
        jobs: ["src/jobs/features.ts", "src/jobs/fit.ts"],
        inputs: [...trainingInputs, "prepare/test-images.npy", "prepare/test-labels.npy"],
        parameters: json({ classes, size: prepare.size, ...transfer }),
      }]
      : []),
    {
      name: "report",
      module: "src/stages/report.ts",
      jobs: [],
      inputs: [
        "prepare/manifest.json",
        "prepare/summary.json",
        "prepare/head.csv",
        "prepare/describe.csv",
        "prepare/correlation.npy",
        "prepare/grid-images.npy",
        "prepare/grid-labels.npy",
        "baseline/manifest.json",
        "baseline/metrics.json",
        "baseline/history.csv",
        "baseline/layers.csv",
        "baseline/confusion.csv",
        "baseline/classes.csv",
        "baseline/model.json",
        "baseline/weights.bin",
        ...(tune ? tuneShown : []),
        ...(cv ? cvShown : []),
        ...(transfer ? transferShown : []),
        ...(transfer && tune
          ? ["tune/winner-test-predictions.csv", "tune/study-test-predictions.csv"]
          : []),
      ],
      parameters: json({
        title,
        data,
        classes,
        prepare,
        baseline,
        tune,
        cv,
        transfer,
        thresholds,
        published,
      }),
    },
  ];
}

/** Parameters are plain data already; the compiler cannot see that interfaces are. What is left out is null. */
const json = (value: object) =>
  Object.fromEntries(Object.entries(value).map(([name, part]) => [name, part ?? null])) as Json;
