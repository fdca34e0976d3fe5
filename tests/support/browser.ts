/** The system's Chromium, for tests of pages; they are skipped where there is none. @module */
import fs from "node:fs";
import type { Browser, Page } from "playwright-core";
import { programPath } from "../../src/files/programs.ts";

// Playwright asks what is below /proc. Deno shows that to programs with all rights alone, which tests do not
// have, and throws where Node.js says that nothing is there.
const { existsSync } = fs;
fs.existsSync = (path) => {
  try {
    return existsSync(path);
  } catch {
    return false;
  }
};
const { chromium } = await import("playwright-core");

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

const paths = await Promise.all(names.map((name) => programPath(name)));

/** Where it is; undefined where it is not. */
export const chromiumPath: string | undefined = paths.find((path) => path !== undefined);

if (chromiumPath === undefined) {
  console.log(`Pages are not tried in a browser: none of ${names.join(", ")} is on the PATH.`);
}

/** Starts it. */
export const startBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: chromiumPath,
    // Its own sandbox needs what containers do not give; it shows our own pages alone.
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });

/**
 * Defines tests that share a browser, each in windows of its own.
 *
 * @param ignore whether they are skipped, as where there is no browser
 */
export const testsIn =
  (browser: () => Browser, ignore: boolean): (name: string, fn: () => Promise<void>) => void =>
  (name, fn) =>
    Deno.test({
      name,
      ignore,
      async fn() {
        await fn();
        for (const context of browser().contexts()) await context.close();
      },
      // Playwright's messages and timers go on from test to test.
      sanitizeOps: false,
      sanitizeResources: false,
    });

/** Milliseconds until something that should happen in a page is given up. */
const PATIENCE = 180_000;

/** What a page did that it should not. */
export interface Watched {
  readonly page: Page;
  /** What it said on the console as a warning or an error, and what it threw. */
  readonly complaints: string[];
  /** Addresses that it asked for, its own apart. */
  readonly requests: string[];
}

/** Opens a file in a window of a size, on a light or a dark screen. */
export async function opened(
  browser: Browser,
  file: URL,
  { width = 1280, scheme = "light", scripts = true }: {
    readonly width?: number;
    readonly scheme?: "light" | "dark";
    readonly scripts?: boolean;
  } = {},
): Promise<Watched> {
  const context = await browser.newContext({
    viewport: { width, height: 800 },
    colorScheme: scheme,
    javaScriptEnabled: scripts,
  });
  // A machine that has other work to do is slow, and nothing is wrong with the page.
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    const address = request.url();
    if (address !== file.href && !address.startsWith("data:")) requests.push(address);
  });
  await page.goto(file.href);
  return { page, complaints, requests };
}

/** Brings every figure into sight, one after the other, until those that answer are drawn. */
export async function drawnThroughout({ page }: Watched, figures: number): Promise<void> {
  await page.evaluate(`(async () => {
    for (const figure of document.querySelectorAll("figure[data-figure]")) {
      figure.scrollIntoView();
      // What is in sight is looked at after a frame's own callbacks.
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    }
    scrollTo(0, 0);
  })()`);
  if (figures === 0) return;
  const drawn = page.locator("figure[data-figure].drawn");
  await drawn.nth(figures - 1).waitFor({ state: "attached" });
}
