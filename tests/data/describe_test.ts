import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { LabelledImages } from "../../src/data/dataset.ts";
import { describe, labelCounts, missingValues } from "../../src/data/describe.ts";
import { table } from "../support/data_files.ts";

Deno.test("describe gives what pandas gives for a small table", () => {
  const small = table([
    [9, 0, 200, 17, 255],
    [0, 0, 13, 17, 0],
    [3, 0, 77, 17, 255],
    [3, 1, 5, 17, 254],
    [9, 0, 91, 17, 1],
    [1, 0, 250, 17, 128],
  ]);
  // pandas 3.0.6: DataFrame(rows, columns=["label", "pixel1", ...]).describe(), column by column
  const expected: Record<string, number[]> = {
    label: [6, 4.166666666666667, 3.920034013457877, 0, 1.5, 3, 7.5, 9],
    pixel1: [6, 0.16666666666666666, 0.408248290463863, 0, 0, 0, 0, 1],
    pixel2: [6, 106, 99.48668252585368, 5, 29, 84, 172.75, 250],
    pixel3: [6, 17, 0, 17, 17, 17, 17, 17],
    pixel4: [6, 148.83333333333334, 124.93424937408743, 0, 32.75, 191, 254.75, 255],
  };
  const columns = describe(small);
  assertEquals(columns.map(({ column }) => column), Object.keys(expected));
  for (const { column, count, mean, std, min, q25, q50, q75, max } of columns) {
    const found = [count, mean, std, min, q25, q50, q75, max];
    found.forEach((value, i) => assertAlmostEquals(value, expected[column][i], 1e-12, column));
  }
});

Deno.test("a single row has no standard deviation, as in pandas", () => {
  const [label, pixel] = describe(table([[4, 200]]));
  const same = { count: 1, std: NaN };
  assertEquals(label, {
    column: "label",
    ...same,
    mean: 4,
    min: 4,
    q25: 4,
    q50: 4,
    q75: 4,
    max: 4,
  });
  const v = 200;
  assertEquals(pixel, {
    column: "pixel1",
    ...same,
    mean: v,
    min: v,
    q25: v,
    q50: v,
    q75: v,
    max: v,
  });
});

Deno.test("no rows: the label's count is 0, everything else is NaN", () => {
  const none: LabelledImages = {
    images: { shape: [0, 2, 2], data: new Uint8Array(0) },
    labels: { shape: [0], data: new Uint8Array(0) },
  };
  const [{ column, count, ...rest }] = describe(none);
  assertEquals([column, count], ["label", 0]);
  assert(Object.values(rest).every(Number.isNaN));
});

/** The quantile of sorted values by its definition: linear between the two nearest ranks. */
function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const position = (sorted.length - 1) * q;
  const [low, high] = [sorted[Math.floor(position)], sorted[Math.ceil(position)]];
  return low + (high - low) * (position % 1);
}

Deno.test("describe agrees with sorting and summing each column", () => {
  const rows = fc.integer({ min: 1, max: 5 }).chain((columns) =>
    fc.array(
      fc.array(fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 255)), {
        minLength: columns,
        maxLength: columns,
      }),
      { minLength: 2, maxLength: 40 },
    )
  );
  fc.assert(fc.property(rows, (rows) => {
    describe(table(rows)).forEach(({ count, mean, std, min, q25, q50, q75, max }, column) => {
      const values = rows.map((row) => row[column]);
      const average = values.reduce((sum, value) => sum + value / values.length, 0);
      const squares = values.reduce((sum, value) => sum + (value - average) ** 2, 0);
      assertEquals([count, min, max], [rows.length, Math.min(...values), Math.max(...values)]);
      assertEquals([q25, q50, q75], [0.25, 0.5, 0.75].map((q) => quantile(values, q)));
      assertAlmostEquals(mean, average, 1e-9);
      assertAlmostEquals(std, Math.sqrt(squares / (values.length - 1)), 1e-9);
    });
  }));
});

Deno.test("labelCounts counts every class, those without rows too", () => {
  assertEquals(labelCounts(table([[2, 0], [0, 0], [2, 0], [4, 0]]).labels, 6), [1, 0, 2, 0, 1, 0]);
});

Deno.test("missingValues counts cells that the shapes announce and the data lack", () => {
  const { images, labels } = table([[2, 0, 1, 2, 3], [0, 4, 5, 6, 7]]);
  assertEquals(missingValues({ images, labels }), 0);
  assertEquals(missingValues({ images: { ...images, data: images.data.subarray(3) }, labels }), 3);
  assertEquals(
    missingValues({ images, labels: { ...labels, data: labels.data.subarray(1) } }),
    1,
  );
});
