/** What follows from the accuracies of stage `champion`, by rule. @module */
import { accuracyMetric } from "../../evaluation/accuracy.ts";
import { holm } from "../../evaluation/holm.ts";
import { LEVEL, type Welch, welch } from "../../evaluation/welch.ts";
import type { NdArray } from "../../ndarray.ts";
import { rowOf } from "./figures.ts";

type Bytes = NdArray<Uint8Array>;

/** The shortened trainings without an ingredient. */
export interface Without {
  readonly ingredient: string;
  /** Validation accuracies, a number a seed. */
  readonly accuracies: readonly number[];
  /** What the ingredient adds: the whole less what is left without it; undefined of the whole itself. */
  readonly adds?: Welch & {
    /** Corrected with Holm's method for the number of ingredients. */
    readonly corrected: number;
    /** Whether that is more than the spread of seeds. */
    readonly told: boolean;
  };
}

/** What each ingredient adds, the whole first. */
export function leftOutFindings(
  leftOut: readonly { readonly ingredient: string }[],
  predictions: Bytes,
  validationLabels: Bytes,
): Without[] {
  const truth = validationLabels.data.subarray(0, predictions.shape[1]);
  const names = [...new Set(leftOut.map(({ ingredient }) => ingredient))];
  const [whole, ...others] = names.map((ingredient): Without => ({
    ingredient,
    accuracies: leftOut.flatMap((of, row) =>
      of.ingredient === ingredient ? [accuracyMetric("", rowOf(predictions, row), truth).value] : []
    ),
  }));
  const tests = others.map(({ accuracies }) => welch(whole.accuracies, accuracies));
  const corrected = holm(tests.map(({ p }) => p));
  return [
    whole,
    ...others.map((of, i) => ({
      ...of,
      adds: { ...tests[i], corrected: corrected[i], told: corrected[i] < LEVEL },
    })),
  ];
}

/** How many images all of several trainings get wrong, and how many any of them does. */
export function wrongByAll(
  truth: ArrayLike<number>,
  predicted: readonly ArrayLike<number>[],
): { readonly all: number; readonly any: number } {
  let [all, any] = [0, 0];
  for (let i = 0; i < truth.length; i++) {
    const wrong = predicted.filter((classes) => classes[i] !== truth[i]).length;
    if (wrong === predicted.length) all++;
    if (wrong > 0) any++;
  }
  return { all, any };
}
