/**
 * What the compiler refuses in the stages of a study. Nothing here runs: `deno check` fails where one of
 * these lines is fine.
 *
 * @module
 */
import type { ContextOf } from "../../src/pipeline/stage.ts";
import type { cv } from "../../src/stages/cv/stage.ts";
import type { Study } from "../../src/stages/plan.ts";
import { prepare } from "../../src/stages/prepare/stage.ts";
import type { SectionContextOf } from "../../src/stages/room.ts";
import type { transfer } from "../../src/stages/transfer/stage.ts";

/** What a section may read: its own stage's artifacts that are kept, and what its stage shows of others. */
export async function section(
  { inputs, shows, settings }: SectionContextOf<typeof transfer>,
  own: SectionContextOf<typeof prepare>,
): Promise<void> {
  const bases = await inputs.bases.read();
  const file: string = bases[0].file;
  // @ts-expect-error A base has no such field.
  const wrong = bases[0].path;
  // @ts-expect-error The stage writes no such artifact.
  await inputs.winner.read();
  // @ts-expect-error It belongs to a stage that the section does not show.
  await shows.folds.read();
  // @ts-expect-error Another stage may be missing from the study, so what it wrote may be, too.
  const metrics: number = (await shows.tuned.metrics.read()).length;
  // @ts-expect-error Local artifacts are not on every machine.
  await own.inputs.trainImages.read();
  // @ts-expect-error The study says no such thing of the stage.
  const seed: number = settings.seed;
  void [file, wrong, metrics, seed];
}

/** What a stage's work may read and write. */
export async function run({ inputs, outputs, parameters }: ContextOf<typeof cv>): Promise<void> {
  const classes: readonly string[] = parameters.classes;
  // @ts-expect-error The stage does not read the test images.
  await inputs.testImages.read();
  // @ts-expect-error A fold has more than its number.
  await outputs.history.write([{ fold: 1 }]);
  // @ts-expect-error Nobody writes it.
  prepare.writes.histogram;
  void classes;
}

/** What a study may hold. */
export const wrong: Partial<Study> = {
  // @ts-expect-error There is no such word.
  baseline: { keep: "val_accuracy" },
};

/** There is no such stage. */
export const unknown: Partial<Study> = {
  // @ts-expect-error Nor such a key.
  tunes: {},
};

Deno.test("what the compiler has to refuse in stages is refused, or this file would not check", () => {});
