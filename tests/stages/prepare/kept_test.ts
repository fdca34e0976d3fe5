import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  GRID_CLASSES,
  GRID_IMAGES,
  GRID_SIDE,
  inGrid,
  inTables,
  sampled,
  TABLE_VALUES,
} from "../../../src/stages/prepare/kept.ts";

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

Deno.test("an image in the grid keeps its size up to a limit, and its proportions beyond it", () => {
  for (const size of [[28, 28], [64, 64], [1, 64], [9, 3]] as const) {
    assertEquals(inGrid(size[0], size[1]), [...size]);
  }
  assertEquals(inGrid(512, 512), [64, 64]);
  assertEquals(inGrid(512, 256), [64, 32]);
  assertEquals(inGrid(8, 4000), [1, 64]);
  assert(GRID_CLASSES * GRID_IMAGES * GRID_SIDE ** 2 * 3 < 2.5e6);
});

Deno.test("tables have all values of small images, and some of large ones", () => {
  assertEquals(inTables(784), Array.from({ length: 784 }, (_, i) => i));
  assertEquals(inTables(TABLE_VALUES).length, TABLE_VALUES);
  const some = inTables(512 * 512 * 3);
  assertEquals([some.length, some[0], some.at(-1)], [TABLE_VALUES, 0, 512 * 512 * 3 - 1]);
});
