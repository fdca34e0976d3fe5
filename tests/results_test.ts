/** The committed results: thresholds hold, and every figure follows from the committed predictions. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { parse } from "@std/csv";
import { classify, confusionMatrix } from "../src/evaluation/confusion.ts";
import { kFold } from "../src/data/split.ts";
import type { PrepareSummary } from "../src/data/summary.ts";
import { accuracyMetric } from "../src/evaluation/accuracy.ts";
import { type Metric, metricList } from "../src/evaluation/metrics.ts";
import { decodeFloat32 } from "../src/files/npy.ts";
import { type Manifest, readManifest } from "../src/pipeline/manifest.ts";
import { load } from "../src/pipeline/store.ts";
import { allMetrics } from "../src/stages/metrics.ts";
import type { BaseRecord, CauseRecord } from "../src/stages/transfer.ts";
import { planned } from "../src/tuning/oracle.ts";
import { project } from "../tasks/workspace.ts";

const { study, workspace } = project(false);

async function manifest(stage: string): Promise<Manifest> {
  const read = await readManifest(workspace, stage);
  if ("problem" in read) throw new Error(`The manifest of ${stage} is ${read.problem}.`);
  return read.manifest;
}

async function bytes(stage: string, name: string): Promise<Uint8Array> {
  return await load(workspace, stage, (await manifest(stage)).outputs[name]);
}

const text = async (stage: string, name: string) =>
  new TextDecoder().decode(await bytes(stage, name));
const json = async <T>(stage: string, name: string) => JSON.parse(await text(stage, name)) as T;
const rows = async (stage: string, name: string) => parse(await text(stage, name));

Deno.test("every threshold of study.ts belongs to a metric and holds", async () => {
  const metrics = new Map((await allMetrics(study, workspace)).map((m) => [m.name, m]));
  assert(Object.keys(study.thresholds).length > 0);
  for (const [name, least] of Object.entries(study.thresholds)) {
    const metric = metrics.get(name);
    assert(metric, `There is no metric ${name}.`);
    assert(metric.value >= least, `${name} is ${metric.value}, expected at least ${least}.`);
  }
});

Deno.test("prepare gave the shapes of the study", async () => {
  const summary = await json<PrepareSummary>("prepare", "summary.json");
  assertEquals(summary.shape, [60000, 785]);
  assertEquals(summary.missingValues, 0);
  assertEquals(summary.duplicates, 0);
  assertEquals(summary.labelCounts, new Array(10).fill(6000));
  assertEquals(summary.shapes, {
    train: [45000, 32, 32, 1],
    validation: [15000, 32, 32, 1],
    test: [10000, 32, 32, 1],
  });
});

/** Every network that was evaluated on the test images. */
const evaluated = [
  { stage: "baseline", prefix: "", metric: "baseline" },
  ...(study.tune
    ? [
      { stage: "tune", prefix: "winner-", metric: "tune.winner" },
      { stage: "tune", prefix: "study-", metric: "tune.study" },
    ]
    : []),
];

for (const { stage, prefix, metric } of evaluated) {
  Deno.test(`the accuracies of ${metric} follow from its predictions`, async () => {
    const metrics = metricList.parse(await json<Metric[]>(stage, "metrics.json"));
    const size: Record<string, number> = { validation: 15000, test: 10000 };
    for (const [part, n] of Object.entries(size)) {
      const table = (await rows(stage, `${prefix}${part}-predictions.csv`)).slice(1);
      const [truth, predicted] = [0, 1].map((column) => table.map((row) => Number(row[column])));
      assertEquals(truth.length, n);
      const probabilities = decodeFloat32(await bytes(stage, `${prefix}${part}-probabilities.npy`));
      assertEquals(probabilities.shape, [n, study.classes.length]);
      assertProbabilities(probabilities);
      assertEquals([...classify(probabilities)], predicted);
      const name = `${metric}.${part}.accuracy`;
      assertEquals(
        metrics.find((metric) => metric.name === name),
        accuracyMetric(name, predicted, truth),
      );
      if (part !== "test") continue;
      const confusion = (await rows(stage, `${prefix}confusion.csv`))
        .map((row) => row.map(Number));
      assertEquals(confusion, confusionMatrix(truth, predicted, study.classes.length));
      assertEquals(confusion.map((row) => row.reduce((a, b) => a + b)), new Array(10).fill(1000));
    }
  });

  Deno.test(`the kept epoch of ${metric} is the one with the best validation accuracy`, async () => {
    const history = parse(await text(stage, `${prefix}history.csv`), { skipFirstRow: true });
    const accuracies = history.map((row) => Number(row.validationAccuracy));
    const kept = history.findIndex((row) => row.kept === "true");
    assertEquals(kept, accuracies.indexOf(Math.max(...accuracies)));
    const metrics = metricList.parse(await json<Metric[]>(stage, "metrics.json"));
    const validation = metrics.find((m) => m.name === `${metric}.validation.accuracy`)!;
    assertEquals(accuracies[kept], validation.value);
  });
}

function assertProbabilities({ shape: [n, classes], data }: ReturnType<typeof decodeFloat32>) {
  for (let i = 0; i < n; i++) {
    const row = data.subarray(i * classes, (i + 1) * classes);
    const sum = row.reduce((a, b) => a + b, 0);
    assert(Math.abs(sum - 1) < 1e-5 && row.every((p) => p >= 0), `row ${i} sums to ${sum}`);
  }
}

for (
  const { network, stage, prefix, parameters, total } of [
    {
      network: "LeNet-5",
      stage: "baseline",
      prefix: "",
      parameters: study.published!.lenet5Parameters,
      total: 504342,
    },
    ...(study.tune
      ? [{
        network: "the study's tuned network",
        stage: "tune",
        prefix: "study-",
        parameters: study.published!.tunedParameters,
        total: 879825,
      }]
      : []),
  ]
) {
  Deno.test(`${network} has the study's parameters, layer by layer`, async () => {
    const table = (await rows(stage, `${prefix}layers.csv`)).slice(1);
    const counts = table.map((row): [string, number] => [row[0], Number(row[3])]);
    assertEquals(Object.fromEntries(counts.filter(([, count]) => count > 0)), { ...parameters });
    assertEquals(counts.reduce((sum, [, count]) => sum + count, 0), total);
  });
}

Deno.test("the committed weights are those of the committed architectures", async () => {
  for (const { stage, prefix } of evaluated.filter(({ prefix }) => prefix !== "study-")) {
    const table = (await rows(stage, `${prefix}layers.csv`)).slice(1);
    const total = table.reduce((sum, row) => sum + Number(row[3]), 0);
    assertEquals((await bytes(stage, `${prefix}weights.bin`)).length, 4 * total);
    const { file } = (await manifest(stage)).outputs[`${prefix}weights.bin`];
    assert((await text(stage, `${prefix}model.json`)).includes(JSON.stringify(file)));
  }
});

const { tune, cv, transfer } = study;

Deno.test("the winner of the search is its best trial and not below the baseline", {
  ignore: !tune,
}, async () => {
  const trials = parse(await text("tune", "trials.csv"), { skipFirstRow: true });
  const { trials: most, epochs } = planned(tune!.oracle);
  assertEquals(trials.length, most);
  assertEquals(
    trials.reduce((sum, trial) => sum + Number(trial.epochs) - Number(trial.initialEpoch), 0),
    epochs,
  );
  const best = trials.reduce((a, b) => Number(b.score) > Number(a.score) ? b : a);
  const { winner, study: theirs } = await json<Record<string, Record<string, number>>>(
    "tune",
    "winner.json",
  );
  for (const [name, value] of Object.entries(winner)) assertEquals(String(value), best[name]);
  assertEquals(theirs, { ...winner, ...tune!.publishedWinner });
  const metrics = new Map((await allMetrics(study, workspace)).map((m) => [m.name, m.value]));
  assert(
    metrics.get("tune.winner.validation.accuracy")! >=
      metrics.get("baseline.validation.accuracy")!,
  );
});

Deno.test("the folds follow from their predictions, every image held out once", {
  ignore: !cv,
}, async () => {
  const table = (await rows("cv", "predictions.csv")).slice(1).map((row) => row.map(Number));
  assertEquals(table.length, 60000);
  const metrics = metricList.parse(await json<Metric[]>("cv", "metrics.json"));
  const folds = kFold(table.length, cv!.splits, cv!.randomState);
  const accuracies = folds.map(({ test }, i) => {
    const held = table.map((row, index) => ({ row, index })).filter(({ row }) => row[0] === i + 1);
    assertEquals(held.map(({ index }) => index), [...test]);
    const name = `cv.fold${i + 1}.accuracy`;
    const expected = accuracyMetric(
      name,
      held.map(({ row }) => row[2]),
      held.map(({ row }) => row[1]),
    );
    assertEquals(metrics.find((metric) => metric.name === name), expected);
    return expected.value;
  });
  const mean = metrics.find(({ name }) => name === "cv.mean.accuracy")!;
  assertAlmostEquals(mean.value, accuracies.reduce((a, b) => a + b) / accuracies.length, 1e-12);
});

Deno.test("transfer: the accuracies follow from the predictions, and the best epochs were kept", {
  ignore: !transfer,
}, async () => {
  const metrics = metricList.parse(await json<Metric[]>("transfer", "metrics.json"));
  const bases = await json<BaseRecord[]>("transfer", "bases.json");
  const networks = bases.flatMap(({ networks }) => networks.map(({ name }) => name));
  assertEquals(metrics.length, 2 * networks.length);
  const history = parse(await text("transfer", "history.csv"), { skipFirstRow: true });
  for (const [part, n] of [["validation", 15000], ["test", 10000]] as const) {
    const table = parse(await text("transfer", `${part}-predictions.csv`), { skipFirstRow: true });
    assertEquals(table.length, n);
    const truth = table.map(({ label }) => Number(label));
    for (const network of networks) {
      const name = `transfer.${network}.${part}.accuracy`;
      const metric = metrics.find((metric) => metric.name === name)!;
      assertEquals(metric, accuracyMetric(name, table.map((row) => Number(row[network])), truth));
      if (part === "test") continue;
      const epochs = history.filter((row) => row.network === network);
      const accuracies = epochs.map((row) => Number(row.validationAccuracy));
      const kept = epochs.findIndex((row) => row.kept === "true");
      assertEquals(kept, accuracies.indexOf(Math.max(...accuracies)));
      assertEquals(accuracies[kept], metric.value);
    }
  }
});

Deno.test("transfer: bases have Keras's parameters, and those that ran have three networks", {
  ignore: !transfer,
}, async () => {
  const bases = await json<BaseRecord[]>("transfer", "bases.json");
  assertEquals(Object.fromEntries(bases.map(({ name, parameters }) => [name, parameters])), {
    "vgg16-block3": 1_735_488,
    "resnet101v2-conv4": 27_639_296,
    "vgg16": 14_714_688,
    "resnet152v2": 58_331_648,
  });
  const { lacking = [] } = await manifest("transfer");
  for (const { name, file, available, networks } of bases) {
    assertEquals(available, !lacking.includes(file));
    assertEquals(
      networks.map(({ name }) => name),
      available ? ["linear", "dense", "finetuned"].map((head) => `${name}.${head}`) : [],
    );
  }
});

Deno.test("transfer: one change alone turns a network that works into one that guesses", {
  ignore: !transfer,
}, async () => {
  const [reference, ...changes] = await json<CauseRecord[]>("transfer", "causes.json");
  assert(reference.validationAccuracies.at(-1)! > 0.75);
  const { subset } = transfer!.causes;
  const bound = 0.1 + 2 * Math.sqrt(0.1 * 0.9 / subset.validation);
  const guessing = changes.filter(({ validationAccuracies }) =>
    validationAccuracies.at(-1)! <= bound
  );
  assert(guessing.length > 0);
  assert(guessing.every(({ constant }) => constant));
});
