import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { holm } from "../../src/evaluation/holm.ts";

Deno.test("adjusted p values are those of the definition, worked by hand", () => {
  // Sorted: 0.005 x 4, 0.01 x 3, 0.03 x 2, 0.04 x 1, none below the one before it.
  const expected = [0.03, 0.06, 0.06, 0.02];
  holm([0.01, 0.04, 0.03, 0.005]).forEach((p, i) => assertAlmostEquals(p, expected[i], 1e-12));
  assertEquals(holm([]), []);
  assertEquals(holm([0.7]), [0.7]);
});

Deno.test("adjusting keeps the order, never lowers a p value, and stays below Bonferroni's", () => {
  const p = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(fc.property(fc.array(p, { maxLength: 12 }), (values) => {
    const adjusted = holm(values);
    values.forEach((value, i) => {
      assert(adjusted[i] >= value && adjusted[i] <= Math.min(1, values.length * value));
      values.forEach((other, j) => assert(value >= other || adjusted[i] <= adjusted[j]));
    });
  }));
});
