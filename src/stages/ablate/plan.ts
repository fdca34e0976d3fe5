/** What stage `ablate` trains and moves, in the order in which its artifacts have it. @module */
import { ablated, type Ablation } from "../../models/ablations.ts";
import { countMultiplications } from "../../models/multiplications.ts";
import { countParameters } from "../../models/shapes.ts";
import type { Shape } from "../../models/spec.ts";

/** The names of the variants, in the order in which they are shown. */
export const variantNames = [
  "lenet5",
  "mlp",
  "mlp-multiplications",
  "shuffled-lenet5",
  "shuffled-mlp",
  "strides",
  "average",
  "frozen",
  "one-convolution",
  "kernels-3",
] as const;

/** The name of a variant. */
export type Variant = typeof variantNames[number];

/** What a variant is. */
interface VariantOf {
  readonly network: Ablation;
  /** Whether the pixels of its images are shuffled. */
  readonly shuffled: boolean;
  /** The variant that it differs from in one thing; that which all begin with has none. */
  readonly against?: "lenet5" | "mlp";
}

const changed = (network: Ablation): VariantOf => ({ network, shuffled: false, against: "lenet5" });

/** The variants. */
export const variants: { readonly [V in Variant]: VariantOf } = {
  "lenet5": { network: "lenet5", shuffled: false },
  "mlp": changed("mlp"),
  "mlp-multiplications": changed("mlp-multiplications"),
  "shuffled-lenet5": { network: "lenet5", shuffled: true, against: "lenet5" },
  "shuffled-mlp": { network: "mlp", shuffled: true, against: "mlp" },
  "strides": changed("strides"),
  "average": changed("average"),
  "frozen": changed("frozen"),
  "one-convolution": changed("one-convolution"),
  "kernels-3": changed("kernels-3"),
};

/** How large each variant is. */
export const sizesOf = (input: Shape, classes: number) =>
  variantNames.map((variant) => {
    const model = ablated(variants[variant].network, input, classes);
    return {
      variant,
      parameters: countParameters(model),
      multiplications: countMultiplications(model),
    };
  });

/** The two that are compared with few and many images, and on images that are moved. */
const rivals = ["lenet5", "mlp"] as const;

/** The name of a variant's metric. */
export const metricName = (variant: Variant): string => `ablate.${variant}.test.accuracy`;

/** What of the settings says what is trained. */
export interface Trained {
  readonly recipe: { readonly epochs: number; readonly seed: number };
  readonly seeds: number;
  readonly subset: { readonly train: number };
  readonly curve: readonly { readonly train: number; readonly epochs: number }[];
}

/** One training. */
export interface Training {
  readonly variant: Variant;
  /** How many images it learns from, the first of the split. */
  readonly images: number;
  readonly epochs: number;
  readonly seed: number;
}

/** All trainings: those of the most images first, since they take longest; then variants in order, then seeds. */
export function trainings({ recipe, seeds, subset, curve }: Trained): Training[] {
  return [
    { train: subset.train, epochs: recipe.epochs, of: variantNames },
    ...curve.map((point) => ({
      ...point,
      of: rivals,
    })),
  ]
    .sort((a, b) => b.train - a.train)
    .flatMap(({ train, epochs, of }) =>
      of.flatMap((variant) =>
        Array.from({ length: seeds }, (_, i): Training => ({
          variant,
          images: train,
          epochs,
          seed: recipe.seed + i,
        }))
      )
    );
}

/** Test images moved, and the training that predicts them. */
export interface Moved {
  readonly variant: typeof rivals[number];
  readonly seed: number;
  /** Pixels down, and to the right; below 0 for up and to the left. */
  readonly down: number;
  readonly right: number;
}

/** By so many pixels down, up, to the right and to the left. */
export const directions = (pixels: number) => [
  { down: pixels, right: 0 },
  { down: -pixels, right: 0 },
  { down: 0, right: pixels },
  { down: 0, right: -pixels },
];

/** All that is predicted of moved images: by both rivals as the variants have them, each seed, near before far. */
export function movesOf({ recipe, seeds }: Trained, moves: readonly number[]): Moved[] {
  return rivals.flatMap((variant) =>
    Array.from(
      { length: seeds },
      (_, i) =>
        moves.flatMap(directions).map((move): Moved => ({
          variant,
          seed: recipe.seed + i,
          ...move,
        })),
    ).flat()
  );
}
