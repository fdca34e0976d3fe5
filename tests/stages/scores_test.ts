/** Scores beside accuracy, from a training to the report, the checks and `deno task metrics`. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "node:path";
import { drawGarments } from "../../src/data/synthetic.ts";
import { artifactsIn } from "../../src/pipeline/results.ts";

import { isReady, PROJECT } from "../../src/runtime/choice.ts";
import { allMetrics } from "../../src/stages/all_metrics.ts";
import { baseline } from "../../src/stages/baseline/stage.ts";
import { resultChecks } from "../../src/stages/checks/results.ts";
import { errors } from "../../src/stages/errors/stage.ts";
import type { Study } from "../../src/stages/plan.ts";
import { idx, inFolder, sha256 } from "../support/data_files.ts";
import { bringUpToDate, mini, placeIn } from "../support/mini.ts";

/** Drawn images of four classes, of which the last has no test image. */
async function studyIn(folder: string): Promise<Study> {
  const drawn = drawGarments(100, 5).images.data;
  const place = join(folder, ".cache", "data", "drawn");
  await Deno.mkdir(place, { recursive: true });
  const files = {
    trainImages: idx([80, 28, 28], drawn.subarray(0, 80 * 784)),
    trainLabels: idx([80], Array.from({ length: 80 }, (_, i) => i % 4)),
    testImages: idx([20, 28, 28], drawn.subarray(80 * 784)),
    testLabels: idx([20], Array.from({ length: 20 }, (_, i) => i % 3)),
  };
  for (const [name, bytes] of Object.entries(files)) {
    await Deno.writeFile(join(place, name), bytes);
  }
  const described = (name: keyof typeof files) => ({ file: name, sha256: sha256(files[name]) });
  return {
    ...mini,
    title: "Four classes",
    data: {
      name: "Drawn",
      format: "idx",
      mirrors: [],
      trainImages: described("trainImages"),
      trainLabels: described("trainLabels"),
      testImages: described("testImages"),
      testLabels: described("testLabels"),
    },
    classes: ["Shirt", "Dress", "Coat", "Ankle boot"],
    baseline: { ...mini.baseline, epochs: 1 },
    tune: undefined,
    replicate: undefined,
    cv: undefined,
    ablate: undefined,
    thresholds: {
      "baseline.test.recall.Shirt": 0,
      "baseline.test.logLoss": 16,
      "baseline.test.ece": 1,
      "baseline.test.recall.Ankle boot": 0,
    },
  };
}

Deno.test({
  name:
    "scores beside accuracy are kept, checked, gated and shown; those of a class without test images are dashes",
  // On WebAssembly alone the training takes too long for the fast suite.
  ignore: !(await isReady("tensorflow")),
  fn: (t) =>
    inFolder(async (folder) => {
      const study = await studyIn(folder);
      const place = placeIn(folder, study);
      const { workspace } = place;
      await bringUpToDate(place);
      const readers = await artifactsIn(workspace, baseline);
      const all = await allMetrics(place, workspace);
      const reported = new Map(all.map((metric) => [metric.name, metric]));

      await t.step(
        "accuracies and scores have an artifact each, and all names are those declared",
        async () => {
          const [metrics, scores] = [await readers.metrics.read(), await readers.scores.read()];
          assertEquals(
            metrics.map(({ name }) => name),
            ["train", "validation", "test"].map((part) => `baseline.${part}.accuracy`),
          );
          const names = [...metrics, ...scores].map(({ name }) => name);
          assertEquals(names, baseline.metrics(study.baseline, study));
          assertEquals(
            [...reported.keys()],
            [...names, ...errors.metrics(study.errors!, study)],
          );
          assert(reported.get("baseline.test.logLoss")!.value! > 0);
        },
      );

      await t.step(
        "what is undefined is NaN as CSV, null as JSON and a dash in tables",
        async () => {
          const [, , , boot] = await readers.classes.read();
          assertEquals(boot, {
            class: "Ankle boot",
            precision: NaN,
            recall: NaN,
            f1: NaN,
            support: 0,
          });
          const undefinedRecall = {
            name: "baseline.test.recall.Ankle boot",
            value: null,
            interval: null,
            n: 0,
            threshold: 0,
            stage: "baseline",
            published: null,
          };
          await Deno.writeTextFile(
            join(folder, "study.ts"),
            `export const study = ${JSON.stringify(study)};\n`,
          );
          const metrics = async (...flags: string[]) => {
            const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
              args: ["run", "--quiet", "-A", "tasks/metrics.ts", `--study=${folder}`, ...flags],
              cwd: PROJECT,
              env: { NO_COLOR: "1" },
            }).output();
            assert(success, new TextDecoder().decode(stderr));
            return new TextDecoder().decode(stdout);
          };
          const [list, shown] = await Promise.all([metrics("--json"), metrics()]);
          assertEquals(JSON.parse(list), all.map((metric) => ({ ...metric, stale: false })));
          assertEquals(reported.get(undefinedRecall.name), undefinedRecall);
          assertMatch(
            shown,
            /^\| baseline\.test\.recall\.Ankle boot +\| +– +\| +0 \| \*\*not\*\* at least 0\.0000 +\|$/m,
          );
          assertMatch(
            shown,
            /^\| baseline\.test\.logLoss +\| +\d\.\d{4} +\| +20 \| at most 16\.0000 +\|/m,
          );
          const page = await Deno.readTextFile(join(folder, "report.md"));
          assertMatch(
            page,
            /^\| `baseline\.test\.recall\.Ankle boot` +\| +– +\| +0 \| \*\*not\*\* at least/m,
          );
          assertMatch(page, /^\| Ankle boot +\| +– \| +– \| +– \| +0 \|$/m);
          const loss = reported.get("baseline.test.logLoss")!.value!.toFixed(4);
          assertMatch(page, new RegExp(`^\\| log loss +\\| +\\d\\.\\d{4} \\| +${loss} \\|$`, "m"));
          assert(!page.includes("`baseline.test.macroF1`"), "it has no threshold");
          assertMatch(
            page,
            /^\| `baseline\.test\.ece` +\| +0\.\d{4} \| +20 \| at most 1\.0000 +\|$/m,
          );
          assert(!page.includes("`baseline.test.eceScaled`"), "it has no threshold");
          assertStringIncludes(page, "\n## Errors\n\nWhat LeNet-5 makes of 20 test images:");
        },
      );

      /** What the checks say of the same results under other thresholds. */
      const check = async (thresholds: Study["thresholds"]) => {
        const gated = { ...place, study: { ...place.study, thresholds } };
        const checks = resultChecks(gated, workspace);
        await checks.find(({ name }) => name.includes("every threshold holds"))!.run();
      };
      await t.step("all else that holds for any study holds", async () => {
        for (const { name, run } of resultChecks(place, workspace)) {
          if (!name.includes("every threshold holds")) await run();
        }
      });
      const recall = reported.get("baseline.test.recall.Coat")!.value!;
      const loss = reported.get("baseline.validation.logLoss")!.value!;
      await t.step("thresholds that are met pass", async () => {
        await check({
          "baseline.test.recall.Coat": recall,
          "baseline.validation.logLoss": loss,
          "baseline.test.balancedAccuracy": 0,
          "baseline.test.macroF1": 0,
        });
      });
      for (
        const [what, name, threshold, message] of [
          [
            "a class without test images",
            "baseline.test.recall.Ankle boot",
            0,
            "baseline.test.recall.Ankle boot is undefined, since there is no image of the class; " +
            "expected at least 0",
          ],
          [
            "a recall below its threshold",
            "baseline.test.recall.Coat",
            recall + 0.1,
            `baseline.test.recall.Coat is ${recall}, expected at least ${recall + 0.1}`,
          ],
          [
            "a log loss above its threshold",
            "baseline.validation.logLoss",
            loss - 0.1,
            `baseline.validation.logLoss is ${loss}, expected at most ${loss - 0.1}`,
          ],
        ] as const
      ) {
        await t.step(`${what} does not pass, and the check says why`, async () => {
          const { message: said } = await assertRejects(() => check({ [name]: threshold }), Error);
          assertStringIncludes(said, message);
        });
      }
    }),
});
