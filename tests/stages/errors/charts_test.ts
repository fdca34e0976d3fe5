import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { decode } from "fast-png";
import { renderSvg } from "../../../src/report/svg.ts";
import {
  filterPicture,
  gallery,
  MOST_FILTERS,
  reliabilityDiagrams,
} from "../../../src/stages/errors/charts.ts";
import { assertLegible } from "../../support/legible.ts";
import { images, marks, texts } from "../../support/svg_text.ts";

const pixels = (url: string) =>
  decode(Uint8Array.fromBase64(url.replace("data:image/png;base64,", "")));

const point = (network: string, scaled: boolean, confidence: number, accuracy: number) => ({
  network,
  scaled,
  images: 7,
  accuracy,
  confidence,
});

Deno.test("reliability diagrams: a panel a network, with a dot a bin as told and scaled", async () => {
  for (
    const names of [["one"], ["one", "two"], ["one", "two", "a name of some length"], [
      ..."abcdefg",
    ]]
  ) {
    const points = names.flatMap((name) => [
      point(name, false, 0.4, 0),
      point(name, false, 1, 1),
      point(name, true, 0.5, 0.5),
    ]);
    const svg = await renderSvg(reliabilityDiagrams("Reliable", names, points));
    assertLegible(svg);
    const said = texts(svg);
    for (const text of [...names, "as told", "scaled"]) assert(said.includes(text), text);
    assertEquals(marks(svg, "symbol"), 3 * names.length);
  }
  assertThrows(() => reliabilityDiagrams("None", [], []), RangeError, "no class to draw");
});

Deno.test("a gallery shows each image with what is said of it, a group from a new row on", async () => {
  const shown = { shape: [3, 2, 2], data: Uint8Array.from({ length: 12 }, (_, i) => 20 * i) };
  const svg = await renderSvg(
    gallery("Mistakes", shown, [[{ at: 2, said: ["cat", "→ dog"] }], [], [
      { at: 0, said: ["dog", "→ <cat>"] },
    ]]),
  );
  assertLegible(svg);
  const urls = images(svg);
  assertEquals(urls.map((url) => [...pixels(url).data]), [[160, 180, 200, 220], [0, 20, 40, 60]]);
  for (const text of ["cat", "→ dog", "dog", "→ <cat>"]) assert(texts(svg).includes(text), text);
  const [first, second] = [
    ...svg.matchAll(/<image [^>]*transform="translate\(([-\d.]+),([-\d.]+)\)/g),
  ]
    .map(([, x, y]) => [Number(x), Number(y)]);
  assertEquals(first[0], second[0]);
  assert(second[1] > first[1]);
  assertThrows(() => gallery("None", shown, [[], []]), RangeError, "no image to show");
});

Deno.test("large images are drawn smaller, and colour stays colour", async () => {
  const data = new Uint8Array(64 * 40 * 3).fill(9);
  const svg = await renderSvg(
    gallery("Colour", { shape: [1, 64, 40, 3], data }, [[{ at: 0, said: ["x"] }]]),
  );
  const { width, height, channels } = pixels(images(svg)[0]);
  assertEquals([width, height, channels], [40, 64, 3]);
});

Deno.test("filters: white for 0, blue and red for the largest weight below and above, each by its own", () => {
  // Two filters of 1 x 2: [0, -2] and [0.5, 0.25].
  const spec = filterPicture("Filters", {
    shape: [1, 2, 1, 2],
    data: Float32Array.of(0, 0.5, -2, 0.25),
  });
  assertStringIncludes(String(spec.description), "2 filters of 1 x 2 pixels");
  const [{ image }] =
    ("data" in spec && spec.data && "values" in spec.data ? spec.data.values : []) as {
      image: string;
    }[];
  const { width, height, data } = pixels(image);
  assertEquals([width, height], [7, 3]);
  const at = (x: number, y = 1) => [...data.slice(3 * (7 * y + x), 3 * (7 * y + x) + 3)];
  assertEquals([at(1), at(2)], [[247, 247, 247], [5, 48, 97]]);
  assertEquals([at(4), at(5)], [[103, 0, 31], [229, 131, 104]]);
  // Between them and around.
  assertEquals(new Set([at(0), at(3), at(6), at(1, 0), at(1, 2)].map(String)).size, 1);
});

Deno.test("filters of colour images are in their colours, those without weights are grey, and some of many are drawn", async () => {
  const one = filterPicture("Filters", {
    shape: [1, 1, 3, 2],
    data: Float32Array.of(1, 0, -1, 0, 0.5, 0),
  });
  const svg = await renderSvg(one);
  const { data } = pixels(images(svg)[0]);
  // 5 pixels a row, the first of them and the first row between filters.
  assertEquals([...data.slice(18, 21)], [255, 0, 191]);
  assertEquals([...data.slice(24, 27)], [128, 128, 128]);
  const many = filterPicture("Many", {
    shape: [3, 3, 1, 100],
    data: new Float32Array(900).fill(1),
  });
  assertStringIncludes(String(many.description), `${MOST_FILTERS} filters of 3 x 3 pixels`);
  assertLegible(await renderSvg(many));
});
