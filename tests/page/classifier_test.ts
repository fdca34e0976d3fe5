/** The network in a page as a visitor has it: in Chromium, on a small study and on ones that nobody trained. */
import { assert, assertEquals, assertLess, assertMatch, assertStringIncludes } from "@std/assert";
import axe from "axe-core";
import { encode } from "fast-png";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { classifierPage, type Shown } from "../../src/classifier/page.ts";
import { preprocess } from "../../src/data/preprocess.ts";
import { encodeTfjsModel } from "../../src/engine/layers/tfjs_model.ts";
import { coarse, spaceOf } from "../../src/evaluation/likeness.ts";
import { sha256 } from "../../src/files/digest.ts";
import { lenet5 } from "../../src/models/lenet5.ts";
import { artifactsIn } from "../../src/pipeline/results.ts";
import { readModels, usable } from "../../src/predict/networks.ts";
import { predict, type Predicted, preparing } from "../../src/predict/predict.ts";
import { isReady } from "../../src/runtime/choice.ts";
import { inPage } from "../../src/stages/models/stage.ts";
import { prepare } from "../../src/stages/prepare/stage.ts";
import { equip } from "../../tasks/equip.ts";
import { jobProcesses } from "../../tasks/jobs.ts";
import { chromiumPath, opened, startBrowser, testsIn, type Watched } from "../support/browser.ts";
import { writePictures } from "../support/garment_pictures.ts";
import { bringUpToDate, mini, placeIn } from "../support/mini.ts";
import { weightsFor } from "../support/models.ts";
import { hostile, numbered } from "../support/sections.ts";

/** A network that nobody trained, and that it is shown as, of images of 30 x 26 pixels, padded to 32 x 28. */
function untrained(classes: readonly string[], channels: 1 | 3, more: Partial<Shown> = {}): Shown {
  const [image, size] = [[30, 26], [32, 28]] as const;
  const model = lenet5([...size, channels], classes.length);
  const { json, weights } = encodeTfjsModel(model, weightsFor(model), "weights.bin");
  const data = Uint8Array.from(
    { length: 20 * 32 * 28 * channels },
    (_, i) => Math.imul(i + 1, 2654435761) >>> 24,
  );
  const images = { shape: [20, ...size, channels], data };
  return {
    title: "A study",
    synthetic: false,
    classes,
    network: "LeNet-5",
    accuracy: "0.910",
    form: { image: [...image], size: [...size], channels, ground: null },
    model,
    manifest: JSON.parse(json),
    weights,
    temperature: 1.5,
    limits: { picture: { median: 1, limit: 1e9 } },
    known: { picture: spaceOf(coarse(images), new Uint8Array(20)) },
    examples: {
      images: { shape: [2, ...size, channels], data: data.slice(0, 2 * 32 * 28 * channels) },
      labels: [0, classes.length - 1],
    },
    ...more,
  };
}

Deno.test("the same network gives the same page, byte for byte", async () => {
  const [first, second] = [
    await classifierPage(untrained(numbered(4), 1)),
    await classifierPage(untrained(numbered(4), 1)),
  ];
  assertEquals(sha256(first), sha256(second));
});

Deno.test("its policy allows its one script, WebAssembly and its one style; it names no address", async () => {
  const html = await classifierPage(untrained([...hostile, "</script><script>"], 1));
  const digest = async (text: string) =>
    new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)))
      .toBase64();
  const [script, ...others] = [...html.matchAll(/<script>([^]*?)<\/script>/g)].map(([, it]) => it);
  const [style, ...styles] = [...html.matchAll(/<style>([^]*?)<\/style>/g)].map(([, it]) => it);
  assertEquals([others, styles], [[], []]);
  const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)!;
  assertEquals(policy.split("; "), [
    "default-src 'none'",
    `script-src 'sha256-${await digest(script)}' 'wasm-unsafe-eval'`,
    `style-src 'sha256-${await digest(style)}'`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ]);
  const rest = html.replaceAll(/<script[^]*?<\/script>/g, "");
  assertEquals(rest.match(/\s(on\w+|style)="/g), null);
  assertEquals([...rest.matchAll(/\s(?:src|href)="([^"]*)"/g)].map(([, it]) => it), [
    "data:,",
    "#result",
  ]);
});

Deno.test("the network in the page is the best by validation accuracy that a page can carry", () => {
  const listed = (name: string, parameters: number, precision: string, value: number) => ({
    name,
    parameters,
    precision,
    accuracy: { validation: { value } },
  });
  // As much of a list as is looked at.
  const chosen = (...networks: ReturnType<typeof listed>[]) =>
    inPage({ networks } as unknown as Parameters<typeof inPage>[0])?.name;
  const [small, half, large] = [
    listed("small", 5e5, "float32", 0.91),
    listed("half", 5e6, "float16", 0.93),
    listed("large", 5e6, "float32", 0.95),
  ];
  assertEquals(chosen(small, half, large), "half");
  assertEquals(chosen(small, large), "small");
  assertEquals(chosen(large), undefined);
});

/** LeNet-5 alone, on drawn garments. */
const study = {
  ...mini,
  tune: undefined,
  replicate: undefined,
  cv: undefined,
  ablate: undefined,
  errors: undefined,
};

// On WebAssembly alone the training takes too long for the fast suite.
const ignore = chromiumPath === undefined || !(await isReady("tensorflow"));
let folder: string;
let browser: Browser;
let file: URL;
let place: ReturnType<typeof placeIn>;
/** The first test images as the data have them: what is drawn has 28 x 28 pixels. */
let images: Uint8Array[];
/** What `predict` says of them. */
let predicted: Predicted;

Deno.test.beforeAll(async () => {
  if (ignore) return;
  folder = await Deno.makeTempDir({ prefix: "atelier-classifier-" });
  place = placeIn(folder, study);
  const { workspace } = place;
  await bringUpToDate(place, { targets: ["report"] });
  file = pathToFileURL(join(folder, "classifier.html"));
  const { data } = await (await artifactsIn(workspace, prepare)).testImages.read();
  images = Array.from({ length: 5 }, (_, n) =>
    Uint8Array.from(
      { length: 784 },
      (_, i) => data[n * 1024 + (Math.floor(i / 28) + 2) * 32 + i % 28 + 2],
    ));
  const network = await usable(workspace, await readModels(workspace), undefined);
  const preparation = preparing(network);
  for (const data of images) preparation.add({ height: 28, width: 28, channels: 1, data });
  predicted = await predict(network, preparation.done().images, workspace, {
    executor: jobProcesses(workspace.root),
    equipment: await equip("tensorflow"),
    threads: 1,
  }, () => {});
  await writePictures(join(folder, "pictures"));
  browser = await startBrowser();
});

Deno.test.afterAll(async () => {
  if (ignore) return;
  await browser.close();
  await Deno.remove(folder, { recursive: true });
});

const inBrowser = testsIn(() => browser, ignore);

/** Opens a page and waits until its network is set up. */
async function ready(...[at, options]: [URL?, Parameters<typeof opened>[2]?]): Promise<Watched> {
  const watched = await opened(browser, at ?? file, options);
  await watched.page.locator("#answer", { hasText: "It is ready" }).waitFor();
  return watched;
}

const png = (data: Uint8Array) => ({
  name: "image.png",
  mimeType: "image/png",
  buffer: Buffer.from(encode({ width: 28, height: 28, channels: 1, data })),
});

/** Chooses a file, and waits for what the page says of it. */
async function choose(page: Page, chosen: ReturnType<typeof png> | string): Promise<void> {
  await page.locator("input[type=file]").first().setInputFiles(chosen);
  await page.locator("#answer", { hasNotText: /Looking at it|It is ready/ }).waitFor();
}

/** Probabilities as the page shows them, in full, by class. */
const shownBy = async (page: Page) =>
  Object.fromEntries(
    await page.locator("#probabilities tr").evaluateAll((rows) =>
      rows.map((row) => [
        row.querySelector("th")!.textContent!,
        Number(row.querySelector("data")!.getAttribute("value")),
      ])
    ),
  );

const noise = Uint8Array.from({ length: 784 }, (_, i) => Math.imul(i + 1, 2654435761) >>> 24);
const picture = (name: string) => join(folder, "pictures", `${name}.png`);
const captions = (page: Page) => page.locator("#steps figcaption").allInnerTexts();

inBrowser(
  "a test image as a file has the class and the probabilities that predict gives it, and nothing is asked for",
  async () => {
    const { page, complaints, requests } = await ready();
    for (const [n, image] of images.entries()) {
      await choose(page, png(image));
      const row = [...predicted.probabilities.data.subarray(10 * n, 10 * n + 10)];
      const best = place.study.classes[row.indexOf(Math.max(...row))];
      assertMatch(await page.locator("#answer").innerText(), new RegExp(`^${best}, with a prob`));
      const shown = await shownBy(page);
      assertEquals(Object.keys(shown)[0], best);
      row.forEach((value, i) =>
        assertLess(Math.abs(shown[place.study.classes[i]] - value), 1e-4, `image ${n}, class ${i}`)
      );
      assertEquals(await captions(page), [
        "The picture, 28 x 28 pixels.",
        "Zeros around it, to 32 x 32 pixels. This is what the network reads.",
      ]);
    }
    assertEquals([complaints, requests], [[], []]);
  },
);

inBrowser("programs get the same of `classify`, and how unlike a picture is", async () => {
  const { page } = await ready();
  const answers = await page.evaluate<{ probabilities: number[]; unlikeness: number }[]>(`
    (async () => {
      const answers = [];
      for (const image of ${JSON.stringify(images.map((image) => [...image]))}) {
        const data = Uint8Array.from(image);
        const { probabilities, unlikeness } =
          await classify({ height: 28, width: 28, channels: 1, data });
        answers.push({ probabilities: [...probabilities], unlikeness });
      }
      return answers;
    })()
  `);
  answers.forEach(({ probabilities, unlikeness }, n) => {
    probabilities.forEach((value, i) =>
      assertLess(Math.abs(value - predicted.probabilities.data[10 * n + i]), 1e-4)
    );
    assertLess(Math.abs(unlikeness - predicted.unlikeness[n]), 1e-3);
  });
});

inBrowser("what becomes of a picture is shown step by step, its inversion too", async () => {
  const { page } = await ready();
  await choose(page, picture("boot"));
  const shown = await captions(page);
  assertEquals(shown.length, 6);
  assertStringIncludes(shown[1], "The ground, light (245 of 255)");
  assertStringIncludes(shown[2], "Inverted: it is dark on light, and the study's images are light");
  assertStringIncludes(shown[3], "Cropped to what stands out");
  assertStringIncludes(shown[4], "in the middle of 28 x 28");
  // The last one has the pixels that preprocessing gives.
  const { data } = await page.locator("#steps canvas").last().evaluate((element) => {
    const canvas = element as unknown as {
      getContext(kind: "2d"): { getImageData(...at: number[]): { data: Uint8ClampedArray } };
    };
    return { data: [...canvas.getContext("2d").getImageData(0, 0, 32, 32).data] };
  });
  const { decodePixels } = await import("../../src/data/picture.ts");
  const { preprocessing } = await readModels(place.workspace);
  const { image } = preprocess(
    await decodePixels(await Deno.readFile(picture("boot"))),
    preprocessing,
  );
  assertEquals(data.filter((_, i) => i % 4 === 0), [...image.data]);
});

inBrowser("noise is called unlike the training images, and a test image is not", async () => {
  const { page } = await ready();
  await choose(page, png(noise));
  assertStringIncludes(
    await page.locator("#answer .warning").innerText(),
    "This picture is unlike the images that the network learnt from (",
  );
  const usual = predicted.unlikeness.findIndex((value) => value < 1);
  await choose(page, png(images[usual]));
  assertEquals(await page.locator("#answer .warning").count(), 0);
});

inBrowser("a file that is no picture is told in a sentence, and its answer is none", async () => {
  const { page, complaints } = await ready();
  await choose(page, picture("bag"));
  const half = Buffer.from((await Deno.readFile(picture("boot"))).subarray(0, 40));
  for (
    const [name, buffer] of [["notes.png", Buffer.from("hello")], ["half.png", half]] as const
  ) {
    await choose(page, { name, mimeType: "image/png", buffer });
    assertEquals(
      await page.locator("#answer").innerText(),
      `${name} is no picture that this browser can show: PNG, JPEG and WebP are.`,
    );
    assertEquals(await page.locator("#probabilities, #way").filter({ visible: true }).count(), 0);
  }
  await choose(page, picture("bag"));
  assertEquals(await page.locator("#probabilities").isVisible(), true);
  assertEquals(complaints, []);
});

inBrowser("a picture may be dropped or pasted", async () => {
  const { page, complaints } = await ready();
  const base64 = (await Deno.readFile(picture("trouser"))).toBase64();
  for (const how of ["drop", "paste"]) {
    await page.evaluate(`
      document.getElementById("steps").replaceChildren();
      const bytes = Uint8Array.from(atob("${base64}"), (letter) => letter.charCodeAt(0));
      const given = new DataTransfer();
      given.items.add(new File([bytes], "trouser.png", { type: "image/png" }));
      document.body.dispatchEvent(
        "${how}" === "drop"
          ? new DragEvent("drop", { dataTransfer: given, bubbles: true, cancelable: true })
          : new ClipboardEvent("paste", { clipboardData: given, bubbles: true, cancelable: true }),
      );
    `);
    await page.locator("#steps li").nth(5).waitFor();
  }
  await page.evaluate(`
    document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: new DataTransfer(), bubbles: true }))
  `);
  assertEquals(await page.locator("#answer").innerText(), "What was pasted is no picture.");
  assertEquals(complaints, []);
});

inBrowser("a drawing has an answer after each stroke, and none once it is undone", async () => {
  const { page, complaints } = await ready(undefined, { width: 390 });
  const canvas = page.locator(".paper");
  await canvas.scrollIntoViewIfNeeded();
  const { x, y, width, height } = (await canvas.boundingBox())!;
  const to = (across: number, down: number) => [x + across * width, y + down * height] as const;
  const bars = page.locator("#probabilities");
  await page.mouse.move(...to(0.3, 0.1));
  await page.mouse.down();
  for (const [across, down] of [[0.7, 0.1], [0.7, 0.9], [0.3, 0.9]]) {
    await page.mouse.move(...to(across, down), { steps: 5 });
  }
  await page.mouse.up();
  await bars.waitFor();
  const filled = await shownBy(page);
  assertStringIncludes((await captions(page))[2], "Inverted");
  const undo = page.getByRole("button", { name: "Undo" });
  await undo.click();
  await bars.waitFor({ state: "hidden" });
  assertEquals(await undo.isDisabled(), true);

  // A line instead of what it goes around.
  await page.getByLabel("Fill outlines").uncheck();
  await page.mouse.move(...to(0.3, 0.1));
  await page.mouse.down();
  await page.mouse.move(...to(0.7, 0.9), { steps: 5 });
  await page.mouse.up();
  await bars.waitFor();
  assert(JSON.stringify(await shownBy(page)) !== JSON.stringify(filled));
  assertEquals(complaints, []);
});

inBrowser("with the keyboard alone a test image is looked at, and the answer is told", async () => {
  const { page } = await ready();
  const first = page.locator("#examples button").first();
  for (let i = 0; i < 10; i++) {
    await page.keyboard.press("Tab");
    if (await first.evaluate((button) => button.matches(":focus-visible"))) break;
  }
  await page.keyboard.press("Enter");
  const answer = page.getByRole("status");
  await answer.filter({ hasText: /with a probability of [01]\.\d\d\. That is (right|wrong)/ })
    .waitFor();
  assertEquals(await page.locator("#examples button").count(), 10);
});

inBrowser(
  "axe finds nothing serious and nothing is wider than the window, light or dark",
  async () => {
    for (const scheme of ["light", "dark"] as const) {
      const { page } = await ready(undefined, { scheme });
      await choose(page, picture("noise"));
      await page.evaluate(axe.source);
      for (const width of [1280, 390]) {
        await page.setViewportSize({ width, height: 800 });
        const wide = await page.evaluate<number>("document.documentElement.scrollWidth");
        assert(wide <= width, `at ${width} pixels the page is ${wide} wide`);
        const violations = await page.evaluate<{ id: string; impact: string; html: string[] }[]>(`
        axe.run({ resultTypes: ["violations"] }).then(({ violations }) =>
          violations.map(({ id, impact, nodes }) => ({
            id,
            impact,
            html: nodes.slice(0, 3).map(({ html }) => html.slice(0, 200)),
          }))
        )
      `);
        const serious = violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
        assertEquals(serious, [], `${width} pixels, ${scheme}`);
      }
      await page.context().close();
    }
  },
);

inBrowser(
  "a browser that is too old for the network is told so, whatever it is shown",
  async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.addInitScript("delete globalThis.Float16Array");
    await page.goto(file.href);
    const sentence =
      "This browser cannot run the network: it knows no numbers of half precision, as browsers do since 2025.";
    const told = page.locator("#answer", { hasText: sentence });
    await told.waitFor();
    await choose(page, picture("bag"));
    await told.waitFor();
    assertEquals(await page.locator("#probabilities").isVisible(), false);
  },
);

inBrowser("without scripts the page says what it lacks", async () => {
  const { page } = await opened(browser, file, { scripts: false });
  assertStringIncludes(await page.locator("main").innerText(), "scripts are switched off");
});

inBrowser(
  "200 classes in colour have ten bars; strange names are words; another best network is told of",
  async () => {
    const classes = [...hostile, "</script><b>x</b>", ...numbered(200 - hostile.length - 1)];
    const at = pathToFileURL(join(folder, "colours.html"));
    await Deno.writeTextFile(
      at,
      await classifierPage(untrained(classes, 3, { synthetic: true, best: "a large network" })),
    );
    const { page, complaints } = await ready(at, { width: 390 });
    const words = await page.locator("main").innerText();
    assertStringIncludes(words, "Synthetic data.");
    assertStringIncludes(words, "The study’s best network, a large network, is too large");
    assertStringIncludes(words, "which of 200 classes");
    await choose(page, picture("boot"));
    assertEquals(Object.keys(await shownBy(page)).length, 10);
    assertStringIncludes(await page.locator("caption").innerText(), "of 200 classes");
    assertStringIncludes((await captions(page))[1], "Scaled until it fits into 30 x 26 pixels.");
    await page.locator("#examples button").last().click();
    await page.locator("#answer", { hasText: "That is" }).waitFor();
    const wide = await page.evaluate<number>("document.documentElement.scrollWidth");
    assert(wide <= 390, `it is ${wide} pixels wide`);
    assertEquals(complaints, []);
  },
);
