import {
  assertEquals,
  assertFalse,
  assertGreater,
  assertLess,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import fc from "fast-check";
import type { TopLevelSpec } from "vega-lite";
import { renderSvg } from "../../src/report/svg.ts";
import { malformed, texts } from "../support/svg_text.ts";

/** Bars with a colour legend, whose gradient has a generated id, and a clip path, which has one too. */
function bars(title: string, names: readonly string[]): TopLevelSpec {
  return {
    title,
    description: "Bars by name.",
    data: { values: names.map((name, i) => ({ name, n: i + 1 })) },
    mark: { type: "bar", clip: true },
    encoding: {
      x: { field: "n", type: "quantitative" },
      y: { field: "name", type: "nominal" },
      color: { field: "n", type: "quantitative" },
    },
  };
}

Deno.test("a chart drawn twice gives the same bytes, among others and at the same time", async () => {
  const alone = await renderSvg(bars("One", ["a", "b"]));
  assertStringIncludes(alone, "url(#clip1)");
  assertStringIncludes(alone, "url(#gradient_0)");
  const [first, other, again] = await Promise.all([
    renderSvg(bars("One", ["a", "b"])),
    renderSvg(bars("Two", ["a", "b", "c"])),
    renderSvg(bars("One", ["a", "b"])),
  ]);
  assertEquals(first, alone);
  assertEquals(again, alone);
  assertNotEquals(other, alone);
});

Deno.test("a drawing names itself, stands on white, and uses fonts that every machine has", async () => {
  const svg = await renderSvg(bars('Bars & "bounds" <1>', ["a"]));
  assertMatch(svg, /^<svg [^>]*role="img"><title>Bars &amp; "bounds" &lt;1&gt;<\/title><desc>Bars/);
  assertStringIncludes(svg, 'fill="#ffffff"');
  assertMatch(svg, /font-family="[^"]*sans-serif"/);
  assertEquals(malformed(svg), undefined);
});

Deno.test("titles of several lines and with subtitles are read", async () => {
  const title = { text: ["Two", "lines"], subtitle: "below" };
  const svg = await renderSvg({ ...bars("", ["a"]), title });
  assertStringIncludes(svg, "<title>Two lines</title>");
});

Deno.test("a chart without title or description is refused", async () => {
  await assertRejects(() => renderSvg(bars("", ["a"])), Error, "no title");
  await assertRejects(
    () => renderSvg({ ...bars("Bars", ["a"]), description: undefined }),
    Error,
    'Chart "Bars" has no description',
  );
});

Deno.test("what Vega would only print is thrown with the chart's title", async () => {
  const wrong: [string, object][] = [
    // Vega-Lite warns of this one, Vega of the second, and throws at the third.
    ["foo is not a valid encoding channel", { encoding: { foo: { field: "n" } } }],
    ["Log scale domain includes zero", {
      encoding: { x: { field: "n", type: "quantitative", scale: { type: "log", domain: [0, 1] } } },
    }],
    ["Unexpected token", { transform: [{ filter: "datum..n" }] }],
  ];
  for (const [part, change] of wrong) {
    const error = await assertRejects(
      () => renderSvg({ ...bars("Bars", ["a"]), ...change } as TopLevelSpec),
      Error,
      'Chart "Bars" cannot be drawn: ',
    );
    assertStringIncludes(error.message, part);
  }
  // The next chart is not held up.
  assertEquals(malformed(await renderSvg(bars("Bars", ["a"]))), undefined);
});

Deno.test("a chart reads neither files nor the network", async () => {
  for (const url of ["data.json", "file:///etc/hostname", "http://localhost/data.json"]) {
    await assertRejects(
      () => renderSvg({ ...bars("Bars", ["a"]), data: { url } }),
      Error,
      'Chart "Bars" cannot be drawn',
    );
  }
  const svg = await renderSvg({
    title: "Image",
    description: "An image from elsewhere is left out.",
    data: { values: [{ url: "http://localhost/image.png" }] },
    mark: { type: "image", width: 9, height: 9 },
    encoding: { url: { field: "url", type: "nominal" } },
  });
  assertFalse(svg.includes("localhost"));
});

Deno.test("any names give well-formed SVG and come out as they went in", async () => {
  const hostile = ['<b>&"', "]]>", "a\0b", "\ud800", "日本語", "👗", "__proto__", "null", "1", "'"];
  const svg = await renderSvg(bars("Bars", hostile));
  assertEquals(malformed(svg), undefined);
  for (
    const name of ['<b>&"', "]]>", "a\ufffdb", "\ufffd", "日本語", "👗", "__proto__", "null", "'"]
  ) {
    assertEquals(texts(svg).filter((text) => text === name).length, 1, name);
  }
  // Any UTF-16 code unit: control characters and halves of surrogate pairs among them.
  const unit = fc.oneof(
    fc.constantFrom(..."<>&\"'];\0\t\n"),
    fc.nat(0xffff).map((code) => String.fromCharCode(code)),
  );
  const names = fc.uniqueArray(fc.string({ unit, maxLength: 12 }), {
    minLength: 20,
    maxLength: 60,
  });
  await fc.assert(
    fc.asyncProperty(names, async (names) => {
      assertEquals(malformed(await renderSvg(bars(`Title ${names[0]}`, names))), undefined);
    }),
    { numRuns: 10 },
  );
});

Deno.test("long names get the room they need, and very long ones an ellipsis", async () => {
  const width = async (name: string) => {
    const svg = await renderSvg(bars("Bars", [name]));
    return { total: Number(/width="([\d.]+)"/.exec(svg)![1]), shown: texts(svg) };
  };
  const short = await width("m");
  const long = await width("m".repeat(12));
  // An m is 0.833 of the font size wide, here 12 pixels.
  assertGreater(long.total - short.total, 11 * 12 * 0.833);
  assertLess(long.total - short.total, 11 * 12 * 0.833 * 1.2);
  const endless = await width("m".repeat(500));
  assertLess(endless.total - short.total, 260);
  assertEquals(endless.shown.filter((text) => /^m+…$/.test(text)).length, 1);
});
