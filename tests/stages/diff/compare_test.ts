/** Two results side by side, on recorded ones; `tests/long/diff_test.ts` has studies that were run. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "node:path";
import { holm } from "../../../src/evaluation/holm.ts";
import { difference } from "../../../src/evaluation/intervals.ts";
import { mcnemar } from "../../../src/evaluation/mcnemar.ts";
import { spreadOf } from "../../../src/evaluation/spread.ts";
import { welch } from "../../../src/evaluation/welch.ts";
import { compare } from "../../../src/stages/diff/compare.ts";
import { type Diff, diffDocument } from "../../../src/stages/diff/document.ts";
import { revisionSide, workingSide } from "../../../src/stages/diff/side.ts";
import { forged } from "../../support/forge.ts";
import { hash } from "../../support/manifest.ts";
import {
  baselineOf,
  labels,
  predictedBut,
  range,
  record,
  type Recorded,
  replicateOf,
  reportOf,
  withRepository,
} from "../../support/recorded.ts";

const before = predictedBut(range(0, 40));
const after = predictedBut(range(10, 34));

/** What differs between two results, each in a folder of its own, checked by the schema. */
async function diffOf(
  first: readonly Recorded[],
  second: readonly Recorded[],
  all = false,
): Promise<Diff> {
  const folders = await Promise.all(
    [0, 1].map(() => Deno.makeTempDir({ prefix: "atelier-diff-" })),
  );
  try {
    for (const [i, stages] of [first, second].entries()) {
      for (const stage of stages) await record(folders[i], stage);
    }
    const [from, to] = await Promise.all(folders.map((folder) => workingSide(folder, [])));
    const diff = await compare(from, to, all);
    diffDocument.parse(JSON.parse(JSON.stringify(diff)));
    return diff;
  } finally {
    for (const folder of folders) await Deno.remove(folder, { recursive: true });
  }
}

const stageIn = ({ stages }: Diff, name: string) => stages.find(({ stage }) => stage === name);

Deno.test("the same results do not differ, and are told only if all is asked for", async () => {
  const stages = [baselineOf(before), reportOf({ "baseline.test.accuracy": 0.5 })];
  const brief = await diffOf(stages, stages);
  assertEquals(
    [brief.differs, brief.stages, brief.metrics, brief.thresholds, brief.networks],
    [false, [], [], [], []],
  );
  const whole = await diffOf(stages, stages, true);
  assertEquals(whole.differs, false);
  assertEquals(whole.stages.map(({ stage, state }) => [stage, state]), [
    ["baseline", "same"],
    ["report", "same"],
  ]);
  assertEquals(whole.metrics.map(({ metric }) => metric), [
    "baseline.test.accuracy",
    "baseline.test.balancedAccuracy",
    "baseline.test.macroF1",
  ]);
  assertEquals(whole.networks.map(({ mcnemar }) => mcnemar?.p), [1]);
  assertEquals(whole.thresholds.map(({ to }) => to.holds), [true]);
});

Deno.test("a changed parameter, changed code, data and packages are told of the stage", async () => {
  const code = { "src/stages/baseline/run.ts": { "src/random.ts": hash("c") } };
  const { stages, differs } = await diffOf([baselineOf(before)], [
    baselineOf(after, {
      parameters: { recipe: { epochs: 12, batchSize: 32, keep: "lastEpoch" } },
      code,
      packages: { zod: "4.6.7" },
      inputs: { "prepare/test-images.npy": hash("d") },
    }),
  ]);
  assertEquals(differs, true);
  const [{ stage, state, changes, artifacts }] = stages;
  assertEquals([stage, state], ["baseline", "changed"]);
  assertEquals(changes, [
    { of: "parameter", name: "recipe.epochs", from: 10, to: 12 },
    { of: "parameter", name: "recipe.keep", to: "lastEpoch" },
    { of: "code", name: "src/random.ts", to: hash("c") },
    { of: "code", name: "src/stages/baseline/run.ts", from: hash("a") },
    { of: "package", name: "zod", to: "4.6.7" },
    { of: "input", name: "prepare/test-images.npy", from: hash("b"), to: hash("d") },
  ]);
  assertEquals(artifacts.map(({ name }) => name), [
    "metrics.json",
    "scores.json",
    "test-predictions.csv",
  ]);
});

Deno.test("the same bytes out of other code differ in what they are made of alone", async () => {
  const code = { "src/stages/baseline/run.ts": { "src/stages/baseline/run.ts": hash("9") } };
  const diff = await diffOf([baselineOf(before)], [baselineOf(before, { code })]);
  const [{ state, artifacts }] = diff.stages;
  assertEquals([diff.differs, state, artifacts, diff.metrics], [true, "remade", [], []]);
});

Deno.test("how a result came about is a note, and no difference", async () => {
  const made = (seconds: number, deno: string) => ({
    ...baselineOf(before),
    provenance: { seconds, deno },
  });
  const { differs, stages } = await diffOf([made(1, "2.9.5")], [made(2, "2.9.6")]);
  assertEquals([differs, stages.length, stages[0].state], [false, 1, "same"]);
  assertEquals(stages[0].provenance, [
    { fact: "seconds", from: 1, to: 2 },
    { fact: "deno", from: "2.9.5", to: "2.9.6" },
  ]);
});

Deno.test("a stage more, a stage less, and one that the code of now does not know are told", async () => {
  const old = { stage: "summary", files: { "page.txt": "words" } };
  const { stages, metrics, differs } = await diffOf(
    [baselineOf(before), old],
    [replicateOf([20, 24]), reportOf({})],
  );
  assertEquals(stages.map(({ stage, state }) => [stage, state]), [
    ["baseline", "removed"],
    ["replicate", "added"],
    ["report", "added"],
    ["summary", "removed"],
  ]);
  assertEquals(differs, true);
  assertEquals(metrics.map(({ from, to }) => [from !== undefined, to !== undefined]), [
    [true, false],
    [true, false],
    [true, false],
  ]);
});

Deno.test("a file that was lacking and is there now is told", async () => {
  const lacking = [{ kind: "weights", name: "vgg16.h5" }];
  const diff = await diffOf([{ ...baselineOf(before), lacking }], [baselineOf(before)]);
  assertEquals([diff.differs, diff.stages[0].lacking], [true, [{ name: "vgg16.h5", in: "from" }]]);
});

Deno.test("differences of accuracies are Newcombe's, and other figures have none", async () => {
  const { metrics } = await diffOf([baselineOf(before)], [baselineOf(after)]);
  const { value, low, high } = difference({ value: 176 / 200, n: 200 }, { value: 0.8, n: 200 });
  assertEquals(metrics.map(({ metric, difference }) => [metric, difference?.interval ?? null]), [
    ["baseline.test.accuracy", [low, high]],
    ["baseline.test.balancedAccuracy", null],
    ["baseline.test.macroF1", null],
  ]);
  assertEquals(metrics[0].difference?.value, value);
  assert(low < value && value < high);
});

Deno.test("a mean over seeds is no share of images, and has no interval of Newcombe's", async () => {
  const mean = (value: number, interval: [number, number]): Recorded => ({
    stage: "replicate",
    files: {
      "metrics.json": [{ name: "replicate.lenet5.test.accuracy", value, interval, n: 200 }],
    },
  });
  const { metrics } = await diffOf([mean(0.75, [0.7, 0.8])], [mean(0.5, [0.4, 0.6])]);
  assertEquals(metrics[0].difference, { value: -0.25, interval: null });
});

Deno.test("networks of which both keep predictions are tested as McNemar does, corrected together", async () => {
  const transfer = (of: Record<string, number[]>): Recorded => ({
    stage: "transfer",
    files: {
      "test-predictions.csv": labels.map((label, i) => ({
        label,
        networks: Object.fromEntries(Object.entries(of).map(([name, list]) => [name, list[i]])),
      })),
    },
  });
  const other = predictedBut(range(100, 108));
  const { networks } = await diffOf(
    [baselineOf(before), transfer({ "vgg16.linear": after, "vgg16.dense": before, gone: before })],
    [baselineOf(after), transfer({ "vgg16.linear": other, "vgg16.dense": before })],
  );
  const tests = [mcnemar(labels, before, after), mcnemar(labels, after, other)];
  const corrected = holm(tests.map(({ p }) => p));
  assertEquals(
    networks,
    ["baseline", "transfer.vgg16.linear"].map((network, i) => ({
      network,
      mcnemar: {
        images: 200,
        onlyFrom: tests[i].onlyFirst,
        onlyTo: tests[i].onlySecond,
        p: tests[i].p,
        corrected: corrected[i],
      },
      why: null,
    })),
  );
  // The first is right on images 34 to 39 never, the second on 0 to 9 and 34 to 39.
  assertEquals([tests[0].onlyFirst, tests[0].onlySecond], [0, 16]);
});

Deno.test("networks are not tested on other images, and it is said why", async () => {
  const shifted = labels.map((label) => (label + 1) % 4);
  const cases = [
    [shifted, "the test images have other labels, so they are not the same images"],
    [labels.slice(0, 100), "the test images are not the same: 200 and 100"],
  ] as const;
  for (const [others, why] of cases) {
    const { networks } = await diffOf(
      [baselineOf(before)],
      [baselineOf(predictedBut([0], others), {}, others)],
    );
    assertEquals(networks, [{ network: "baseline", mcnemar: null, why }]);
  }
});

Deno.test("trainings over seeds are compared as Welch does, validation and test images", async () => {
  const shares = (errors: readonly number[]) => errors.map((wrong) => (200 - wrong) / 200);
  const [first, second] = [[20, 24, 22], [30, 33, 31, 36]];
  const { seeds } = await diffOf([replicateOf(first)], [replicateOf(second)]);
  const { value, low, high, p } = welch(shares(second), shares(first));
  const spread = spreadOf(shares(first));
  assertEquals(seeds.map(({ network, part }) => [network, part]), [
    ["lenet5", "validation"],
    ["lenet5", "test"],
  ]);
  assertEquals(seeds[1].welch, { value, interval: [low, high], p });
  assertEquals(seeds[1].from, {
    seeds: ["42", "43", "44"],
    mean: spread.mean,
    interval: [spread.low, spread.high],
    std: spread.std,
  });
  assertEquals(seeds[1].to?.seeds.length, 4);
});

Deno.test("one training has no spread, and is compared with none", async () => {
  const { seeds } = await diffOf([replicateOf([20])], [replicateOf([30, 33])]);
  assertEquals(seeds.map(({ from, welch }) => [from?.interval, welch]), [
    [null, null],
    [null, null],
  ]);
});

Deno.test("thresholds that begin or cease to hold, are new or gone or moved, are told", async () => {
  const name = "baseline.test.accuracy";
  const told = async (
    first: readonly Recorded[],
    second: readonly Recorded[],
  ) => (await diffOf(first, second)).thresholds.map(({ from, to }) => [from.holds, to.holds]);
  const at = (threshold: number) => reportOf({ [name]: threshold });
  // 0.80 before, 0.88 after.
  assertEquals(
    await told([baselineOf(before), at(0.85)], [baselineOf(after), at(0.85)]),
    [[false, true]],
  );
  assertEquals(
    await told([baselineOf(after), at(0.85)], [baselineOf(before), at(0.85)]),
    [[true, false]],
  );
  assertEquals(await told([baselineOf(before), at(0.5)], [baselineOf(after), at(0.5)]), []);
  assertEquals(
    await told([baselineOf(before), at(0.5)], [baselineOf(before), at(0.6)]),
    [[true, true]],
  );
  assertEquals(
    await told([baselineOf(before), reportOf({})], [baselineOf(before), at(0.9)]),
    [[null, false]],
  );
  assertEquals(
    await told([baselineOf(before), at(0.9)], [baselineOf(before), reportOf({})]),
    [[false, null]],
  );
});

Deno.test("where one side has no report, the other's thresholds are taken for both, and it is said", async () => {
  const diff = await diffOf(
    [baselineOf(before)],
    [baselineOf(after), reportOf({ "baseline.test.accuracy": 0.85 })],
  );
  assertEquals(diff.thresholds.map(({ from, to }) => [from.holds, to.holds]), [[false, true]]);
  assertMatch(
    diff.notCompared[0],
    /^No report of the working tree tells its thresholds, so those of the other side /,
  );
});

Deno.test("what is in another form, kept elsewhere, altered or gone is not compared, by its name", async () => {
  await withRepository(async ({ home, commit, git }) => {
    const first = await commit(baselineOf(before), reportOf({ "baseline.test.accuracy": 0.85 }));
    const fileOf = async (name: string) => {
      const files = (await git("ls-files", "results/baseline")).split("\n");
      return files.find((path) => path.includes(name))!;
    };
    const changed = async (change: () => Promise<void>, name: string, message: RegExp) => {
      await commit(baselineOf(after), reportOf({ "baseline.test.accuracy": 0.85 }));
      await change();
      await git("add", "--all");
      await git("commit", "--quiet", "--message=changed");
      const diff = await compare(
        await revisionSide(home, first),
        await revisionSide(home, "HEAD"),
        false,
      );
      assertEquals(diff.notCompared.length, 1);
      assertMatch(diff.notCompared[0], message);
      const gone = name === "metrics" ? diff.metrics : diff.networks;
      assertEquals(gone.filter((it) => !("metric" in it) || it.metric.endsWith(".accuracy")), []);
      // Nothing is claimed of a threshold whose figure is not known.
      if (name === "metrics") assertEquals(diff.thresholds, []);
    };
    const write = (name: string, text: string) => async () =>
      await Deno.writeTextFile(join(home, await fileOf(name)), text);
    await changed(
      write(
        "metrics",
        `version https://git-lfs.github.com/spec/v1\noid sha256:${hash("1")}\nsize 9\n`,
      ),
      "metrics",
      /^results\/baseline\/metrics-\w{12}\.json of HEAD is kept by Git LFS, /,
    );
    await changed(write("metrics", "[]"), "metrics", /metrics-.* of HEAD has been altered: /);
    await changed(
      async () => await Deno.remove(join(home, await fileOf("metrics"))),
      "metrics",
      /metrics-.* of HEAD cannot be read: .* is missing in HEAD\.$/,
    );
    await changed(
      async () => {
        const path = join(home, await fileOf("metrics"));
        await Deno.remove(path);
        await Deno.symlink("/etc/hosts", path);
      },
      "metrics",
      /metrics-.* of HEAD cannot be read: .* is no file in HEAD\.$/,
    );
    const path = join(home, "results/baseline/manifest.json");
    await changed(
      async () => {
        const manifest = JSON.parse(await Deno.readTextFile(path));
        manifest.ingredients.forms["test-predictions.csv"].columns = ["truth", "guess"];
        await Deno.writeTextFile(path, forged(manifest));
      },
      "networks",
      /test-predictions-.* of HEAD has another form than the code of now can read\.$/,
    );
  });
});

Deno.test("revisions without results, and manifests of other formats, are refused with a sentence", async () => {
  await withRepository(async ({ home, commit, git }) => {
    await commit();
    await assertRejects(
      () => revisionSide(home, "HEAD"),
      Error,
      "There are no results in HEAD to compare: no stage has a results/<stage>/manifest.json.",
    );
    await assertRejects(() => workingSide(home, []), Error, "no results in the working tree");
    await commit(baselineOf(before));
    const path = join(home, "results/baseline/manifest.json");
    const manifest = JSON.parse(await Deno.readTextFile(path));
    const { format: _, ...first } = manifest;
    const cases = [
      [forged(first), "it was written by an earlier version (format 1, now 2)."],
      [forged({ ...manifest, format: 3 }), "it was written by a later version of Atelier, which"],
      ["{}", "it is no manifest."],
      [JSON.stringify({ ...manifest, key: hash("1") }), "it has been edited."],
    ];
    for (const [text, message] of cases) {
      await Deno.writeTextFile(path, text);
      await assertRejects(
        () => workingSide(home, []),
        Error,
        `results/baseline/manifest.json of the working tree cannot be used: `,
      );
      await git("commit", "--quiet", "--all", "--message=manifest");
      await assertRejects(() => revisionSide(home, "main"), Error, message);
    }
  });
});

Deno.test("the working tree is compared as it is, committed or not", async () => {
  await withRepository(async ({ home, commit }) => {
    await commit(baselineOf(before));
    const sides = async () =>
      await compare(await revisionSide(home, "HEAD"), await workingSide(home, ["report"]), false);
    const unchanged = await sides();
    assertEquals([unchanged.differs, unchanged.to], [
      false,
      { name: "the working tree", commit: null, stale: ["report"] },
    ]);
    await record(home, baselineOf(after));
    const changed = await sides();
    assertEquals(stageIn(changed, "baseline")?.state, "changed");
    assertEquals(changed.networks[0].mcnemar?.onlyTo, 16);
  });
});
