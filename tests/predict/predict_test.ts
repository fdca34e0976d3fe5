/** A small study whose network says what pictures show: in a process of its own, as a task, and elsewhere. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { encode } from "fast-png";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { take } from "../../src/data/prepare.ts";
import { encodeNpy } from "../../src/files/npy.ts";
import { artifactsIn } from "../../src/pipeline/results.ts";
import { exported } from "../../src/predict/export.ts";
import { readModels, usable } from "../../src/predict/networks.ts";
import { predict, preparing } from "../../src/predict/predict.ts";
import { isReady } from "../../src/runtime/choice.ts";
import { baseline } from "../../src/stages/baseline/stage.ts";
import { prepare } from "../../src/stages/prepare/stage.ts";
import { equip } from "../../tasks/equip.ts";
import { jobProcesses } from "../../tasks/jobs.ts";
import { inFolder } from "../support/data_files.ts";
import { bringUpToDate, mini, placeIn } from "../support/mini.ts";
import { onnxRuntime } from "../support/onnx_runtime.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** LeNet-5 alone, on drawn garments. */
const study = { ...mini, tune: undefined, replicate: undefined, cv: undefined, ablate: undefined };

/** Runs `deno task predict` with the study of a folder. */
async function task(folder: string, args: readonly string[], input?: Uint8Array) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["task", "-q", "predict", `--study=${folder}`, ...args],
    cwd: root,
    env: { NO_COLOR: "1", INIT_CWD: folder },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  if (input) await writer.write(input);
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test({
  name: "a study's network says what pictures show",
  // On WebAssembly alone the training takes too long for the fast suite.
  ignore: !(await isReady("tensorflow")),
  fn: (t) =>
    inFolder(async (folder) => {
      const place = placeIn(folder, study);
      const { workspace } = place;
      await bringUpToDate(place);
      const text = `export const study = ${JSON.stringify(study)};`;
      await Deno.writeTextFile(join(folder, "study.ts"), text);
      const models = await readModels(workspace);
      const network = await usable(workspace, models, undefined);
      const { shape: [count], data } = await (await artifactsIn(workspace, prepare)).testImages
        .read();
      /** The test images as the data have them: what is drawn has 28 x 28 pixels. */
      const images = Array.from({ length: count }, (_, n) => {
        const image = new Uint8Array(28 * 28);
        for (let y = 0; y < 28; y++) {
          const start = n * 1024 + (y + 2) * 32 + 2;
          image.set(data.subarray(start, start + 28), y * 28);
        }
        return image;
      });
      const given = (chosen: readonly Uint8Array[]) => {
        const preparation = preparing(network);
        for (const image of chosen) {
          preparation.add({ height: 28, width: 28, channels: 1, data: image });
        }
        return preparation.done().images;
      };
      const by = async (backend: "tensorflow" | "wasm") => ({
        executor: jobProcesses(root),
        equipment: await equip(backend),
        threads: 1,
      });

      await t.step("the test images have the recorded probabilities, to the bit", async () => {
        const recorded = await (await artifactsIn(workspace, baseline)).testProbabilities.read();
        const made = await predict(
          network,
          given(images),
          workspace,
          await by("tensorflow"),
          () => {},
        );
        assertEquals(made.raw, recorded);
        // Calibrated, each row is a distribution, and the order stays.
        for (let n = 0; n < count; n++) {
          const row = made.probabilities.data.subarray(10 * n, 10 * n + 10);
          assert(Math.abs(row.reduce((a, b) => a + b) - 1) < 1e-9);
          const raw = recorded.data.subarray(10 * n, 10 * n + 10);
          assertEquals(row.indexOf(Math.max(...row)), raw.indexOf(Math.max(...raw)));
        }
      });

      await t.step("without libtensorflow they are the same but for rounding", async () => {
        const recorded = await (await artifactsIn(workspace, baseline)).testProbabilities.read();
        const made = await predict(network, given(images), workspace, await by("wasm"), () => {});
        made.raw.data.forEach((value, i) => assert(Math.abs(value - recorded.data[i]) < 1e-4));
      });

      await t.step(
        "noise is called unlike the training images, and most garments are not",
        async () => {
          const noise = Uint8Array.from(
            { length: 784 },
            (_, i) => Math.imul(i + 1, 2654435761) >>> 24,
          );
          const all = given([noise, ...images]);
          const { unlikeness } = await predict(
            network,
            all,
            workspace,
            await by("tensorflow"),
            () => {},
          );
          assert(unlikeness[0] > 1);
          assert(unlikeness.subarray(1).filter((value) => value > 1).length <= 0.2 * count);
        },
      );

      await t.step("the task prints a table, and what to believe of it", async () => {
        await Deno.mkdir(join(folder, "pictures"));
        const png = (data: Uint8Array) => encode({ width: 28, height: 28, channels: 1, data });
        await Deno.writeFile(join(folder, "pictures", "one.png"), png(images[0]));
        await Deno.writeFile(join(folder, "pictures", "two.png"), png(images[1]));
        const { code, stdout, stderr } = await task(folder, ["pictures"]);
        assertEquals([code, stderr], [0, ""]);
        const lines = stdout.split("\n");
        assertMatch(lines[0], /^picture +class +probability$/);
        assertMatch(lines[1], /^pictures\/one\.png +\S.* +[01]\.\d\d/);
        assertMatch(lines[2], /^pictures\/two\.png +\S.* +[01]\.\d\d/);
        assertStringIncludes(stdout, "By LeNet-5, which is right on ");
        assertStringIncludes(stdout, "Probabilities are calibrated: temperature ");
      });

      await t.step(
        "as JSON it prints every probability, of what comes from standard input, too",
        async () => {
          const array = encodeNpy({
            shape: [3, 28, 28],
            data: take({
              shape: [count, 784],
              data: Uint8Array.from(images.flatMap((image) => [...image])),
            }, [0, 1, 2]).data,
          });
          const { code, stdout } = await task(folder, ["--json", "--model=baseline", "-"], array);
          assertEquals(code, 0);
          const { model, pictures } = JSON.parse(stdout);
          assertEquals([model, pictures.length], ["baseline", 3]);
          for (const [n, picture] of pictures.entries()) {
            assertEquals([picture.picture, picture.steps], [`-[${n}]`, ["padded"]]);
            assertEquals(Object.keys(picture.probabilities), [...place.study.classes]);
            assertEquals(picture.probabilities[picture.class], picture.probability);
          }
        },
      );

      await t.step(
        "what cannot be read is told by its name, and the rest is predicted",
        async () => {
          const { code, stdout, stderr } = await task(folder, [
            "notes.txt",
            "pictures/one.png",
            "gone.png",
          ]);
          assertEquals(code, 1);
          assertStringIncludes(stderr, "error: notes.txt: it is not there.\n");
          assertStringIncludes(stderr, "error: gone.png: it is not there.\n");
          assertStringIncludes(stdout, "pictures/one.png");
          const none = await task(folder, ["--model=tune.winner", "pictures"]);
          assertEquals([none.code, none.stdout], [2, ""]);
          assertStringIncludes(
            none.stderr,
            "There is no network tune.winner. There are: baseline.",
          );
        },
      );

      await t.step({
        name: "ONNX Runtime predicts the same of the network as it is exported",
        ignore: onnxRuntime === undefined,
        async fn() {
          const recorded = await (await artifactsIn(workspace, baseline)).testProbabilities.read();
          const made = await onnxRuntime!(await exported(network, "onnx"), given(images));
          made.data.forEach((value, i) => assert(Math.abs(value - recorded.data[i]) < 1e-4));
        },
      });

      await t.step("a file that is not the listed one is refused by its name", async () => {
        const path = join(folder, "results", network.listed.files.weights.path);
        const bytes = await Deno.readFile(path);
        bytes[0] ^= 1;
        await Deno.writeFile(path, bytes);
        await assertRejects(
          () => usable(workspace, models, "baseline"),
          Error,
          `${path} is not the file that models.json lists`,
        );
        await assertRejects(() => usable(workspace, models, undefined), Error, path);
      });
    }),
});

Deno.test("a study without a list of networks says how to make one", () =>
  inFolder(async (folder) => {
    const { workspace } = placeIn(folder, study);
    await assertRejects(() => readModels(workspace), Error, "`deno task models` makes it");
    await Deno.mkdir(join(folder, "results"));
    await Deno.writeTextFile(join(folder, "results", "models.json"), "{}");
    await assertRejects(
      () => readModels(workspace),
      Error,
      "is not what `deno task models` writes",
    );
  }));
