import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { decode } from "fast-png";
import fc from "fast-check";
import { correlationHeatMap, imageGrid, labelCounts } from "../../../src/stages/prepare/charts.ts";
import { renderSvg } from "../../../src/report/svg.ts";
import { images, malformed, marks, texts } from "../../support/svg_text.ts";

const hostile = ['<b>&"', "日本語", "__proto__"];

/** The pixels of a data URL as red, green and blue. */
function pixels(url: string): { width: number; height: number; colors: number[][] } {
  const { width, height, data, palette, channels } = decode(
    Uint8Array.fromBase64(url.slice("data:image/png;base64,".length)),
  );
  assertEquals(channels, 1);
  return { width, height, colors: [...data].map((value) => palette?.[value] ?? [value]) };
}

Deno.test("label counts: a bar and a number for each class, in the order given", async () => {
  const svg = await renderSvg(labelCounts("Images", hostile, [1200, 0, 7]));
  assertEquals(marks(svg, "rect"), 3);
  assertEquals(marks(svg, "text"), 3);
  assertEquals(texts(svg).filter((text) => hostile.includes(text)), hostile);
  assertEquals(texts(svg).slice(-4, -1), ["1,200", "0", "7"]);
  assertEquals(malformed(svg), undefined);
  assertEquals(svg, await renderSvg(labelCounts("Images", hostile, [1200, 0, 7])));
});

Deno.test("label counts: what does not fit is refused", () => {
  assertThrows(
    () => labelCounts("L", ["a", "b"], [1]),
    RangeError,
    "2 classes have as many counts",
  );
  assertThrows(() => labelCounts("L", [], []), RangeError, 'Chart "L": there is no class');
  assertThrows(() => labelCounts("L", ["a", "b", "a"], [1, 2, 3]), RangeError, '"a" comes twice');
});

Deno.test("heat map: each pixel has the colour that the legend gives its value", async () => {
  const side = 3;
  const size = side * side;
  const matrix = Float64Array.from({ length: size * size }, (_, i) => Math.sin(i * i));
  matrix[0] = 1;
  matrix[1] = -1;
  matrix[2] = 0;
  matrix[3] = NaN;
  const svg = await renderSvg(correlationHeatMap("Correlation", matrix, side));
  assertEquals(marks(svg, "image"), 2);
  const [map, legend] = images(svg).map(pixels);
  assertEquals([map.width, map.height], [size, size]);
  assertEquals(legend.width, 1);

  // The legend goes from 1 at the top to -1 at the bottom in equal steps, no colour twice.
  assertEquals(new Set(legend.colors.map(String)).size, legend.height);
  const legendValue = new Map(
    legend.colors.map((color, row) => [String(color), 1 - (2 * row) / (legend.height - 1)]),
  );
  for (const [i, value] of matrix.entries()) {
    const shown = legendValue.get(String(map.colors[i]));
    if (Number.isNaN(value)) assertEquals(shown, undefined);
    else assert(Math.abs(shown! - value) <= 1 / (legend.height - 1) + 1e-12, `${value}: ${shown}`);
  }
  // ColorBrewer's RdBu at its ends and in its middle.
  assertEquals(map.colors[0], [103, 0, 31]);
  assertEquals(map.colors[1], [5, 48, 97]);
  assertEquals(map.colors[2], [247, 247, 247]);
  assertEquals(map.colors[3], [150, 150, 150]);
});

Deno.test("heat map: constant pixels are counted, rounding errors are forgiven", async () => {
  const matrix = new Float32Array(16).fill(1 + 1e-7);
  for (const i of [0, 1, 2, 3, 4, 8, 12]) matrix[i] = NaN;
  const svg = await renderSvg(correlationHeatMap("Correlation", matrix, 2));
  assert(texts(svg).some((text) => text.startsWith("Grey: 1 pixel that is the same")));
  const whole = await renderSvg(correlationHeatMap("Correlation", new Float32Array(16), 2));
  assert(!texts(whole).some((text) => text.startsWith("Grey")));
});

Deno.test("heat map: 784 x 784 pixels stay under 700 KB", async () => {
  const matrix = Float32Array.from(
    { length: 784 * 784 },
    (_, i) => Math.sin((i % 784) * 0.7) * Math.sin(Math.floor(i / 784) * 0.7),
  );
  const svg = await renderSvg(correlationHeatMap("Correlation", matrix, 28));
  assert(svg.length < 700_000, `${svg.length} bytes`);
  assert(["0", "112", "672"].every((tick) => texts(svg).includes(tick)));
});

Deno.test("heat map: what is no correlation matrix is refused", () => {
  assertThrows(
    () => correlationHeatMap("C", new Float32Array(15), 2),
    RangeError,
    'Chart "C": the correlations of images of 2 x 2 pixels are 4 x 4 = 16 values; got 15',
  );
  const matrix = new Float32Array(16);
  matrix[6] = -1.5;
  assertThrows(() => correlationHeatMap("C", matrix, 2), RangeError, "pixels 1 and 2");
  matrix[6] = Infinity;
  assertThrows(() => correlationHeatMap("C", matrix, 2), RangeError, "Infinity");
});

Deno.test("image grid: every image is there, pixel by pixel, with its class", async () => {
  const data = Uint8Array.from({ length: 7 * 6 }, (_, i) => i * 6);
  const labels = [0, 1, 2, 2, 1, 0, 1];
  for (const shape of [[7, 2, 3], [7, 2, 3, 1]]) {
    const svg = await renderSvg(imageGrid("Images", { shape, data }, labels, hostile, 4));
    assertEquals(malformed(svg), undefined);
    const drawn = images(svg).map(pixels);
    assertEquals(drawn.map(({ width, height }) => [width, height]), Array(7).fill([3, 2]));
    assertEquals(drawn.flatMap(({ colors }) => colors.flat()), [...data]);
    assertEquals(texts(svg).slice(0, 7), labels.map((label) => hostile[label]));
  }
});

Deno.test("image grid: images do not overlap and fit a page, whatever their size", async () => {
  const size = fc.integer({ min: 1, max: 64 });
  await fc.assert(
    fc.asyncProperty(
      size,
      size,
      fc.integer({ min: 1, max: 20 }),
      async (height, width, columns) => {
        const shape = [columns + 1, height, width];
        const data = new Uint8Array(shape[0] * height * width);
        const svg = await renderSvg(
          imageGrid("I", { shape, data }, Array(shape[0]).fill(0), ["a"], columns),
        );
        assert(Number(/width="([\d.]+)"/.exec(svg)![1]) <= 880);
        const boxes = [...svg.matchAll(
          /<image [^>]*transform="translate\(([\d.-]+),([\d.-]+)\)" width="([\d.]+)" height="([\d.]+)"/g,
        )].map((match) => match.slice(1).map(Number));
        assertEquals(boxes.length, shape[0]);
        for (const [i, [x, y, w]] of boxes.entries()) {
          for (const [x2, y2, , h2] of boxes.slice(0, i)) {
            assert(y2 === y ? x >= x2 + w : y >= y2 + h2, `${x},${y} and ${x2},${y2}`);
          }
        }
      },
    ),
    { numRuns: 8 },
  );
});

Deno.test("image grid: what does not fit is refused", () => {
  const refuse = (shape: number[], length: number, labels: number[], columns: number) =>
    assertThrows(
      () => imageGrid("G", { shape, data: new Uint8Array(length) }, labels, ["a"], columns),
      RangeError,
    ).message;
  assertStringIncludes(refuse([2, 2, 2], 7, [0, 0], 1), 'Chart "G"');
  assertStringIncludes(refuse([2, 2, 2], 7, [0, 0], 1), "[2, 2, 2] with 7 values");
  assertStringIncludes(refuse([2, 2, 2, 3], 24, [0, 0], 1), "[2, 2, 2, 3]");
  assertStringIncludes(refuse([8], 8, [0], 1), "[8]");
  assertStringIncludes(refuse([0, 2, 2], 0, [], 1), "at least 1");
  assertStringIncludes(refuse([2, 2, 2], 8, [0], 1), "2 images have as many labels; got 1");
  assertStringIncludes(refuse([2, 2, 2], 8, [0, 1], 1), "image 1 has the label 1");
  assertStringIncludes(refuse([2, 2, 2], 8, [0, 0], 0), "at least 1 column");
});
