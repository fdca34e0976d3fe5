/** What follows from the accuracies of stage `ablate`, by rule: no figure here is chosen by a person. @module */
import { holm } from "../../evaluation/holm.ts";
import { meanOf } from "../../evaluation/spread.ts";
import { LEVEL, type Welch, welch } from "../../evaluation/welch.ts";
import type { Readers } from "../../pipeline/stage.ts";
import { movedAccuracies, testAccuracies } from "./figures.ts";
import { type Variant, variantNames, variants } from "./plan.ts";
import type { ablate } from "./stage.ts";

/** How one compares with another: more, less, or not told apart by the spread of seeds. */
export type Verdict = "more" | "less" | "alike";

/** A comparison over seeds. */
export interface Compared extends Welch {
  readonly verdict: Verdict;
}

/** A comparison of two samples; `p` in place of its own, where it is one of several. */
function compared(test: Welch, p = test.p): Compared {
  return { ...test, p, verdict: p >= LEVEL ? "alike" : test.value > 0 ? "more" : "less" };
}

/** Test accuracies, a number a seed: all that findings are made of. */
export interface Accuracies {
  /** Of every variant, on the images that all learn from. */
  readonly variants: ReadonlyMap<Variant, readonly number[]>;
  /** Of LeNet-5 and the perceptron, by how many images they learnt from: few before many, at least two. */
  readonly curve: readonly (Rivals & { readonly images: number })[];
  /** Of both on moved test images, by how many pixels: few before many. */
  readonly moved: readonly (Rivals & { readonly pixels: number })[];
}

interface Rivals {
  readonly lenet5: readonly number[];
  readonly mlp: readonly number[];
}

/** The accuracies, from what was predicted of each test image. */
export async function accuraciesIn(
  results: Pick<
    Readers<typeof ablate.writes>,
    "trainings" | "testLabels" | "testPredictions" | "moved" | "movedRight"
  >,
  { subset, curve, moves }: {
    readonly subset: { readonly train: number };
    readonly curve: readonly { readonly train: number }[];
    readonly moves: readonly number[];
  },
): Promise<Accuracies> {
  const kept = {
    trainings: await results.trainings.read(),
    testLabels: await results.testLabels.read(),
    testPredictions: await results.testPredictions.read(),
  };
  const keptMoved = {
    moved: await results.moved.read(),
    movedRight: await results.movedRight.read(),
  };
  const tested = kept.testLabels.data.length;
  return {
    variants: new Map(
      variantNames.map((variant) => [variant, testAccuracies(kept, variant, subset.train)]),
    ),
    curve: [subset, ...curve].map(({ train }) => train).toSorted((a, b) => a - b)
      .map((images) => ({
        images,
        lenet5: testAccuracies(kept, "lenet5", images),
        mlp: testAccuracies(kept, "mlp", images),
      })),
    moved: moves.toSorted((a, b) => a - b).map((pixels) => ({
      pixels,
      lenet5: movedAccuracies(keptMoved, "lenet5", pixels, tested),
      mlp: movedAccuracies(keptMoved, "mlp", pixels, tested),
    })),
  };
}

/** What follows. */
export interface Findings {
  /** Each variant against the one that it is compared with; p is corrected with Holm's method for their number. */
  readonly comparisons: ReadonlyMap<Variant, Compared>;
  /** LeNet-5's lead over the perceptron, by how many images they learnt from, few before many. */
  readonly leads: readonly (Compared & { readonly images: number })[];
  /** That lead with the most images, less that with the fewest. */
  readonly growth: Compared;
  /** The fewest images with which LeNet-5's mean is that of the perceptron with the most, if there are. */
  readonly enough: number | undefined;
  /** What moving the images farthest costs each of both, a mean over seeds. */
  readonly losses: { readonly pixels: number; readonly lenet5: number; readonly mlp: number };
  /** What it costs LeNet-5, less what it costs the perceptron. */
  readonly sensitivity: Compared;
}

/** Differences seed by seed, without the last bits by which equal ones would differ. */
const less = (values: readonly number[], others: readonly number[]) =>
  values.map((value, i) => Number((value - others[i]).toFixed(12)));

/** Draws the findings. */
export function findingsOf({ variants: of, curve, moved }: Accuracies): Findings {
  const tests = variantNames.flatMap((variant) => {
    const { against } = variants[variant];
    return against ? [{ variant, test: welch(of.get(variant)!, of.get(against)!) }] : [];
  });
  const corrected = holm(tests.map(({ test }) => test.p));
  const [fewest, most] = [curve[0], curve[curve.length - 1]];
  const bar = meanOf(most.mlp);
  const { pixels, ...farthest } = moved[moved.length - 1];
  const lost = {
    lenet5: less(of.get("lenet5")!, farthest.lenet5),
    mlp: less(of.get("mlp")!, farthest.mlp),
  };
  return {
    comparisons: new Map(
      tests.map(({ variant, test }, i) => [variant, compared(test, corrected[i])]),
    ),
    leads: curve.map(({ images, lenet5, mlp }) => ({ images, ...compared(welch(lenet5, mlp)) })),
    growth: compared(welch(less(most.lenet5, most.mlp), less(fewest.lenet5, fewest.mlp))),
    enough: curve.find(({ lenet5 }) => meanOf(lenet5) >= bar)?.images,
    losses: { pixels, lenet5: meanOf(lost.lenet5), mlp: meanOf(lost.mlp) },
    sensitivity: compared(welch(lost.lenet5, lost.mlp)),
  };
}
