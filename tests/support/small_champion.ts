/** A study of nothing but LeNet-5, one small champion, and what can be used. @module */
import type { Study } from "../../src/stages/plan.ts";
import { mini } from "./mini.ts";
import { bareRegime } from "./regimes.ts";

/** The champion: an epoch, evaluated with mirror images. */
export const compact = {
  name: "compact",
  network: "compact",
  regime: {
    ...bareRegime,
    ...{ epochs: 1, learningRate: 0.05, batchSize: 32, seed: 43 },
    augmentation: { mirror: "alternating" },
    evaluation: "mirrored",
  },
} as const;

/** What the study says of it. */
export const said: NonNullable<Study["champion"]> = {
  networks: [compact],
  seeds: 2,
  ensemble: "compact",
  leaveOneOut: { network: "compact", epochs: 1, subset: { train: 32, validation: 20 } },
};

/** The study. */
export const study = {
  ...mini,
  ...{ tune: undefined, replicate: undefined, cv: undefined, ablate: undefined },
  ...{ errors: undefined, published: undefined },
  champion: said,
} satisfies Study;
