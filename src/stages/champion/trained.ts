/**
 * What the trainings of stage `champion` come to: by what their jobs wrote, or by what the stage wrote the
 * last time. So another network costs its own trainings, also where nothing is left of the others' jobs.
 *
 * @module
 */
import { z } from "zod";
import { classify } from "../../evaluation/confusion.ts";
import type { NdArray } from "../../ndarray.ts";
import type { Before, ContextOf, Readers } from "../../pipeline/stage.ts";
import type { job as trainJob } from "../../training/train_job.ts";
import { keptIn, type Part, rowOf } from "./figures.ts";
import type { Asked, Evaluation, Shortened, Training } from "./plan.ts";
import type { champion } from "./stage.ts";

type Context = ContextOf<typeof champion>;
type Request = Parameters<Context["jobs"]["train"]>[0];
type Written = Readers<typeof trainJob["writes"]>;
type Probabilities = NdArray<Float32Array>;

/** Classes that the images of each part are taken for, `[N]`. */
export type Classes = { readonly [P in Part]: Uint8Array };

/** A training on all images that has come to its end. */
export interface Trained extends Training {
  /** How its epochs went. */
  readonly history: Awaited<ReturnType<Written["summary"]["read"]>>["history"];
  /** What images are taken for, in each way in which it is evaluated. */
  readonly evaluations: readonly (Evaluation & Classes)[];
  /** What the stage wrote the last time, where all this is from there. */
  readonly before?: Before<typeof champion.writes>;
  /** What its job wrote; where `before` is there, it may have to run for that. */
  written(): Promise<Written>;
}

/**
 * Trains a network and evaluates it, or finds what came of that before.
 *
 * @param ways those of the stage's evaluations that are this training's
 */
export async function trainedBy(
  training: Training,
  ways: readonly Evaluation[],
  request: Request,
  { jobs, before: known }: Pick<Context, "jobs" | "before">,
): Promise<Trained> {
  const before = await known.train(request);
  if (before) {
    const isOwn = ({ network, seed }: Training) =>
      network === training.network && seed === training.seed;
    const kept = await keptIn(before.outputs);
    return {
      ...training,
      history: (await before.outputs.history.read()).filter(isOwn),
      evaluations: kept.evaluations.flatMap((way, row) =>
        isOwn(way)
          ? [{
            ...way,
            validation: rowOf(kept.validationPredictions, row),
            test: rowOf(kept.testPredictions, row),
          }]
          : []
      ),
      before,
      written: () => jobs.train(request),
    };
  }
  const written = await jobs.train(request);
  const classes = async (part: Part, way: Evaluation) =>
    Uint8Array.from(classify(await probabilitiesOf(written, part, way)));
  return {
    ...training,
    history: (await written.summary.read()).history,
    evaluations: await Promise.all(ways.map(async (way) => ({
      ...way,
      validation: await classes("validation", way),
      test: await classes("test", way),
    }))),
    written: () => Promise.resolve(written),
  };
}

/** What a shortened training takes the validation images for, now or before. */
export async function leftOutBy(
  { ingredient, seed }: Shortened,
  request: Request,
  { jobs, before: known }: Pick<Context, "jobs" | "before">,
): Promise<Uint8Array> {
  const before = await known.train(request);
  if (!before) {
    const { validationProbabilities } = await jobs.train(request);
    return Uint8Array.from(classify(await validationProbabilities.read()));
  }
  const row = (await before.outputs.leftOut.read())
    .findIndex((of) => of.ingredient === ingredient && of.seed === seed);
  return rowOf(await before.outputs.leftOutPredictions.read(), row);
}

/** What of the stage's parameters tells which trainings were taken together, and which one could be kept. */
const told = z.looseObject({
  networks: z.array(z.looseObject({ name: z.string(), regime: z.looseObject({ seed: z.int() }) })),
  seeds: z.int(),
  ensemble: z.string(),
});

/** What the stage kept of this very training the last time, as `modelFiles` have it; undefined where that was none or another. */
export async function keptBefore(
  { network, seed, before }: Trained,
): Promise<{ readonly model: string; readonly weights: Uint8Array } | undefined> {
  if (!before) return undefined;
  const { networks } = told.parse(before.parameters);
  const { model, weights, metrics } = before.outputs.kept;
  return networks.some(({ name, regime }) => name === network && regime.seed === seed) &&
      (await metrics.read()).every(({ name }) => name.startsWith(`champion.${network}.`))
    ? { model: await model.read(), weights: await weights.read() }
    : undefined;
}

/** What the trainings of one network take images for together: the means of their probabilities. */
export async function togetherOf(
  members: readonly Trained[],
  { ensemble, seeds }: Pick<Asked, "seeds"> & { readonly ensemble: string },
  mirrored: boolean,
): Promise<Classes> {
  const [{ before }] = members;
  if (before && members.every(({ before }) => before)) {
    const then = told.parse(before.parameters);
    if (then.ensemble === ensemble && then.seeds === seeds) {
      const { validationPredictions, testPredictions } = before.outputs.ensemble;
      return {
        validation: (await validationPredictions.read()).data,
        test: (await testPredictions.read()).data,
      };
    }
  }
  const written = await Promise.all(
    members.map(async ({ network, seed, written }) => ({
      way: { network, seed, mirrored },
      written: await written(),
    })),
  );
  const classes = async (part: Part) => {
    const all = await Promise.all(
      written.map(({ way, written }) => probabilitiesOf(written, part, way)),
    );
    return Uint8Array.from(classify(meanOf(all)));
  };
  return { validation: await classes("validation"), test: await classes("test") };
}

/** What a training says of images. @throws {Error} where its job has not written that */
async function probabilitiesOf(
  written: Written,
  part: Part,
  { network, seed, mirrored }: Evaluation,
): Promise<Probabilities> {
  const probabilities = await written[`${part}${mirrored ? "Mirrored" : "Probabilities"}`].read();
  if (probabilities) return probabilities;
  throw new Error(
    `${network}, seed ${seed}, was not evaluated on the ${part} images` +
      (mirrored ? " and their mirror images" : ""),
  );
}

/** The means of several probabilities of the same images. */
function meanOf(all: readonly Probabilities[]): Probabilities {
  const [{ shape, data }] = all;
  return {
    shape,
    data: data.map((_, i) => all.reduce((sum, { data }) => sum + data[i], 0) / all.length),
  };
}
