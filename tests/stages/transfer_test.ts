/** Transfer learning with complete weight files, filled by formula, that are there only in the second run. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "@std/csv";
import { isReady } from "../../src/runtime/choice.ts";
import { metricList } from "../../src/evaluation/metrics.ts";
import { weightFiles } from "../../src/models/imagenet_source.ts";
import { baseModel } from "../../src/models/transfer.ts";
import { sha256 } from "../../src/files/digest.ts";
import { readManifest } from "../../src/pipeline/manifest.ts";
import { run } from "../../src/pipeline/run.ts";
import { statusOf } from "../../src/pipeline/status.ts";
import { load, type Workspace } from "../../src/pipeline/store.ts";
import { stages, type Study } from "../../src/stages/stages.ts";
import type { BaseRecord, CauseRecord, Transfer } from "../../src/stages/transfer.ts";
import { demo, transfer } from "../../study.ts";
import { formulaWeights, kerasFile } from "../support/keras_file.ts";

const exists = (path: string) => Deno.stat(path).then(() => true, () => false);

/** The study's two bases of complete networks; their files are of this digest, and can be had nowhere. */
function complete(digests: ReadonlyMap<string, string>): Transfer["bases"] {
  return transfer.bases.filter(({ name }) => digests.has(name)).map((base) => ({
    ...base,
    weights: { ...base.weights, digest: digests.get(base.name)!, addresses: [] },
  }));
}

function small(bases: Transfer["bases"]): Study {
  const short = { epochs: 1, batchSize: 8 };
  return {
    ...demo,
    data: { name: "Synthetic garments", format: "synthetic", seed: 7, train: 24, test: 6 },
    baseline: { ...demo.baseline, epochs: 1 },
    tune: undefined,
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
    },
  };
}

Deno.test({
  name: "complete weight files fill the rows of VGG16 and ResNet152V2, which stand empty before",
  // On WebAssembly alone ResNet152V2 takes too long for the fast suite.
  ignore: !(await isReady("tensorflow")),
  async fn() {
    const home = await Deno.realPath(await Deno.makeTempDir({ prefix: "atelier-transfer-" }));
    const weights = join(home, "weights");
    const root = fileURLToPath(new URL("../..", import.meta.url));
    const workspace: Workspace = { root, home, cache: join(home, ".cache") };
    const isThere = (file: string) => exists(join(weights, file));
    try {
      // The files are written elsewhere first, so that their digests can be declared.
      const digests = new Map<string, string>();
      await Deno.mkdir(join(home, "elsewhere"));
      for (const name of ["vgg16", "resnet152v2"] as const) {
        const base = transfer.bases.find((base) => base.name === name)!;
        const { architecture } = baseModel(base, 32);
        const bytes = await kerasFile(formulaWeights(architecture, 1));
        digests.set(name, sha256(bytes));
        await Deno.writeFile(join(home, "elsewhere", weightFiles[name].name), bytes);
      }
      const list = stages(small(complete(digests)));
      const bringUpToDate = () =>
        run(workspace, list, list.map(({ name }) => name), {
          force: false,
          jobs: 2,
          folders: { weightsDirectory: weights },
          isThere,
          permissions: ["--allow-read", "--allow-env", "--allow-ffi"],
          prepareBackend: () => Promise.resolve(),
        }, () => {});
      const artifact = async (name: string) => {
        const read = await readManifest(workspace, "transfer");
        assert("manifest" in read);
        const bytes = await load(workspace, "transfer", read.manifest.outputs[name]);
        return new TextDecoder().decode(bytes);
      };
      const report = () => Deno.readTextFile(join(home, "report.md"));

      await bringUpToDate();
      const empty: BaseRecord[] = JSON.parse(await artifact("bases.json"));
      assertEquals(empty.map(({ available, networks }) => [available, networks]), [
        [false, []],
        [false, []],
      ]);
      assertEquals(JSON.parse(await artifact("metrics.json")), []);
      for (const { file } of empty) {
        assertStringIncludes(await report(), `because \`${file}\` was neither in the folder`);
      }

      await Deno.rename(join(home, "elsewhere"), weights);
      const stale = await statusOf(workspace, list, isThere);
      assertEquals(stale.find(({ stage }) => stage.name === "transfer")!.reasons, [
        `${weightFiles.resnet152v2.name} is there now, and was not when it ran`,
        `${weightFiles.vgg16.name} is there now, and was not when it ran`,
      ]);
      await bringUpToDate();
      const filled: BaseRecord[] = JSON.parse(await artifact("bases.json"));
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
      const metrics = metricList.parse(JSON.parse(await artifact("metrics.json")));
      assertEquals(
        metrics.map(({ name }) => name),
        ["vgg16", "resnet152v2"].flatMap((base) =>
          ["linear", "dense", "finetuned"].flatMap((head) =>
            ["validation", "test"].map((part) => `transfer.${base}.${head}.${part}.accuracy`)
          )
        ),
      );
      // A softmax of 512 normalised features: their four variables, and kernel and bias.
      assertEquals(filled[0].networks[0].parameters, 14_714_688 + 4 * 512 + 512 * 10 + 10);
      assertEquals(filled[0].networks[0].trained, 2 * 512 + 512 * 10 + 10);
      assertEquals(parse(await artifact("test-predictions.csv")).length, 7);
      const [reference, enormous]: CauseRecord[] = JSON.parse(await artifact("causes.json"));
      assertEquals(reference.losses.length, 1);
      assertStringIncludes(enormous.ended!, "the loss became");
      assertStringIncludes(await report(), "| resnet152v2.finetuned");

      // Results do not need the files that they were made from.
      await Deno.remove(weights, { recursive: true });
      const states = await statusOf(workspace, list, isThere);
      assertEquals(states.flatMap(({ reasons }) => reasons), []);
    } finally {
      await Deno.remove(home, { recursive: true });
    }
  },
});
