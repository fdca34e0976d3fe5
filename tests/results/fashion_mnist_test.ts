/** The committed results: what holds for Fashion-MNIST and its original study. */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { allMetrics } from "../../src/stages/all_metrics.ts";
import { accuraciesIn, findingsOf } from "../../src/stages/ablate/findings.ts";
import type { Variant } from "../../src/stages/ablate/plan.ts";
import { ablate } from "../../src/stages/ablate/stage.ts";
import { baseline } from "../../src/stages/baseline/stage.ts";
import { prepare } from "../../src/stages/prepare/stage.ts";
import { transfer } from "../../src/stages/transfer/stage.ts";
import { tune } from "../../src/stages/tune/stage.ts";
import { planned } from "../../src/tuning/oracle.ts";
import { project } from "../../tasks/workspace.ts";
import { artifactsIn } from "../../src/pipeline/results.ts";
import untrained from "../golden/keras_untrained.json" with { type: "json" };

const checked = await project();
const { study, workspace } = checked;
const { figures = {}, lenet5Parameters = {}, tunedParameters = {}, duplicates, winner } =
  study.published ?? {};

Deno.test("the training table has 60,000 rows, 6,000 of each class, and no duplicate", async () => {
  const summary = await (await artifactsIn(workspace, prepare)).summary.read();
  assertEquals(summary.shape, [60000, 785]);
  assertEquals(summary.missingValues, 0);
  // The original study found 43 in its copy of the data.
  assertEquals([summary.duplicates, duplicates], [0, 43]);
  assertEquals(summary.labelCounts, new Array(10).fill(6000));
  assertEquals(summary.shapes, {
    train: [45000, 32, 32, 1],
    validation: [15000, 32, 32, 1],
    test: [10000, 32, 32, 1],
  });
});

Deno.test("there are a thousand test images of each class", async () => {
  const confusion = await (await artifactsIn(workspace, baseline)).confusion.read();
  assertEquals(confusion.map((row) => row.reduce((a, b) => a + b)), new Array(10).fill(1000));
});

/** Fails unless the layers that have parameters have those that the original study tells. */
function assertParameters(
  layers: readonly { readonly layer: string; readonly parameters: number }[],
  theirs: { readonly [layer: string]: number },
  total: number,
): void {
  const counts = layers.map(({ layer, parameters }): [string, number] => [layer, parameters]);
  assertEquals(Object.fromEntries(counts.filter(([, count]) => count > 0)), { ...theirs });
  assertEquals(counts.reduce((sum, [, count]) => sum + count, 0), total);
}

Deno.test("LeNet-5 has the original study's parameters, layer by layer", async () => {
  const { layers } = await artifactsIn(workspace, baseline);
  assertParameters(await layers.read(), lenet5Parameters, 504342);
});

Deno.test("the original study's tuned network has its parameters, layer by layer", {
  ignore: !study.tune || !winner,
}, async () => {
  const layers = await (await artifactsIn(workspace, tune)).study.layers.read();
  assertParameters(layers ?? [], tunedParameters, 879825);
});

Deno.test("the winner of the search is not below the baseline, and every trial was run", {
  ignore: !study.tune,
}, async () => {
  const metrics = new Map((await allMetrics(checked, workspace)).map((m) => [m.name, m.value]));
  for (const part of ["validation", "test"]) {
    const [winner, lenet5] = ["tune.winner", "baseline"].map((network) =>
      metrics.get(`${network}.${part}.accuracy`) ?? NaN
    );
    assert(winner >= lenet5, `${part}: ${winner} is below ${lenet5}`);
  }
  const readers = await artifactsIn(workspace, tune);
  const trials = await readers.trials.read();
  const epochs = trials.reduce((sum, trial) => sum + trial.epochs - trial.initialEpoch, 0);
  assertEquals({ trials: trials.length, epochs }, planned(study.tune!.oracle));
  assertEquals(trials.filter(({ score }) => Number.isNaN(score)).length, 0);
  assertEquals(await readers.stopped.read(), undefined);
  assert(await readers.importance.read());
});

Deno.test("bases have Keras's parameters", { ignore: !study.transfer }, async () => {
  const bases = await (await artifactsIn(workspace, transfer)).bases.read();
  assertEquals(Object.fromEntries(bases.map(({ name, parameters }) => [name, parameters])), {
    "vgg16-block3": 1_735_488,
    "resnet101v2-conv4": 27_639_296,
    "vgg16": 14_714_688,
    "resnet152v2": 58_331_648,
  });
});

Deno.test("networks with random weights have Keras's parameters", {
  ignore: !study.transfer?.random,
}, async () => {
  const networks = await (await artifactsIn(workspace, transfer)).random.networks.read();
  assertEquals(networks?.map(({ network, parameters, head }) => [network, parameters - head]), [
    ["vgg16", untrained.vgg16.parameters],
    ["resnet152v2", untrained.resnet152v2.parameters],
  ]);
});

Deno.test("one change alone turns a network that works into one that guesses", {
  ignore: !study.transfer,
}, async () => {
  const [reference, ...changes] = await (await artifactsIn(workspace, transfer)).causes.read();
  assert(reference.validationAccuracies.at(-1)! > 0.75);
  const { validation } = study.transfer!.causes.subset;
  const bound = 0.1 + 2 * Math.sqrt(0.1 * 0.9 / validation);
  const guessing = changes.filter(({ diverged, validationAccuracies }) =>
    !diverged && validationAccuracies.at(-1)! <= bound
  );
  assert(guessing.length > 0);
  assert(guessing.every(({ constant }) => constant));
});

const ablated = await Deno.stat(join(workspace.home, "results/ablate/manifest.json"))
  .then(() => true, () => false);

Deno.test(
  "a perceptron and LeNet-5 on shuffled pixels are below LeNet-5, and shuffling is nothing to a perceptron",
  {
    ignore: !ablated,
  },
  async () => {
    const results = await artifactsIn(workspace, ablate);
    const { comparisons, leads } = findingsOf(await accuraciesIn(results, study.ablate!));
    // Beyond the spread of seeds, or within it.
    const verdictOf = (variant: Variant) => comparisons.get(variant)!.verdict;
    assertEquals(verdictOf("mlp"), "less");
    assertEquals(verdictOf("shuffled-lenet5"), "less");
    assertEquals(verdictOf("shuffled-mlp"), "alike");
    // With all training images, too.
    assertEquals(leads.at(-1)!.verdict, "more");
  },
);

Deno.test("what the stage ablate keeps is less than a megabyte", { ignore: !ablated }, async () => {
  const { manifest } = await artifactsIn(workspace, ablate);
  const files = Object.values((await manifest.read()).outputs).map(({ file }) => file);
  const sizes = await Promise.all(
    files.map((file) => Deno.stat(join(workspace.home, "results/ablate", file))),
  );
  assert(sizes.reduce((sum, { size }) => sum + size, 0) < 1e6);
});

Deno.test("every stage of the study, and every figure of the original one, has an answer", async () => {
  const metrics = new Set((await allMetrics(checked, workspace)).map(({ name }) => name));
  for (const name of Object.keys(figures)) assert(metrics.has(name), name);
});
