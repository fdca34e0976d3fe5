/** Transfer learning with complete weight files, filled by formula, that are there only in the second run. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "node:path";
import { sha256 } from "../../src/files/digest.ts";
import { weightFiles } from "../../src/models/imagenet_source.ts";
import { baseModel } from "../../src/models/transfer.ts";
import { resultChecks } from "../../src/stages/checks/results.ts";
import { checkStudy, type Study } from "../../src/stages/plan.ts";
import { randomMetric } from "../../src/stages/transfer/names.ts";
import { transfer as stage } from "../../src/stages/transfer/stage.ts";
import { isReady } from "../../src/runtime/choice.ts";
import { study as garments } from "../../studies/garments/study.ts";
import { transfer } from "../../study.ts";
import { inFolder } from "../support/data_files.ts";
import { formulaWeights, kerasFile } from "../support/keras_file.ts";
import { bringUpToDate, type Place, placeIn, staleIn } from "../support/mini.ts";
import { artifactsIn } from "../../src/pipeline/results.ts";

type Bases = typeof transfer["bases"];

/** The study's two bases of complete networks; their files are of this digest, and can be had nowhere. */
function complete(digests: ReadonlyMap<string, string>): Bases {
  return transfer.bases.filter(({ name }) => digests.has(name)).map((base) => ({
    ...base,
    weights: { ...base.weights, digest: digests.get(base.name)!, addresses: [] },
  }));
}

function small(bases: Bases): Study {
  const short = { epochs: 1, batchSize: 8 };
  return {
    ...garments,
    data: { name: "Synthetic garments", format: "synthetic", seed: 7, train: 24, test: 6 },
    baseline: { ...garments.baseline, epochs: 1 },
    tune: undefined,
    replicate: undefined,
    cv: undefined,
    transfer: {
      ...transfer,
      bases: bases.map((base) => ({ ...base, finetuned: { ...base.finetuned, ...short } })),
      head: { ...transfer.head, ...short },
      causes: {
        ...transfer.causes,
        base: "vgg16",
        recipe: { ...transfer.causes.recipe, ...short },
        subset: { train: 16, validation: 4 },
        changes: [{ name: "enormous steps", learningRate: 1e30 }],
      },
      random: {
        ...transfer.random!,
        seeds: [1, 2],
        head: { ...transfer.random!.head, ...short },
        trained: { epochs: 1, subset: { train: 16, validation: 4 } },
      },
    },
  };
}

/** Fails unless what the stage wrote obeys what must hold for its results. */
async function checkResults(place: Place): Promise<void> {
  const checks = resultChecks(place, place.workspace).filter(({ stage }) => stage === "transfer");
  assert(checks.some(({ name }) => name.includes("random weights")));
  for (const { run } of checks) await run();
}

/** Fails unless results are refused that are of other draws, networks or epochs than a study asks for. */
async function refuseOthers({ study, workspace }: Place): Promise<void> {
  const random = study.transfer!.random!;
  const { head, trained } = random;
  const others = {
    "are others": { ...random, networks: random.networks.slice(0, 1) },
    "the epochs of vgg16.3 are not": { ...random, seeds: [1, 3] },
    "the epochs of vgg16.1 are not": { ...random, head: { ...head, epochs: 2 } },
    "the epochs of vgg16.1, trained whole, are not": {
      ...random,
      trained: { ...trained, epochs: 2 },
    },
    "validated on other images": {
      ...random,
      trained: { ...trained, subset: { train: 16, validation: 3 } },
    },
    "told in two ways": undefined,
  };
  for (const [message, random] of Object.entries(others)) {
    const other = checkStudy({ ...study, transfer: { ...study.transfer!, random } });
    const { run } = resultChecks(other, workspace)
      .find(({ name }) => name.includes("random weights"))!;
    await assertRejects(async () => void await run(), Error, message);
  }
}

Deno.test({
  name: "complete weight files fill the rows of VGG16 and ResNet152V2, which stand empty before",
  // On WebAssembly alone ResNet152V2 takes too long for the fast suite.
  ignore: !(await isReady("tensorflow")),
  fn: () =>
    inFolder(async (home) => {
      const weights = join(home, "weights");
      // The files are written elsewhere first, so that their digests can be declared.
      const elsewhere = join(home, "elsewhere");
      const digests = new Map<string, string>();
      await Deno.mkdir(elsewhere);
      for (const name of ["vgg16", "resnet152v2"] as const) {
        const base = transfer.bases.find((base) => base.name === name)!;
        const { architecture } = baseModel(base, [32, 32, 1]);
        const bytes = await kerasFile(formulaWeights(architecture, 1));
        digests.set(name, sha256(bytes));
        await Deno.writeFile(join(elsewhere, weightFiles[name].name), bytes);
      }
      const place = placeIn(home, small(complete(digests)));
      const results = () => artifactsIn(place.workspace, stage);
      const report = () => Deno.readTextFile(join(home, "report.md"));

      await bringUpToDate(place);
      const before = await results();
      const empty = await before.bases.read();
      assertEquals(empty.map(({ available, networks }) => [available, networks]), [
        [false, []],
        [false, []],
      ]);
      // Random weights need no files.
      const untrained = ["vgg16", "resnet152v2"];
      assertEquals(
        (await before.metrics.read()).map(({ name }) => name),
        untrained.map(randomMetric),
      );
      assertEquals(await before.scores.read(), []);
      assertEquals(await before.causes.read(), []);
      for (const { file } of empty) {
        assertStringIncludes(await report(), `because \`${file}\` was neither in the folder`);
      }
      assertEquals(await staleIn(place), {});
      await checkResults(place);
      await refuseOthers(place);

      await Deno.rename(elsewhere, weights);
      assertEquals((await staleIn(place)).transfer, [
        `${weightFiles.resnet152v2.name} is there now, and was not when it ran`,
        `${weightFiles.vgg16.name} is there now, and was not when it ran`,
      ]);
      await bringUpToDate(place);
      const after = await results();
      const filled = await after.bases.read();
      assertEquals(
        filled.map(({ name, available, features, parameters }) => ({
          name,
          available,
          features,
          parameters,
        })),
        [
          { name: "vgg16", available: true, features: [1, 1, 512], parameters: 14_714_688 },
          { name: "resnet152v2", available: true, features: [1, 1, 2048], parameters: 58_331_648 },
        ],
      );
      assertEquals(
        [...await after.metrics.read(), ...await after.scores.read()].map(({ name }) => name),
        stage.metrics(place.study.transfer!, place.study),
      );
      // A softmax of 512 normalised features: their four variables, and kernel and bias.
      const [linear] = filled[0].networks;
      assertEquals(linear.name, "vgg16.linear");
      assertEquals(linear.parameters, 14_714_688 + 4 * 512 + 512 * 10 + 10);
      assertEquals(linear.trained, 2 * 512 + 512 * 10 + 10);
      assertEquals((await after.testPredictions.read()).length, 6);
      const [reference, enormous] = await after.causes.read();
      assertEquals([reference.diverged, reference.losses.length], [false, 1]);
      assertEquals([enormous.diverged, enormous.learningRate, enormous.losses], [true, 1e30, []]);
      assertStringIncludes(await report(), "| resnet152v2 fine-tuned");
      assertMatch(
        await report(),
        /\| enormous steps +\| +– \| +– \| the loss was no number any more \|/,
      );
      assertStringIncludes(await report(), 'The training of "enormous steps" ended early.');
      assertStringIncludes(await report(), "None of these changes ends in guessing.");
      await checkResults(place);
      assertEquals(
        (await after.random.networks.read())?.map(({ input, features, parameters, head }) => ({
          input,
          features,
          parameters,
          head,
        })),
        [
          { input: [32, 32, 1], features: [1, 1, 512], parameters: 14_713_536 + 5130, head: 5130 },
          {
            input: [32, 32, 1],
            features: [1, 1, 2048],
            parameters: 58_325_376 + 20_490,
            head: 20_490,
          },
        ],
      );
      const history = await after.random.history.read();
      assertEquals(history?.filter(({ training }) => training === "frozen").length, 4);
      assertEquals(history?.filter(({ training }) => training === "trained").length, 4);
      assertStringIncludes(await report(), "### Whole networks with random weights");
      const { provenance: { jobs } } = await after.manifest.read();
      assertEquals(
        Object.entries(jobs).map(([name, { label }]) => [name, label]),
        [
          ["cause0", "cause: all layers trained, 2e-5"],
          ...["resnet152v2", "vgg16"].flatMap((base) => [
            [`${base}.dense`, `${base}.dense`],
            [`${base}.features`, `${base} features`],
            [`${base}.finetuned`, `${base}.finetuned`],
            [`${base}.linear`, `${base}.linear`],
            ...[`${base}.random1`, `${base}.random2`].flatMap((draw) => [
              [draw, draw],
              [`${draw}.features`, `${draw} features`],
              [`${draw}.trained`, `${draw}, all layers`],
            ]),
          ]),
        ],
      );

      // Results do not need the files that they were made from.
      await Deno.remove(weights, { recursive: true });
      assertEquals(await staleIn(place), {});
    }),
});
