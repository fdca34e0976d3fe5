import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { findDuplicates, sharedImages } from "../../src/data/duplicates.ts";
import { noise, table } from "../support/data_files.ts";

Deno.test("the first of equal rows is kept, as pandas keeps it", () => {
  const rows = [[1, 5, 5], [2, 5, 5], [1, 5, 5], [1, 5, 6], [2, 5, 5], [1, 5, 5]];
  // pandas 3.0.6: DataFrame(rows).drop_duplicates().index and duplicated()
  assertEquals(findDuplicates(table(rows)), {
    kept: Int32Array.of(0, 1, 3),
    dropped: [{ index: 2, first: 0 }, { index: 4, first: 1 }, { index: 5, first: 0 }],
  });
});

Deno.test("one image with two labels is no duplicate, and neither are pixels in another order", () => {
  const rows = [[1, 5, 6], [2, 5, 6], [1, 6, 5]];
  assertEquals(findDuplicates(table(rows)), { kept: Int32Array.of(0, 1, 2), dropped: [] });
});

Deno.test("no rows have no duplicates", () => {
  const none = {
    images: { shape: [0, 2, 2], data: new Uint8Array(0) },
    labels: { shape: [0], data: new Uint8Array(0) },
  };
  assertEquals(findDuplicates(none), { kept: new Int32Array(0), dropped: [] });
});

Deno.test("the answer is that of comparing each row with all before it", () => {
  const few = fc.integer({ min: 0, max: 2 });
  fc.assert(fc.property(
    fc.array(fc.tuple(few, few, few), { minLength: 1, maxLength: 60 }),
    (rows) => {
      const kept: number[] = [];
      const dropped: { index: number; first: number }[] = [];
      rows.forEach((row, index) => {
        const first = rows.findIndex((other) => other.every((value, i) => value === row[i]));
        if (first < index) dropped.push({ index, first });
        else kept.push(index);
      });
      assertEquals(findDuplicates(table(rows)), { kept: Int32Array.from(kept), dropped });
    },
  ));
});

Deno.test("rows that only share their hash are told apart", () => {
  // Found by search over rows of a label and four pixels: FNV-1a gives both one hash.
  const [a, b] = [[8, 168, 72, 46, 133], [5, 248, 197, 111, 14]];
  assertEquals(findDuplicates(table([a, b, a, b, a])), {
    kept: Int32Array.of(0, 1),
    dropped: [{ index: 2, first: 0 }, { index: 3, first: 1 }, { index: 4, first: 0 }],
  });
});

Deno.test("a repeated image is found among many", () => {
  const { images, labels } = noise(2000, 28);
  assertEquals(findDuplicates({ images, labels }).dropped, []);
  images.data.copyWithin(1999 * 784, 17 * 784, 18 * 784);
  labels.data[1999] = labels.data[17];
  assertEquals(findDuplicates({ images, labels }).dropped, [{ index: 1999, first: 17 }]);
});

Deno.test("images of two parts are shared where all pixels are equal, whatever their labels", () => {
  const images = (rows: number[][]) => table(rows).images;
  const train = images([[1, 5, 6], [2, 5, 6], [3, 7, 8]]);
  assertEquals(sharedImages(train, images([[9, 5, 6], [3, 6, 5], [1, 7, 8], [1, 7, 8]])), 3);
  assertEquals(sharedImages(train, images([[1, 5, 7], [2, 0, 0]])), 0);
});

Deno.test("the number of shared images is that of comparing each with all of the other part", () => {
  const few = fc.integer({ min: 0, max: 3 });
  const rows = fc.array(fc.tuple(few, few, few), { minLength: 1, maxLength: 40 });
  fc.assert(fc.property(rows, rows, (train, test) => {
    const texts = train.map(([, ...pixels]) => pixels.join());
    assertEquals(
      sharedImages(table(train).images, table(test).images),
      test.filter(([, ...pixels]) => texts.includes(pixels.join())).length,
    );
  }));
});

Deno.test("images that only share their hash are not shared", () => {
  // Found by search over four pixels, behind a byte of 0: FNV-1a gives both one hash.
  const [a, b] = [[30, 226, 251, 228], [2, 115, 233, 227]];
  assertEquals(sharedImages(table([[0, ...a]]).images, table([[0, ...b]]).images), 0);
});
