import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { confusedPairs } from "../../src/evaluation/confused_pairs.ts";

Deno.test("pairs are every mistake of the matrix once, most images first", () => {
  const matrix = fc.integer({ min: 2, max: 8 }).chain((n) =>
    fc.array(fc.array(fc.nat(3), { minLength: n, maxLength: n }), { minLength: n, maxLength: n })
  );
  fc.assert(fc.property(matrix, (confusion) => {
    const pairs = confusedPairs(confusion);
    const left = confusion.map((row, i) => row.map((count, j) => i === j ? count : 0));
    for (const { actual, predicted, images, share } of pairs) {
      assert(actual !== predicted && images > 0);
      left[actual][predicted] += images;
      const total = confusion[actual].reduce((sum, count) => sum + count, 0);
      assertEquals(share, images / total);
    }
    assertEquals(left, confusion);
    assert(pairs.every(({ images }, i) => i === 0 || images <= pairs[i - 1].images));
  }));
});

Deno.test("of pairs with as many images, the larger share of its class comes first, then the lower class", () => {
  const pairs = confusedPairs([[8, 1, 1], [1, 0, 0], [0, 1, 9]]);
  assertEquals(pairs.map(({ actual, predicted }) => [actual, predicted]), [
    [1, 0],
    [0, 1],
    [0, 2],
    [2, 1],
  ]);
  assertEquals(confusedPairs([[3, 0], [0, 0]]), []);
});
