import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { sampled } from "../../../src/stages/prepare/kept.ts";

Deno.test("a sample has the first, the last, and of what is between them as many as it may, in order", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 2, max: 60 }), (n, most) => {
      const list = Array.from({ length: n }, (_, i) => i);
      const some = sampled(list, most);
      assertEquals(some.length, Math.min(n, most));
      assertEquals([some[0], some.at(-1)], [list[0], list.at(-1)]);
      assert(some.every((value, i) => i === 0 || value > some[i - 1]));
      // Spread evenly: gaps differ by 1 at most.
      const gaps = some.slice(1).map((value, i) => value - some[i]);
      assert(gaps.length === 0 || Math.max(...gaps) - Math.min(...gaps) <= 1);
    }),
  );
});
