/**
 * The pictures of `docs/pictures/`, which the README shows, as they are taken from the committed pages:
 * `deno run -A tests/docs/pictures.ts` makes them anew.
 *
 * @module
 */
import { decode, encode } from "fast-png";
import type { Browser, Page } from "playwright-core";
import { Buffer } from "node:buffer";
import { garmentPicture } from "../support/garment_pictures.ts";
import { chromiumPath, opened, startBrowser } from "../support/browser.ts";

const root = new URL("../../", import.meta.url);

/** How they are made anew, for whoever is told that one differs. */
export const ANEW =
  "`deno run -A tests/docs/pictures.ts` makes them anew, to be looked at and committed";

/** A picture of a page. */
export interface Picture {
  /** Of its file, without `.png`. */
  readonly name: string;
  /** From the root. */
  readonly page: string;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  readonly scheme: "light" | "dark";
  /** Brings the page to what is to be seen. */
  show(page: Page): Promise<void>;
}

/** Brings an element to the top of the window. */
const toTop = (page: Page, selector: string) =>
  page.evaluate(`document.querySelector(${JSON.stringify(selector)}).scrollIntoView()`);

/** All of them. */
export const pictures: readonly Picture[] = [
  {
    name: "mistakes",
    page: "report.html",
    width: 1160,
    height: 800,
    scheme: "light",
    async show(page) {
      await page.locator("#tool-mistakes .gallery canvas").first().waitFor();
      await toTop(page, "#tool-mistakes");
    },
  },
  {
    name: "classifier",
    page: "classifier.html",
    width: 1160,
    height: 960,
    scheme: "light",
    async show(page) {
      await page.locator("input[type=file]").first().setInputFiles({
        name: "trouser.png",
        mimeType: "image/png",
        buffer: Buffer.from(garmentPicture("trouser")),
      });
      await page.locator("#steps img, #steps canvas").first().waitFor();
      await page.evaluate("scrollTo(0, 0)");
    },
  },
];

/** Where a picture lies. */
export const pictureFile = (name: string): URL => new URL(`docs/pictures/${name}.png`, root);

/**
 * Takes a picture: PNG, in which stands how wide its letters are.
 *
 * @param page the page's file, in place of the committed one
 */
export async function taken(
  browser: Browser,
  picture: Picture,
  page: URL = new URL(picture.page, root),
): Promise<Uint8Array> {
  const { width, height, scheme, show } = picture;
  const watched = await opened(browser, page, { width, scheme });
  await watched.page.setViewportSize({ width, height });
  await show(watched.page);
  // What has come into sight is drawn, and the contents have followed.
  await watched.page.waitForTimeout(500);
  const { data } = decode(await watched.page.screenshot({ animations: "disabled" }));
  const letters = await watched.page.evaluate<string>(`(() => {
    const canvas = document.createElement("canvas").getContext("2d");
    return [document.body, document.querySelector("code") ?? document.body].map((element) => {
      canvas.font = getComputedStyle(element).font;
      return canvas.measureText("Sphinx of black quartz, judge my vow. 0123456789").width.toFixed(2);
    }).join(" ");
  })()`);
  await watched.page.context().close();
  const channels = data.length / (width * height);
  const image = { width, height, data: Uint8Array.from(data), channels, text: { letters } };
  return encode(image, { zlib: { level: 9 } });
}

/** How wide the letters of a picture are, by what stands in it. */
export const lettersIn = (png: Uint8Array): string | undefined => decode(png).text.letters;

/** Side of the squares whose brightness is compared, in pixels: about a line of text. */
const SQUARE = 20;

/** The brightness of each square, 0 to 1, row by row. */
function brightness(png: Uint8Array): number[] {
  const { width, height, data, channels } = decode(png);
  const columns = Math.ceil(width / SQUARE);
  const sums = Array.from({ length: columns * Math.ceil(height / SQUARE) }, () => [0, 0]);
  for (let i = 0; i < width * height; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    const sum = sums[Math.floor(y / SQUARE) * columns + Math.floor(x / SQUARE)];
    const [red, green, blue] = [0, 1, 2].map((channel) => data[i * channels + channel]);
    sum[0] += (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
    sum[1]++;
  }
  return sums.map(([sum, count]) => sum / count);
}

/**
 * How much two pictures of one size differ: the mean difference of the brightness of squares as large as
 * a line of text, 0 to 1. So letters that are smoothed otherwise make little, and another page much.
 * Infinity where they are not of one size.
 */
export function difference(a: Uint8Array, b: Uint8Array): number {
  const [first, second] = [decode(a), decode(b)];
  if (first.width !== second.width || first.height !== second.height) return Infinity;
  const [left, right] = [brightness(a), brightness(b)];
  return left.reduce((sum, value, i) => sum + Math.abs(value - right[i]), 0) / left.length;
}

if (import.meta.main) {
  if (chromiumPath === undefined) Deno.exit(1);
  const browser = await startBrowser();
  await Deno.mkdir(new URL(".", pictureFile("any")), { recursive: true });
  for (const picture of pictures) {
    const png = await taken(browser, picture);
    await Deno.writeFile(pictureFile(picture.name), png);
    console.log(`docs/pictures/${picture.name}.png: ${Math.round(png.length / 1000)} kB`);
  }
  await browser.close();
}
