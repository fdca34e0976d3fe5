/** What stage `champion` trains, in the order in which its artifacts have it. @module */
import { compact, residual } from "../../models/champions.ts";
import type { ModelSpec, Shape } from "../../models/spec.ts";
import type { Regime } from "../../training/regime.ts";

/** The networks that there are, by what `study.ts` calls them. */
export const architectures: {
  readonly [A in Architecture]: (input: Shape, classes: number) => ModelSpec;
} = { compact, residual };

/** The name of an architecture. */
export const architectureNames = ["compact", "residual"] as const;

/** See `architectureNames`. */
export type Architecture = typeof architectureNames[number];

/** A network with how it is trained, as `study.ts` says it. */
export interface Champion {
  /** What its metrics call it: `compact`. */
  readonly name: string;
  readonly network: Architecture;
  /** Its seed is the first one. */
  readonly regime: Regime;
}

/** What of the settings says what is trained. */
export interface Asked {
  readonly networks: readonly Champion[];
  /** How many seeds each network is trained with: that of its regime and those that follow. */
  readonly seeds: number;
  readonly leaveOneOut: {
    /** The name of the network. */
    readonly network: string;
    readonly epochs: number;
    readonly subset: { readonly train: number; readonly validation: number };
  };
}

/** A training on all images. */
export interface Training {
  readonly network: string;
  readonly seed: number;
}

/** Network by network, each with its seeds. */
export const trainingsOf = ({ networks, seeds }: Asked): Training[] =>
  networks.flatMap(({ name, regime }) =>
    Array.from({ length: seeds }, (_, i) => ({ network: name, seed: regime.seed + i }))
  );

/** A column of predictions: a training, on images as they are or together with their mirror images. */
export interface Evaluation extends Training {
  readonly mirrored: boolean;
}

/** What is evaluated: each training on images as they are and, where its regime says so, mirrored as well. */
export const evaluationsOf = (asked: Asked): Evaluation[] =>
  trainingsOf(asked).flatMap((training) => {
    const { regime } = championOf(asked.networks, training.network);
    return (regime.evaluation === undefined ? [false] : [false, true])
      .map((mirrored) => ({ ...training, mirrored }));
  });

/** A network of the settings by its name. @throws {Error} where there is none */
export function championOf(networks: readonly Champion[], name: string): Champion {
  const found = networks.find((network) => network.name === name);
  if (!found) throw new Error(`there is no network ${name}`);
  return found;
}

/** An ingredient of a regime, and the regime without it. */
export interface LeftOut {
  /** As in `docs/training.md`; `none` where nothing is left out. */
  readonly ingredient: Ingredient;
  readonly regime: Regime;
}

/** The name of an ingredient. */
export type Ingredient =
  | "none"
  | "schedule"
  | "nesterov"
  | "mirror"
  | "translation"
  | "erasing"
  | "labelSmoothing"
  | "l2"
  | "averaging"
  | "bfloat16";

/** What a regime is without each thing that it has, itself first. */
export function leftOutOf(regime: Regime): LeftOut[] {
  const { augmentation, optimizer, labelSmoothing, l2, averaging, precision } = regime;
  const plain = optimizer.type === "sgd" && optimizer.nesterov
    ? { ...optimizer, nesterov: undefined }
    : undefined;
  const without = (part: "mirror" | "translation" | "erasing"): Regime => {
    const rest = { ...augmentation, [part]: undefined };
    const some = Object.values(rest).some((value) => value !== undefined);
    return { ...regime, augmentation: some ? rest : undefined };
  };
  const found: readonly (readonly [Ingredient, boolean, () => Regime])[] = [
    ["none", true, () => regime],
    [
      "schedule",
      regime.schedule.type !== "constant",
      () => ({ ...regime, schedule: { type: "constant" } }),
    ],
    ["nesterov", plain !== undefined, () => ({ ...regime, optimizer: plain ?? optimizer })],
    ["mirror", augmentation?.mirror !== undefined, () => without("mirror")],
    ["translation", augmentation?.translation !== undefined, () => without("translation")],
    ["erasing", augmentation?.erasing !== undefined, () => without("erasing")],
    [
      "labelSmoothing",
      labelSmoothing !== undefined,
      () => ({ ...regime, labelSmoothing: undefined }),
    ],
    ["l2", l2 !== undefined, () => ({ ...regime, l2: undefined })],
    ["averaging", averaging !== undefined, () => ({ ...regime, averaging: undefined })],
    ["bfloat16", precision === "bfloat16", () => ({ ...regime, precision: undefined })],
  ];
  return found.filter(([, there]) => there)
    .map(([ingredient, , made]) => ({ ingredient, regime: made() }));
}

/** A shortened training of which one ingredient is left out. */
export interface Shortened extends LeftOut {
  readonly seed: number;
}

/** The shortened trainings, ingredient by ingredient, each with its seeds; schedules are as short. */
export function shortenedOf({ networks, seeds, leaveOneOut }: Asked): Shortened[] {
  const { regime } = championOf(networks, leaveOneOut.network);
  const short: Regime = { ...regime, epochs: leaveOneOut.epochs, evaluation: undefined };
  return leftOutOf(short).flatMap(({ ingredient, regime }) =>
    Array.from({ length: seeds }, (_, i) => {
      const seed = regime.seed + i;
      return { ingredient, seed, regime: { ...regime, seed } };
    })
  );
}
