/** The page as a reader has it: in Chromium, wide and narrow, light and dark, by mouse and by keys. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import axe from "axe-core";
import { decode } from "fast-png";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import type { TopLevelSpec } from "vega-lite";
import type { Figure } from "../../src/page/figures.ts";
import { htmlPage } from "../../src/page/page.ts";
import { renderSvg } from "../../src/report/svg.ts";
import {
  chromiumPath,
  drawnThroughout,
  opened,
  startBrowser,
  testsIn,
} from "../support/browser.ts";
import {
  hostile,
  type Like,
  likes,
  numbered,
  plainStudy,
  published,
  sectionsOf,
} from "../support/sections.ts";

const like: Like = {
  ...plainStudy,
  classes: numbered(10).with(0, "</script><b>&\"'"),
  tested: 40,
  wrong: 12,
  trials: 24,
  epochs: 6,
  folds: 3,
  runs: 6,
  published,
};

/** What a page carries, as far as tests ask. */
interface Carried {
  readonly figures: { readonly [name: string]: unknown };
  readonly curves: readonly { readonly title: string }[];
  readonly trials: {
    readonly rows: readonly { readonly score: number | null; readonly places: readonly number[] }[];
  };
  readonly mistakes: {
    readonly networks: readonly {
      readonly title: string;
      readonly counts: readonly (readonly number[])[];
    }[];
  };
}

const ignore = chromiumPath === undefined;
let folder: string;
let browser: Browser;
let file: URL;
let carried: Carried;

/** Puts a page into the folder; returns where it is and what it carries. */
async function kept(name: string, html: string): Promise<{ file: URL; carried: Carried }> {
  const file = pathToFileURL(join(folder, `${name}.html`));
  await Deno.writeTextFile(file, html);
  return { file, carried: JSON.parse(/id="carried">(.*)<\/script>/.exec(html)![1]) };
}

Deno.test.beforeAll(async () => {
  if (ignore) return;
  folder = await Deno.makeTempDir({ prefix: "atelier-page-" });
  ({ file, carried } = await kept("report", await (await sectionsOf(like)).html()));
  browser = await startBrowser();
});

Deno.test.afterAll(async () => {
  if (ignore) return;
  await browser.close();
  await Deno.remove(folder, { recursive: true });
});

const inBrowser = testsIn(() => browser, ignore);

/** How many colours there are in a picture, and the share of its pixels that have the most common one. */
function colorsIn(png: Uint8Array): { colors: number; most: number } {
  const { data, width, height, channels } = decode(png);
  const counts = new Map<number, number>();
  for (let i = 0; i < data.length; i += channels) {
    const color = data[i] << 16 | data[i + 1] << 8 | data[i + 2];
    counts.set(color, (counts.get(color) ?? 0) + 1);
  }
  return { colors: counts.size, most: Math.max(...counts.values()) / (width * height) };
}

inBrowser(
  "every chart is drawn at each width, none is blank, light or dark, and nothing is complained of or asked for",
  async () => {
    const papers = new Set<string>();
    for (const width of [390, 900, 1280]) {
      const watched = await opened(browser, file, { width });
      const { page, complaints, requests } = watched;
      await drawnThroughout(watched, Object.keys(carried.figures).length);
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        const { colors, most } = colorsIn(await page.screenshot());
        assert(colors > 50 && most < 0.99, `blank at ${width} pixels, ${colorScheme}`);
        papers.add(await page.evaluate<string>("getComputedStyle(document.body).backgroundColor"));
      }
      assertEquals([complaints, requests], [[], []], `${width} pixels wide`);
      const wide = await page.evaluate<number>("document.documentElement.scrollWidth");
      assert(wide <= width, `at ${width} pixels the page is ${wide} wide`);
      await page.context().close();
    }
    assertEquals([...papers], ["rgb(255, 255, 255)", "rgb(13, 17, 23)"]);
  },
);

inBrowser(
  "a chart that answers takes the place of its picture and has its size",
  async () => {
    const watched = await opened(browser, file);
    const { page } = watched;
    await drawnThroughout(watched, Object.keys(carried.figures).length);
    const sizes = await page.evaluate<[string, string, string][]>(`
    [...document.querySelectorAll("figure.drawn[data-figure]")].map((figure) => [
      figure.dataset.figure,
      figure.querySelector(".picture").getAttribute("viewBox"),
      figure.querySelector(".live svg").getAttribute("viewBox"),
    ])
  `);
    for (const [name, picture, live] of sizes) assertEquals(live, picture, name);
    // What is drawn lies where it does in the picture: text by text.
    const differing = await page.evaluate<string[]>(`
    [...document.querySelectorAll("figure.drawn[data-figure]")].filter((figure) => {
      const of = (place) => [...figure.querySelector(place).querySelectorAll("text")]
        .map((text) => text.textContent + text.getAttribute("transform")).join();
      return of(".picture") !== of(".live");
    }).map((figure) => figure.dataset.figure)
  `);
    assertEquals(differing, []);
  },
);

inBrowser("a mark says what it stands for while the pointer is on it", async () => {
  const watched = await opened(browser, file);
  const { page } = watched;
  await drawnThroughout(watched, Object.keys(carried.figures).length);
  const bar = page.locator("figure[data-figure='label-counts'] .live .mark-rect path").first();
  await bar.scrollIntoViewIfNeeded();
  await bar.hover();
  const box = page.locator("#tooltip");
  await box.waitFor();
  assertEquals((await box.innerText()).replaceAll(/\s+/g, " "), `${like.classes[0]} count 6`);
  await page.mouse.move(2, 2);
  await box.waitFor({ state: "detached" });

  // Of two trainings, which one it is.
  const point = page.locator("#tool-curves .role-mark.mark-symbol path").last();
  await point.scrollIntoViewIfNeeded();
  await point.hover();
  const { title } = carried.curves[1];
  assertMatch(
    (await box.innerText()).replaceAll(/\s+/g, " "),
    new RegExp(`^${title} · (training|validation) epoch 6 accuracy \\d\\.\\d{4}$`),
  );
});

inBrowser(
  "a press on a cell of the matrix shows its images, by mouse and by arrow keys",
  async () => {
    const { page, complaints } = await opened(browser, file);
    const tool = page.locator("#tool-mistakes");
    const pictures = tool.locator(".gallery canvas");
    const [first] = carried.mistakes.networks;
    const cell = (i: number, j: number) => tool.locator("tbody tr").nth(i).locator("button").nth(j);

    await cell(4, 5).click();
    assertEquals(await pictures.count(), first.counts[4][5]);
    assert(first.counts[4][5] > 0);
    assertMatch(
      await pictures.first().getAttribute("aria-label") ?? "",
      /class 005, taken for class 006$/,
    );
    // They are the images, and not empty.
    const shades = await pictures.first().evaluate((canvas) => {
      const { width, height } = canvas as unknown as { width: number; height: number };
      const picture = canvas as unknown as {
        getContext(kind: "2d"): {
          getImageData(...at: number[]): { data: Uint8ClampedArray };
        };
      };
      return new Set(picture.getContext("2d").getImageData(0, 0, width, height).data).size;
    });
    assert(shades > 10);

    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowRight");
    assertEquals(await pictures.count(), first.counts[5][6]);
    await page.keyboard.press("ArrowLeft");
    assertEquals(await pictures.count(), 0);
    assertStringIncludes(await tool.locator("[role=status]").innerText(), "right");

    const second = carried.mistakes.networks[1];
    await tool.locator("select").selectOption(second.title);
    const most = Math.max(...second.counts.flatMap((row, i) => row.filter((_, j) => i !== j)));
    assertEquals(await pictures.count(), most);
    assertEquals(complaints, []);
  },
);

inBrowser("a range on an axis filters lines and table; headings sort it", async () => {
  const { page, complaints } = await opened(browser, file);
  const tool = page.locator("#tool-trials");
  const { rows } = carried.trials;
  const shown = tool.locator("tbody tr:visible");
  const lit = tool.locator(".lines polyline:not(.out)");
  assertEquals(await shown.count(), rows.length);

  // The first axis from its middle on, with the mouse.
  const brush = tool.locator(".brush").first();
  await brush.scrollIntoViewIfNeeded();
  const { x, y, width, height } = (await brush.boundingBox())!;
  await page.mouse.move(x + width / 2, y + height / 2);
  await page.mouse.down();
  await page.mouse.move(x + width - 1, y + height / 2, { steps: 4 });
  await page.mouse.up();
  const within = rows.filter(({ places }) => places[0] >= 0.5).length;
  assert(within > 0 && within < rows.length);
  assertEquals([await shown.count(), await lit.count()], [within, within]);
  await tool.getByRole("button", { name: "Show all" }).click();
  assertEquals(await shown.count(), rows.length);

  // The same with the keyboard: ten steps of a twentieth.
  const from = tool.getByRole("slider").first();
  await from.focus();
  for (let i = 0; i < 10; i++) await page.keyboard.press("ArrowRight");
  assertEquals(await from.getAttribute("aria-valuenow"), "50");
  assertEquals(await shown.count(), within);
  await page.keyboard.press("Home");
  assertEquals(await shown.count(), rows.length);

  const scores = async () =>
    (await shown.locator("td:first-child").allInnerTexts()).map(Number)
      .filter((score) => !Number.isNaN(score));
  const heading = tool.locator("th").first();
  await heading.getByRole("button").click();
  assertEquals(await heading.getAttribute("aria-sort"), "descending");
  assertEquals(await scores(), (await scores()).toSorted((a, b) => b - a));
  await heading.getByRole("button").press("Enter");
  assertEquals(await heading.getAttribute("aria-sort"), "ascending");
  assertEquals(await scores(), (await scores()).toSorted((a, b) => a - b));
  assertEquals(complaints, []);
});

inBrowser("the curves of any two trainings lie over each other", async () => {
  const { page, complaints } = await opened(browser, file);
  const tool = page.locator("#tool-curves");
  const lines = tool.locator(".mark-line path");
  await lines.first().waitFor();
  // Of two panels two trainings each, on training and on validation images.
  assertEquals(await lines.count(), 8);
  const shapes = () => lines.evaluateAll((all) => all.map((line) => line.getAttribute("d")).join());
  const before = await shapes();
  const { title } = carried.curves.find(({ title }) => title.endsWith("fold 3"))!;
  await tool.locator("select").nth(1).selectOption(title);
  await tool.locator("p").filter({ hasText: `Second: ${title}` }).waitFor();
  assert(await shapes() !== before);
  assertEquals(complaints, []);
});

inBrowser(
  "the contents follow the reader, and every link in the page has its place",
  async () => {
    const { page } = await opened(browser, file);
    const lost = await page.evaluate<string[]>(`
    [...document.querySelectorAll("a[href^='#']")].map((link) => link.hash.slice(1))
      .filter((name) => !document.getElementById(decodeURIComponent(name)))
  `);
    assertEquals(lost, []);
    for (const name of ["tuning", "errors"]) {
      await page.locator(`nav a[href="#${name}"]`).click();
      await page.locator(`nav a[href="#${name}"][aria-current]`).waitFor();
    }
  },
);

/** What axe says of a page that keeps people from using it. */
async function seriousOn(page: Page): Promise<unknown[]> {
  // By the browser's own way in, since the page's policy lets no other script run.
  await page.evaluate(axe.source);
  const violations = await page.evaluate<{ id: string; impact: string; nodes: string[] }[]>(`
    axe.run({ resultTypes: ["violations"] }).then(({ violations }) =>
      violations.map(({ id, impact, nodes }) => ({
        id,
        impact,
        nodes: nodes.slice(0, 3).map(({ html }) => html.slice(0, 200)),
      }))
    )
  `);
  return violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
}

inBrowser("axe finds nothing that keeps people from using it", async () => {
  const watched = await opened(browser, file);
  const { page } = watched;
  await drawnThroughout(watched, Object.keys(carried.figures).length);
  for (const [width, colorScheme] of [[1280, "light"], [390, "dark"]] as const) {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme });
    assertEquals(await seriousOn(page), [], `at ${width} pixels, ${colorScheme}`);
  }
});

inBrowser("the keyboard alone reaches every tool, and what scrolls", async () => {
  const { page } = await opened(browser, file, { width: 390 });
  // As if there were so many images that they do not fit.
  await page.evaluate("document.querySelector('.gallery').style.maxHeight = '40px'");
  await page.locator(".gallery[tabindex]").waitFor();
  const reached = new Set<string>();
  for (let i = 0; i < 250; i++) {
    await page.keyboard.press("Tab");
    reached.add(
      await page.evaluate<string>(`(() => {
        const at = document.activeElement;
        const tool = at.closest(".tool")?.id ?? "";
        const kind = at.getAttribute("role") ?? at.localName;
        return tool + " " + (at.closest("th") ? "heading" : kind);
      })()`),
    );
  }
  for (
    const place of [
      " a",
      " summary",
      " div",
      "tool-about a",
      "tool-curves select",
      "tool-mistakes select",
      "tool-mistakes button",
      "tool-mistakes group",
      "tool-trials slider",
      "tool-trials heading",
      "tool-trials div",
    ]
  ) {
    assert(reached.has(place), `${place} is not among ${[...reached].join(", ")}`);
  }
});

inBrowser("so are pages of many classes, of strange names, and of next to nothing", async () => {
  const one: Figure = await (async () => {
    const spec: TopLevelSpec = {
      title: "One",
      description: "A point.",
      data: { values: [{ a: 1, b: 2 }] },
      mark: "point",
      encoding: {
        x: { field: "a", type: "quantitative" },
        y: { field: "b", type: "quantitative" },
      },
    };
    return { name: "one", spec, svg: await renderSvg(spec) };
  })();
  const pages = {
    many: await (await sectionsOf(likes["200 classes of long names, in colour, 100 x 30"])).html(),
    strange: await (await sectionsOf({
      ...plainStudy,
      classes: [...hostile.slice(0, 9), "</script><script>alert(1)</script>"],
      tested: 8,
    })).html(),
    little: await htmlPage({
      title: "Little",
      parts: ["# Little", "## All", "![One](one.svg)"],
      figures: new Map([["one.svg", one]]),
      curves: [],
    }),
  };
  for (const [name, html] of Object.entries(pages)) {
    assert(html.length < 6e6, `${name}: ${html.length} bytes`);
    const { file, carried } = await kept(name, html);
    const watched = await opened(browser, file, { width: 390 });
    const { page, complaints, requests } = watched;
    const dialogs: string[] = [];
    page.on("dialog", (dialog) => {
      dialogs.push(dialog.message());
      void dialog.dismiss();
    });
    await drawnThroughout(watched, Object.keys(carried.figures).length);
    assertEquals([complaints, requests, dialogs], [[], [], []], name);
    const wide = await page.evaluate<number>("document.documentElement.scrollWidth");
    assert(wide <= 390, `${name}: at 390 pixels the page is ${wide} wide`);
    assertEquals(await seriousOn(page), [], name);
    // What is offered is there.
    const tools = page.locator(".tool:visible");
    assertEquals(
      await page.locator("#tool-about a").count(),
      await tools.count() - 1,
      `${name}: tools`,
    );
    await page.context().close();
  }
});

inBrowser(
  "without scripts and on paper there are pictures in place of what answers",
  async () => {
    const { page, complaints } = await opened(browser, file, { scripts: false });
    const pictures = page.locator("figure[data-figure] > .picture");
    const figures = await pictures.count();
    assert(figures > 20);
    assertEquals(await page.locator("figure[data-figure] > .picture:visible").count(), figures);
    assertEquals(await page.locator(".tool:visible").count(), 0);
    assertEquals(complaints, []);

    const watched = await opened(browser, file, { scheme: "dark" });
    await drawnThroughout(watched, Object.keys(carried.figures).length);
    await watched.page.emulateMedia({ media: "print" });
    const shown = (what: string) => watched.page.locator(`${what}:visible`).count();
    assertEquals(
      [
        await shown("figure[data-figure] > .picture"),
        await shown(".live"),
        await shown(".tool"),
        await shown("nav"),
      ],
      [figures, 0, 0, 0],
    );
  },
);
