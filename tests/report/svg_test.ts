import {
  assertEquals,
  assertFalse,
  assertGreater,
  assertLess,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import type { TopLevelSpec } from "vega-lite";
import { colors, onFill, renderSvg, textWidth, WIDTH, wrapped } from "../../src/report/svg.ts";
import { assertLegible, contrast, flatColors } from "../support/legible.ts";
import { malformed, outside, overlapping, texts } from "../support/svg_text.ts";

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

const sizeOf = (svg: string) =>
  [/^<svg [^>]*?width="([\d.]+)"/, /viewBox="0 0 ([\d.]+) /, /<rect width="([\d.]+)"/]
    .map((form) => Number(form.exec(svg)![1]));

Deno.test("every figure is as wide as the others, its ground too, unless it holds more", async () => {
  for (const width of [1, 100, 200]) {
    const svg = await renderSvg({ ...bars("Bars", ["a"]), width } as TopLevelSpec);
    assertEquals(sizeOf(svg), [WIDTH, WIDTH, WIDTH]);
  }
  const fitted = { height: 40, width: WIDTH, autosize: { type: "fit-x", contains: "padding" } };
  const fit = await renderSvg({ ...bars("Bars", ["a"]), ...fitted } as TopLevelSpec);
  assertEquals(sizeOf(fit), [WIDTH, WIDTH, WIDTH]);
  const [wide, ...others] = sizeOf(
    await renderSvg({ ...bars("Bars", ["a"]), width: 700 } as TopLevelSpec),
  );
  assertGreater(wide, 700);
  assertEquals(others, [wide, wide]);
});

/** Marks of every kind that has a colour of its own in Vega, with axes, header, legends and titles. */
const everyPart = (color?: string): TopLevelSpec => ({
  title: { text: ["Every", "part"], subtitle: "Below" },
  description: "Every part of a chart that has a colour.",
  data: { values: [{ a: 1, b: "x" }, { a: 2, b: "y" }] },
  facet: { column: { field: "b", type: "nominal", title: "Panels" } },
  spec: {
    width: 60,
    encoding: {
      x: { field: "a", type: "quantitative" },
      y: { field: "b", type: "nominal" },
    },
    layer: [
      ...(["bar", "line", "area", "point", "rule", "tick", "trail", "square"] as const)
        .map((mark) => ({ mark: color === undefined ? mark : { type: mark, color } })),
      { mark: "text", encoding: { text: { field: "b" } } },
      { mark: "circle", encoding: { color: { field: "b", type: "nominal" } } },
      { mark: "point", encoding: { shape: { field: "b", type: "nominal" } } },
    ],
  },
});

Deno.test("no part of a chart has a colour that a dark page does not turn, whoever chose it", async () => {
  const known: readonly string[] = Object.values(colors);
  assertEquals(
    flatColors(await renderSvg(everyPart())).filter((color) => !known.includes(color)),
    [],
  );
  const svg = await renderSvg(everyPart("#4c78a8"));
  const error = assertThrows(() => assertLegible(svg), Error, "does not turn");
  assertStringIncludes(error.message, "#4c78a8");
});

Deno.test("a dark page turns every colour that a drawing uses, each into another, and no more", async () => {
  for (const spec of [bars("Bars", ["a", "b"]), everyPart(), everyPart(colors.purple)]) {
    const svg = await renderSvg(spec);
    const [, style] = /<style>@media \(prefers-color-scheme:dark\)\{(.*?)\}<\/style>/.exec(svg)!;
    const rules = [...style.matchAll(/\[(\w+)="([^"]*)"\]\{(\w+):(#\w{6})\}/g)];
    assertEquals(rules.map(([rule]) => rule).join(""), style);
    for (const [, paint, light, turned, dark] of rules) {
      assertEquals(turned, paint);
      assertNotEquals(dark, light);
      assertStringIncludes(svg.replace(style, ""), `${paint}="${light}"`);
    }
    assertEquals(new Set(rules.map(([, , light]) => light)), new Set(flatColors(svg)));
    assertEquals(new Set(rules.map(([, , , , dark]) => dark)).size, flatColors(svg).length);
  }
});

Deno.test("text and marks stand out from the page, light and dark", async () => {
  const all = { ...bars("Bars", ["a"]), data: { values: Object.values(colors) } };
  const svg = await renderSvg({
    ...all,
    mark: { type: "point", filled: true },
    encoding: { color: { field: "data", type: "nominal", scale: null } },
  } as TopLevelSpec);
  const turned = new Map(
    [...svg.matchAll(/\[fill="(#\w+)"\]\{fill:(#\w+)\}/g)].map(([, light, dark]) => [light, dark]),
  );
  for (const [name, color] of Object.entries(colors)) {
    const least = { paper: 1, grid: 1, ink: 7, muted: 4.5 }[name] ?? 3;
    assertGreater(contrast(color, colors.paper), least - 1e-9, name);
    assertGreater(contrast(turned.get(color)!, turned.get(colors.paper)!), least - 1e-9, name);
  }
  assertGreater(contrast(onFill.pale, "#ffffff"), 7);
  assertGreater(contrast(onFill.dark, "#000000"), 7);
});

Deno.test("text that is small, cut off or over other text is found", () => {
  const drawing = (...texts: readonly [x: number, y: number, text: string, size?: number][]) =>
    `<svg width="${WIDTH}" height="90" viewBox="0 0 ${WIDTH} 90">${
      texts.map(([x, y, text, size = 13]) =>
        `<text transform="translate(${x},${y})" font-size="${size}px">${text}</text>`
      ).join("")
    }</svg>`;
  assertLegible(drawing([5, 20, "one"], [5, 35, "two"], [5 + widthOf("one "), 20, "three"]));
  assertThrows(() => assertLegible(drawing([5, 20, "one", 12.9])), Error, "too small");
  assertEquals(outside(drawing([395, 20, "one"], [399, 40, "three"])), ["three"]);
  assertEquals(overlapping(drawing([5, 20, "one"], [20, 24, "two"], [90, 20, "three"])), [
    "one / two",
  ]);
  const lines = `<svg width="${WIDTH}" height="90" viewBox="0 0 ${WIDTH} 90">` +
    `<text font-size="13px" transform="translate(5,70)"><tspan>a</tspan>` +
    `<tspan x="0" dy="15">b</tspan><tspan x="0" dy="15">c</tspan></text></svg>`;
  assertEquals(outside(lines), ["c"]);
  assertEquals(texts(lines), ["a", "b", "c"]);
});

/** How long a text of 13 pixels is. */
const widthOf = (text: string) => textWidth({ fontSize: 13 }, text);

Deno.test("titles of several lines and with subtitles are read", async () => {
  const title = { text: ["Two", "lines"], subtitle: "below" };
  const svg = await renderSvg({ ...bars("", ["a"]), title });
  assertStringIncludes(svg, "<title>Two lines</title>");
});

Deno.test("a title that is longer than a figure is wide goes on in another line, about as long", async () => {
  const title = "What the winner of the search makes of validation images by their epochs";
  const svg = await renderSvg({
    ...bars("", ["a"]),
    width: 200,
    title: { text: title, subtitle: title },
  } as TopLevelSpec);
  assertLegible(svg, { interpolated: true });
  assertStringIncludes(svg, `<title>${title}</title>`);
  const lines = texts(svg).filter((text) => text.length > 20);
  assertEquals(lines.length, 4);
  for (const [first, second] of [lines.slice(0, 2), lines.slice(2)]) {
    assertEquals(`${first} ${second}`, title);
    assertLess(Math.abs(first.length - second.length), 12);
  }
});

Deno.test("words are broken at spaces, and after hyphens, slashes and underscores, into as many lines as there may be", () => {
  assertEquals(wrapped("T-shirt/top of mine", 1), ["T-", "shirt/", "top", "of", "mine"]);
  assertEquals(wrapped("T-shirt/top of mine", widthOf("T-shirt/")), ["T-shirt/", "top of", "mine"]);
  assertEquals(wrapped("T-shirt/top of mine", 1, undefined, 2), ["T-", "shirt/top of mine"]);
  assertEquals(wrapped("of mine", 999), ["of mine"]);
  for (const nothing of ["", "  "]) assertEquals(wrapped(nothing, 9), [""]);
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
  // An m is 0.833 of the font size wide, here 13 pixels.
  assertGreater(long.total - short.total, 11 * 13 * 0.833);
  assertLess(long.total - short.total, 11 * 13 * 0.833 * 1.2);
  const endless = await width("m".repeat(500));
  assertLess(endless.total - short.total, 260);
  assertEquals(endless.shown.filter((text) => /^m+…$/.test(text)).length, 1);
});
