import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { together, togetherText } from "../../../src/stages/prepare/together.ts";

Deno.test("neighbours, halves and mirrored pixels are the pairs that they are by their places", () => {
  const side = fc.integer({ min: 1, max: 7 });
  fc.assert(
    fc.property(side, side, fc.constantFrom(1, 3), fc.nat(), (height, width, channels, seed) => {
      const values = height * width * channels;
      const matrix = Float64Array.from(
        { length: values ** 2 },
        (_, i) => (i * 31 + seed) % 7 === 0 ? NaN : Math.sin(i * i + seed),
      );
      const place = (value: number) => ({
        colour: value % channels,
        x: Math.floor(value / channels) % width,
        y: Math.floor(value / channels / width),
      });
      /** The mean over all pairs for which something holds, found one by one. */
      const mean = (holds: (down: number, across: number, x: number) => boolean) => {
        const found: number[] = [];
        for (let i = 0; i < values; i++) {
          for (let j = 0; j < values; j++) {
            const [a, b] = [place(i), place(j)];
            if (a.colour !== b.colour || !holds(b.y - a.y, b.x - a.x, a.x)) continue;
            if (!Number.isNaN(matrix[i * values + j])) found.push(matrix[i * values + j]);
          }
        }
        return found.reduce((sum, value) => sum + value, 0) / found.length;
      };
      const [down, across] = [height, width].map((side) => Math.ceil(side / 2));
      const expected = {
        row: mean((y, x) => y === 0 && x === 1),
        column: mean((y, x) => y === 1 && x === 0),
        apart: mean((y, x) =>
          y === down && x === 0 && down > 1 || y === 0 && x === across && across > 1
        ),
        mirrored: mean((y, x, from) =>
          y === 0 && x > 1 && x >= width / 2 && from + x === width - 1 - from
        ),
      };
      const found = together(matrix, { height, width, channels });
      for (const what of ["row", "column", "apart", "mirrored"] as const) {
        if (Number.isNaN(expected[what])) assert(Number.isNaN(found[what]), what);
        else assertAlmostEquals(found[what], expected[what], 1e-12, what);
      }
    }),
  );
});

Deno.test("what the correlations say depends on them: near against far, mirrored or not, none at all", () => {
  const size = { height: 28, width: 28, channels: 1 };
  const means = { row: 0.77, column: 0.834, apart: 0.21, mirrored: 0.52 };
  assertEquals(
    togetherText(means, size),
    "Pixels next to each other have a correlation of 0.77 in a row and 0.83 in a column on average, " +
      "those half an image apart one of 0.21. In the map they are the diagonal and the lines beside it, " +
      "one image row (28 pixels) away: what a pixel shows, its neighbours tell better than pixels far " +
      "away, and convolutions, which look at neighbours together, build on that. Pixels that mirror " +
      "each other, left and right, have one of 0.52 though they are at least as far apart, so most " +
      "images are about symmetric: the lines that cross the diagonal.",
  );
  assert(!togetherText({ ...means, mirrored: 0.25 }, size).includes("mirror"));
  assertStringIncludes(togetherText({ ...means, apart: 0.75 }, size), "there is little for");
  assertStringIncludes(
    togetherText({ row: 0.01, column: 0.02, apart: 0, mirrored: NaN }, size),
    "they do not stand out: neighbours tell no more",
  );
  assertEquals(
    togetherText({ row: NaN, column: NaN, apart: NaN, mirrored: NaN }, size),
    "No two neighbouring pixels both differ from image to image.",
  );
  const one = togetherText({ row: 0.5, column: NaN, apart: NaN, mirrored: NaN }, size);
  assertEquals(
    one,
    "Pixels next to each other have a correlation of 0.50 in a row on average. In the map they are " +
      "the diagonal.",
  );
});
