/** The README's pictures of pages are what these pages show. */
import { assert, assertEquals } from "@std/assert";
import { pathToFileURL } from "node:url";
import { chromiumPath, startBrowser } from "../support/browser.ts";
import {
  ANEW,
  difference,
  lettersIn,
  type Picture,
  pictureFile,
  pictures,
  taken,
} from "./pictures.ts";

const ignore = chromiumPath === undefined;

/**
 * Pictures of one page, taken on machines with the same letters, differ by less. What a tool shows of
 * another network, cell or range makes 0.002 to 0.02 of a whole window; one digit is below it.
 */
const TOLERANCE = 0.0015;

/** More bytes than a picture of a README should have. */
const LARGEST = 150_000;

const readme = await Deno.readTextFile(new URL("../../README.md", import.meta.url));
const shown = [...readme.matchAll(/\bdocs\/pictures\/([\w-]+)\.png\b/g)].map(([, name]) => name);

// The browser's messages and timers go on.
const sanitize = { sanitizeOps: false, sanitizeResources: false };

Deno.test({
  name: "the README's pictures are what the committed pages show, where letters are the same",
  ignore: ignore || shown.length === 0,
  ...sanitize,
  async fn(t) {
    const browser = await startBrowser();
    try {
      for (const name of new Set(shown)) {
        const picture = pictures.find((it) => it.name === name);
        assert(picture, `README.md shows docs/pictures/${name}.png, which nothing takes`);
        const kept = await Deno.readFile(pictureFile(name));
        assert(kept.length < LARGEST, `docs/pictures/${name}.png has ${kept.length} bytes`);
        const now = await taken(browser, picture);
        await t.step({
          name,
          // Another font breaks lines elsewhere, and what is below lies elsewhere.
          ignore: lettersIn(kept) !== lettersIn(now),
          ...sanitize,
          fn() {
            const by = difference(kept, now);
            assert(
              by < TOLERANCE,
              `docs/pictures/${name}.png is not what ${picture.page} shows: it differs by ` +
                `${by.toFixed(4)}. ${ANEW}.`,
            );
          },
        });
      }
    } finally {
      await browser.close();
    }
  },
});

Deno.test({
  name:
    "a picture of a page is the same each time, and another one where the page says something else",
  ignore,
  ...sanitize,
  async fn() {
    const file = await Deno.makeTempFile({ suffix: ".html" });
    const browser = await startBrowser();
    const picture: Picture = {
      name: "some",
      page: "none",
      width: 320,
      height: 200,
      scheme: "light",
      show: () => Promise.resolve(),
    };
    const of = async (words: string, more: Partial<Picture> = {}, style = "") => {
      await Deno.writeTextFile(
        file,
        `<!doctype html><link rel="icon" href="data:,"><style>${style}</style><p>${words}</p>`,
      );
      return await taken(browser, { ...picture, ...more }, pathToFileURL(file));
    };
    try {
      const first = await of("Some words that stand on a page.");
      assertEquals(difference(first, await of("Some words that stand on a page.")), 0);
      const other = await of("Quite another page, as long as the window is wide, or longer.");
      assert(difference(first, other) > TOLERANCE);
      assertEquals(difference(first, await of("Some", { height: 220 })), Infinity);
      const wider = await of("Some words", {}, "body { font-size: 30px }");
      assert(lettersIn(first) !== undefined && lettersIn(first) !== lettersIn(wider));
    } finally {
      await browser.close();
      await Deno.remove(file);
    }
  },
});
