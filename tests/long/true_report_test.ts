/** Studies unlike the project's own run to a report that tells what they did. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { join } from "node:path";
import { isReady } from "../../src/runtime/choice.ts";
import { baseline } from "../../src/stages/baseline/stage.ts";
import { resultChecks } from "../../src/stages/checks/results.ts";
import { cv } from "../../src/stages/cv/stage.ts";
import type { Study } from "../../src/stages/plan.ts";
import { tune } from "../../src/stages/tune/stage.ts";
import { inFolder } from "../support/data_files.ts";
import { bringUpToDate, mini, placeIn } from "../support/mini.ts";
import { artifactsIn } from "../../src/pipeline/results.ts";

/** Fewer images, and neither folds, variants nor an original study. */
const tiny = {
  ...mini,
  data: { ...mini.data, train: 120, test: 20 },
  baseline: { ...mini.baseline, epochs: 1 },
  tune: {
    ...mini.tune,
    oracle: { type: "randomSearch", maxTrials: 3, epochs: 1 },
  },
  cv: undefined,
  ablate: undefined,
  published: undefined,
} satisfies Study;

const space = (of: Partial<Record<keyof typeof tiny.tune.space, unknown>>) => ({
  ...tiny.tune,
  space: { ...tiny.tune.space, ...of },
});

/** What became of a study. */
interface Result {
  /** The report, each paragraph a line. */
  readonly page: string;
  readonly place: ReturnType<typeof placeIn>;
}

const tuned = ({ place }: Result) => artifactsIn(place.workspace, tune);
const weights = async ({ place }: Result) =>
  await (await artifactsIn(place.workspace, baseline)).weights.read();

const cases: Record<string, [study: unknown, test: (result: Result) => unknown]> = {
  "a study with every stage": [mini, ({ page }) => {
    assertStringIncludes(page, "### The winners, trained alike");
    assertStringIncludes(page, "the winner that the original study names");
    assert(!page.includes(mini.published.source), "it has no figures to show in a column");
    assertStringIncludes(page, "Hyperband over the space below: 5 trials, 7 epochs in all");
    assertMatch(page, /## Cross-validation\n/);
    assertMatch(page, /## Why LeNet-5 does better, if it does\n/);
  }],
  "the last epoch kept, images not padded": [
    {
      ...tiny,
      prepare: { ...tiny.prepare, size: 28 },
      baseline: { ...tiny.baseline, epochs: 3, keep: "lastEpoch" },
      tune: {
        ...tiny.tune,
        oracle: { type: "randomSearch", maxTrials: 1, epochs: 2 },
        trial: { ...tiny.tune.trial, keep: "lastEpoch" },
        finalEpochs: 2,
      },
    },
    ({ page }) => {
      assertStringIncludes(page, "Epoch 3 was kept: the last one, as declared before the run.");
      assertStringIncludes(page, "of the epoch that is kept, the last one.");
      assertStringIncludes(
        page,
        "for 2 epochs from fresh weights; the epoch kept was the last one.",
      );
      assertStringIncludes(page, "Images are split as");
      assert(!/padded/.test(page));
      assert(!/one with the best validation/.test(page));
    },
  ],
  "three trials, one epoch each, and nothing of an original study": [tiny, async (result) => {
    const { page } = result;
    assertStringIncludes(page, "Random search over the space below: 3 trials, 3 epochs in all");
    assertStringIncludes(page, "Trained for 1 epoch in batches");
    assertStringIncludes(page, "trained for 1 epoch from fresh weights");
    assertStringIncludes(page, "How much each hyperparameter matters is unknown");
    assertStringIncludes(page, "Images are padded with zeros, split as");
    assertStringIncludes(page, "### The winner\n");
    assert(!/original|Cross-validation|Transfer/.test(page));
    const readers = await tuned(result);
    assertEquals(await readers.importance.read(), null);
    assertEquals((await readers.winners.read()).study, undefined);
    assertEquals(await readers.study.layers.read(), undefined);
    const { provenance: { jobs } } = await readers.manifest.read();
    assertEquals(Object.keys(jobs), ["trial0", "trial1", "trial2", "winner"]);
  }],
  "a Bayesian search of a space that has two points": [
    {
      ...tiny,
      tune: {
        ...space({
          CONV_1_FILTER: { type: "choice", values: [2] },
          CONV_2_FILTER: { type: "choice", values: [4] },
          KERNEL_1_FILTER: { type: "choice", values: [3] },
        }),
        oracle: { type: "bayesianOptimization", maxTrials: 20, epochs: 1, batchSize: 2 },
      },
    },
    async (result) => {
      assertStringIncludes(result.page, "Bayesian optimisation over the space below: 2 trials");
      assertStringIncludes(result.page, "How much each hyperparameter matters is unknown");
      assert((await (await tuned(result)).winners.read()).winner);
    },
  ],
  "windows that are too large and dropout of everything": [
    {
      ...tiny,
      tune: {
        ...space({
          KERNEL_2_FILTER: { type: "choice", values: [3, 13] },
          DROPOUT_1: { type: "float", minValue: 0, maxValue: 1, step: 0.5 },
        }),
        oracle: { type: "randomSearch", maxTrials: 8, epochs: 1 },
      },
    },
    async (result) => {
      const readers = await tuned(result);
      const trials = await readers.trials.read();
      assertEquals(trials.length, 8);
      const failed = trials.filter(({ score }) => Number.isNaN(score));
      assertEquals(
        failed,
        trials.filter(({ values }) => values.KERNEL_2_FILTER === 13 || values.DROPOUT_1 === 1),
      );
      assert(failed.length > 1 && failed.length < 7);
      assertStringIncludes(result.page, `: 8 trials, 8 epochs in all`);
      assertStringIncludes(
        result.page,
        `the one with the best validation accuracy; ${failed.length} trials failed.`,
      );
      assertEquals(await readers.stopped.read(), undefined);
    },
  ],
  "a search in which all diverges": [
    {
      ...tiny,
      tune: {
        ...space({ learning_rate: { type: "choice", values: [1e30] } }),
        oracle: {
          type: "bayesianOptimization",
          maxTrials: 6,
          epochs: 1,
          batchSize: 3,
          numInitialPoints: 3,
        },
      },
    },
    async (result) => {
      const { page } = result;
      const readers = await tuned(result);
      const trials = await readers.trials.read();
      assertEquals(trials.length, 3);
      assert(trials.every(({ score }) => Number.isNaN(score)));
      assertStringIncludes(page, "; 3 trials failed.");
      assertStringIncludes(page, (await readers.stopped.read())!);
      assertStringIncludes(page, "**No trial has a score, so there is no winner.**");
      assert(!/### The winner|tune\./.test(page));
      assertEquals(await readers.metrics.read(), []);
      assertEquals(await readers.scores.read(), []);
      assertEquals((await readers.winners.read()).winner, null);
      assertEquals(await readers.winner.weights.read(), undefined);
    },
  ],
  "parts and folds that have their share of every class": [
    {
      ...tiny,
      prepare: { ...tiny.prepare, split: { ...tiny.prepare.split, stratify: true } },
      tune: undefined,
      cv: { ...mini.cv, stratify: true },
    },
    async ({ page, place }) => {
      assertStringIncludes(
        page,
        "`train_test_split(test_size=0.25, random_state=43, stratify=y)` splits them",
      );
      assertStringIncludes(page, "`StratifiedKFold(2, shuffle=True, random_state=1)`");
      // There are twelve images of each class, of which a quarter and a half are held out.
      const { validationPredictions } = await artifactsIn(place.workspace, baseline);
      const { predictions } = await artifactsIn(place.workspace, cv);
      const counts = (labels: readonly number[]) =>
        mini.classes.map((_, label) => labels.filter((it) => it === label).length);
      assertEquals(
        counts((await validationPredictions.read()).map(({ label }) => label)),
        mini.classes.map(() => 3),
      );
      const second = (await predictions.read()).filter(({ fold }) => fold === 2);
      assertEquals(counts(second.map(({ label }) => label)), mini.classes.map(() => 6));
    },
  ],
  "nothing but the baseline": [
    { ...tiny, tune: undefined, replicate: undefined, errors: undefined },
    ({ page, place }) => {
      assert(!/Tuning|Cross-validation|Transfer|hyperparameter/.test(page));
      assertEquals(place.rooms.map(({ name }) => name), ["prepare", "baseline", "models"]);
    },
  ],
};

const optimizers: Record<string, [recipe: object, text: string]> = {
  adamw: [
    {
      optimizer: { type: "adamw", beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0.5 },
    },
    "with AdamW (weight decay 0.5) at a learning rate of 0.001",
  ],
  momentum: [{ optimizer: { type: "sgd", momentum: 0.9 } }, "with SGD (momentum 0.9) at"],
  sgd: [{ optimizer: { type: "sgd", momentum: 0 } }, "with SGD at a learning rate"],
  penalised: [
    { labelSmoothing: 0.1, l2: 0.01 },
    "with Adam (label smoothing 0.1, an L2 penalty of 0.01) at a learning rate of 0.001",
  ],
};

Deno.test({
  name: "studies unlike the project's own run to a true report",
  // On WebAssembly alone the trainings take too long for the fast suite.
  ignore: !(await isReady("tensorflow")),
  fn: (t) =>
    // In one folder, so that what one study leaves behind is nothing to the next.
    inFolder(async (folder) => {
      const bring = async (study: unknown): Promise<Result> => {
        const place = placeIn(folder, study);
        await bringUpToDate(place);
        return { page: await Deno.readTextFile(join(folder, "report.md")), place };
      };
      for (const [name, [study, test]] of Object.entries(cases)) {
        await t.step(name, async (t) => {
          const result = await bring(study);
          await test(result);
          const { place } = result;
          for (const { stage, name, run } of resultChecks(place, place.workspace)) {
            await t.step(`${stage}: ${name}`, async () => void await run());
          }
        });
      }
      await t.step("optimisers and penalties are named, and change the weights", async () => {
        const plain = { ...tiny, tune: undefined };
        const seen = [await weights(await bring(plain))];
        for (const [, [recipe, text]] of Object.entries(optimizers)) {
          const study = { ...plain, baseline: { ...plain.baseline, ...recipe } };
          const result = await bring(study);
          assertStringIncludes(result.page, text);
          const now = await weights(result);
          for (const before of seen) assertNotEquals(now, before);
          seen.push(now);
        }
      });
      await t.step("so they are in trials and folds", async () => {
        const { page } = await bring({
          ...tiny,
          tune: {
            ...tiny.tune,
            oracle: { type: "randomSearch", maxTrials: 1, epochs: 1 },
            trial: { ...tiny.tune.trial, ...optimizers.momentum[0] },
          },
          cv: { ...mini.cv, recipe: { ...mini.cv.recipe, ...optimizers.penalised[0] } },
        });
        assertStringIncludes(page, "batches of 32 with SGD (momentum 0.9).");
        assertStringIncludes(
          page,
          "for 1 epoch with Adam (label smoothing 0.1, an L2 penalty of 0.01).",
        );
      });
    }),
});
