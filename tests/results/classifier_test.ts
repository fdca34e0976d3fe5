/** The committed page of the network: in Chromium it says what the study recorded. */
import { assert, assertEquals, assertLess } from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { readIdx } from "../../src/data/idx.ts";
import { scaled } from "../../src/evaluation/calibration.ts";
import { classify } from "../../src/evaluation/confusion.ts";
import { artifactsIn } from "../../src/pipeline/results.ts";
import { readModels } from "../../src/predict/networks.ts";
import { baseline } from "../../src/stages/baseline/stage.ts";
import { inPage, models } from "../../src/stages/models/stage.ts";
import { tune } from "../../src/stages/tune/stage.ts";
import { project } from "../../tasks/workspace.ts";
import { chromiumPath, opened, startBrowser } from "../support/browser.ts";

const { workspace, study } = await project();
const real = Deno.env.get("FASHION_MNIST_DIR");
const COUNT = 200;

Deno.test({
  name:
    "of 200 real test images the page's class is the recorded one, and its probabilities are, but for rounding",
  ignore: !study.models || real === undefined || chromiumPath === undefined,
  // Playwright's messages and timers.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const list = await readModels(workspace);
    const { name, temperature } = inPage(list)!;
    const recorded = name === "baseline"
      ? await (await artifactsIn(workspace, baseline)).testProbabilities.read()
      : name === "tune.winner"
      ? await (await artifactsIn(workspace, tune)).winner.testProbabilities.read()
      : await (await artifactsIn(workspace, models))[
        name.startsWith("champion.") ? "championProbabilities" : "keptProbabilities"
      ].test.read();
    assert(recorded, `nothing is recorded of ${name}`);
    const classes = list.classes.length;
    const expected = scaled(
      { shape: [COUNT, classes], data: recorded.data.slice(0, COUNT * classes) },
      temperature,
    );
    const { images } = await readIdx(
      `${real}/t10k-images-idx3-ubyte.gz`,
      `${real}/t10k-labels-idx1-ubyte.gz`,
    );
    const base64 = images.data.subarray(0, COUNT * 784).toBase64();

    const browser = await startBrowser();
    try {
      const { page, complaints, requests } = await opened(
        browser,
        pathToFileURL(join(workspace.home, "classifier.html")),
      );
      await page.locator("#answer", { hasText: "It is ready" }).waitFor();
      const said = await page.evaluate<number[]>(`
        (async () => {
          const images = Uint8Array.from(atob("${base64}"), (letter) => letter.charCodeAt(0));
          const said = [];
          for (let start = 0; start < images.length; start += 784) {
            const data = images.slice(start, start + 784);
            const { probabilities } = await classify({ height: 28, width: 28, channels: 1, data });
            said.push(...probabilities);
          }
          return said;
        })()
      `);
      const given = { shape: expected.shape, data: Float64Array.from(said) };
      assertEquals(given.data.length, expected.data.length);
      assertEquals(classify(given), classify(expected));
      given.data.forEach((value, i) => assertLess(Math.abs(value - expected.data[i]), 1e-4));
      assertEquals([complaints, requests], [[], []]);
    } finally {
      await browser.close();
    }
  },
});
