import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { decode } from "fast-png";
import fc from "fast-check";
import { correlationHeatMap, imageGrid, labelCounts } from "../../../src/stages/prepare/charts.ts";
import { renderSvg } from "../../../src/report/svg.ts";
import { images, malformed, marks, outside, texts } from "../../support/svg_text.ts";

const hostile = ['<b>&"', "日本語", "__proto__"];

/** The pixels of a data URL as red, green and blue. */
function pixels(url: string): { width: number; height: number; colors: number[][] } {
  const { width, height, data, palette, channels } = decode(
    Uint8Array.fromBase64(url.slice("data:image/png;base64,".length)),
  );
  const colors = Array.from({ length: width * height }, (_, i) => {
    const values = [...data.subarray(i * channels, (i + 1) * channels)];
    return palette?.[values[0]] ?? values;
  });
  return { width, height, colors };
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

Deno.test("label counts: few images are counted in whole numbers, for 2 classes and for 50", async () => {
  for (const [many, most] of [[2, 1], [2, 3], [50, 2]]) {
    const classes = Array.from({ length: many }, (_, i) => `class ${i}`);
    const svg = await renderSvg(
      labelCounts("Images", classes, classes.map((_, i) => i === 0 ? most : 0)),
    );
    assertEquals(outside(svg), []);
    for (const name of classes) assert(texts(svg).includes(name), name);
    const numbers = texts(svg).filter((text) => /^[\d.]+$/.test(text));
    assertEquals(numbers.slice(0, most + 1), Array.from({ length: most + 1 }, (_, i) => `${i}`));
    assertEquals(numbers.length, most + 1 + many);
  }
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
  const image = { height: side, width: side, channels: 1 };
  const svg = await renderSvg(correlationHeatMap("Correlation", matrix, image));
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
  const image = { height: 2, width: 2, channels: 1 };
  const svg = await renderSvg(correlationHeatMap("Correlation", matrix, image));
  assert(texts(svg).some((text) => text.startsWith("Grey: 1 pixel that is the same")));
  const whole = await renderSvg(correlationHeatMap("Correlation", new Float32Array(16), image));
  assert(!texts(whole).some((text) => text.startsWith("Grey")));
});

Deno.test("heat map: 784 x 784 pixels stay under 700 KB", async () => {
  const matrix = Float32Array.from(
    { length: 784 * 784 },
    (_, i) => Math.sin((i % 784) * 0.7) * Math.sin(Math.floor(i / 784) * 0.7),
  );
  const svg = await renderSvg(
    correlationHeatMap("Correlation", matrix, { height: 28, width: 28, channels: 1 }),
  );
  assert(svg.length < 700_000, `${svg.length} bytes`);
  assert(["0", "112", "672"].every((tick) => texts(svg).includes(tick)));
});

Deno.test("heat map: images that are not square, or in colour, have ticks at the first values of rows", async () => {
  for (const [height, width, channels] of [[3, 5, 1], [5, 3, 1], [2, 4, 3]]) {
    const values = height * width * channels;
    const svg = await renderSvg(
      correlationHeatMap("C", new Float32Array(values ** 2), { height, width, channels }),
    );
    assertEquals(outside(svg), []);
    const rows = Array.from({ length: height }, (_, row) => String(row * width * channels));
    assertEquals(texts(svg).filter((text) => /^\d+$/.test(text)), [...rows, ...rows]);
  }
});

Deno.test("heat map: what is no correlation matrix is refused", () => {
  const image = { height: 2, width: 2, channels: 1 };
  assertThrows(
    () => correlationHeatMap("C", new Float32Array(15), image),
    RangeError,
    'Chart "C": the correlations of images of 2 x 2 pixels are 4 x 4 = 16 values; got 15',
  );
  const matrix = new Float32Array(16);
  matrix[6] = -1.5;
  assertThrows(() => correlationHeatMap("C", matrix, image), RangeError, "pixels 1 and 2");
  matrix[6] = Infinity;
  assertThrows(() => correlationHeatMap("C", matrix, image), RangeError, "Infinity");
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

Deno.test("image grid: colour is drawn in colour", async () => {
  const data = Uint8Array.from({ length: 2 * 2 * 3 * 3 }, (_, i) => i * 7);
  const svg = await renderSvg(imageGrid("I", { shape: [2, 2, 3, 3], data }, [0, 1], hostile, 4));
  const drawn = images(svg).map(pixels);
  assertEquals(drawn.map(({ width, height }) => [width, height]), [[3, 2], [3, 2]]);
  assertEquals(drawn.flatMap(({ colors }) => colors.flat()), [...data]);
});

Deno.test("image grid: every class begins a row, and goes on in the next where it has many images", async () => {
  const labels = [2, 2, 2, 0, 1, 1];
  const data = new Uint8Array(6);
  const svg = await renderSvg(imageGrid("I", { shape: [6, 1, 1], data }, labels, hostile, 2));
  const places = [...svg.matchAll(/<image [^>]*transform="translate\(([\d.-]+),([\d.-]+)\)"/g)]
    .map((match) => match.slice(1).map(Number));
  const [columns, rows] = [0, 1].map((axis) =>
    [...new Set(places.map((place) => place[axis]))].sort((a, b) => a - b)
  );
  assertEquals(
    places.map(([x, y]) => [columns.indexOf(x), rows.indexOf(y)]),
    [[0, 0], [1, 0], [0, 1], [0, 2], [0, 3], [1, 3]],
  );
});

Deno.test("image grid: images larger than their place are means of pixels, and take as few bytes as they show", async () => {
  // 136 x 272 pixels in a place of 68: a pixel stands for 4 x 4.
  const [height, width] = [272, 136];
  const data = Uint8Array.from(
    { length: height * width * 3 },
    (_, i) => [i % 2 === 0 ? 0 : 200, 100, 40][i % 3],
  );
  const svg = await renderSvg(
    imageGrid("I", { shape: [1, height, width, 3], data }, [0], ["a"], 10),
  );
  const [drawn] = images(svg).map(pixels);
  assertEquals([drawn.width, drawn.height], [34, 68]);
  assertEquals(new Set(drawn.colors.map(String)), new Set(["100,100,40"]));
  const even = new Uint8Array(100 * 30).fill(77);
  const [other] = images(
    await renderSvg(imageGrid("I", { shape: [1, 100, 30], data: even }, [0], ["a"], 10)),
  ).map(pixels);
  assertEquals([other.width, other.height], [20, 68]);
  assertEquals(new Set(other.colors.flat()), new Set([77]));
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
  assertStringIncludes(refuse([2, 2, 2, 2], 16, [0, 0], 1), "[2, 2, 2, 2]");
  assertStringIncludes(refuse([2, 2, 2, 3], 16, [0, 0], 1), "[2, 2, 2, 3] with 16 values");
  assertStringIncludes(refuse([8], 8, [0], 1), "[8]");
  assertStringIncludes(refuse([0, 2, 2], 0, [], 1), "at least 1");
  assertStringIncludes(refuse([2, 2, 2], 8, [0], 1), "2 images have as many labels; got 1");
  assertStringIncludes(refuse([2, 2, 2], 8, [0, 1], 1), "image 1 has the label 1");
  assertStringIncludes(refuse([2, 2, 2], 8, [0, 0], 0), "at least 1 column");
});
