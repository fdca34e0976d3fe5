import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { correlationMatrix } from "../../src/data/correlation.ts";
import { noise, table } from "../support/data_files.ts";

/** Pearson's coefficient by its definition: deviations from the means. */
function pearson(x: readonly number[], y: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  const sum = (term: (i: number) => number) => x.reduce((total, _, i) => total + term(i), 0);
  return sum((i) => (x[i] - mx) * (y[i] - my)) /
    Math.sqrt(sum((i) => (x[i] - mx) ** 2) * sum((i) => (y[i] - my) ** 2));
}

Deno.test("the matrix is what pandas gives for a small table", () => {
  const rows = [[0, 200, 17, 255], [0, 13, 17, 0], [0, 77, 17, 255], [1, 5, 17, 254], [
    0,
    91,
    17,
    1,
  ], [0, 250, 17, 128]];
  const { shape, data } = correlationMatrix(table(rows.map((row) => [0, ...row])).images);
  assertEquals(shape, [4, 4]);
  // pandas 3.0.6: DataFrame(rows).corr()
  const expected = [
    [1, -0.49734991204839774, NaN, 0.41238439030654994],
    [-0.49734991204839774, 1, NaN, 0.15025793093204612],
    [NaN, NaN, NaN, NaN],
    [0.41238439030654994, 0.15025793093204612, NaN, 1],
  ].flat();
  expected.forEach((r, i) => {
    if (Number.isNaN(r)) assert(Number.isNaN(data[i]), `place ${i}`);
    else assertAlmostEquals(data[i], r, 1e-12, `place ${i}`);
  });
});

Deno.test("every pair has Pearson's coefficient; symmetric, 1 with itself, NaN where constant", () => {
  // Many zeros, as in real images, and columns that never change.
  const value = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 255 }), fc.constant(255));
  const rows = fc.integer({ min: 1, max: 9 }).chain((pixels) =>
    fc.tuple(
      fc.array(fc.array(value, { minLength: pixels, maxLength: pixels }), {
        minLength: 2,
        maxLength: 30,
      }),
      fc.option(fc.tuple(fc.nat(pixels - 1), fc.integer({ min: 0, max: 255 }))),
    ).map(([rows, constant]) =>
      constant ? rows.map((row) => row.with(constant[0], constant[1])) : rows
    )
  );
  fc.assert(fc.property(rows, (rows) => {
    const columns = rows[0].map((_, column) => rows.map((row) => row[column]));
    const constant = columns.map((values) => values.every((value) => value === values[0]));
    const { shape, data } = correlationMatrix(table(rows.map((row) => [0, ...row])).images);
    const pixels = columns.length;
    assertEquals(shape, [pixels, pixels]);
    for (let i = 0; i < pixels; i++) {
      for (let j = 0; j < pixels; j++) {
        const r = data[i * pixels + j];
        assertEquals(r, data[j * pixels + i]);
        if (constant[i] || constant[j]) assert(Number.isNaN(r));
        else assertAlmostEquals(r, pearson(columns[i], columns[j]), 1e-9);
      }
      if (!constant[i]) assertEquals(data[i * pixels + i], 1);
    }
  }));
});

Deno.test("sums beyond 32 bits stay exact: more images than one block, as bright as can be", () => {
  const count = 140_000;
  const pixels = 3;
  const data = new Uint8Array(count * pixels).fill(255);
  // Pixel 2 is dark in one image, pixel 3 in another one.
  data[3 * 70_000 + 1] = 0;
  data[3 * 139_999 + 2] = 0;
  const r = correlationMatrix({ shape: [count, 1, pixels], data }).data;
  assert(Number.isNaN(r[0]));
  assertEquals([r[4], r[8]], [1, 1]);
  // Two indicators of one image each: -1 / (n - 1).
  assertAlmostEquals(r[5], -1 / (count - 1), 1e-15);
});

Deno.test("progress ends at the number of images and does not go back", () => {
  for (const count of [1, 7, 100, 250]) {
    const seen: number[] = [];
    correlationMatrix(noise(count, 2).images, (done, total) => {
      assertEquals(total, count);
      seen.push(done);
    });
    assertEquals(seen, seen.toSorted((a, b) => a - b));
    assertEquals(seen.at(-1), count);
    assert(seen.length <= 101);
  }
});
