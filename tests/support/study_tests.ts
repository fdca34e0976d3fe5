/**
 * What holds for the results of any study: every figure follows from what is kept beside it, and
 * nothing is there that was not declared.
 *
 * @module
 */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { dirname, join } from "node:path";
import { kFold, trainTestSplit } from "../../src/data/split.ts";
import { accuracyMetric } from "../../src/evaluation/accuracy.ts";
import { classReport } from "../../src/evaluation/classification.ts";
import { classify, confusionMatrix } from "../../src/evaluation/confusion.ts";
import { correctedMean, wilson } from "../../src/evaluation/intervals.ts";
import type { Metric } from "../../src/evaluation/metrics.ts";
import { lenet5 } from "../../src/models/lenet5.ts";
import { resolveLayers } from "../../src/models/shapes.ts";
import type { ModelSpec } from "../../src/models/spec.ts";
import { tunedLenet } from "../../src/models/tuned_lenet.ts";
import { named } from "../../src/pipeline/artifacts.ts";
import { readManifest } from "../../src/pipeline/manifest.ts";
import type { Readers } from "../../src/pipeline/stage.ts";
import { JOBS_FILE } from "../../src/pipeline/status.ts";
import { verify } from "../../src/pipeline/store.ts";
import type { Workspace } from "../../src/pipeline/workspace.ts";
import { allMetrics } from "../../src/stages/all_metrics.ts";
import { baseline } from "../../src/stages/baseline/stage.ts";
import { cv } from "../../src/stages/cv/stage.ts";
import type { evaluated } from "../../src/stages/evaluated.ts";
import { type CheckedStudy, planOf } from "../../src/stages/plan.ts";
import { prepare } from "../../src/stages/prepare/stage.ts";
import { transfer } from "../../src/stages/transfer/stage.ts";
import { tune } from "../../src/stages/tune/stage.ts";
import { trialValues } from "../../src/stages/tune/values.ts";
import { planned } from "../../src/tuning/oracle.ts";
import { valueOf } from "../../src/tuning/space.ts";
import { ranked } from "../../src/tuning/trial.ts";
import { artifactsIn } from "./results.ts";

/** A property of results. */
export interface Check {
  readonly name: string;
  fn(): Promise<void>;
}

type Evaluated = Readers<typeof evaluated>;
type Keep = CheckedStudy["study"]["baseline"]["keep"];

/** An epoch, and whether it was kept. */
interface Epoch {
  readonly epoch: number;
  readonly validationLoss: number;
  readonly validationAccuracy: number;
  readonly kept: boolean;
}

/** The epoch that was kept, which must be the one that the recipe says. */
function keptEpoch(history: readonly Epoch[], keep: Keep): Epoch {
  assertEquals(history.map(({ epoch }) => epoch), history.map((_, i) => i + 1));
  const kept = history.filter(({ kept }) => kept);
  assertEquals(kept.length, 1);
  const accuracies = history.map(({ validationAccuracy }) => validationAccuracy);
  const losses = history.map(({ validationLoss }) => validationLoss);
  const expected = {
    validationAccuracy: accuracies.indexOf(Math.max(...accuracies)),
    validationLoss: losses.indexOf(Math.min(...losses)),
    lastEpoch: history.length - 1,
  }[keep];
  assertEquals(kept[0], history[expected]);
  return kept[0];
}

function metricOf(metrics: readonly Metric[], name: string): Metric {
  const found = metrics.filter((metric) => metric.name === name);
  assertEquals(found.length, 1, `there are ${found.length} metrics ${name}`);
  return found[0];
}

/** Fails unless a metric is what predictions come to. */
function assertFollows(
  metrics: readonly Metric[],
  name: string,
  predicted: readonly number[],
  truth: readonly number[],
): void {
  assertEquals(metricOf(metrics, name), accuracyMetric(name, predicted, truth));
}

/** Fails unless the layers, and the weights if given, are those of a model. */
async function assertLayers(
  model: ModelSpec,
  layers: Evaluated["layers"],
  weights?: { read(): Promise<Uint8Array | undefined> },
): Promise<void> {
  const resolved = resolveLayers(model);
  assertEquals(
    await layers.read(),
    resolved.map(({ layer, outputShape, parameters }) => ({
      layer: layer.name,
      type: layer.type,
      output: outputShape.join(" x "),
      parameters,
    })),
  );
  if (!weights) return;
  const total = resolved.reduce((sum, { parameters }) => sum + parameters, 0);
  assertEquals((await weights.read())?.length, 4 * total);
}

/** Everything about a network that was evaluated on the prepared split. */
async function assertEvaluated(
  readers: Evaluated,
  metrics: readonly Metric[],
  metric: string,
  keep: Keep,
  classes: readonly string[],
  rows: { readonly [part: string]: number },
): Promise<void> {
  const kept = keptEpoch(await readers.history.read(), keep);
  const parts = {
    validation: [readers.validationPredictions, readers.validationProbabilities],
    test: [readers.testPredictions, readers.testProbabilities],
  } as const;
  for (const [part, [predictions, distributions]] of Object.entries(parts)) {
    const table = await predictions.read();
    assertEquals(table.length, rows[part]);
    const truth = table.map(({ label }) => label);
    const predicted = table.map(({ predicted }) => predicted);
    const probabilities = await distributions.read();
    assertEquals(probabilities.shape, [rows[part], classes.length]);
    for (let i = 0; i < rows[part]; i++) {
      const row = probabilities.data.subarray(i * classes.length, (i + 1) * classes.length);
      const sum = row.reduce((a, b) => a + b, 0);
      assert(Math.abs(sum - 1) < 1e-5 && row.every((p) => p >= 0), `row ${i} sums to ${sum}`);
    }
    assertEquals([...classify(probabilities)], predicted);
    assertFollows(metrics, `${metric}.${part}.accuracy`, predicted, truth);
    if (part === "validation") {
      assertEquals(kept.validationAccuracy, metricOf(metrics, `${metric}.${part}.accuracy`).value);
      continue;
    }
    const confusion = confusionMatrix(truth, predicted, classes.length);
    assertEquals(await readers.confusion.read(), confusion);
    const scores = classReport(confusion).classes;
    assertEquals(
      await readers.classes.read(),
      classes.map((name, i) => ({ class: name, ...scores[i] })),
    );
  }
  // What was predicted of the training images is not kept; the interval follows all the same.
  const train = metricOf(metrics, `${metric}.train.accuracy`);
  assertEquals(train.n, rows.train);
  const { low, high } = wilson(Math.round(train.value * train.n), train.n);
  assertEquals(train.interval, [low, high]);
}

/** What holds for the results of a study in a folder. */
export function studyChecks(
  checked: CheckedStudy,
  workspace: Workspace,
): Check[] {
  const { study, rooms } = checked;
  const { classes, thresholds, published } = study;
  const said: { readonly [stage: string]: unknown } = study;
  const input = [study.prepare.size, study.prepare.size, 1];
  const plan = planOf(checked);

  /** How many images each part of the split has. */
  async function rowsOf() {
    const { shapes } = await (await artifactsIn(workspace, prepare)).summary.read();
    return Object.fromEntries(Object.entries(shapes).map(([part, [rows]]) => [part, rows]));
  }

  const checks: Check[] = [
    {
      name: "every artifact is the one that its manifest names, and is declared",
      async fn() {
        for (const { stage } of plan) {
          const found = await readManifest(workspace, stage.name);
          assert("manifest" in found, `the manifest of ${stage.name}: ${JSON.stringify(found)}`);
          const declared = new Map(named(stage.writes));
          const { outputs } = found.manifest;
          for (const [name, stored] of Object.entries(outputs)) {
            const problem = await verify(workspace, stage.name, stored);
            assert(!problem || stored.kind === "local", `${stage.name}/${stored.file}: ${problem}`);
            const artifact = declared.get(name);
            const one = [...declared.values()].some((artifact) =>
              "family" in artifact && name.endsWith(artifact.extension)
            );
            assert(artifact || one || name === JOBS_FILE, `${stage.name}/${name} is not declared`);
            if (artifact) assertEquals(stored.kind, artifact.kind);
          }
          for (const [name, artifact] of declared) {
            const missing = artifact.optional || "family" in artifact;
            assert(name in outputs || missing, `${stage.name}/${name} was not written`);
          }
        }
      },
    },
    {
      name: "every metric is one that its stage declares, and every threshold holds",
      async fn() {
        const all = await allMetrics(checked, workspace);
        const names = all.map(({ name }) => name);
        assertEquals(new Set(names).size, names.length, "a metric is reported twice");
        const declared = rooms.flatMap((room) => room.metrics(said[room.name], study));
        assertEquals(names, declared.filter((name) => names.includes(name)));
        for (const { name, threshold, published: theirs } of all) {
          assertEquals(threshold, thresholds[name] ?? null);
          assertEquals(theirs, published?.figures[name]?.value ?? null);
        }
        for (const [name, least] of Object.entries(thresholds)) {
          const { value } = metricOf(all, name);
          assert(value >= least, `${name} is ${value}, expected at least ${least}.`);
        }
        for (const { value, interval } of all) {
          assert(value >= 0 && value <= 1);
          if (interval) assert(interval[0] <= value && value <= interval[1]);
        }
      },
    },
    {
      name: "the split has the sizes that scikit-learn gives it, and no row is lost",
      async fn() {
        const readers = await artifactsIn(workspace, prepare);
        const { shape: [rows, columns], duplicates, shapes, labelCounts, ...summary } =
          await readers.summary
            .read();
        const { split } = study.prepare;
        const { train, test } = trainTestSplit(
          rows - duplicates,
          split.testSize,
          split.randomState,
        );
        const { test: [testRows], ...parts } = shapes;
        assert(testRows > 0);
        assertEquals(parts, {
          train: [train.length, ...input],
          validation: [test.length, ...input],
        });
        assertEquals(labelCounts.length, classes.length);
        assertEquals(labelCounts.reduce((sum, n) => sum + n), rows - duplicates);
        const head = await readers.head.read();
        assertEquals(head.length, summary.labels.length);
        for (const { pixels } of head) assertEquals(Object.keys(pixels).length, columns - 1);
        assertEquals((await readers.describe.read()).length, columns);
        assertEquals((await readers.correlation.read()).shape, [columns - 1, columns - 1]);
        assertEquals(
          summary.oneHot,
          summary.labels.map((label) => classes.map((_, i) => Number(i === label))),
        );
      },
    },
    {
      name: "baseline: figures follow from predictions, and the recipe's epoch was kept",
      async fn() {
        const readers = await artifactsIn(workspace, baseline);
        const metrics = await readers.metrics.read();
        await assertEvaluated(
          readers,
          metrics,
          "baseline",
          study.baseline.keep,
          classes,
          await rowsOf(),
        );
        assertEquals((await readers.history.read()).length, study.baseline.epochs);
        await assertLayers(lenet5(input, classes.length), readers.layers, readers.weights);
        const { outputs } = await readers.manifest.read();
        assert((await readers.model.read()).includes(JSON.stringify(outputs["weights.bin"].file)));
      },
    },
    {
      name: "report.md shows every metric, and every file that it links to is there",
      async fn() {
        const page = await Deno.readTextFile(join(workspace.home, "report.md"));
        assert(page.startsWith(`# ${study.title}\n`));
        for (const { name, value } of await allMetrics(checked, workspace)) {
          const row = page.split("\n").find((line) => line.startsWith(`| \`${name}\``));
          assert(row?.includes(value.toFixed(4)), `${name} is not in the summary`);
        }
        const links = [...page.matchAll(/\]\(([^)#]+)\)/g)].map(([, path]) => path);
        assert(links.some((path) => path.endsWith(".svg")));
        for (const path of links) {
          const { isFile } = await Deno.stat(
            join(dirname(join(workspace.home, "report.md")), path),
          );
          assert(isFile);
        }
        for (const nonsense of [/undefined|NaN|null|\[object/, /(?<![\d,])1 (epochs|trials)/]) {
          assert(!nonsense.test(page), `report.md says ${nonsense.exec(page)?.[0]}`);
        }
      },
    },
  ];

  const { tune: search, cv: folded, transfer: transferred } = study;
  if (search) {
    checks.push({
      name: "tune: the winner is the best trial, and its figures follow from its predictions",
      async fn() {
        const readers = await artifactsIn(workspace, tune);
        const names = Object.keys(search.space).sort();
        const trials = (await readers.trials.read()).map((trial) => {
          assertEquals(Object.keys(trial.values).sort(), names);
          return {
            ...trial,
            values: Object.fromEntries(
              names.map((name) => [name, valueOf(search.space[name], String(trial.values[name]))]),
            ),
          };
        });
        const all = ranked(trials);
        const most = planned(search.oracle);
        const epochs = trials.reduce((sum, trial) => sum + trial.epochs - trial.initialEpoch, 0);
        assert(trials.length <= most.trials && epochs <= most.epochs);
        const { winner, study: theirs } = await readers.winners.read();
        const metrics = await readers.metrics.read();
        const importance = await readers.importance.read();
        if (importance) assertEquals(Object.keys(importance.shares).sort(), names);
        if (!winner) {
          assertEquals([all.length, metrics.length, theirs], [0, 0, undefined]);
          return;
        }
        assertEquals(winner, all[0].values);
        assertEquals(theirs, search.publishedWinner && { ...winner, ...search.publishedWinner });
        const networks = [
          {
            metric: "tune.winner",
            values: winner,
            of: readers.winner,
            weights: readers.winner.weights,
          },
          ...(theirs
            ? [{ metric: "tune.study", values: theirs, of: readers.study, weights: undefined }]
            : []),
        ];
        for (const { metric, values, of, weights } of networks) {
          const given = present(of);
          await assertEvaluated(given, metrics, metric, search.trial.keep, classes, await rowsOf());
          assertEquals((await given.history.read()).length, search.finalEpochs);
          const model = tunedLenet(trialValues(values), input, classes.length);
          await assertLayers(model, given.layers, weights);
        }
        assertEquals(metrics.length, 3 * networks.length);
        const { outputs } = await readers.manifest.read();
        const file = JSON.stringify(outputs["winner-weights.bin"].file);
        assert((await readers.winner.model.read())?.includes(file));
      },
    });
  }
  if (folded) {
    checks.push({
      name:
        "cv: the folds are KFold's and follow from their predictions, every image held out once",
      async fn() {
        const readers = await artifactsIn(workspace, cv);
        const table = await readers.predictions.read();
        const rows = await rowsOf();
        assertEquals(table.length, rows.train + rows.validation);
        const metrics = await readers.metrics.read();
        const folds = kFold(table.length, folded.splits, folded.randomState);
        const history = await readers.history.read();
        const accuracies = folds.map(({ test }, i) => {
          const held = [...table.entries()].filter(([, { fold }]) => fold === i + 1);
          assertEquals(held.map(([index]) => index), [...test]);
          const name = `cv.fold${i + 1}.accuracy`;
          const predicted = held.map(([, { predicted }]) => predicted);
          assertFollows(metrics, name, predicted, held.map(([, { label }]) => label));
          const epochs = history.filter(({ fold }) => fold === i + 1);
          assertEquals(epochs.length, folded.recipe.epochs);
          const { value } = metricOf(metrics, name);
          if (folded.recipe.keep === "lastEpoch") {
            assertEquals(epochs.at(-1)!.validationAccuracy, value);
          }
          return value;
        });
        const [{ train, test }] = folds;
        const { mean, low, high } = correctedMean(accuracies, train.length, test.length);
        const reported = metricOf(metrics, "cv.mean.accuracy");
        assertAlmostEquals(reported.value, mean, 1e-12);
        assertEquals(reported.interval, [low, high]);
        assertEquals(reported.n, table.length);
        assertEquals(metrics.length, folds.length + 1);
      },
    });
  }
  if (transferred) {
    checks.push({
      name: "transfer: figures follow from predictions, and each network's recipe's epoch was kept",
      async fn() {
        const readers = await artifactsIn(workspace, transfer);
        const metrics = await readers.metrics.read();
        const bases = await readers.bases.read();
        const { lacking } = await readers.manifest.read();
        assertEquals(bases.map(({ name }) => name), transferred.bases.map(({ name }) => name));
        for (const { name, file, available, networks } of bases) {
          assertEquals(available, !lacking.some((lacked) => lacked.name === file));
          assertEquals(
            networks.map(({ name }) => name),
            available ? ["linear", "dense", "finetuned"].map((kind) => `${name}.${kind}`) : [],
          );
        }
        const networks = bases.flatMap(({ networks }) => networks.map(({ name }) => name));
        assertEquals(metrics.length, 2 * networks.length);
        const history = await readers.history.read();
        const rows = await rowsOf();
        for (const part of ["validation", "test"] as const) {
          const table = await readers[`${part}Predictions`].read();
          assertEquals(table.length, rows[part]);
          const truth = table.map(({ label }) => label);
          for (const network of networks) {
            const name = `transfer.${network}.${part}.accuracy`;
            assertFollows(metrics, name, table.map(({ networks }) => networks[network]), truth);
            if (part === "test") continue;
            const base = transferred.bases.find(({ name }) => network === `${name}.finetuned`);
            const { keep, epochs } = base?.finetuned ?? transferred.head;
            const own = history.filter((row) => row.network === network);
            assertEquals(own.length, epochs);
            assertEquals(keptEpoch(own, keep).validationAccuracy, metricOf(metrics, name).value);
          }
        }
        const { base, reference, changes, recipe } = transferred.causes;
        const causes = await readers.causes.read();
        const tried = bases.some(({ name, available }) => name === base && available);
        assertEquals(causes.length, tried ? 1 + changes.length : 0);
        causes.forEach(({ diverged, losses, validationLosses, ...cause }, i) => {
          const { preprocessing, trainedFrom, learningRate } = { ...reference, ...changes[i - 1] };
          assertEquals(
            [cause.preprocessing, cause.trainedFrom, cause.learningRate],
            [preprocessing, trainedFrom, learningRate],
          );
          assertEquals(losses.length, diverged ? 0 : recipe.epochs);
          assertEquals(validationLosses.length, losses.length);
        });
      },
    });
  }
  return checks;
}

/** Readers of a group that was written, where its declaration says that it may not be. */
function present(group: { readonly [K in keyof Evaluated]: { read(): Promise<unknown> } }) {
  // Reading fails below where anything was left out, since nothing then is of its form.
  return group as Evaluated;
}

/** Registers what holds for any study as tests. */
export function studyTests(title: string, checked: CheckedStudy, workspace: Workspace): void {
  for (const { name, fn } of studyChecks(checked, workspace)) {
    Deno.test(`${title}: ${name}`, fn);
  }
}
