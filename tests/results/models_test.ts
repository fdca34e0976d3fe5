/** The committed networks: what they predict of real images, and what half precision costs. */
import { assert, assertEquals, assertLess, assertRejects, assertStringIncludes } from "@std/assert";
import { readIdx } from "../../src/data/idx.ts";
import { artifactsIn } from "../../src/pipeline/results.ts";
import type { Readers } from "../../src/pipeline/stage.ts";
import { exported } from "../../src/predict/export.ts";
import { readModels, UnknownNetwork, usable } from "../../src/predict/networks.ts";
import { predict, preparing } from "../../src/predict/predict.ts";
import { isReady } from "../../src/runtime/choice.ts";
import { baseline } from "../../src/stages/baseline/stage.ts";
import { models } from "../../src/stages/models/stage.ts";
import { tune } from "../../src/stages/tune/stage.ts";
import { equip } from "../../tasks/equip.ts";
import { jobProcesses } from "../../tasks/jobs.ts";
import { project } from "../../tasks/workspace.ts";
import { onnxRuntime } from "../support/onnx_runtime.ts";

const { workspace, study } = await project();

/** What is recorded of a network that is kept in half precision. */
const keptIn = (of: Readers<typeof models.writes>, network: string) =>
  network.startsWith("champion.") ? of.championProbabilities : of.keptProbabilities;

const real = Deno.env.get("FASHION_MNIST_DIR");

Deno.test({
  name: "a network that is kept in half precision is as accurate as it was, within 0.0005",
  ignore: !study.models || !study.transfer || !study.champion,
  async fn() {
    const { networks } = await readModels(workspace);
    const half = networks.filter(({ precision }) => precision === "float16");
    assertEquals(half.map(({ name }) => name.split(".")[0]).sort(), ["champion", "transfer"]);
    for (const { accuracy, trained } of half) {
      for (const part of ["validation", "test"] as const) {
        assertLess(Math.abs(accuracy[part].value - trained![part].value), 0.0005);
      }
    }
  },
});

Deno.test({
  name:
    "of 200 real test images every kept network predicts what is recorded, to the bit, and so does ONNX Runtime, but for rounding",
  ignore: !study.models || real === undefined || !(await isReady("tensorflow")),
  async fn() {
    const { images } = await readIdx(
      `${real}/t10k-images-idx3-ubyte.gz`,
      `${real}/t10k-labels-idx1-ubyte.gz`,
    );
    const kept = await artifactsIn(workspace, models);
    const recorded: Record<string, { readonly data: Float32Array } | undefined> = {
      "baseline": await (await artifactsIn(workspace, baseline)).testProbabilities.read(),
      "tune.winner": study.tune &&
        await (await artifactsIn(workspace, tune)).winner.testProbabilities.read(),
    };
    const file = await readModels(workspace);
    for (const { name } of file.networks) {
      const network = await usable(workspace, file, name);
      const expected = (recorded[name] ?? await keptIn(kept, name).test.read())?.data;
      assert(expected, `nothing is recorded of ${name}`);
      const preparation = preparing(network);
      for (let n = 0; n < 200; n++) {
        const data = images.data.subarray(n * 784, (n + 1) * 784);
        preparation.add({ height: 28, width: 28, channels: 1, data });
      }
      const given = preparation.done().images;
      const { raw } = await predict(network, given, workspace, {
        executor: jobProcesses(workspace.root),
        equipment: await equip("tensorflow"),
        threads: navigator.hardwareConcurrency,
      }, () => {});
      assertEquals(raw.data, expected.slice(0, 2000), name);
      if (!onnxRuntime) continue;
      const { data } = await onnxRuntime(await exported(network, "onnx"), given);
      data.forEach((value, i) => assertLess(Math.abs(value - expected[i]), 1e-4));
    }
  },
});

Deno.test({
  name: "a network is found by its name, and by its stage, of which the best is meant",
  ignore: !study.models,
  async fn() {
    const file = await readModels(workspace);
    for (const { name } of file.networks) {
      assertEquals((await usable(workspace, file, name)).listed.name, name);
      const stage = name.split(".")[0];
      const { listed } = await usable(workspace, file, stage);
      const others = file.networks.filter(({ name }) => name.split(".")[0] === stage);
      const best = Math.max(...others.map(({ accuracy }) => accuracy.validation.value));
      assertEquals(listed.accuracy.validation.value, best);
    }
    const { message } = await assertRejects(() => usable(workspace, file, "tuen"), UnknownNetwork);
    assertStringIncludes(message, "There is no network tuen");
  },
});
