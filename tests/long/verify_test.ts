/** `deno task verify` holds on what a study has left, and names what does not follow. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { decodeNpy, encodeNpy } from "../../src/files/npy.ts";
import { bounded } from "../../src/pipeline/pool.ts";
import { readManifest, writeManifest } from "../../src/pipeline/manifest.ts";
import { load, store } from "../../src/pipeline/store.ts";
import { isReady } from "../../src/runtime/choice.ts";
import { type Verdict, verify } from "../../src/stages/checks/verify.ts";
import { equip } from "../../tasks/equip.ts";
import { jobProcesses } from "../../tasks/jobs.ts";
import { inFolder } from "../support/data_files.ts";
import { bringUpToDate, mini, type Place, placeIn } from "../support/mini.ts";

const study = {
  ...mini,
  data: { ...mini.data, train: 120, test: 20 },
  tune: { ...mini.tune, oracle: { type: "randomSearch", maxTrials: 2, epochs: 1 } },
  cv: undefined,
};

async function verdicts(place: Place): Promise<Verdict[]> {
  const { workspace, locator } = place;
  const found: Verdict[] = [];
  await verify(
    place,
    workspace,
    {
      executor: bounded(
        jobProcesses(workspace.root),
        2,
      ),
      equip: () => equip("tensorflow"),
      locator,
    },
    () => {},
    (verdict) => found.push(verdict),
  );
  return found;
}

const text = (change: (text: string) => string) => (bytes: Uint8Array) =>
  new TextEncoder().encode(change(new TextDecoder().decode(bytes)));

/** Rewrites an artifact with a manifest that fits it, so that all digests hold; returns what undoes it. */
async function rewrite(
  { workspace }: Place,
  stage: string,
  name: string,
  change: (bytes: Uint8Array) => Uint8Array,
): Promise<() => Promise<void>> {
  const found = await readManifest(workspace, stage);
  assert("manifest" in found);
  const { manifest } = found;
  const stored = manifest.outputs[name];
  const bytes = change(await load(workspace, stage, stored));
  const other = await store(workspace, stage, name, bytes, stored.kind);
  assert(other.sha256 !== stored.sha256, `${name} did not change`);
  const outputs = { ...manifest.outputs, [name]: other };
  await writeManifest(workspace, stage, { ...manifest, outputs });
  return () => writeManifest(workspace, stage, manifest);
}

const named = (verdicts: readonly Verdict[], which: Verdict["verdict"]) =>
  verdicts.filter(({ verdict }) => verdict === which)
    .map(({ stage, why }) => `${stage}: ${why}`);

/** What is corrupted, and what must be said of it. */
const corruptions: Record<
  string,
  [stage: string, artifact: string, change: (bytes: Uint8Array) => Uint8Array, said: RegExp]
> = {
  "a prediction": [
    "baseline",
    "test-predictions.csv",
    text((csv) =>
      csv.replace(/^(\d+),(\d+)$/m, (_, label, predicted) => `${label},${(+predicted + 1) % 10}`)
    ),
    /^baseline: the test predictions of baseline are not its most probable classes: entry 1 is \d/m,
  ],
  "a metric": [
    "tune",
    "metrics.json",
    text((json) => {
      const [first, ...rest] = JSON.parse(json);
      const changed = rest.map((metric: { name: string; n: number }) =>
        metric.name === "tune.winner.test.accuracy" ? { ...metric, n: metric.n + 1 } : metric
      );
      return JSON.stringify([first, ...changed]);
    }),
    /^tune: tune\.winner\.test\.accuracy does not follow from the test predictions of tune\.winner/m,
  ],
  "a recall": [
    "baseline",
    "scores.json",
    text((json) =>
      JSON.stringify(
        JSON.parse(json).map((score: { name: string; value: number }) =>
          score.name === "baseline.test.recall.Bag" ? { ...score, value: 1 - score.value } : score
        ),
      )
    ),
    /^baseline: the scores do not follow from the predictions: entry 15 is \{"name":"baseline\.test\.recall\.Bag"/m,
  ],
  "a mean over seeds": [
    "replicate",
    "metrics.json",
    text((json) => {
      const [first, ...rest] = JSON.parse(json);
      return JSON.stringify([{ ...first, value: first.interval[1] }, ...rest]);
    }),
    /^replicate: the means over seeds do not follow from the predictions: entry 1 is \{"name":"replicate\.lenet5\.validation\.accuracy"/m,
  ],
  "a standard deviation over seeds": [
    "replicate",
    "seed-spread.csv",
    text((csv) => csv.replace(/^(winner,test(,[^,]+){3}),/m, "$1,1")),
    /^replicate: the spread over seeds does not follow from the predictions: entry 4 is \{"network":"winner","part":"test"/m,
  ],
  "a right prediction of a training with another seed": [
    "replicate",
    "validation-predictions.csv",
    text((csv) =>
      csv.replace(/^(\d+),(\d+),\1(?=,)/m, (_, label, at) => `${label},${at},${(+label + 1) % 10}`)
    ),
    /^replicate: the validation accuracy of the kept epoch of lenet5\.44 does not follow from its pred/m,
  ],
  "a prediction of the training that the report shows": [
    "replicate",
    "test-predictions.csv",
    text((csv) => csv.replace(/^(\d+),(\d+)/m, (_, label, at) => `${label},${(+at + 1) % 10}`)),
    /^replicate: the test predictions of lenet5\.43 are not those of its own stage: entry 1 is /m,
  ],
  "what a variant predicts": [
    "ablate",
    "test-predictions.npy",
    (bytes) => {
      const { shape, data } = decodeNpy(bytes);
      // Of the first training, which counts for a metric; what counts for a curve shows in the report.
      data.fill(0, 0, shape[1]);
      return encodeNpy({ shape, data });
    },
    /^ablate: the metrics do not follow from the predictions/m,
  ],
  "a label": [
    "ablate",
    "test-labels.npy",
    (bytes) => {
      const { shape, data } = decodeNpy(bytes);
      data[0] = (data[0] + 1) % 10;
      return encodeNpy({ shape, data });
    },
    /^ablate: the test labels are not those of stage baseline: entry 1 is \d/m,
  ],
  "which seed a training had": [
    "ablate",
    "trainings.csv",
    text((csv) =>
      csv.replace(/^lenet5,(\d+),(\d+),/m, (_, n, seed) => `lenet5,${n},${+seed + 5},`)
    ),
    /^ablate: the trainings are not those that the study asks for: entry 1 is/m,
  ],
  "a bit of no image": [
    "ablate",
    "moved-right.npy",
    (bytes) => {
      const { shape, data } = decodeNpy(bytes);
      data[data.length - 1] |= 1;
      return encodeNpy({ shape, data });
    },
    /^ablate: there are bits of more images than were moved/m,
  ],
  "a temperature": [
    "errors",
    "temperatures.json",
    text((json) =>
      JSON.stringify(
        JSON.parse(json).map((told: { temperature: number }) => ({
          ...told,
          temperature: told.temperature * 1.01,
        })),
      )
    ),
    /^errors: the temperatures do not follow from what networks predict: entry 1 is \{"network":"baseline"/m,
  ],
  "an image that a network gets wrong": [
    "errors",
    "images.npy",
    (bytes) => bytes.with(bytes.length - 1, 255 - bytes[bytes.length - 1]),
    /^errors: made again, these have other bytes: images\.npy$/m,
  ],
  "a probability": [
    "baseline",
    "validation-probabilities.npy",
    (bytes) => {
      const { shape, data } = decodeNpy(bytes);
      // From the least probable class to the next one: neither the sum nor the class changes.
      const row = [...data.subarray(0, shape[1])].map((p, i) => [p, i]).sort(([a], [b]) => a - b);
      const [[least, from], [next, to]] = row;
      assert(least > 2e-4 && row[2][0] > next);
      data[from] -= 2e-4;
      data[to] += 2e-4;
      return encodeNpy({ shape, data });
    },
    /^baseline: the validation probabilities do not follow from the weights: they differ by 2\.0e-4/m,
  ],
};

Deno.test({
  name: "verify recomputes what a study has left, and names what does not follow",
  // On WebAssembly alone the trainings take too long for the fast suite.
  ignore: !(await isReady("tensorflow")),
  fn: (t) =>
    inFolder(async (folder) => {
      const place = placeIn(folder, study);
      await bringUpToDate(place);
      // As in a fresh checkout: the images are drawn again.
      await Deno.remove(join(place.workspace.cache, "artifacts"), { recursive: true });
      await t.step("what was not touched holds, and trainings are not checked", async () => {
        const found = await verdicts(place);
        assertEquals(named(found, "DIFFERS"), []);
        assertEquals(named(found, "not checked"), [
          "baseline: `deno task reproduce baseline` does that",
          "tune: `deno task reproduce tune` does that",
          "replicate: `deno task reproduce replicate` does that",
          "ablate: `deno task reproduce ablate` does that",
          "models: `deno task reproduce models` does that",
        ]);
        const ways = found.flatMap(({ why }) => why ?? []).join("\n");
        assertMatch(ways, /the same bits, by tensorflow/);
        assertMatch(ways, /the same bytes, in all \d+ artifacts/);
      });
      for (const [what, [stage, artifact, change, said]] of Object.entries(corruptions)) {
        await t.step(`${what} that was rewritten is named`, async () => {
          const undo = await rewrite(place, stage, artifact, change);
          assertMatch(named(await verdicts(place), "DIFFERS").join("\n"), said);
          await undo();
        });
      }
    }),
});
