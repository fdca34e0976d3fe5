import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { decode } from "fast-png";
import fc from "fast-check";
import { correlationHeatMap, imageGrid, labelCounts } from "../../../src/stages/prepare/charts.ts";
import { count } from "../../../src/report/markdown.ts";
import { renderSvg } from "../../../src/report/svg.ts";
import { assertLegible } from "../../support/legible.ts";
import { images, marks, texts } from "../../support/svg_text.ts";

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
  assertLegible(svg);
  assertEquals(svg, await renderSvg(labelCounts("Images", hostile, [1200, 0, 7])));
});

Deno.test("label counts: the longest bar leaves room for its number, for 2 classes and for 50, however long names and numbers", async () => {
  for (const [many, most] of [[2, 0], [2, 3], [50, 2], [3, 1_234_567_890]]) {
    for (const name of ["", "a class that has a name of some length, number ", "m".repeat(99)]) {
      const classes = Array.from({ length: many }, (_, i) => `${name}${i}`);
      const svg = await renderSvg(
        labelCounts("Images", classes, classes.map((_, i) => i === 0 ? most : 0)),
      );
      assertLegible(svg);
      assertEquals(marks(svg, "rect"), many);
      assert(texts(svg).includes(count(most)));
      if (name === "") { for (const name of classes) assert(texts(svg).includes(name), name); }
    }
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
  assertLegible(svg);
  assertEquals(marks(svg, "image"), 2);
  const [map, legend] = images(svg).map(pixels);
  assertEquals([map.width, map.height], [size, size]);
  assertEquals(legend.height, 1);

  // The legend goes from -1 to 1 in equal steps, no colour twice.
  assertEquals(new Set(legend.colors.map(String)).size, legend.width);
  const legendValue = new Map(
    legend.colors.map((color, step) => [String(color), (2 * step) / (legend.width - 1) - 1]),
  );
  for (const [i, value] of matrix.entries()) {
    const shown = legendValue.get(String(map.colors[i]));
    if (Number.isNaN(value)) assertEquals(shown, undefined);
    else assert(Math.abs(shown! - value) <= 1 / (legend.width - 1) + 1e-12, `${value}: ${shown}`);
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

Deno.test("heat map: of many values, a pixel is the mean of those that are one, and 784 x 784 take under 150 kB", async () => {
  const many = 393;
  const pairs = new Float32Array(many * many).fill(NaN);
  // Of the first block, one value is none; of the last, which is smaller, only one is.
  pairs.set([1, 0.5], 0);
  pairs.set([0.3], many);
  pairs.set([-1], many * many - 1);
  const shown = await renderSvg(
    correlationHeatMap("Correlation", pairs, { height: 393, width: 1, channels: 1 }),
  );
  assertLegible(shown);
  const [map, legend] = images(shown).map(pixels);
  assertEquals([map.width, map.height], [197, 197]);
  assertEquals(map.colors[0], legend.colors[Math.round((0.6 + 1) / 2 * (legend.width - 1))]);
  assertEquals(map.colors[1], [150, 150, 150]);
  assertEquals(map.colors.at(-1), legend.colors[0]);

  const matrix = Float32Array.from(
    { length: 784 * 784 },
    (_, i) => Math.sin((i % 784) * 0.7) * Math.sin(Math.floor(i / 784) * 0.7),
  );
  const svg = await renderSvg(
    correlationHeatMap("Correlation", matrix, { height: 28, width: 28, channels: 1 }),
  );
  assertLegible(svg);
  assert(svg.length < 150_000, `${svg.length} bytes`);
  assert(["0", "4", "24"].every((tick) => texts(svg).includes(tick)));
});

Deno.test("heat map: images that are not square, or in colour, name rows of the image", async () => {
  for (const [height, width, channels] of [[3, 5, 1], [5, 3, 1], [2, 4, 3]]) {
    const values = height * width * channels;
    const svg = await renderSvg(
      correlationHeatMap("C", new Float32Array(values ** 2), { height, width, channels }),
    );
    assertLegible(svg);
    const rows = Array.from({ length: height }, (_, row) => String(row));
    assertEquals(texts(svg).filter((text) => /^\d+$/.test(text)), rows);
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

Deno.test("image grid: every image is there, pixel by pixel, with its class beside its row", async () => {
  const data = Uint8Array.from({ length: 7 * 6 }, (_, i) => i * 6);
  const labels = [0, 1, 2, 2, 1, 0, 1];
  for (const shape of [[7, 2, 3], [7, 2, 3, 1]]) {
    const svg = await renderSvg(imageGrid("Images", { shape, data }, labels, hostile, 4));
    assertLegible(svg);
    const drawn = images(svg).map(pixels);
    assertEquals(drawn.map(({ width, height }) => [width, height]), Array(7).fill([3, 2]));
    assertEquals(drawn.flatMap(({ colors }) => colors.flat()), [...data]);
    assertEquals(texts(svg).filter((text) => hostile.includes(text)), hostile);
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
  // 112 x 224 pixels in a place of 56: a pixel stands for 4 x 4.
  const [height, width] = [224, 112];
  const data = Uint8Array.from(
    { length: height * width * 3 },
    (_, i) => [i % 2 === 0 ? 0 : 200, 100, 40][i % 3],
  );
  const svg = await renderSvg(
    imageGrid("I", { shape: [1, height, width, 3], data }, [0], ["a"], 5),
  );
  const [drawn] = images(svg).map(pixels);
  assertEquals([drawn.width, drawn.height], [28, 56]);
  assertEquals(new Set(drawn.colors.map(String)), new Set(["100,100,40"]));
  const even = new Uint8Array(100 * 30).fill(77);
  const [other] = images(
    await renderSvg(imageGrid("I", { shape: [1, 100, 30], data: even }, [0], ["a"], 5)),
  ).map(pixels);
  assertEquals([other.width, other.height], [17, 56]);
  assertEquals(new Set(other.colors.flat()), new Set([77]));
});

Deno.test("image grid: images do not overlap, each other or names, whatever their size", async () => {
  const size = fc.integer({ min: 1, max: 64 });
  await fc.assert(
    fc.asyncProperty(
      size,
      size,
      fc.integer({ min: 1, max: 20 }),
      async (height, width, columns) => {
        const shape = [columns + 1, height, width];
        const data = new Uint8Array(shape[0] * height * width);
        const name = "a class with a name of some length, and ".repeat(1 + columns % 3);
        const svg = await renderSvg(
          imageGrid("I", { shape, data }, Array(shape[0]).fill(0), [name], columns),
        );
        assertLegible(svg);
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
